"""The two clients. `AsyncClient` is awaited on the caller's loop; `Client` blocks, on a loop thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import weakref
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, Unpack

import pandas as pd

from .blocking import blocking, documented_as
from .core import Core
from .history import History, When, Which, default_path, empty_frame
from .kind_projects import AnyProject, AsyncKindProjects, Directory
from .monitor import Monitor
from .projects import AsyncProjects
from .protocol.errors import ClientClosedError
from .protocol.models import Account, AudioProject, ImageProject, VideoProject
from .protocol.redaction import Secret
from .protocol.refs import Refs
from .recovery import ResumeOptions, WatchOptions
from .settings import find_base_url, find_token, positive
from .transport.clock import Clock
from .transport.download import STALL
from .transport.loop_thread import LoopThread

_open_clients: weakref.WeakSet[_AnyClient] = weakref.WeakSet()


class _AnyClient:
    """What both clients are made with."""

    _clock: ClassVar[Clock] = Clock()  # a sandbox's clients have one that runs as fast as their world

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        *,
        timeout: float = 60.0,
        concurrency: int = 32,
        download_directory: Directory = None,
        history: bool | str | PathLike[str] = True,
        progress: bool | None = None,
        stall_timeout: float = STALL,
    ) -> None:
        """Make a client; nothing is sent yet.

        Parameters
        ----------
        token : str, optional
            The API key; else MAGIC_HOUR_API_KEY, else API_TOKEN.
        base_url : str, optional
            Else MAGIC_HOUR_BASE_URL, else production. Plain http is for this machine alone.
        timeout : float
            Seconds that one API call may take, all its attempts included.
        concurrency : int
            API calls under way at once.
        download_directory : path, optional
            Where outputs are saved; the current directory unless given.
        history : bool or path
            Whether, or where, to write down what was seen.
        progress : bool, optional
            None shows what the place can show, False nothing.
        stall_timeout : float
            Seconds without a byte after which a download counts as broken, and is gone on with.

        Raises
        ------
        MissingTokenError
            No key was found.
        ConfigurationError
            A setting cannot work.
        """
        token = None if token is None else Secret(token)  # verbose tracebacks show arguments
        key = find_token(token)
        settings: dict[str, Any] = {
            "timeout": positive("timeout", timeout),
            "concurrency": max(1, int(positive("concurrency", concurrency))),
            "directory": Path(download_directory or "."),
            "clock": self._clock,
            "stall": positive("stall_timeout", stall_timeout),
        }
        address = find_base_url(base_url)
        self._core = Core(key, address, history=_history(history, key, self._clock), **settings)
        self._progress = progress
        self._finalizer = self._own()
        _open_clients.add(self)

    def _own(self) -> weakref.finalize[..., Self]:
        """Take charge of what must end with this client, also where it is forgotten."""
        return weakref.finalize(self, self._core.let_go)

    def _end(self) -> None:
        """Write what is left, at the end of the process."""
        self._core.finish()

    def history(self, kind: Which = None, since: When = None, until: When = None, status: Which = None) -> pd.DataFrame:
        """Return what this client's account was seen to make, oldest first: as `mh_notebook.history` does.

        Empty where the client was made with `history=False`.

        Raises
        ------
        ClientClosedError
            The client was closed, before or meanwhile.
        ConfigurationError
            There is no such kind or status, or a time cannot be read.
        """
        history = self._core.history
        frame = empty_frame() if history is None else history.frame(kind, since, until, status)
        if self._core.connections.closed:  # asked last: closed meanwhile, nothing may have been read
            raise ClientClosedError
        return frame

    def __repr__(self) -> str:
        core = getattr(self, "_core", None)  # a traceback may show a client whose settings were refused
        return f"{type(self).__name__}({core.api.base_url if core else 'not made'!r})"


class AsyncV1:
    """The calls as the vendor's SDK groups them, asynchronous."""

    def __init__(self, core: Core, progress: bool | None, keep: object = None) -> None:
        self.image_projects = AsyncKindProjects[ImageProject](core, "image", progress, keep)
        self.video_projects = AsyncKindProjects[VideoProject](core, "video", progress, keep)
        self.audio_projects = AsyncKindProjects[AudioProject](core, "audio", progress, keep)


class AsyncClient(_AnyClient):
    """A client whose calls are awaited, on the caller's own loop. Best used with `async with`.

    Examples
    --------
    >>> import asyncio, mh_notebook as mh
    >>> async def main():
    ...     with mh.Sandbox() as sandbox:
    ...         async with sandbox.async_client() as client:
    ...             return await client.projects.frame(sandbox.refs)
    >>> asyncio.run(main())["kind"].nunique()
    3
    """

    @property
    def v1(self) -> AsyncV1:
        """The calls by kind: `image_projects`, `video_projects`, `audio_projects`."""
        return AsyncV1(self._core, self._progress, self)

    @property
    def projects(self) -> AsyncProjects:
        """The calls on any mix of kinds."""
        return AsyncProjects(self._core, self._progress, self)

    async def account(self) -> Account:
        """Get the account that owns the key: its id, credits left and tier."""
        return await self._core.account()

    async def close(self) -> None:
        """End the watches, close the connections, write the history. Closing twice is fine."""
        self._finalizer.detach()
        await self._core.close()
        await asyncio.to_thread(self._core.finish)  # there may be hashes to read, or another kernel's write to wait for

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class KindProjects(Generic[AnyProject]):
    """The projects of one kind, blocking."""

    def __init__(self, asynchronous: AsyncKindProjects[AnyProject], client: Client) -> None:
        self._asynchronous, self._thread, self._client = asynchronous, client._thread, client

    get = blocking(AsyncKindProjects[AnyProject].get)
    delete = blocking(AsyncKindProjects[AnyProject].delete)
    check_result = blocking(AsyncKindProjects[AnyProject].check_result)


class V1:
    """The calls as the vendor's SDK groups them, blocking."""

    def __init__(self, client: Client) -> None:
        asynchronous = AsyncV1(client._core, client._progress)
        self.image_projects = KindProjects(asynchronous.image_projects, client)
        self.video_projects = KindProjects(asynchronous.video_projects, client)
        self.audio_projects = KindProjects(asynchronous.audio_projects, client)


class Projects:  # noqa: D101 - its words are those of its twin
    __doc__ = AsyncProjects.__doc__

    def __init__(self, asynchronous: AsyncProjects, client: Client) -> None:
        self._asynchronous, self._thread, self._client = asynchronous, client._thread, client

    get = blocking(AsyncProjects.get)
    frame = blocking(AsyncProjects.frame)
    download = blocking(AsyncProjects.download)
    saved = blocking(AsyncProjects.saved)
    rescue = blocking(AsyncProjects.rescue)

    @documented_as(AsyncProjects.watch)
    def watch(self, refs: Refs, **options: Unpack[WatchOptions]) -> Monitor:
        """Watch in the background, on the client's thread: blocking a cell does not stop it."""
        return self._started(self._asynchronous.prepare_watch(refs, self._client, options))

    @documented_as(AsyncProjects.resume)
    def resume(self, **options: Unpack[ResumeOptions]) -> Monitor:
        """Watch in the background what had not ended."""
        unended = self._thread.run(self._asynchronous._unended())
        return self._started(self._asynchronous._prepare_resume(unended, self._client, options))

    def _started(self, monitor: Monitor) -> Monitor:
        async def start() -> None:
            monitor.start(asyncio.get_running_loop(), self._thread.run)

        self._thread.run(start())
        return monitor


class Client(_AnyClient):
    """A client whose calls block, safe in a notebook: an interrupt stops the call and nothing else.

    Its work is done on one thread of its own, started at first use. Forgotten, it ends when it is garbage-collected
    and nothing is watched any more.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> with mh.Sandbox() as sandbox, sandbox.client() as client:
    ...     frame = client.projects.frame(sandbox.refs)
    >>> frame["kind"].nunique()
    3
    """

    def _own(self) -> weakref.finalize[..., Self]:
        self._thread = LoopThread()
        return weakref.finalize(self, _forget, self._core, self._thread)

    @property
    def v1(self) -> V1:
        """The calls by kind: `image_projects`, `video_projects`, `audio_projects`."""
        return V1(self)

    @property
    def projects(self) -> Projects:
        """The calls on any mix of kinds."""
        return Projects(AsyncProjects(self._core, self._progress), self)

    def account(self) -> Account:
        """Get the account that owns the key: its id, credits left and tier."""
        return self._thread.run(self._core.account())

    def _end(self) -> None:
        self.close()

    def close(self) -> None:
        """End the watches and the thread, close the connections, write the history. Closing twice is fine."""
        self._core.closing = True
        self._thread.close(self._core.close)
        self._core.finish()
        self._finalizer.detach()  # last: an interrupted close is finished when the client is collected

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _forget(core: Core, thread: LoopThread) -> None:
    """End what a collected client left. The garbage collector calls it in the middle of anything: wait for nothing."""
    core.closing = True
    if not thread.let_go(core.close):
        core.let_go()


@atexit.register
def _close_all() -> None:
    for client in list(_open_clients):
        client._finalizer.atexit = False
        client._end()


def _history(history: bool | str | PathLike[str], token: str, clock: Clock) -> History | None:
    if history is False:
        return None
    return History(default_path() if history is True else Path(history), token, clock)
