"""Which failures are worth another try, and after how long a pause."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import APIConnectionError, APITimeoutError, RateLimitError, ServerError

ATTEMPTS = 5
FIRST_PAUSE = 0.5  # seconds; doubles each time
LONGEST_PAUSE = 8.0  # seconds, for the pauses that are ours to choose
LONGEST_RETRY_AFTER = 120.0  # seconds; a server that asks for more is heard, but only so far


def is_transient(error: BaseException) -> bool:
    """Whether asking again may help: 429, 5xx, a broken connection, a time-out."""
    return isinstance(error, RateLimitError | ServerError | APIConnectionError | APITimeoutError)


def pause_before_retry(attempt: int, error: BaseException | None, jitter: float) -> float:
    """Seconds to pause after failed attempt number `attempt` (from 1).

    Doubling from half a second, with full jitter between a half and the whole; where the server sent Retry-After,
    that, plus a little jitter so that many clients do not return at once.

    Parameters
    ----------
    jitter : float
        A random number from 0 to 1.

    Examples
    --------
    >>> [pause_before_retry(n, None, jitter=1.0) for n in (1, 2, 3, 4, 5, 6)]
    [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    >>> pause_before_retry(1, RateLimitError(429, retry_after=12.0), jitter=0.0)
    12.0
    """
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked) + 0.5 * jitter
    return min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + 0.5 * jitter)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date, capped at `LONGEST_RETRY_AFTER`; None if there is none.

    Examples
    --------
    >>> read_retry_after("12", datetime(2026, 1, 1, tzinfo=UTC))
    12.0
    >>> read_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    >>> read_retry_after("soon", datetime(2026, 1, 1, tzinfo=UTC)) is None
    True
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text) if text.isascii() and text.isdigit() else seconds_until(text, now)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def seconds_until(date: str, now: datetime) -> float:
    """Seconds from now to an HTTP date; raises ValueError or OverflowError for what is none.

    Examples
    --------
    >>> seconds_until("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    moment = parsedate_to_datetime(date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
