"""Which projects of the history are meant: by kind, status and time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mh_notebook.protocol.errors import ConfigurationError
from mh_notebook.protocol.kinds import KINDS
from mh_notebook.protocol.models import STATUSES, as_utc

from .schema import stamp

When = datetime | date | str | None
Which = str | Iterable[str] | None


def conditions(
    kind: Which, since: When, until: When, status: Which, seen_statuses: Collection[str]
) -> tuple[str, list[Any]]:
    """Return the choice as SQL conditions and their values.

    Raises
    ------
    ConfigurationError
        There is no such kind or status, or a time cannot be read.
    """
    found: list[tuple[str, list[Any]]] = []
    if kind is not None:
        found.append(_one_of("kind", _checked("kind", kind, KINDS)))
    if status is not None:
        found.append(_one_of("status", _checked("status", status, [*STATUSES, *seen_statuses])))
    if since is not None:
        found.append((f"{_WHEN} >= ?", [stamp(read_time("since", since))]))
    if until is not None:
        found.append((f"{_WHEN} < ?", [stamp(read_time("until", until, end=True))]))
    return "".join(f" AND {condition}" for condition, _ in found), [value for _, values in found for value in values]


def read_time(name: str, value: When, *, end: bool = False) -> datetime:
    """Read a moment: UTC unless it says a zone. A day is its beginning, or its end.

    Examples
    --------
    >>> read_time("since", "2026-01-31").isoformat(), read_time("until", "2026-01-31", end=True).isoformat()
    ('2026-01-31T00:00:00+00:00', '2026-02-01T00:00:00+00:00')
    >>> read_time("since", "2026-01-31T02:00+02:00").isoformat()
    '2026-01-31T00:00:00+00:00'
    """
    try:
        moment = _moment(value)
        if isinstance(moment, datetime):
            return as_utc(moment)
        day = moment + timedelta(days=end) if moment < date.max else moment
        return datetime.combine(day, time(), UTC)
    except ValueError:
        hint = 'Such as "2026-01-31", "2026-01-31T12:00+01:00", a date or a datetime; without a zone it is UTC.'
        raise ConfigurationError(f"{name} is {value!r}, which is no time.", hint=hint) from None


_WHEN = "coalesce(created_at, first_seen_at)"


def _moment(value: When) -> date:
    if isinstance(value, str):
        text = value.strip()
        return datetime.fromisoformat(text) if len(text) > len("2026-01-31") else date.fromisoformat(text)
    if isinstance(value, date) and value == value:  # pandas' NaT is a date, and is not itself
        return value
    raise ValueError


def _one_of(column: str, values: list[str]) -> tuple[str, list[Any]]:
    return f"{column} IN ({', '.join('?' * len(values))})", list(values)


def _checked(what: str, given: str | Iterable[str], known: Collection[str]) -> list[str]:
    if not isinstance(given, Iterable):
        raise ConfigurationError(f"{what} is {given!r}.", hint=f"Known are {', '.join(known)}.")
    values = [given] if isinstance(given, str) else list(given)
    for value in values:
        if value not in list(known):
            raise ConfigurationError(f"There is no {what} {value!r}.", hint=f"Known are {', '.join(known)}.")
    return values
