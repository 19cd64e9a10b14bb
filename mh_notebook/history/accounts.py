"""Whose rows they are: a key's fingerprint under the file's salt, and under salts that came with other files."""

from __future__ import annotations

import hashlib
import sqlite3

from .merging import TABLES, read_all, read_salts, write_rows
from .transaction import Transaction


def fingerprint(token: str, salt: str) -> str:
    """Return what stands for a key in the file: it tells accounts apart, and nobody gets the key back from it."""
    return hashlib.blake2b(token.encode(), key=salt.encode(), digest_size=12).hexdigest()


def own_account(connection: sqlite3.Connection, token: str) -> str:
    """Return the key's account, after what was written of it under other salts has joined it."""
    own, *others = (fingerprint(token, salt) for salt in read_salts(connection))
    for other in others:
        if connection.execute("SELECT 1 FROM projects WHERE account = ? LIMIT 1", (other,)).fetchone():
            _join(connection, other, own)
    return own


def _join(connection: sqlite3.Connection, other: str, own: str) -> None:
    """Let an account's rows become another's."""
    with Transaction(connection):
        content = read_all(connection, other)
        moved = {table: [(own, *rest) for _, *rest in rows] for table, rows in content.items()}  # the first column
        write_rows(connection, moved)
        for table in (*TABLES, "watching"):
            connection.execute(f"DELETE FROM {table} WHERE account = ?", (other,))  # noqa: S608 - our own names
