"""MP4 and QuickTime: boxes within boxes. ISO/IEC 14496-12 names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .tracks import Damaged, Tracks, Window, number, word

_TRACKS = 64  # tracks looked at; a film has a handful


class Box(NamedTuple):
    """One box: its kind, and where its content starts and ends."""

    kind: bytes
    start: int
    end: int


def movie(window: Window) -> Tracks:
    """Read a film's index, wherever it lies; one in fragments says no duration unless `mehd` or `sidx` do."""
    index = _first(window, Box(b"", 0, window.size), b"moov")
    if index is None:
        raise Damaged
    found = Tracks()
    for track in [box for box, _ in zip(_boxes(window, index, b"trak"), range(_TRACKS), strict=False)]:
        found = _with_track(window, track, found)
    return found._replace(seconds=_seconds(window, index))


def _with_track(window: Window, track: Box, found: Tracks) -> Tracks:
    handler, codec = _handler(window, track), _codec(window, track)
    if handler == b"vide" and not found.video:
        width, height = _size(window, track)
        return found._replace(video=codec, width=width, height=height)
    if handler == b"soun" and not found.sound:
        return found._replace(sound=codec)
    return found


def _handler(window: Window, track: Box) -> bytes:
    box = _first(window, track, b"mdia", b"hdlr")
    return window.read(box.start + 8, 4) if box else b""


def _codec(window: Window, track: Box) -> str:
    """Read the kind of the first sample entry: a version, a count, then the entry's size and kind."""
    box = _first(window, track, b"mdia", b"minf", b"stbl", b"stsd")
    return word(window.read(box.start + 12, 4)) if box else ""


def _size(window: Window, track: Box) -> tuple[int, int]:
    """Read a track's size in pixels as it is shown: a quarter turn swaps its sides."""
    box = _first(window, track, b"tkhd")
    if box is None or box.end - box.start < 44:
        return 0, 0
    tail = window.read(box.end - 44, 44)  # a matrix of nine numbers, then width and height, both 16.16
    width, height = number(tail[36:38]), number(tail[40:42])
    turned = number(tail[:4]) == 0 and number(tail[4:8]) != 0
    return (height, width) if turned else (width, height)


def _seconds(window: Window, index: Box) -> float:
    header = _first(window, index, b"mvhd")
    if header is None:
        return 0.0
    content = window.read(header.start, 32)
    long = content[0] == 1
    scale = number(content[20:24] if long else content[12:16])
    units = _known(content[24:32] if long else content[16:20]) or _fragments(window, index)
    return units / scale if scale and units else _segments(window)


def _fragments(window: Window, index: Box) -> int:
    """Read how long all fragments are together, 0 where that is not said."""
    box = _first(window, index, b"mvex", b"mehd")
    if box is None:
        return 0
    content = window.read(box.start, min(12, box.end - box.start))
    return _known(content[4:12] if content[:1] == b"\1" else content[4:8])


def _segments(window: Window) -> float:
    """Add up what a segment index says, as films made for streaming have one."""
    box = _first(window, Box(b"", 0, window.size), b"sidx")
    if box is None:
        return 0.0
    head = window.read(box.start, 12)
    at = box.start + (32 if head[0] == 1 else 24)
    count, scale = number(window.read(at - 2, 2)), number(head[8:12])
    entries = window.read(at, 12 * count)  # each: size, duration, access points
    return sum(number(entries[n + 4 : n + 8]) for n in range(0, len(entries), 12)) / scale if scale else 0.0


def _known(content: bytes) -> int:
    """Read a duration; all ones mean that it is not known."""
    return 0 if content.strip(b"\xff") == b"" else number(content)


def _first(window: Window, outer: Box, *path: bytes) -> Box | None:
    """Find the first box down a path of kinds."""
    for kind in path:
        found = next(_boxes(window, outer, kind), None)
        if found is None:
            return None
        outer = found
    return outer


def _boxes(window: Window, outer: Box, kind: bytes) -> Iterator[Box]:
    """Walk the boxes of one kind; the window's budget ends a walk that does not end by itself."""
    at = outer.start
    while at + 8 <= outer.end:
        head = window.peek(at, 16)
        size, start = number(head[:4]), at + 8
        if size == 1:
            size, start = number(head[8:16]), at + 16
        end = outer.end if size == 0 else min(at + size, outer.end)
        if end < start:
            return
        if head[4:8] == kind:
            yield Box(kind, start, end)
        at = end
