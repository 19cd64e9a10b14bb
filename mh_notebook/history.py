"""What was seen, kept on disk: SQLite, shared by all kernels of a user. Never the key, never a link."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sqlite3
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pandas as pd
from platformdirs import user_data_path

from .frames import Unread, build_frame
from .protocol.kinds import KINDS
from .protocol.models import TERMINAL, Project
from .protocol.redaction import redact_all
from .protocol.refs import Ref
from .worker import Worker

T = TypeVar("T")

_LOG = logging.getLogger("mh_notebook")
_VERSION = 1  # of the tables below, in the file's user_version
_LOCK_PATIENCE = 30.0  # seconds one kernel waits for another's write
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS projects (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    status TEXT, credits_charged INTEGER, project TEXT,
    first_seen_at TEXT NOT NULL, last_seen_at TEXT, deleted_at TEXT,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transitions (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    seen_at TEXT NOT NULL, status TEXT NOT NULL, credits_charged INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, saved_at TEXT NOT NULL,
    PRIMARY KEY (account, kind, id, path)
) WITHOUT ROWID;
"""


def default_path() -> Path:
    """Where the history is kept: MH_NOTEBOOK_HISTORY, else the user's data directory."""
    chosen = os.environ.get("MH_NOTEBOOK_HISTORY")
    return Path(chosen).expanduser() if chosen else user_data_path("mh_notebook") / "history.sqlite"


class History:
    """The history file, written by one thread of its own; any failure warns once and stops nothing.

    Parameters
    ----------
    path : Path
        The file; it and its directory are made.
    token : str, optional
        The key; kept as a salted fingerprint, to tell accounts apart. Without it, all accounts are read.
    """

    def __init__(self, path: Path, token: str | None = None) -> None:
        self.path = path
        self._writer = Worker("mh_notebook_history")
        self._database: sqlite3.Connection | None = None
        self._account = ""
        try:
            self._writer.submit(self._open, token).result()
        except (sqlite3.Error, OSError) as error:
            warnings.warn(self._trouble("cannot be used", error), stacklevel=3)

    def remember(self, refs: Iterable[Ref]) -> Future[None]:
        """Write down that these projects exist, before anything is known about them."""
        now = _now()
        rows = [(self._account, ref.kind, ref.id, now) for ref in refs if ref.kind]
        return self._submit(self._write_all, _REMEMBER, rows)

    def observe(self, projects: Iterable[Project]) -> Future[None]:
        """Write down how these projects look now, and each change of status or credits."""
        return self._submit(self._observe, list(projects))

    def deleted(self, ref: Ref) -> Future[None]:
        """Write down that a project was deleted; what it cost stays known."""
        row = (_now(), self._account, ref.kind, ref.id)
        return self._submit(self._write_all, _DELETED, [row])

    def saved(self, ref: Ref, path: str, size: int, sha256: str) -> Future[None]:
        """Write down a file that was saved."""
        row = (self._account, ref.kind, ref.id, path, size, sha256, _now())
        return self._submit(self._write_all, _SAVED, [row])

    def saved_sha256(self, path: str) -> Future[str | None]:
        """Return the hash of a file that was saved, None if we did not save it."""
        return self._submit(self._first, "SELECT sha256 FROM files WHERE path = ?", (path,))

    def kind_of(self, id_: str) -> Future[str | None]:
        """Return the kind under which an id was seen, None if it was not."""
        return self._submit(self._first, _KIND_OF, (self._account, id_))

    def unfinished(self) -> list[Ref]:
        """Return the projects that had not ended when last seen and were not deleted, oldest first."""
        rows = self._submit(self._rows, _UNFINISHED, (self._account, self._account)).result() or []
        return [Ref(kind, id_) for kind, id_ in rows]

    def frame(self) -> pd.DataFrame:
        """Return all that was seen, oldest first: the frame's schema plus `first_seen_at` and `deleted_at`.

        Both are datetime64[us, UTC].
        """
        rows = self._submit(self._rows, _ALL, (self._account, self._account)).result() or []
        frame = build_frame([_read(kind, id_, text) for kind, id_, text, _, _ in rows])
        for number, name in ((3, "first_seen_at"), (4, "deleted_at")):
            frame[name] = pd.to_datetime(pd.Series([row[number] for row in rows], dtype=object), utc=True)
            frame[name] = frame[name].astype("datetime64[us, UTC]")
        return frame

    def close(self) -> None:
        """Write what is left and end the thread. Closing twice is fine."""
        self._writer.close(self._close_database)

    def let_go(self) -> None:
        """End the thread after what is left, and wait for nothing: safe where the garbage collector calls."""
        self._writer.let_go(self._close_database)

    # On the writer's thread from here on.

    def _submit(self, work: Callable[..., T], *arguments: Any) -> Future[T | None]:
        try:
            future: Future[T | None] = self._writer.submit(self._guarded, work, arguments)
        except RuntimeError:  # closed: a late observation of a call that was cut short
            future = Future()
            future.set_result(None)
        future.add_done_callback(_report)
        return future

    def _guarded(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T | None:
        if self._database is None:
            return None
        try:
            return work(*arguments)
        except (sqlite3.Error, UnicodeError) as error:  # a path may hold bytes that are no text
            self._close_database()
            _LOG.warning("%s", self._trouble("stopped working", error))
            return None

    def _open(self, token: str | None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self.path, timeout=_LOCK_PATIENCE, isolation_level=None)
        try:
            _check_version(database)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(f"{_SCHEMA} PRAGMA user_version={_VERSION};")
            database.execute("INSERT OR IGNORE INTO facts VALUES ('salt', ?)", (secrets.token_hex(16),))
            (salt,) = database.execute("SELECT value FROM facts WHERE name = 'salt'").fetchone()
        except sqlite3.Error:
            database.close()
            raise
        self._database = database
        self._account = "" if token is None else _fingerprint(token, salt)

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _write_all(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        with _Transaction(self._require()) as database:
            database.executemany(statement, rows)

    def _observe(self, projects: list[Project]) -> None:
        now = _now()
        states = [self._state(project, now) for project in projects]
        with _Transaction(self._require()) as database:
            database.executemany(_CHANGED, states)
            database.executemany(_OBSERVE, states)

    def _state(self, project: Project, now: str) -> dict[str, Any]:
        return {
            "account": self._account,
            "kind": project.kind,
            "id": project.id,
            "status": project.status,
            "credits": project.credits_charged,
            "project": _without_links(project),
            "now": now,
        }

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._require().execute(query, values).fetchall()

    def _first(self, query: str, values: tuple[Any, ...]) -> Any:
        row = self._require().execute(query, values).fetchone()
        return None if row is None else row[0]

    def _require(self) -> sqlite3.Connection:
        if self._database is None:
            raise sqlite3.ProgrammingError("the history is closed")
        return self._database

    def _trouble(self, what: str, error: Exception) -> str:
        return (
            f"The history at {self.path} {what} ({error}). Everything else works; nothing is written down. "
            "Set MH_NOTEBOOK_HISTORY to another file, or pass history=False."
        )


_REMEMBER = "INSERT OR IGNORE INTO projects (account, kind, id, first_seen_at) VALUES (?, ?, ?, ?)"
_DELETED = "UPDATE projects SET deleted_at = ? WHERE account = ? AND kind = ? AND id = ?"
_SAVED = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)"
_KIND_OF = "SELECT kind FROM projects WHERE account = ? AND id = ? AND project IS NOT NULL"
_CHANGED = """
INSERT INTO transitions SELECT :account, :kind, :id, :now, :status, :credits
WHERE NOT EXISTS (SELECT 1 FROM projects WHERE account = :account AND kind = :kind AND id = :id
                  AND status = :status AND credits_charged = :credits)
"""
_OBSERVE = """
INSERT INTO projects (account, kind, id, status, credits_charged, project, first_seen_at, last_seen_at)
VALUES (:account, :kind, :id, :status, :credits, :project, :now, :now)
ON CONFLICT (account, kind, id) DO UPDATE SET
    status = :status, credits_charged = :credits, project = :project, last_seen_at = :now
"""
_ALL = """
SELECT kind, id, project, first_seen_at, deleted_at FROM projects
WHERE ? = '' OR account = ? ORDER BY first_seen_at, kind, id
"""
_UNFINISHED = f"""
SELECT kind, id FROM projects WHERE (? = '' OR account = ?) AND deleted_at IS NULL
AND (status IS NULL OR status NOT IN ({", ".join(f"'{status}'" for status in sorted(TERMINAL))}))
ORDER BY first_seen_at, kind, id
"""  # noqa: S608 - the statuses are ours


class _Transaction:
    """BEGIN IMMEDIATE, so that a second writer waits at the start and never fails in the middle."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _report(future: Future[Any]) -> None:
    """Log what a write raised: one that nobody waits for must not fail unheard."""
    if not future.cancelled() and (error := future.exception()):
        _LOG.error("a write to the history failed", exc_info=error)


def _without_links(project: Project) -> str:
    state = msgspec.to_builtins(project, enc_hook=str)  # a link is a str of a kind of its own
    state["downloads"] = [{**download, "url": ""} for download in state["downloads"]]
    state.pop("download", None)
    return msgspec.json.encode(redact_all(state)).decode()


def _read(kind: str, id_: str, text: str | None) -> Project | Unread:
    if text is None:
        return Unread(kind, id_)
    try:
        return msgspec.json.decode(text, type=KINDS[kind].model)
    except msgspec.MsgspecError:  # one row that was spoilt does not hide the others
        return Unread(kind, id_, "The history's record of it cannot be read.")


def _check_version(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise sqlite3.DatabaseError("it was made by a newer mh_notebook")


def _fingerprint(token: str, salt: str) -> str:
    return hashlib.blake2b(token.encode(), key=salt.encode(), digest_size=12).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
