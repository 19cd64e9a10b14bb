"""The tables of a history file, step by step from the first version to the newest."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from mh_notebook.protocol.models import Project, as_utc

from .transaction import Transaction

VERSION = 2
"""Of the tables below, in the file's `user_version`."""

_FIRST = (
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS projects (
        account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        status TEXT, credits_charged INTEGER, project TEXT,
        first_seen_at TEXT NOT NULL, last_seen_at TEXT, deleted_at TEXT,
        PRIMARY KEY (account, kind, id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS transitions (
        account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        seen_at TEXT NOT NULL, status TEXT NOT NULL, credits_charged INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS files (
        account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL,
        bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, saved_at TEXT NOT NULL,
        PRIMARY KEY (account, kind, id, path)
    ) WITHOUT ROWID
    """,
)
# draft_seconds: the age at which it was seen to leave draft; NULL where that was not sharply seen.
# missing_at: when the API last said that it is not there; a later answer takes that back, unlike deleted_at.
_SECOND = (
    "ALTER TABLE projects ADD COLUMN type TEXT",
    "ALTER TABLE projects ADD COLUMN created_at TEXT",
    "ALTER TABLE projects ADD COLUMN expires_at TEXT",
    "ALTER TABLE projects ADD COLUMN download_count INTEGER",
    "ALTER TABLE projects ADD COLUMN peak_credits INTEGER",
    "ALTER TABLE projects ADD COLUMN draft_seconds REAL DEFAULT 0.0",
    "ALTER TABLE projects ADD COLUMN missing_at TEXT",
    "ALTER TABLE transitions ADD COLUMN gap_seconds REAL",
    "ALTER TABLE transitions ADD COLUMN age_seconds REAL",
    "ALTER TABLE files ADD COLUMN number INTEGER",
    """
    CREATE TABLE watching (
        account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        since TEXT NOT NULL, position INTEGER NOT NULL, download_directory TEXT,
        PRIMARY KEY (account, kind, id)
    ) WITHOUT ROWID
    """,
)
_PEAKS = """
SELECT max(max(p.credits_charged), coalesce(max(t.credits_charged), 0)), p.account, p.kind, p.id
FROM projects p LEFT JOIN transitions t USING (account, kind, id)
WHERE p.credits_charged IS NOT NULL GROUP BY p.account, p.kind, p.id
"""
_DERIVED = """
UPDATE projects SET type = ?, created_at = ?, expires_at = ?, download_count = ?
WHERE account = ? AND kind = ? AND id = ?
"""


class NewerHistoryError(sqlite3.DatabaseError):
    """The file was made by a newer mh_notebook."""

    def __init__(self) -> None:
        super().__init__("it was made by a newer mh_notebook: upgrade this one")


def bring_up_to_date(database: sqlite3.Connection) -> None:
    """Make or migrate the tables, all or nothing. Several processes may do so at once: the first does it.

    Raises
    ------
    sqlite3.Error
        It is no history, or a newer one; it is left as it was.
    """
    if version_of(database) == 0:
        _refuse_foreign(database)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    with Transaction(database):
        if steps := _STEPS[version_of(database) :]:
            for step in steps:
                step(database)
            database.execute(f"PRAGMA user_version={VERSION}")
        salt = ("salt", secrets.token_hex(16))
        database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", salt)  # also tells at once that it is read-only


def version_of(database: sqlite3.Connection) -> int:
    """Read the version of a file's tables, 0 where there are none; raises NewerHistoryError."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerHistoryError
    return version


def derived(project: Project) -> tuple[str, str, str | None, int]:
    """Return what columns repeat of a project, for queries: type, created_at, expires_at, download_count."""
    ends = project.expires_at
    return project.type, stamp(project.created_at), None if ends is None else stamp(ends), len(project.downloads)


def stamp(moment: datetime) -> str:
    """Write a time as all tables hold it: texts that sort as the times do."""
    return moment.isoformat(timespec="microseconds")


def now_stamp() -> str:
    """Write the time as it is now."""
    return stamp(datetime.now(UTC))


def output_number(path: str) -> int | None:
    """Read which output a file of ours is, by its name.

    Examples
    --------
    >>> output_number("/out/cuid-1-12.png"), output_number("/out/else.png")
    (12, None)
    """
    found = re.search(r"-(\d{1,9})\.\w+$", path)
    return int(found[1]) if found else None


def _refuse_foreign(database: sqlite3.Connection) -> None:
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if names - {"facts", "projects", "transitions", "files", "watching"}:
        raise sqlite3.DatabaseError("it is another program's database")


def _make_first(database: sqlite3.Connection) -> None:
    for statement in _FIRST:
        database.execute(statement)


def _make_second(database: sqlite3.Connection) -> None:
    """Add the second version's columns, and fill in what the first version's rows already tell."""
    for statement in _SECOND:
        database.execute(statement)
    peaks = database.execute(_PEAKS).fetchall()
    database.executemany("UPDATE projects SET peak_credits = ? WHERE account = ? AND kind = ? AND id = ?", peaks)
    rows = database.execute("SELECT account, kind, id, project FROM projects WHERE project IS NOT NULL").fetchall()
    database.executemany(_DERIVED, [(*_read_derived(text), *key) for *key, text in rows])
    files = database.execute("SELECT account, kind, id, path FROM files").fetchall()
    numbers = [(output_number(key[3]), *key) for key in files]
    database.executemany("UPDATE files SET number = ? WHERE account = ? AND kind = ? AND id = ? AND path = ?", numbers)


class _Stored(msgspec.Struct):
    """The fields of a stored project that the columns repeat."""

    type: str
    created_at: datetime
    downloads: list[dict[str, Any]] = []


def _read_derived(text: str) -> tuple[Any, ...]:
    try:
        stored = msgspec.json.decode(text, type=_Stored)
        ends = [as_utc(msgspec.convert(download["expires_at"], datetime)) for download in stored.downloads]
    except (msgspec.MsgspecError, KeyError):  # a row that was spoilt keeps no others from being migrated
        return (None, None, None, None)
    return stored.type, stamp(as_utc(stored.created_at)), stamp(min(ends)) if ends else None, len(ends)


_STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (_make_first, _make_second)
