"""When to ask about a render again: often when it is likely to end, seldom when it is not.

Of all ways to spread a number of questions, the mean delay is least where the pause is inversely proportional to the
square root of the chance that the render ends now. That chance is read from a log-normal spread around the typical
time. `python -m benchmarks.polling` plays this rule and others against many renders.
"""

from __future__ import annotations

import math

from .errors import ConfigurationError
from .typical import Typical

SHORTEST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 30.0  # seconds: the vendor's upper end
MANY = 200  # watched at once; from here on each is asked about less often
SPREAD = 0.6  # of the logarithm of a type's times, where nothing better is known: a factor of 1.8 either way
SHARP, SHARP_SHARE = 3.0, 0.25  # seconds, and of the time so far: pauses while a type's own time is not known
SHARE, SECONDS = 0.05, 1.0  # the mean delay that is aimed at: 5 % of the typical time, or 1 s

_EAGERNESS = 0.8  # chosen by simulation: the mean delay stays in its aim also where the typical time is off by a third
_PRIOR = {"image": 9.0, "audio": 21.0, "video": 90.0}  # seconds: medians over the types of a kind
_UNKNOWN, _UNKNOWN_SPREAD = 30.0, 1.2
_WIDE, _WIDE_SHARE = 1.2, 0.1  # one render in ten is not as the others
_NARROWEST, _PRIOR_COUNT = 0.1, 4  # own renders count against these many imagined ones of the usual spread
_TENTHS = 2.563  # standard deviations between the 10th and the 90th percentile


def next_pause(
    elapsed: float,
    jitter: float,
    expected: Typical | None = None,
    *,
    kind: str = "",
    watched: int = 1,
    eagerness: float = 1.0,
    fixed: float | None = None,
) -> float:
    """Seconds until the next question.

    Parameters
    ----------
    elapsed : float
        Seconds since the render was created.
    jitter : float
        A random number from 0 to 1; moves the pause by a tenth at most.
    expected : Typical, optional
        How long this type takes, by the user's own renders or the published median; else the kind says.
    kind : str
        `image`, `video` or `audio`; "" where it is not known.
    watched : int
        How many projects are watched at once: above `MANY`, all are asked about less often.
    eagerness : float
        Of the rule, times what was chosen; the simulation draws its curve by it.
    fixed : float, optional
        The user's own interval in seconds, kept as it is.

    Examples
    --------
    >>> usual = Typical(seconds=51, late=102)
    >>> [round(next_pause(elapsed, 0.5, usual), 1) for elapsed in (0, 20, 50, 100, 5000)]
    [3.0, 5.0, 3.6, 3.7, 21.7]
    """
    if fixed is not None:
        return fixed
    spread, typical = _spread(expected), expected.seconds if expected else _PRIOR.get(kind, _UNKNOWN)
    stretch = max(1.0, watched / MANY)
    pause = _pause(max(elapsed, 0.0), max(typical, 0.1), spread, stretch, _EAGERNESS * eagerness)
    if expected is None or not expected.count:  # an end seen less sharply would not count among the user's own
        pause = min(pause, max(SHARP, SHARP_SHARE * elapsed) * stretch)
    return pause * (0.9 + 0.2 * jitter)


def _spread(expected: Typical | None) -> float:
    """Return the standard deviation of the logarithm of the times, the user's own as far as they go."""
    if expected is None:
        return _UNKNOWN_SPREAD
    if not expected.count or not 0 < expected.low <= expected.high:
        return SPREAD
    own = math.log(expected.high / expected.low) / _TENTHS
    square = (expected.count * own**2 + _PRIOR_COUNT * SPREAD**2) / (expected.count + _PRIOR_COUNT)
    return max(math.sqrt(square), _NARROWEST)


def _pause(elapsed: float, typical: float, spread: float, stretch: float, eagerness: float) -> float:
    """Find the pause that fits the chance of an end in its middle, by halving."""
    aim = max(SECONDS, SHARE * typical)
    weight = eagerness * typical / aim**2
    low, high = SHORTEST_PAUSE * stretch, LONGEST_PAUSE * stretch
    for _ in range(12):
        middle = (low + high) / 2
        chance = _hazard(elapsed + middle / 2, typical, spread)
        if middle * middle * weight * chance < 2.0 * stretch * stretch:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _hazard(at: float, typical: float, spread: float) -> float:
    """Return the chance per second that a render ends at this time, if it has not ended before."""
    density, rest = 0.0, 0.0
    for width, share in ((spread, 1.0 - _WIDE_SHARE), (max(_WIDE, spread), _WIDE_SHARE)):
        score = math.log(at / typical) / width
        density += share * math.exp(-0.5 * score * score) / (math.sqrt(2.0 * math.pi) * width * at)
        rest += share * 0.5 * math.erfc(score / math.sqrt(2.0))
    return density / max(rest, 1e-300)


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
