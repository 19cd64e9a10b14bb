"""`Sandbox`: the one class its users meet."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar, Unpack, cast

from mh_notebook.sandbox.faults import FaultOptions
from mh_notebook.sandbox.seeding import ProjectOptions
from mh_notebook.sandbox.store import Ref, Request, Store

if TYPE_CHECKING:
    from mh_notebook.client import AsyncClient, Client
    from mh_notebook.sandbox.server import Server

_T = TypeVar("_T")
_C = TypeVar("_C", "Client", "AsyncClient")

_LARGEST = 1_000_000_000  # seconds are some 30 years; a link that ran out after the year 9999 could not be dated


class ClientOptions(TypedDict, total=False):
    """The keywords of `mh_notebook.Client` that a sandbox leaves open."""

    timeout: float
    concurrency: int
    download_directory: str | PathLike[str] | None
    history: bool | str | PathLike[str]
    progress: bool | None
    stall_timeout: float


class Sandbox:
    """A small Magic Hour of your own, on loopback: no account, no cost, no waiting.

    It serves the contract of the API from a thread of its own. Its projects queue, render, complete,
    fail and are refunded in scaled time, and their files are real pictures, films and sounds. The same seed
    gives the same world. It starts at first need.

    Parameters
    ----------
    seed : int
        Which world: ids, names, types, times and credits follow from it.
    speed : float
        How many seconds of a project pass in one real second.
    port : int
        Port of the API host on 127.0.0.1; 0 takes a free one.
    token : str, optional
        The API key it accepts; a random one unless given.
    credits : int
        The balance it starts with.
    link_lifetime : float
        Seconds of the clock until a download link expires.
    deprecated_fields : bool
        Whether answers hold `total_frame_cost` and a video's `download`, as the real API's still do.
    empty : bool
        Whether the seed makes no projects: then `refs` is empty, and all there is was made with `add` or by a call.
    clock : callable
        Returns seconds since 1970; tests give one they can turn.

    Raises
    ------
    ValueError
        A number is one that no world has, such as a speed of 0.

    Examples
    --------
    >>> with Sandbox(speed=1000) as sandbox:
    ...     kind, id = sandbox.add("image", name="Harbour at dusk")
    ...     sandbox.url.startswith("http://127.0.0.1:"), kind, sandbox.refs[0][0]
    (True, 'image', 'image')
    """

    def __init__(
        self,
        seed: int = 0,
        speed: float = 60.0,
        *,
        port: int = 0,
        token: str | None = None,
        credits: int = 10_000,
        link_lifetime: float = 86_400.0,
        deprecated_fields: bool = True,
        empty: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        _require(0 < speed <= _LARGEST, f"speed must be above 0 and {_LARGEST:,} at most", speed)
        _require(0 <= link_lifetime <= _LARGEST, f"link_lifetime must lie between 0 and {_LARGEST:,} s", link_lifetime)
        _require(credits >= 0, "credits must be 0 or more", credits)
        _require(0 <= port <= 65_535, "port must lie between 0 and 65535", port)
        made = token or "mhk_sandbox_" + secrets.token_hex(12)
        self._store = Store(seed, speed, credits, made, link_lifetime, deprecated_fields, clock, empty)
        self._refs = tuple(self._store.plans)
        self._port = port
        self._server: Server | None = None
        self._urls = ("", "")
        self._folder: Path | None = None

    def __repr__(self) -> str:
        where = self._urls[0] if self._server else "not running"
        return f"<Sandbox seed={self._store.seed} speed={self._store.speed:g} {where}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Self:
        """Start the clocks and the server, if they do not run yet.

        Returns
        -------
        Sandbox
            Itself.

        Raises
        ------
        PortInUseError
            The port is in use; also an OSError.
        """
        from mh_notebook.sandbox.server import Server

        if self._server is None:
            server = Server(self._store, self._port)
            self._urls = server.start()
            self._server = server
            self._finalizer = weakref.finalize(self, server.close)
            self._store.begin()
        return self

    def close(self) -> None:
        """Stop the server and its thread; closing twice is fine, and a later `start` starts it anew."""
        if self._server is not None:
            self._server = None
            self._finalizer()

    @property
    def url(self) -> str:
        """Address of the API host."""
        return self.start()._urls[0]

    @property
    def media_url(self) -> str:
        """Address of the host the download links point at: another than the API's."""
        return self.start()._urls[1]

    @property
    def token(self) -> str:
        """The API key it accepts."""
        return self._store.token

    @property
    def refs(self) -> tuple[Ref, ...]:
        """What its seed made, in order, as (kind, id)."""
        return self._refs

    @property
    def requests(self) -> list[Request]:
        """What was asked of it so far, in order."""
        return list(self._store.requests)

    @property
    def balance(self) -> int:
        """Credits left: those it started with less all that is charged at this moment."""
        self._store.begin()
        return self._store.balance()

    def client(self, **options: Unpack[ClientOptions]) -> Client:
        """Return a blocking client of this sandbox.

        Parameters
        ----------
        **options
            Keywords of `mh_notebook.Client`. Its history is one of its own, that goes with the sandbox, unless
            `history=` or MH_NOTEBOOK_HISTORY names another.
        """
        from mh_notebook.client import Client

        return self._made(Client, options)

    def async_client(self, **options: Unpack[ClientOptions]) -> AsyncClient:
        """Return an asynchronous client of this sandbox.

        Parameters
        ----------
        **options
            Keywords of `mh_notebook.AsyncClient`.
        """
        from mh_notebook.client import AsyncClient

        return self._made(AsyncClient, options)

    def _made(self, model: type[_C], options: ClientOptions) -> _C:
        """Make a client whose clock runs as fast as this world, and which writes into no history of real projects."""
        from mh_notebook.transport.clock import Clock

        paced = type(model.__name__, (model,), {"_clock": Clock(self._store.speed), "__doc__": model.__doc__})
        if "history" not in options and not os.environ.get("MH_NOTEBOOK_HISTORY"):
            options = {**options, "history": self._history()}
        return self._held(cast("_C", paced(token=self.token, base_url=self.url, **options)))

    def _history(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="mh_notebook_sandbox_"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder / "history.sqlite"

    def _held(self, client: _T) -> _T:
        # Sandbox().client() names only the client: the sandbox must live as long as that does.
        weakref.finalize(client, lambda _: None, self).atexit = False
        return client

    def add(self, kind: str, type: str | None = None, **options: Unpack[ProjectOptions]) -> Ref:  # noqa: A002  the API's own word
        """Make a project by hand; its clock starts now.

        Parameters
        ----------
        kind : str
            "image", "video" or "audio".
        type : str, optional
            Such as "AI_IMAGE"; the first type of the kind unless given. Unknown ones are fine.
        **options
            Its name, times, credits, outcome and files: see `mh_notebook.sandbox.seeding.ProjectOptions`.

        Returns
        -------
        tuple of str
            Its ref: kind and id.

        Examples
        --------
        >>> sandbox = Sandbox()
        >>> sandbox.add("image", id="c1", outcome="error", queue_seconds=1, render_seconds=4)
        ('image', 'c1')
        """
        self._store.begin()
        return self._store.keep(self._store.make(kind, type, options))

    def add_fault(self, path: str, *, times: int = 1, **fault: Unpack[FaultOptions]) -> None:
        """Order a fault; faults are served in the order they were added.

        Parameters
        ----------
        path : str
            Pattern of the paths it strikes, such as "/v1/image-projects/*" or "/media/*".
        times : int
            How many requests it strikes.
        **fault
            What goes wrong: see `mh_notebook.sandbox.faults.FaultOptions`.

        Examples
        --------
        >>> Sandbox().add_fault("/v1/*", times=2, status=429, retry_after=1)
        """
        self._store.faults.add(path, times, fault)

    def expire_links(self, kind: str, id: str) -> None:
        """Let all links issued so far for a project expire; the next GET gives fresh ones.

        Parameters
        ----------
        kind, id : str
            The project.

        Raises
        ------
        KeyError
            There is no such project.
        """
        if (kind, id) not in self._store.plans:
            raise KeyError(f"{kind}:{id} is no project of this sandbox")
        self._store.epochs[kind, id] += 1


def _require(holds: bool, rule: str, value: float) -> None:
    if not holds:
        raise ValueError(f"{rule}, not {value}")
