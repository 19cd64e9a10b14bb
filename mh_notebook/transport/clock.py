"""Time as a wait sees it: real, faster beside a sandbox, or a test's own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

_SHORTEST_SLEEP = 0.01  # real seconds: a fast sandbox is not asked without pause


class Clock:
    """A clock that runs `speed` times as fast as the real one.

    A sandbox plays renders faster than they are; a client beside it waits, and counts, by the same clock.

    Examples
    --------
    >>> Clock(speed=60).speed
    60.0
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = float(speed)

    def now(self) -> float:
        """Seconds on this clock, from an arbitrary start."""
        return time.monotonic() * self.speed

    def age(self, created_at: datetime, at: datetime | None = None, skew: float = 0.0) -> float:
        """Seconds of this clock since a moment, up to now unless `at` is given; never below zero.

        Parameters
        ----------
        created_at : datetime
            By the server's clock.
        at : datetime, optional
            By ours.
        skew : float
            Real seconds by which the server's clock is ahead of ours.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> Clock(speed=60).age(datetime(2026, 1, 1, 0, 0, tzinfo=UTC), datetime(2026, 1, 1, 0, 2, tzinfo=UTC))
        7200.0
        """
        return max(((at or datetime.now(UTC)) - created_at).total_seconds() + skew, 0.0) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds of this clock."""
        await asyncio.sleep(max(seconds / self.speed, _SHORTEST_SLEEP) if seconds > 0 else 0)
