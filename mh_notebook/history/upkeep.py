"""What the command line does with a history: sum it up, carry it, and forget a project."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from mh_notebook.protocol.errors import MagicHourError
from mh_notebook.protocol.refs import Ref

from .carrying import Carried, read_export, write_export
from .merging import TABLES, merge, read_all, read_salts
from .store import History
from .transaction import Transaction

T = TypeVar("T")


class Summary(NamedTuple):
    """How much a history holds, and of which days (UTC)."""

    accounts: int
    projects: int
    files: int
    first: str | None
    last: str | None


def summary(history: History) -> Summary:
    """Sum up a history, of all accounts."""
    return Summary(*_done(history, _summary))


def export(history: History, path: Path) -> int:
    """Write all of it, of all accounts, to a .csv, .parquet or .json file; return how many projects.

    Raises
    ------
    MagicHourError
        The file cannot be written, or the history cannot be read.
    """
    carried = _done(history, lambda connection: Carried(read_salts(connection), read_all(connection)))
    write_export(path, carried)
    return len(carried.content["projects"])


def take_in(history: History, path: Path) -> tuple[int, int]:
    """Take in what `export` wrote; return how many projects it holds, and how many of them were new.

    Nothing comes twice, and nothing newer is overwritten by older. An account's rows under another salt join its own
    when the history is next opened with its key.

    Raises
    ------
    MagicHourError
        It is no export, and nothing was taken in; or the history cannot be written.
    """
    carried = read_export(path)
    before = summary(history).projects
    _done(history, merge, carried.content, carried.salts)
    return len(carried.content["projects"]), summary(history).projects - before


def forget(history: History, ref: Ref) -> int:
    """Take every trace of a project out of the history; return how many projects that were.

    Of the key's account, of all accounts without one. Files that were saved stay where they are.

    Raises
    ------
    MagicHourError
        The history cannot be written.
    """
    return _done(history, _forget, history.database.account, ref)


def _done(history: History, work: Callable[..., T], *arguments: Any) -> T:
    result = history.database.submit(lambda connection: (work(connection, *arguments),)).result()
    if result is None:
        raise MagicHourError(history.database.trouble or "The history is closed.")
    return result[0]


def _summary(connection: sqlite3.Connection) -> tuple[Any, ...]:
    when = "coalesce(created_at, first_seen_at)"
    query = f"SELECT count(DISTINCT account), count(*), min({when}), max({when}) FROM projects"  # noqa: S608 - our own
    accounts, projects, first, last = connection.execute(query).fetchone()
    (files,) = connection.execute("SELECT count(*) FROM files").fetchone()
    return accounts, projects, files, first, last


def _forget(connection: sqlite3.Connection, account: str, ref: Ref) -> int:
    """Overwrite it, in the file and in its log, not only unlink it."""
    connection.execute("PRAGMA secure_delete=ON")
    where = "id = :id AND (:kind = '' OR kind IN (:kind, '')) AND (:account = '' OR account = :account)"
    values = {"account": account, **ref._asdict()}
    with Transaction(connection):
        gone = {
            table: connection.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount  # noqa: S608 - our own
            for table in (*TABLES, "watching")
        }
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone["projects"]
