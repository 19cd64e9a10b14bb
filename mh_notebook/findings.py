"""What the doctor looks at, one function for each thing. None of them raises, and none shows a secret."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

from .client import _open_clients
from .default import key_source
from .history import default_path
from .history.schema import version_of
from .protocol.answered import COARSE, Answered
from .protocol.decoding import decode_account
from .protocol.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    MagicHourError,
    NotFoundError,
    unforeseen,
)
from .protocol.polling import read_interval
from .protocol.redaction import Secret
from .settings import find_base_url, find_token
from .transport.api import Api
from .transport.clock import Clock
from .transport.connection import Connections
from .transport.loop_thread import LoopThread
from .version import __version__
from .views.front_end import chosen, front_end
from .views.wording import bytes_text, counted, duration_text

PATIENCE = 5.0  # seconds that the API has to answer
WRONG_CLOCK = 60.0  # seconds; more than any time zone's, network's or Date header's imprecision
_ACCOUNT = "/v1/account"
_LOCK_PATIENCE = 1.0  # seconds that another kernel has to finish its write
_PACKAGES = ("aiohttp", "pandas", "ipywidgets", "nest-asyncio2", "ipykernel", "jupyterlab")


class Finding(NamedTuple):
    """An answer, and the trouble that it is, with what to do; "" where it is none."""

    answer: str
    trouble: str = ""


def look(at: Callable[[], Finding], what: str) -> Finding:
    """Look at one thing; what goes wrong meanwhile is the finding."""
    try:
        return at()
    except MagicHourError as error:
        return Finding(str(error), str(error))
    except Exception as error:  # noqa: BLE001 - who asks what is wrong is told, whatever it is
        text = str(unforeseen(error, what))
        return Finding(text, text)


def look_at_renderer() -> Finding:
    """Say what draws our panels, and why; raises UnknownRendererError."""
    renderer, why = chosen()
    return Finding(f"{renderer}: {why}")


def look_at_key() -> Finding:
    """Where the key comes from, with its last four characters at most; raises ConfigurationError."""
    source = key_source()
    try:
        find_token()
    except MagicHourError as error:
        return Finding(source if source == "none" else str(error), str(error))
    return Finding(source)


def look_at_interval() -> Finding:
    """How often renders are asked about; raises ConfigurationError."""
    seconds = read_interval(os.environ.get("MAGIC_HOUR_POLL_INTERVAL"))
    return Finding("as it pays" if seconds is None else f"{seconds:g} s, as MAGIC_HOUR_POLL_INTERVAL says")


class Asked(NamedTuple):
    """What asking the API once told, and its answer, if there was one."""

    finding: Finding
    answer: Answered | None = None


def ask_api() -> Asked:
    """Ask who owns the key, once, within `PATIENCE`.

    Raises
    ------
    MissingTokenError, ConfigurationError
        Before anything is asked; nothing is raised after that.
    """
    connections = Connections(1)
    token, base_url = Secret(find_token()), find_base_url()
    api = Api(token, base_url, timeout=PATIENCE, connections=connections, clock=Clock())

    async def ask() -> bytes:
        try:
            return await api.call("GET", _ACCOUNT, once=True)
        finally:
            await connections.close()

    thread = LoopThread("mh_notebook_doctor")  # the caller's own thread may run a loop, as a notebook's does
    try:
        finding = _judge(lambda: thread.run(ask()), api)
    finally:
        thread.close()
    return Asked(finding, api.last_answer)


def _judge(ask: Callable[[], bytes], api: Api) -> Finding:
    try:
        account = decode_account(ask())
    except NotFoundError:  # a server without this call still told a good key from a bad one
        return Finding(f"{_in_time(api)}, the key works")
    except AuthenticationError as error:
        return Finding("the key is refused (401)", f"The API refuses the key. {error.hint}")
    except APIStatusError as error:
        said = f": {error.server_message}" if error.server_message else ""
        return Finding(
            f"{_in_time(api)}, but with {error.status}{said}", f"The API answers {error.status}. {error.hint}"
        )
    except APITimeoutError as error:
        return Finding("no answer in time", f"The API at {api.base_url} does not answer in time. {error.hint}")
    except APIConnectionError as error:
        reason = error.message.rpartition(f"{_ACCOUNT}: ")[2]
        return Finding(f"no answer: {reason}", f"The API at {api.base_url} does not answer: {reason} {error.hint}")
    except MagicHourError as error:
        return Finding(f"{_in_time(api)}, but not as the API does: {error.message}", str(error))
    except Exception as error:  # noqa: BLE001 - as above
        text = str(unforeseen(error, "the API"))
        return Finding(text, text)
    tier = f"tier {account.tier}, " if account.tier else ""
    return Finding(f"{_in_time(api)}, the key works: {tier}{counted(account.credits, 'credit')}")


def _in_time(api: Api) -> str:
    return f"answers in {api.last_answer.seconds:.2f} s" if api.last_answer else "answers"


def look_at_clock(answer: Answered | None) -> Finding:
    """How far this machine's clock is from the server's."""
    skew = None if answer is None else answer.skew
    if answer is None or skew is None:
        return Finding("not known")
    apart = f"{abs(skew):.1f} s" if abs(skew) < WRONG_CLOCK else duration_text(abs(skew))
    side = f"{apart} {'behind' if skew > 0 else 'ahead of'} the server"
    if not answer.certain_skew:
        return Finding(f"right, as far as can be told ({side}, give or take {COARSE + answer.seconds / 2:.0f} s)")
    trouble = f"This machine's clock is {side}: set it by the network's time." if abs(skew) > WRONG_CLOCK else ""
    return Finding(f"{side}: elapsed times are corrected by it", trouble)


def look_at_history() -> Finding:
    """Where the history is, how many projects it knows, and whether it can be written."""
    path = default_path()
    shown = _from_home(path)
    try:
        known = _read_history(path) if path.exists() else _try_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        if "locked" in str(error):
            return Finding(f"{shown}, which another kernel writes to just now")
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        text = f"{shown} cannot be used: {reason}"
        hint = "Nothing is written down; set MH_NOTEBOOK_HISTORY to another file."
        return Finding(text, f"The history at {text}. {hint}")
    return Finding(f"{shown}, {known}")


def _read_history(path: Path) -> str:
    """Count the projects of a history that is there, and see whether it may be written; nothing is changed."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_LOCK_PATIENCE)
    with closing(database):
        version_of(database)
        database.execute("BEGIN IMMEDIATE")  # which alone SQLite allows on a read-only file too
        database.execute("CREATE TABLE may_be_written (answer)")  # taken back below
        count = 0
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'projects'").fetchone():
            (count,) = database.execute("SELECT count(*) FROM projects").fetchone()
        database.rollback()
    files = (path, path.with_name(f"{path.name}-wal"))  # the newest writes are beside it for a while
    return f"{counted(count, 'project')}, {bytes_text(sum(file.stat().st_size for file in files if file.exists()))}"


def _try_folder(folder: Path) -> str:
    """Write into the nearest folder that is there: permissions alone say little, to root least of all."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    with tempfile.TemporaryFile(dir=there):
        return "not there yet"


def _from_home(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):  # elsewhere, or nobody's home is known
        return str(path)


def newest_answer() -> Answered | None:
    """Return the newest answer that a client of this process had."""
    answers = [client._core.api.last_answer for client in list(_open_clients)]
    return max((answer for answer in answers if answer), key=lambda answer: answer.when, default=None)


def look_at_last_poll() -> Finding:
    """When the API last answered a client of this process, and how."""
    answer = newest_answer()
    if answer is None:
        return Finding("none in this process")
    ago = max((datetime.now(UTC) - answer.when).total_seconds(), 0.0)
    return Finding(f"{duration_text(ago)} ago, {answer.status}")


def look_at_proxies() -> Finding:
    """Name the proxies of the environment: hosts alone, as their addresses may hold passwords."""
    proxies = getproxies()
    exempt = proxies.pop("no", "")
    named = [f"{scheme} through {_host(address)}" for scheme, address in sorted(proxies.items())]
    if not named:
        return Finding("none")
    return Finding(", ".join(named) + (f"; none for {exempt}" if exempt and "@" not in exempt else ""))


def _host(address: str) -> str:
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        return (parts.hostname or "an unreadable address") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an unreadable address"


def versions() -> Mapping[str, Finding]:
    """Return what is installed."""
    return dict(_versions())


def _versions() -> Iterator[tuple[str, Finding]]:
    yield "mh-notebook", Finding(__version__)
    yield "Python", Finding(f"{platform.python_version()} on {platform.system()}")
    for name in _PACKAGES:
        try:
            yield name, Finding(version(name))
        except PackageNotFoundError:
            yield name, Finding("not installed")


def look_at_front_end() -> Finding:
    """Which front end shows what we display."""
    return Finding(front_end())
