"""The default client, made from the environment at first use, and what is said through it."""

from __future__ import annotations

import atexit
import os
import threading

import pandas as pd

from .client import Client
from .frames import build_frame
from .history import History, default_path
from .monitor import Monitor
from .projects import Directory
from .protocol.errors import MissingTokenError
from .protocol.refs import Refs
from .settings import TOKEN_VARIABLES, find_base_url, find_token

_lock = threading.Lock()
_current: tuple[tuple[str, str], Client] | None = None


def default_client() -> Client:
    """Return the client made from the environment; a new one once the key or the address there has changed.

    Raises
    ------
    MissingTokenError
        No key was found.
    """
    global _current  # noqa: PLW0603 - one per process, behind a lock
    settings = (str(find_token()), find_base_url())
    with _lock:
        if _current is None or _current[0] != settings:
            _current = (settings, Client())
            atexit.register(_current[1].close)
        return _current[1]


def frame(refs: Refs, *, kind: str | None = None) -> pd.DataFrame:
    """Get projects as a DataFrame, on a client made from the environment: see `Client.projects.frame`."""
    return default_client().projects.frame(refs, kind=kind)


def watch(
    refs: Refs,
    *,
    kind: str | None = None,
    download: bool = False,
    download_directory: Directory = None,
    timeout: float | None = None,
) -> Monitor:
    """Watch projects in the background, on a client made from the environment: see `Client.projects.watch`."""
    return default_client().projects.watch(
        refs, kind=kind, download=download, download_directory=download_directory, timeout=timeout
    )


def history() -> pd.DataFrame:
    """Return all that was seen, oldest first: the frame's schema plus `first_seen_at` and `deleted_at`.

    With a key in the environment, that account's alone; needs no key and asks nobody.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> import mh_notebook as mh
    >>> "credits_charged" in mh.history().columns
    True
    """
    if not default_path().exists():
        return build_frame([]).assign(first_seen_at=_NO_TIME, deleted_at=_NO_TIME)
    store = _open_history()
    try:
        return store.frame()
    finally:
        store.close()


def resume(*, download: bool = False, download_directory: Directory = None) -> Monitor:
    """Watch again all that had not ended when last seen: after a kernel's restart, say.

    Raises
    ------
    MissingTokenError
        No key was found.
    """
    client = default_client()
    store = _open_history()
    try:
        refs = store.unfinished()
    finally:
        store.close()
    return client.projects.watch(refs, download=download, download_directory=download_directory)


_NO_TIME: pd.Series[pd.Timestamp] = pd.Series([], dtype="datetime64[us, UTC]")


def _open_history() -> History:
    try:
        token = str(find_token())
    except MissingTokenError:
        token = None
    return History(default_path(), token)


def key_source() -> str:
    """Say where the key comes from, and no more of it than its last four characters."""
    for name in TOKEN_VARIABLES:
        if token := os.environ.get(name, "").strip():
            return f"{name}, ending in {token[-4:]}" if len(token) > 12 else name
    return "none"
