"""What the changes of a project tell: when it started and ended, how long it queued and rendered, what was refunded."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from mh_notebook.protocol.models import TERMINAL

from .database import Row
from .observing import sharp

_BEFORE = frozenset({"draft", "queued"})  # any other status that is no end is a render

Key = tuple[str, str, str]


class Moment(NamedTuple):
    """A change as it was seen: when, within how many seconds it lies, and how old the project was."""

    seen_at: str
    gap: float | None
    age: float | None
    first: bool  # the first sight of all: how it looked, not that it changed

    @property
    def at(self) -> str | None:
        """When it was seen to happen, None where it had happened before anyone looked."""
        return None if self.first else self.seen_at


class Course:
    """A project's changes, in order."""

    __slots__ = ("completed_at_charge", "ended", "estimate", "started")

    def __init__(self) -> None:
        self.started: Moment | None = None
        self.ended: Moment | None = None
        self.estimate: int | None = None  # the last charge seen before the end
        self.completed_at_charge: int | None = None

    @property
    def queue_seconds(self) -> float | None:
        """Seconds from creation, or from leaving draft, to the render's start; None where not sharply seen."""
        start = self.started
        return start.age if start is not None and sharp(start.gap, start.age) else None

    @property
    def render_seconds(self) -> float | None:
        """Seconds from the render's start to its end, whatever that was; None where not sharply seen."""
        start, end = self.started, self.ended
        if start is None or end is None or start.age is None or end.age is None:
            return None
        seconds = max(end.age - start.age, 0.0)
        return seconds if sharp(start.gap, seconds) and sharp(end.gap, seconds) else None


def read_courses(rows: Iterable[Row]) -> dict[Key, Course]:
    """Read all changes: (account, kind, id, status, credits_charged, seen_at, gap_seconds, age_seconds)."""
    courses: dict[Key, Course] = {}
    # In order already, but for what was taken in from elsewhere: that costs less to find out here than in SQLite.
    for account, kind, id_, status, charged, seen_at, gap, age in sorted(rows, key=itemgetter(5)):
        key = (account, kind, id_)
        course = courses.get(key)
        first = course is None
        if course is None:
            course = courses[key] = Course()
        if status in TERMINAL:
            if course.ended is None:
                course.ended = Moment(seen_at, gap, age, first)
            if status == "complete" and course.completed_at_charge is None:
                course.completed_at_charge = charged
        elif course.ended is None:
            course.estimate = charged
            if course.started is None and status not in _BEFORE:
                course.started = Moment(seen_at, gap, age, first)
    return courses
