"""A write to the history: all of it or nothing."""

from __future__ import annotations

import sqlite3


class Transaction:
    """BEGIN IMMEDIATE, so that a second writer waits at the start and never fails in the middle."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._database.execute("COMMIT")
        elif self._database.in_transaction:  # SQLite ends it by itself where the disk is full
            self._database.execute("ROLLBACK")
