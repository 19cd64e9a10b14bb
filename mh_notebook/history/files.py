"""Which outputs were saved, and which were not, or are gone again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mh_notebook.protocol.refs import Ref

from .database import Row
from .schema import stamp

SAVED = """
INSERT OR REPLACE INTO files (account, kind, id, path, bytes, sha256, saved_at, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
HASHED = "UPDATE files SET sha256 = ? WHERE path = ? AND sha256 = ''"
COMPLETE = """
SELECT p.kind, p.id, p.expires_at, p.download_count, f.path, f.bytes, f.number
FROM projects p LEFT JOIN files f USING (account, kind, id)
WHERE account = ? AND status = 'complete' AND deleted_at IS NULL AND missing_at IS NULL
ORDER BY p.expires_at IS NULL, p.expires_at, p.first_seen_at, p.kind, p.id
"""
"""All complete projects with each of their files, those whose links run out soonest first."""


class Outputs(NamedTuple):
    """What is known of a complete project's outputs: when its links run out, how many, and which are here."""

    expires_at: str | None
    expected: int
    here: frozenset[int]
    fetched: bool


def read_outputs(rows: Iterable[Row]) -> dict[Ref, Outputs]:
    """Look for the files of complete projects on this machine; the same order as the rows'."""
    found: dict[Ref, Outputs] = {}
    for kind, id_, expires_at, count, path, size, number in rows:
        ref = Ref(kind, id_)
        outputs = found.setdefault(ref, Outputs(expires_at, max(count or 0, 1), frozenset(), False))
        if path is not None:
            here = {number} if number is not None and _is_here(path, size) else frozenset()
            found[ref] = outputs._replace(here=outputs.here | here, fetched=True)
    return found


def unsaved(rows: Iterable[Row], hours: float, now: datetime) -> dict[Ref, frozenset[int]]:
    """Return the projects to rescue, and which of their outputs are here and need no rescue.

    Those of which not all outputs are here, and whose links run out within `hours`, or of which nothing was ever
    fetched.
    """
    limit = stamp(now + timedelta(hours=min(hours, _FOREVER)))
    return {
        ref: outputs.here
        for ref, outputs in read_outputs(rows).items()
        if len(outputs.here) < outputs.expected and (not outputs.fetched or (outputs.expires_at or limit) <= limit)
    }


_FOREVER = 24 * 365 * 100.0  # hours; a timedelta has an end


def _is_here(path: str, size: int) -> bool:
    try:
        return Path(path).stat().st_size == size
    except (OSError, ValueError):
        return False
