"""The history's file and the one thread that touches it; any failure warns once and stops nothing."""

from __future__ import annotations

import logging
import sqlite3
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from mh_notebook.worker import Worker

from .accounts import own_account
from .schema import bring_up_to_date
from .transaction import Transaction

T = TypeVar("T")
Row = tuple[Any, ...]

_LOG = logging.getLogger("mh_notebook")
_LOCK_PATIENCE = 30.0  # seconds one kernel waits for another's write
_LOCK_PAUSE = 0.02  # seconds between two tries to open


class Database:
    """A history file, opened at once.

    Parameters
    ----------
    path : Path
        The file; it and its directory are made.
    token : str, optional
        The key; `account` is its salted fingerprint, "" without one.

    Attributes
    ----------
    trouble : str
        Why it cannot be used, "" where it can.
    """

    def __init__(self, path: Path, token: str | None) -> None:
        self.path, self.account, self.trouble = path, "", ""
        self._worker = Worker("mh_notebook_history")
        self._connection: sqlite3.Connection | None = None
        try:
            self._worker.submit(self._open, token).result()
        except (sqlite3.Error, OSError) as error:
            self._give_up("cannot be used", error)
            warnings.warn(self.trouble, stacklevel=4)  # at whoever made the client

    def submit(self, work: Callable[..., T], *arguments: Any) -> Future[T | None]:
        """Do `work(connection, *arguments)` on the history's thread, in order; None where that cannot be."""
        try:
            future: Future[T | None] = self._worker.submit(self._guarded, work, arguments)
        except RuntimeError:  # closed: a late observation of a call that was cut short
            future = Future()
            future.set_result(None)
        future.add_done_callback(_report)
        return future

    def rows(self, query: str, values: Any = ()) -> Future[list[Row] | None]:
        """Return all rows of a query."""
        return self.submit(_rows, query, values)

    def first(self, query: str, values: Any = ()) -> Future[Any]:
        """Return the first column of the first row, None without one."""
        return self.submit(_first, query, values)

    def write(self, statement: str, rows: list[Any]) -> Future[None]:
        """Write rows in one transaction."""
        return self.submit(_write, statement, rows)

    def close(self) -> None:
        """Write what is left and end the thread. Closing twice is fine."""
        self._worker.close(self._disconnect)

    def let_go(self) -> None:
        """End the thread after what is left, and wait for nothing: safe where the garbage collector calls."""
        self._worker.let_go(self._disconnect)

    # On the worker's thread from here on.

    def _guarded(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T | None:
        if self._connection is None:
            return None
        try:
            return work(self._connection, *arguments)
        except (sqlite3.Error, UnicodeError) as error:  # a path may hold bytes that are no text
            self._give_up("stopped working", error)
            _LOG.warning("%s", self.trouble)
            return None

    def _open(self, token: str | None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_LOCK_PATIENCE, isolation_level=None)
        try:
            _patiently(bring_up_to_date, connection)
            account = "" if token is None else own_account(connection, token)
        except sqlite3.Error:
            connection.close()
            raise
        self._connection, self.account = connection, account

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _give_up(self, what: str, error: Exception) -> None:
        self._disconnect()
        self.trouble = (
            f"The history at {self.path} {what} ({error}). Everything else works; nothing is written down. "
            "Set MH_NOTEBOOK_HISTORY to another file, or pass history=False."
        )


def _patiently(work: Callable[[sqlite3.Connection], None], connection: sqlite3.Connection) -> None:
    """Wait for others also where SQLite does not: turning a new file to WAL answers "locked" at once."""
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            return work(connection)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(_LOCK_PAUSE)


def _rows(connection: sqlite3.Connection, query: str, values: Any) -> list[Row]:
    return connection.execute(query, values).fetchall()


def _first(connection: sqlite3.Connection, query: str, values: Any) -> Any:
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def _write(connection: sqlite3.Connection, statement: str, rows: list[Any]) -> None:
    with Transaction(connection):
        connection.executemany(statement, rows)


def _report(future: Future[Any]) -> None:
    """Log what a write raised: one that nobody waits for must not fail unheard."""
    if not future.cancelled() and (error := future.exception()):
        _LOG.error("a write to the history failed", exc_info=error)
