"""What an answer tells besides its body: when it came, how long it took, and how far the two clocks are apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from .retrying import seconds_until

COARSE = 2.0  # seconds; a Date header has whole seconds, and a clock set by the network is good to one


class Answered(NamedTuple):
    """One answer of the API host. Made for every call: what costs time is computed when it is asked for.

    Attributes
    ----------
    status : int
        The HTTP status.
    sent_at : float
        Our clock when the request was sent, seconds since 1970 UTC.
    seconds : float
        From then to the last byte.
    date : str or None
        The Date header, as it came.
    """

    status: int
    sent_at: float
    seconds: float
    date: str | None

    @property
    def when(self) -> datetime:
        """When it came by our clock, UTC."""
        return datetime.fromtimestamp(self.sent_at + self.seconds, UTC)

    @property
    def skew(self) -> float | None:
        """Seconds by which the server's clock is ahead of ours (negative: behind); None where it told no date.

        Against our clock at mid-request, and half a second on, as a Date header has lost half a second on average.

        Examples
        --------
        >>> Answered(200, sent_at=0.0, seconds=1.0, date="Thu, 01 Jan 1970 00:10:00 GMT").skew
        600.0
        """
        middle = datetime.fromtimestamp(self.sent_at + self.seconds / 2, UTC)
        try:
            return None if self.date is None else seconds_until(self.date, middle) + 0.5
        except (ValueError, TypeError, OverflowError):
            return None

    @property
    def certain_skew(self) -> float:
        """The same, 0.0 where it is not known or may be none: up to 2 s, and half of the time the answer took.

        Examples
        --------
        >>> Answered(200, sent_at=0.0, seconds=1.0, date="Thu, 01 Jan 1970 00:00:02 GMT").certain_skew
        0.0
        """
        skew = self.skew
        return skew if skew is not None and abs(skew) > COARSE + self.seconds / 2 else 0.0
