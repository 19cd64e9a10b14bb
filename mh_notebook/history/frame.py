"""What was seen, as a frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import pandas as pd

from mh_notebook.frames import SCHEMA, Unread, build_frame
from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import Project

from .choosing import When, Which, conditions
from .courses import Course, Key, read_courses
from .database import Database, Row

_TIME = SCHEMA["created_at"]
HISTORY_SCHEMA: dict[str, Any] = {
    "first_seen_at": _TIME,
    "started_at": _TIME,
    "finished_at": _TIME,
    "queue_seconds": "Float64",
    "render_seconds": "Float64",
    "deleted_at": _TIME,
    "paths": "object",
    "credits_refunded": "Int64",
    "credits_estimated": "Int64",
    "credits_changed_after": "Int64",
    "account": SCHEMA["id"],
}
"""Column -> dtype of what a history adds to a frame, in order. All times are UTC."""

_ALL = """
SELECT account, kind, id, project, first_seen_at,
    coalesce(deleted_at, CASE WHEN project IS NOT NULL THEN missing_at END), status, credits_charged, peak_credits
FROM projects WHERE (? = '' OR account = ?){} ORDER BY first_seen_at, kind, id
"""
_TRANSITIONS = """
SELECT account, kind, id, status, credits_charged, seen_at, gap_seconds, age_seconds FROM transitions
WHERE ? = '' OR account = ? ORDER BY rowid
"""
_FILES = "SELECT account, kind, id, path FROM files WHERE ? = '' OR account = ? ORDER BY number, saved_at, path"
_STATUSES = "SELECT DISTINCT status FROM projects WHERE status IS NOT NULL"
_NOTHING = Course()


class _Seen(NamedTuple):
    """A project's row in the history."""

    account: str
    kind: str
    id: str
    project: str | None
    first_seen_at: str
    deleted_at: str | None
    status: str | None
    charged: int | None
    peak: int | None


def read_frame(
    database: Database, kind: Which = None, since: When = None, until: When = None, status: Which = None
) -> pd.DataFrame:
    """Return what was seen of the account, of all accounts without a key, as `History.frame` says."""
    seen_statuses = [] if status is None else [word for (word,) in database.rows(_STATUSES).result() or []]
    condition, values = conditions(kind, since, until, status, seen_statuses)
    whose = (database.account,) * 2
    reading = [
        database.rows(_ALL.format(condition), (*whose, *values)),
        database.rows(_TRANSITIONS, whose),
        database.rows(_FILES, whose),
    ]
    projects, transitions, files = (future.result() or [] for future in reading)
    seen = [_Seen(*row) for row in projects]
    frame = build_frame([_read(one) for one in seen])
    columns = _columns(seen, read_courses(transitions), _paths(files))
    return frame.assign(**{name: _series(columns[name], dtype) for name, dtype in HISTORY_SCHEMA.items()})


def empty_frame() -> pd.DataFrame:
    """Return the frame of a history in which nothing stands."""
    return build_frame([]).assign(**{name: _series([], dtype) for name, dtype in HISTORY_SCHEMA.items()})


def _read(seen: _Seen) -> Project | Unread:
    if seen.project is None:
        return Unread(seen.kind, seen.id)
    try:
        return msgspec.json.decode(seen.project, type=KINDS[seen.kind].model)
    except (msgspec.MsgspecError, KeyError):  # one row that was spoilt does not hide the others
        return Unread(seen.kind, seen.id, "The history's record of it cannot be read.")


def _columns(seen: list[_Seen], courses: dict[Key, Course], paths: dict[Key, tuple[str, ...]]) -> dict[str, list[Any]]:
    found = [(one, courses.get((one.account, one.kind, one.id), _NOTHING)) for one in seen]
    return {
        "first_seen_at": [one.first_seen_at for one in seen],
        "started_at": [course.started and course.started.at for _, course in found],
        "finished_at": [course.ended and course.ended.at for _, course in found],
        "queue_seconds": [course.queue_seconds for _, course in found],
        "render_seconds": [course.render_seconds for _, course in found],
        "deleted_at": [one.deleted_at for one in seen],
        "paths": [paths.get((one.account, one.kind, one.id), ()) for one in seen],
        "credits_refunded": [_refunded(one, course) for one, course in found],
        "credits_estimated": [course.ended and course.estimate for _, course in found],
        "credits_changed_after": [_changed_after(one, course) for one, course in found],
        "account": [one.account[:8] or None for one in seen],
    }


def _refunded(seen: _Seen, course: Course) -> int | None:
    """Credits given back; unknown until the end, and where it failed before anyone saw what it had cost."""
    if seen.status == "complete":
        return 0
    if seen.status not in ("error", "canceled") or seen.charged is None or seen.peak is None:
        return None
    return None if course.estimate is None and seen.peak == seen.charged else seen.peak - seen.charged


def _changed_after(seen: _Seen, course: Course) -> int | None:
    """Credits charged now, less those when it was first seen complete."""
    if seen.status != "complete" or seen.charged is None or course.completed_at_charge is None:
        return None
    return seen.charged - course.completed_at_charge


def _paths(rows: Iterable[Row]) -> dict[Key, tuple[str, ...]]:
    found: dict[Key, list[str]] = {}
    for account, kind, id_, path in rows:
        found.setdefault((account, kind, id_), []).append(path)
    return {key: tuple(paths) for key, paths in found.items()}


def _series(values: list[Any], dtype: Any) -> pd.Series[Any]:
    if dtype == _TIME:
        moments = pd.to_datetime(pd.Series(values, dtype=object), utc=True, errors="coerce", format="ISO8601")
        times: pd.Series[Any] = moments.astype(dtype)
        return times
    series: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return series
