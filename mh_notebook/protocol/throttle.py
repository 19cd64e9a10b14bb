"""How many questions a second all watches of a client may ask together, and how that gives way to a 429."""

from __future__ import annotations

MOST = 50.0  # questions a second; the vendor's SDK asks 2 a second about each project, without a bound
LEAST = 0.5  # questions a second, however often the server refuses
BURST = 2.0  # seconds' worth that may go at once after a quiet time
RECOVERY = 120.0  # seconds from nothing to `MOST`, had there been no further refusal
_ROUNDING = 1e-6  # of a question: what sums of fractions lack
ONE_REFUSAL = 2.0  # seconds in which further refusals are of the same burst, and count once


class Throttle:
    """A bound on questions a second: halved at a 429, recovered slowly. Told the time, it asks no clock.

    Who asks first is served first: whoever keeps a queue calls `pause` for its head alone.

    Examples
    --------
    >>> throttle = Throttle()
    >>> for _ in range(100):
    ...     throttle.take(now=0.0)
    >>> throttle.pause(now=0.0)
    0.02
    >>> throttle.refused(now=0.0, retry_after=5.0)
    >>> throttle.pause(now=1.0), throttle.rate(now=0.0), throttle.rate(now=30.0)
    (4.0, 25.0, 37.5)
    """

    def __init__(self) -> None:
        self._rate, self._since = MOST, 0.0  # the rate, and when it was that
        self._left, self._counted = BURST * MOST, -1e18  # questions that may go, and when that was counted
        self._closed_until = self._refused_until = -1e18

    def rate(self, now: float) -> float:
        """Return how many questions a second may go at this time."""
        return min(MOST, self._rate + MOST / RECOVERY * max(0.0, now - self._since))

    def pause(self, now: float) -> float:
        """Return the seconds until the next question may go; 0.0: now."""
        self._count(now)
        missing = 1.0 - self._left
        for_one = missing / self.rate(now) if missing > _ROUNDING else 0.0
        return max(for_one, self._closed_until - now, 0.0)

    def take(self, now: float) -> None:
        """Take in that a question goes."""
        self._count(now)
        self._left -= 1.0

    def refused(self, now: float, retry_after: float | None = None) -> None:
        """Take in a 429: nothing goes for as long as the server asked, and then half as many as before."""
        pause = 1.0 if retry_after is None else retry_after
        self._closed_until = max(self._closed_until, now + pause)
        if now < self._refused_until:
            return
        self._count(now)
        self._rate, self._since = max(self.rate(now) / 2.0, LEAST), now
        self._left = min(self._left, 0.0)
        self._refused_until = now + max(pause, ONE_REFUSAL)

    def _count(self, now: float) -> None:
        rate = self.rate(now)
        counted = max(self._counted, self._closed_until)  # nothing is saved up while it is closed
        self._left = min(self._left + max(0.0, now - counted) * rate, max(1.0, BURST * rate))
        self._counted = max(self._counted, now)
