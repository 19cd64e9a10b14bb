"""Names for files on disk, their endings chosen by what their first bytes say they are."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from .marks import media_type_of as media_type_of

EXTENSIONS: dict[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "application/zip": ".zip",
}
"""The media types that a project's outputs have, and the ending each gets."""

_LONGEST = 100  # characters of a file's stem; file systems stop at 255 bytes
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_HASHED = re.compile(r"(^|-)[0-9a-f]{8}$")  # an id that looks like one of our own makings
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # on Windows


def extension(head: bytes, content_type: str, url: str) -> str:
    """Choose a file's ending: by its first bytes, else its Content-Type, else its link, else `.bin`.

    Examples
    --------
    >>> extension(b"GIF89a", "application/octet-stream", "https://host/output.png")
    '.gif'
    >>> extension(b"?", "video/mp4; codecs=x", "https://host/output")
    '.mp4'
    """
    declared = content_type.partition(";")[0].strip().lower()
    for media_type in (media_type_of(head), declared):
        if media_type in EXTENSIONS:
            return EXTENSIONS[media_type]
    try:
        ending = PurePosixPath(urlsplit(url).path).suffix.lower()
    except ValueError:  # an address that cannot be read has no ending
        return ".bin"
    return ending if ending in EXTENSIONS.values() else ".bin"


def output_stem(id_: str, number: int) -> str:
    """Name output `number` (from 1) of a project, without its ending: safe on every file system.

    An id that had to be changed or cut, that Windows reserves, that looks as if it had been changed, or that has
    capitals, which Windows and macOS do not tell from small letters, gets a few characters of its own hash, so that
    two of them never meet in one name.

    Examples
    --------
    >>> output_stem("cuid-example", 1)
    'cuid-example-1'
    >>> output_stem("../../etc", 2)
    'etc-74ccf3c5-2'
    """
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFKC", id_)).strip("._-")[:_LONGEST]
    if plain != id_ or plain != plain.lower() or _RESERVED.match(plain) or _HASHED.search(plain):
        plain = f"{plain}-{sha256(id_.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}".lstrip("-")
        plain = f"_{plain}" if _RESERVED.match(plain) else plain
    return f"{plain}-{number}"
