"""How long a render typically takes: the user's own renders first, the vendor's dated medians else."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles

import msgspec

ENOUGH = 3  # own renders from which on they say more than the vendor's median
LATE = 2.0  # times the vendor's median: no other figure than the median is published

MEDIAN_SECONDS: dict[str, float] = {
    "FACE_EDITOR": 3, "BACKGROUND_REMOVER": 4, "AI_IMAGE": 5, "QR_CODE": 7, "AI_MEME": 9, "AI_IMAGE_EDITOR": 9,
    "PHOTO_EDITOR": 9, "PHOTO_COLORIZER": 9, "CLOTHES_CHANGER": 13, "AI_HEADSHOT": 14, "HEAD_SWAP": 18,
    "VOICE_GENERATOR": 21, "VOICE_CLONER": 21, "IMAGE_UPSCALER": 22, "AI_GIF": 23, "BODY_SWAP": 38,
    "AUTO_SUBTITLE": 45, "TEXT_TO_VIDEO": 51, "IMAGE_TO_VIDEO": 74, "VIDEO_EDITOR": 85, "AUDIO_TO_VIDEO": 117,
    "TALKING_PHOTO": 174, "LIP_SYNC": 229, "CHARACTER_REPLACE": 446, "ANIMATION": 596, "VIDEO_TO_VIDEO": 772,
}  # fmt: skip
"""Median seconds from creation to the end, queueing included: the vendor's figures, 30 days to 2026-07-20."""

_FACE_SWAP = {"image": 4.0, "video": 96.0}  # one type, two kinds


class Typical(msgspec.Struct, frozen=True):
    """How long a type of project takes, in seconds from its creation to its end.

    Attributes
    ----------
    seconds : float
        The median.
    late : float
        Past this it takes longer than usual: the 90th percentile of the user's own, else twice the median.
    low, high : float
        The 10th and the 90th percentile of the user's own renders; 0 where there are too few.
    count : int
        How many of the user's own it rests on; 0 for the vendor's median.
    """

    seconds: float
    late: float
    low: float = 0.0
    high: float = 0.0
    count: int = 0


def typical(kind: str, type_: str, own: Sequence[float] = ()) -> Typical | None:
    """Say how long this type of project typically takes, None where nobody knows.

    Parameters
    ----------
    kind, type_
        As the API names them.
    own
        Seconds that the user's own projects of this kind and type took; three are enough.

    Examples
    --------
    >>> typical("video", "TEXT_TO_VIDEO")
    Typical(seconds=51, late=102.0, low=0.0, high=0.0, count=0)
    >>> typical("video", "TEXT_TO_VIDEO", [38, 51, 70, 52, 40]).seconds
    51
    """
    if len(own) >= ENOUGH:
        tenths = quantiles(own, n=10, method="inclusive")
        return Typical(seconds=median(own), late=tenths[-1], low=tenths[0], high=tenths[-1], count=len(own))
    seconds = _FACE_SWAP.get(kind) if type_ == "FACE_SWAP" else MEDIAN_SECONDS.get(type_)
    return None if seconds is None else Typical(seconds=seconds, late=LATE * seconds)
