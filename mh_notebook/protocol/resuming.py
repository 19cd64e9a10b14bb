"""How a download goes on: what to ask for, and what an answer gives, decided apart from any file or socket."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_SHA256 = re.compile(r"sha-256\s*=\s*:?([A-Za-z0-9+/=]+):?", re.IGNORECASE)


@dataclass(frozen=True)
class Have:
    """What is on disk of a file. Sizes in bytes; `validator` is "" where the file cannot be resumed."""

    size: int = 0
    total: int | None = None
    validator: str = ""

    @property
    def resumable(self) -> bool:
        """Whether the rest alone can be asked for."""
        return self.size > 0 and bool(self.validator)


@dataclass(frozen=True)
class Begin:
    """Where the bytes of an answer begin. `total` is the whole file's size, None where it is not known."""

    start: int
    total: int | None
    validator: str
    sha256: str | None = None


class ChangedFileError(ValueError):
    """The answer does not go with what is on disk: drop that, and ask for the whole file."""


def range_headers(have: Have) -> dict[str, str]:
    """Return the headers that ask for the rest of a file, and for all of it should it have changed.

    Examples
    --------
    >>> range_headers(Have(size=100, total=500, validator='"v1"'))
    {'Range': 'bytes=100-', 'If-Range': '"v1"'}
    >>> range_headers(Have(size=100))
    {}
    """
    return {"Range": f"bytes={have.size}-", "If-Range": have.validator} if have.resumable else {}


def read_begin(status: int, headers: Mapping[str, str], have: Have) -> Begin:
    """Read where an answer with status 200, 206 or 416 begins.

    Raises
    ------
    ChangedFileError
        It does not go with what is on disk.

    Examples
    --------
    >>> read_begin(206, {"Content-Range": "bytes 100-499/500"}, Have(100, 500, '"v1"')).start
    100
    >>> read_begin(200, {"Content-Length": "500", "ETag": '"v2"'}, Have(100, 500, '"v1"'))
    Begin(start=0, total=500, validator='"v2"', sha256=None)
    """
    if status == 200:
        return Begin(0, content_length(headers), _validator(headers), _sha256(headers))
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    total = int(found[3]) if found and found[3].isdigit() else None
    start = have.size if status == 416 and total == have.size else int(found[1]) if found and found[1] else -1
    if start != have.size or (have.total is not None and total != have.total):
        raise ChangedFileError
    return Begin(start, total, have.validator, _sha256(headers))


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the size of the file that an answer is; None if it does not say, or says it of a compressed form."""
    if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return None
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def whole_size(status: int, headers: Mapping[str, str]) -> int | None:
    """Return the whole file's size by an answer to a question for its first byte; None if it does not say."""
    if status == 206:
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        return int(found[3]) if found and found[3].isdigit() else None
    return content_length(headers)


def _validator(headers: Mapping[str, str]) -> str:
    """Return a strong ETag, else the date of the last change; "" where a later part may be of another file."""
    if content_length(headers) is None or headers.get("Accept-Ranges", "bytes").lower() == "none":
        return ""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _sha256(headers: Mapping[str, str]) -> str | None:
    """Return the whole file's SHA-256 in hexadecimal, where the host gives it."""
    for name in ("Repr-Digest", "Digest"):
        if found := _SHA256.search(headers.get(name, "")):
            return _hex(found[1])
    return _hex(headers["x-amz-checksum-sha256"]) if "x-amz-checksum-sha256" in headers else None


def _hex(text: str) -> str | None:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return digest.hex() if len(digest) == 32 else None
