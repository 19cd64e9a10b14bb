"""What is being watched, kept on disk: a kernel that dies takes none of it along."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import TERMINAL
from mh_notebook.protocol.refs import Ref

from .paths import absolute
from .schema import stamp
from .transaction import Transaction

KEPT = timedelta(hours=24)
"""How long a watch that did not end is remembered, once all it watched has ended: as long as links are good."""

ENDED = "({})".format(", ".join(f"'{status}'" for status in sorted(TERMINAL)))
OPEN = f"(status IS NULL OR status NOT IN {ENDED}) AND deleted_at IS NULL AND missing_at IS NULL"
"""Which projects had not ended when last seen, and were not deleted."""

REMEMBER = "INSERT OR IGNORE INTO projects (account, kind, id, first_seen_at) VALUES (?, ?, ?, ?)"
_WATCH = """
INSERT INTO watching (account, kind, id, since, position, download_directory) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, kind, id) DO UPDATE SET since = excluded.since, position = excluded.position,
    download_directory = coalesce(excluded.download_directory, download_directory)
"""
_UNWATCH = "DELETE FROM watching WHERE account = ? AND kind = ? AND id = ?"
_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
# A bare id that was watched is the project that was found under it.
_FOUND = f"""
SELECT w.account, coalesce(p.kind, w.kind) AS kind, w.id, w.since, w.position, w.download_directory
FROM watching w LEFT JOIN projects p
ON w.kind = '' AND p.account = w.account AND p.kind IN ({_KINDS}) AND p.id = w.id AND p.project IS NOT NULL
WHERE w.account = :account
"""  # noqa: S608 - of our own constants
_FORGET_OLD = f"""
DELETE FROM watching WHERE since < ? AND NOT EXISTS (
    SELECT 1 FROM projects p WHERE p.account = watching.account AND p.id = watching.id AND p.kind IN ({_KINDS})
    AND {OPEN})
"""  # noqa: S608 - of our own constants
_UNENDED = f"""
SELECT p.kind, p.id, w.download_directory, coalesce(w.since, p.first_seen_at) AS since, coalesce(w.position, 0)
FROM projects p LEFT JOIN ({_FOUND}) w ON w.account = p.account AND w.kind = p.kind AND w.id = p.id
WHERE p.account = :account AND deleted_at IS NULL AND missing_at IS NULL AND (w.since >= :yesterday OR {OPEN})
UNION ALL
SELECT kind, id, download_directory, since, position FROM ({_FOUND}) WHERE kind = '' AND since >= :yesterday
ORDER BY 4, 5, 1, 2
"""  # noqa: S608 - of our own constants


class Watching:
    """Begins and ends watches in the file. Used on the history's thread alone.

    Two watches of one project in this process end with the second.
    """

    def __init__(self) -> None:
        self._count: Counter[Ref] = Counter()

    def begin(
        self, connection: sqlite3.Connection, account: str, directories: Mapping[Ref, Path | None], now: str
    ) -> None:
        """Write down that these are watched, and where each is downloaded to."""
        rows = [
            (account, *ref, now, position, None if directory is None else absolute(directory))
            for position, (ref, directory) in enumerate(directories.items())
        ]
        with Transaction(connection):
            connection.executemany(REMEMBER, [(*row[:3], _nth(now, row[4])) for row in rows if row[1]])
            connection.execute(_FORGET_OLD, (_yesterday(),))
            connection.executemany(_WATCH, rows)
        self._count.update(directories.keys())

    def end(self, connection: sqlite3.Connection, account: str, refs: Sequence[Ref]) -> None:
        """Forget that these are watched, unless another watch of this process goes on."""
        self._count.subtract(refs)
        over = [(account, *ref) for ref in refs if self._count[ref] == 0]  # below: it was never begun here
        self._count = +self._count
        with Transaction(connection):
            connection.executemany(_UNWATCH, over)


def read_unended(connection: sqlite3.Connection, account: str) -> list[tuple[Ref, Path | None]]:
    """Return what was watched when its kernel died, and all that had not ended, oldest first, each once."""
    rows = connection.execute(_UNENDED, {"account": account, "yesterday": _yesterday()}).fetchall()
    found: dict[Ref, Path | None] = {}
    for kind, id_, directory, *_ in rows:
        ref = Ref(kind, id_)
        found[ref] = found.get(ref) or (None if directory is None else Path(directory))
    return list(found.items())


def _nth(now: str, position: int) -> str:
    """Give each of many that were first seen at once a time of its own, a microsecond later: their order stays."""
    return stamp(datetime.fromisoformat(now) + timedelta(microseconds=position))


def _yesterday() -> str:
    return stamp(datetime.now(UTC) - KEPT)
