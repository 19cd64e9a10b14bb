"""When to ask about a render again."""

from __future__ import annotations

import math

from .errors import ConfigurationError

SHORTEST_PAUSE = 2.0  # seconds: what the vendor advises for images
LONGEST_PAUSE = 30.0  # seconds: the vendor's upper end
SHARE = 0.1  # of the time waited so far; a mean delay of half of it, 5 %

TYPICAL_SECONDS: dict[str, float] = {
    "FACE_EDITOR": 3, "BACKGROUND_REMOVER": 4, "AI_IMAGE": 5, "QR_CODE": 7, "AI_MEME": 9, "AI_IMAGE_EDITOR": 9,
    "PHOTO_EDITOR": 9, "PHOTO_COLORIZER": 9, "CLOTHES_CHANGER": 13, "AI_HEADSHOT": 14, "HEAD_SWAP": 18,
    "VOICE_GENERATOR": 21, "VOICE_CLONER": 21, "IMAGE_UPSCALER": 22, "AI_GIF": 23, "BODY_SWAP": 38,
    "AUTO_SUBTITLE": 45, "TEXT_TO_VIDEO": 51, "IMAGE_TO_VIDEO": 74, "VIDEO_EDITOR": 85, "AUDIO_TO_VIDEO": 117,
    "TALKING_PHOTO": 174, "LIP_SYNC": 229, "CHARACTER_REPLACE": 446, "ANIMATION": 596, "VIDEO_TO_VIDEO": 772,
}  # fmt: skip
"""Median seconds from creation to the end, queueing included: the vendor's figures, 30 days to 2026-07-20."""

_FACE_SWAP = {"image": 4.0, "video": 96.0}  # one type, two kinds


def typical_seconds(kind: str, type_: str) -> float | None:
    """Seconds this type of project typically takes, None where nobody has said.

    Source: the vendor's published medians, 30 days to 2026-07-20.

    Examples
    --------
    >>> typical_seconds("video", "TEXT_TO_VIDEO"), typical_seconds("image", "FACE_SWAP"), typical_seconds("image", "?")
    (51, 4.0, None)
    """
    return _FACE_SWAP.get(kind) if type_ == "FACE_SWAP" else TYPICAL_SECONDS.get(type_)


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
