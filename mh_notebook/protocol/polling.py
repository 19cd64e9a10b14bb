"""When to ask about a render again."""

from __future__ import annotations

import math

from .errors import ConfigurationError

SHORTEST_PAUSE = 2.0  # seconds: what the vendor advises for images
LONGEST_PAUSE = 30.0  # seconds: the vendor's upper end
SHARE = 0.1  # of the time waited so far; a mean delay of half of it, 5 %


def next_pause(elapsed: float, jitter: float, fixed: float | None = None) -> float:
    """Seconds until the next question.

    A tenth of the time waited so far, between 2 and 30 s, jittered by a tenth: many short renders are seen
    soon, and a long one costs few requests.

    Parameters
    ----------
    elapsed : float
        Seconds since the wait began.
    jitter : float
        A random number from 0 to 1.
    fixed : float, optional
        The user's own interval in seconds, kept as it is.

    Examples
    --------
    >>> [next_pause(elapsed, jitter=0.5) for elapsed in (0, 50, 600)]
    [2.0, 5.0, 30.0]
    """
    if fixed is not None:
        return fixed
    return min(max(SHORTEST_PAUSE, SHARE * elapsed), LONGEST_PAUSE) * (0.9 + 0.2 * jitter)


def read_interval(value: str | None) -> float | None:
    """Read MAGIC_HOUR_POLL_INTERVAL, seconds; None where it is not set.

    Raises
    ------
    ConfigurationError
        It is no number above zero.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigurationError(
            f"MAGIC_HOUR_POLL_INTERVAL is {value!r}, which is no number of seconds above zero.",
            hint="Set it to seconds, such as 2.5, or remove it.",
        )
    return seconds
