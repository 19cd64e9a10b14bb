"""What is known of a sound or video, and the small window through which its file is looked at."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple


class Tracks(NamedTuple):
    """What a container says of its tracks; 0 and "" where it does not say."""

    seconds: float = 0.0
    width: int = 0
    height: int = 0
    video: str = ""  # codec of the first video track: a sample entry ("avc1") or a Matroska id ("V_VP9")
    sound: str = ""  # of the first sound track, likewise
    form: str = ""  # what the container calls itself, where its first bytes leave that open


class Damaged(Exception):  # noqa: N818 - it never leaves these modules
    """A container ends early, contradicts itself, or asks for more reading than it is worth."""


class Window:
    """A file through which at most `budget` bytes are seen.

    Parameters
    ----------
    file
        Open for reading bytes.
    size
        Its length in bytes.
    budget
        Bytes that may be read in all.
    """

    def __init__(self, file: BinaryIO, size: int, budget: int) -> None:
        self._file, self.size, self._left = file, size, budget

    def read(self, at: int, count: int) -> bytes:
        """Read exactly `count` bytes; raises Damaged where they are not there, or were too many."""
        content = self.peek(at, count)
        if len(content) < count:
            raise Damaged
        return content

    def peek(self, at: int, count: int) -> bytes:
        """Read up to `count` bytes; raises Damaged where they would be too many."""
        self._left -= count
        if self._left < 0 or not 0 <= at <= self.size:
            raise Damaged
        self._file.seek(at)
        return self._file.read(count)


def number(content: bytes) -> int:
    """Read a big-endian number of any length."""
    return int.from_bytes(content, "big")


def little(content: bytes) -> int:
    """Read a little-endian number of any length."""
    return int.from_bytes(content, "little")


def word(content: bytes) -> str:
    """Read a code of printable ASCII, such as a sample entry; anything else becomes "?"."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in content.rstrip(b"\0")).strip()
