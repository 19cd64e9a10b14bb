"""How a sight of a project is written down: as it is now, and each change of status or credits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mh_notebook.protocol.models import Project
from mh_notebook.protocol.redaction import redact, redact_all
from mh_notebook.transport.clock import Clock

from .schema import derived, stamp
from .transaction import Transaction

SHARP_SECONDS = 3.0
SHARP_SHARE = 0.2
"""A moment is sharply known if it lies within a gap of 3 s, or of a fifth of what is measured by it."""

_SAME = "account = :account AND kind = :kind AND id = :id"
_LEFT_DRAFT = f"CASE WHEN :gap <= {SHARP_SECONDS} THEN :age END"  # unknown where nobody watched it leave
_CHANGED = f"""
INSERT INTO transitions (account, kind, id, seen_at, status, credits_charged, gap_seconds, age_seconds)
SELECT :account, :kind, :id, :now, :status, :credits, :gap, :age - CASE
    WHEN was.id IS NULL THEN 0.0
    WHEN was.status = 'draft' AND :status <> 'draft' THEN {_LEFT_DRAFT}
    ELSE was.draft_seconds END
FROM (SELECT 1) LEFT JOIN (SELECT * FROM projects WHERE {_SAME}) was
WHERE was.status IS NOT :status OR was.credits_charged IS NOT :credits
"""  # noqa: S608 - of our own constants
_OBSERVE = f"""
INSERT INTO projects (account, kind, id, status, credits_charged, project, first_seen_at, last_seen_at,
                      type, created_at, expires_at, download_count, peak_credits, missing_at)
VALUES (:account, :kind, :id, :status, :credits, :project, :now, :now,
        :type, :created_at, :expires_at, :download_count, :credits, CASE WHEN NOT :enabled THEN :now END)
ON CONFLICT (account, kind, id) DO UPDATE SET
    draft_seconds = CASE WHEN status = 'draft' AND :status <> 'draft' THEN {_LEFT_DRAFT} ELSE draft_seconds END,
    status = :status, credits_charged = :credits, project = :project, last_seen_at = :now,
    type = :type, created_at = :created_at, expires_at = :expires_at, download_count = :download_count,
    peak_credits = max(coalesce(peak_credits, :credits), :credits),
    missing_at = CASE WHEN NOT :enabled THEN coalesce(missing_at, :now) END
"""  # noqa: S608 - of our own constants


def sharp(gap: float | None, seconds: float | None) -> bool:
    """Whether a moment, seen within `gap`, is known sharply enough to end a measure of so many seconds.

    Examples
    --------
    >>> sharp(2.5, 5.0), sharp(30.0, 200.0), sharp(30.0, 60.0), sharp(None, 60.0)
    (True, True, False, False)
    """
    return gap is not None and seconds is not None and gap <= max(SHARP_SECONDS, SHARP_SHARE * seconds)


def write_sights(connection: sqlite3.Connection, states: Sequence[dict[str, Any]]) -> None:
    """Write what `states_of` made, in one transaction."""
    with Transaction(connection):
        connection.executemany(_CHANGED, states)
        connection.executemany(_OBSERVE, states)


def states_of(
    account: str, projects: Sequence[Project], seen_at: datetime, gap: float | None, clock: Clock
) -> Iterator[dict[str, Any]]:
    """Return the values to write of each project."""
    now = stamp(seen_at)
    for project in projects:
        type_, created_at, expires_at, download_count = derived(project)
        yield {
            "account": account,
            "kind": project.kind,
            "id": project.id,
            "status": project.status,
            "credits": project.credits_charged,
            "project": without_links(project),
            "type": redact(type_),
            "created_at": created_at,
            "expires_at": expires_at,
            "download_count": download_count,
            "enabled": project.enabled,
            "now": now,
            "gap": gap,
            "age": clock.age(project.created_at, seen_at),
        }


def without_links(project: Project) -> str:
    """Write a project as JSON that holds no link."""
    state = msgspec.to_builtins(project, enc_hook=str)  # a link is a str of a kind of its own
    state["downloads"] = [{**download, "url": ""} for download in state["downloads"]]
    state.pop("download", None)
    text = msgspec.json.encode(state).decode()
    # Most hold no link: looking for one is ten times as fast as going through all fields.
    return msgspec.json.encode(redact_all(state)).decode() if "://" in text else text
