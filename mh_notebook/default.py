"""The default client, made from the environment at first use, and what is said through it."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Unpack

import pandas as pd

from .blocking import documented_as
from .client import Client, Projects
from .history import History, When, Which, default_path
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


def history(kind: Which = None, since: When = None, until: When = None, status: Which = None) -> pd.DataFrame:
    """Return what was seen, oldest first. It needs no key and asks nobody.

    With a key in the environment it is that account's alone. Without one it is every account's, and `account` tells
    them apart.

    Parameters
    ----------
    kind, status : str or list of str, optional
        Only these.
    since, until : datetime, date or str, optional
        Only what was created from `since` on and before `until`; a day alone is meant whole. Text is read as ISO
        8601; what says no zone is UTC. Of a project that never answered, it is when it was first asked for.

    Returns
    -------
    pandas.DataFrame
        The columns of every frame, and after them:

        - first_seen_at, started_at, finished_at, deleted_at (UTC): as seen; NA where it happened before anyone looked
        - queue_seconds, render_seconds (Float64): up to the render's start, and from there to its end; NA where
          either was not sharply seen, within 3 s or a fifth of it
        - paths: a tuple of the files saved, () where there are none
        - credits_refunded (Int64): what a failed or canceled project gave back; 0 for a complete one
        - credits_estimated (Int64): the last charge seen before the end
        - credits_changed_after (Int64): the charge now less that at the first sight of it complete
        - account: eight characters that stand for the key it was seen with

    Raises
    ------
    ConfigurationError
        There is no such kind or status, or a time cannot be read.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> "credits_refunded" in mh.history(kind="video", since="2026-01-01").columns
    True
    """
    store = open_history()
    try:
        return store.frame(kind, since, until, status)
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


def open_history() -> History:
    """Open the history of the environment's key, of all accounts without one."""
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
