"""What the sandbox can make: each type's typical time and price, and each medium's content type."""

from __future__ import annotations

from typing import NamedTuple


class Type(NamedTuple):
    """One row of a kind's table: how long a type takes, what it costs and what it makes.

    Attributes
    ----------
    seconds : float
        The documented median from request to result, queueing included.
    credits : float
        Price of one image, one frame of a video, or one recording.
    media : str
        The medium of its output, a key of `CONTENT_TYPES`.

    Examples
    --------
    >>> typical("video", "TEXT_TO_VIDEO").seconds
    51
    """

    seconds: float
    credits: float = 5
    media: str = "png"


CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}

COLLECTIONS = {"image-projects": "image", "video-projects": "video", "audio-projects": "audio"}

TYPES: dict[str, dict[str, Type]] = {
    "image": {
        "AI_IMAGE": Type(5),
        "FACE_EDITOR": Type(3, 1, "jpeg"),
        "FACE_SWAP": Type(4, 5, "jpeg"),
        "BACKGROUND_REMOVER": Type(4, 5),
        "QR_CODE": Type(7, 20),
        "AI_MEME": Type(9, 10),
        "AI_IMAGE_EDITOR": Type(9, 50, "webp"),
        "PHOTO_COLORIZER": Type(9, 10, "jpeg"),
        "CLOTHES_CHANGER": Type(13, 25, "webp"),
        "AI_HEADSHOT": Type(14, 50, "jpeg"),
        "HEAD_SWAP": Type(18, 10, "jpeg"),
        "IMAGE_UPSCALER": Type(22, 50),
        "AI_GIF": Type(23, 25, "gif"),
        "BODY_SWAP": Type(38, 50, "jpeg"),
    },
    "video": {
        "TEXT_TO_VIDEO": Type(51, 1, "mp4"),
        "AUTO_SUBTITLE": Type(45, 0.25, "mp4"),
        "IMAGE_TO_VIDEO": Type(74, 1, "mp4"),
        "VIDEO_EDITOR": Type(85, 1, "mp4"),
        "FACE_SWAP": Type(96, 1, "mp4"),
        "AUDIO_TO_VIDEO": Type(117, 1, "webm"),
        "TALKING_PHOTO": Type(174, 1, "mp4"),
        "LIP_SYNC": Type(229, 1, "mp4"),
        "CHARACTER_REPLACE": Type(446, 1.5, "mp4"),
        "ANIMATION": Type(596, 1, "webm"),
        "VIDEO_TO_VIDEO": Type(772, 1.5, "mp4"),
    },
    "audio": {
        "VOICE_GENERATOR": Type(21, 3, "mp3"),
        "VOICE_CLONER": Type(21, 5, "wav"),
    },
}


def default_type(kind: str) -> str:
    """Return the type a project of this kind has when none is named: the first of its table."""
    return next(iter(TYPES[kind]))


def typical(kind: str, type_: str) -> Type:
    """Return a type's row; a type nobody documented is treated as the first of its kind."""
    return TYPES[kind].get(type_, TYPES[kind][default_type(kind)])
