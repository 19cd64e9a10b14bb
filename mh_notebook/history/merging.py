"""All that a history holds, as rows to carry elsewhere, and how they join what is there already."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .transaction import Transaction

KEY = ("account", "kind", "id")
TABLES: Mapping[str, tuple[str, ...]] = {
    "projects": (
        *KEY, "status", "credits_charged", "project", "first_seen_at", "last_seen_at", "deleted_at", "type",
        "created_at", "expires_at", "download_count", "peak_credits", "draft_seconds", "missing_at",
    ),
    "transitions": (*KEY, "seen_at", "status", "credits_charged", "gap_seconds", "age_seconds"),
    "files": (*KEY, "path", "bytes", "sha256", "saved_at", "number"),
}  # fmt: skip
"""Table -> its columns, as they are carried. What is being watched belongs to one machine alone."""

Content = dict[str, list[tuple[Any, ...]]]
"""Table -> rows."""

_ORDER = {"projects": "account, kind, id", "transitions": "seen_at, rowid", "files": "account, kind, id, path"}
_AS_SEEN_LAST = (
    "status", "credits_charged", "project", "last_seen_at", "type", "created_at", "expires_at", "download_count",
    "draft_seconds",
)  # fmt: skip
_MINE, _THEIRS = "coalesce(last_seen_at, '')", "coalesce(excluded.last_seen_at, '')"
_NEWER = ", ".join(
    f"{name} = CASE WHEN {_THEIRS} > {_MINE} THEN excluded.{name} ELSE {name} END" for name in _AS_SEEN_LAST
)
_JOIN = {
    "projects": f"""ON CONFLICT (account, kind, id) DO UPDATE SET {_NEWER},
        first_seen_at = min(first_seen_at, excluded.first_seen_at),
        deleted_at = coalesce(deleted_at, excluded.deleted_at),
        peak_credits = coalesce(max(peak_credits, excluded.peak_credits), peak_credits, excluded.peak_credits),
        missing_at = CASE WHEN {_THEIRS} > {_MINE} THEN excluded.missing_at
                          WHEN {_THEIRS} = {_MINE} THEN coalesce(missing_at, excluded.missing_at)
                          ELSE missing_at END""",
    "transitions": "",
    "files": """ON CONFLICT (account, kind, id, path) DO UPDATE SET
        bytes = excluded.bytes, sha256 = excluded.sha256, saved_at = excluded.saved_at, number = excluded.number
        WHERE excluded.saved_at > saved_at OR (excluded.saved_at = saved_at AND sha256 = '')""",
}


def read_all(connection: sqlite3.Connection, account: str | None = None) -> Content:
    """Read all rows of all tables, of one account if it is said, in an order that a second reading repeats."""
    return {table: read_table(connection, table, account) for table in TABLES}


def read_table(connection: sqlite3.Connection, table: str, account: str | None = None) -> list[tuple[Any, ...]]:
    """Read all rows of a table, of one account if it is said."""
    query = f"SELECT {', '.join(TABLES[table])} FROM {table} WHERE :account IS NULL OR account = :account"  # noqa: S608 - our own names
    return connection.execute(f"{query} ORDER BY {_ORDER[table]}", {"account": account}).fetchall()


def merge(connection: sqlite3.Connection, content: Content, salts: Sequence[str] = ()) -> None:
    """Join rows to those that are there: nothing twice, and nothing newer overwritten by older.

    Parameters
    ----------
    salts
        Those of the file they come from, its own first: an empty history takes that over, so that accounts keep
        their names; any other keeps them beside its own, and `accounts.own_account` joins what belongs to one key.
    """
    with Transaction(connection):
        if salts:
            _take_over(connection, salts)
        write_rows(connection, content)


def write_rows(connection: sqlite3.Connection, content: Content) -> None:
    """Join rows to those that are there, within a transaction."""
    known = set(read_table(connection, "transitions"))
    new = [row for row in dict.fromkeys(content["transitions"]) if row not in known]
    for table, rows in {**content, "transitions": new}.items():
        columns = TABLES[table]
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) {_JOIN[table]}"  # noqa: S608 - as above
        connection.executemany(statement, rows)


def read_salts(connection: sqlite3.Connection) -> list[str]:
    """Return the salts of a history, its own first."""
    rows = connection.execute("SELECT value FROM facts WHERE name = 'salt' OR name LIKE 'salt:%' ORDER BY name")
    return [value for (value,) in rows]


def _take_over(connection: sqlite3.Connection, salts: Sequence[str]) -> None:
    own = read_salts(connection)
    empty = connection.execute("SELECT 1 FROM projects LIMIT 1").fetchone() is None
    kept = [*own, *salts]  # a kernel that has it open goes on writing under its own
    if empty:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'salt'", (salts[0],))
    others: list[tuple[Any, ...]] = [(f"salt:{salt}", salt) for salt in kept if salt != (salts if empty else own)[0]]
    connection.execute("DELETE FROM facts WHERE name LIKE 'salt:%'")
    connection.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", others)
