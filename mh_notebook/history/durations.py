"""How long the user's own projects took, from creation to completion."""

from __future__ import annotations

import sqlite3

from .observing import SHARP_SECONDS, SHARP_SHARE

NEWEST = 200  # of each kind and type: older ones say little about today

_DURATIONS = f"""
WITH ended AS (
    SELECT kind, id, min(seen_at) AS place, age_seconds, gap_seconds FROM transitions
    WHERE account = :account AND status = 'complete' GROUP BY kind, id
), ranked AS (
    SELECT p.kind, p.type, age_seconds, place,
           row_number() OVER (PARTITION BY p.kind, p.type ORDER BY place DESC) AS age_rank
    FROM ended e JOIN projects p ON p.account = :account AND p.kind = e.kind AND p.id = e.id
    WHERE p.status = 'complete' AND p.type IS NOT NULL
    AND gap_seconds <= max({SHARP_SECONDS}, {SHARP_SHARE} * age_seconds)
)
SELECT kind, type, age_seconds FROM ranked WHERE age_rank <= {NEWEST} ORDER BY place
"""  # noqa: S608 - of our own constants


def read_durations(connection: sqlite3.Connection, account: str) -> dict[tuple[str, str], list[float]]:
    """Return seconds per (kind, type), newest last: only of projects whose end was sharply seen."""
    found: dict[tuple[str, str], list[float]] = {}
    for kind, type_, seconds in connection.execute(_DURATIONS, {"account": account}):
        found.setdefault((kind, type_), []).append(seconds)
    return found
