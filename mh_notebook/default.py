"""The default client, made from the environment at first use, and what is said through it."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Unpack

import pandas as pd

from .blocking import documented_as
from .client import Client, Projects
from .history import History, default_path
from .kind_projects import Directory
from .monitor import Monitor
from .protocol.errors import MissingTokenError
from .protocol.refs import Refs
from .recovery import ResumeOptions, WatchOptions
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
    global _current  # one per process, behind the lock
    settings = (str(find_token()), find_base_url())
    with _lock:
        if _current is None or _current[0] != settings:
            _current = (settings, Client())
            atexit.register(_current[1].close)
        return _current[1]


def frame(refs: Refs, *, kind: str | None = None) -> pd.DataFrame:
    """Get projects as a DataFrame, on a client made from the environment: see `Client.projects.frame`."""
    return default_client().projects.frame(refs, kind=kind)


@documented_as(Projects.watch, without_self=True)
def watch(refs: Refs, **options: Unpack[WatchOptions]) -> Monitor:
    """Watch projects in the background, on a client made from the environment."""
    return default_client().projects.watch(refs, **options)


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
    store = _open_history()
    try:
        return store.frame()
    finally:
        store.close()


@documented_as(Projects.resume, without_self=True)
def resume(**options: Unpack[ResumeOptions]) -> Monitor:
    """Watch again what had not ended, on a client made from the environment."""
    return default_client().projects.resume(**options)


@documented_as(Projects.rescue, without_self=True)
def rescue(hours: float = 6, download_directory: Directory = None) -> pd.DataFrame:
    """Save what is not on this machine, on a client made from the environment."""
    return default_client().projects.rescue(hours, download_directory)


def _open_history() -> History:
    try:
        return History(default_path(), find_token())
    except MissingTokenError:
        return History(default_path())


def key_source() -> str:
    """Say where the key comes from, and no more of it than its last four characters."""
    for name in TOKEN_VARIABLES:
        if token := os.environ.get(name, "").strip():
            return f"{name}, ending in {token[-4:]}" if len(token) > 12 else name
    return "none"
