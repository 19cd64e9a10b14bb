"""Matroska and WebM: EBML elements, each an id, a size and a content."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from .tracks import Tracks, Window, number, word

_HEADER, _FORM = 0x1A45DFA3, 0x4282
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _KIND, _CODEC = 0x1654AE6B, 0xAE, 0x83, 0x86
_VIDEO, _WIDTH, _HEIGHT = 0xE0, 0xB0, 0xBA
_IS_VIDEO, _IS_SOUND = 1, 2
_NANOSECONDS = 1_000_000  # in one unit of time, unless the file says another number
_LONGEST = 64  # bytes of a number or a name that is read; a longer one is left unread


class Element(NamedTuple):
    """One element: its id, and where its content starts and ends."""

    id: int
    start: int
    end: int


def matroska(window: Window) -> Tracks:
    """Read what stands before the first cluster of pictures and sound."""
    found = Tracks()
    for top in _elements(window, Element(0, 0, window.size)):
        if top.id == _HEADER:
            found = found._replace(form=word(_value(window, top, _FORM)))
        elif top.id == _SEGMENT:
            return _segment(window, top, found)
    return found


def _segment(window: Window, segment: Element, found: Tracks) -> Tracks:
    for part in _elements(window, segment):
        if part.id == _INFO:
            found = found._replace(seconds=_seconds(window, part))
        elif part.id == _TRACKS:
            for track in _elements(window, part):
                found = _with_track(window, track, found) if track.id == _TRACK else found
        elif part.id == _CLUSTER:
            break
    return found


def _with_track(window: Window, track: Element, found: Tracks) -> Tracks:
    kind, codec = number(_value(window, track, _KIND)), word(_value(window, track, _CODEC))
    if kind == _IS_VIDEO and not found.video:
        found = found._replace(video=codec)
        for part in _elements(window, track):
            if part.id == _VIDEO:
                width, height = number(_value(window, part, _WIDTH)), number(_value(window, part, _HEIGHT))
                found = found._replace(width=width, height=height)
    elif kind == _IS_SOUND and not found.sound:
        found = found._replace(sound=codec)
    return found


def _seconds(window: Window, info: Element) -> float:
    scale = number(_value(window, info, _SCALE)) or _NANOSECONDS
    content = _value(window, info, _DURATION)
    form = {4: ">f", 8: ">d"}.get(len(content))
    units = struct.unpack(form, content)[0] if form else 0.0
    return units * scale / 1e9 if math.isfinite(units) and units > 0 and scale < 1e12 else 0.0


def _value(window: Window, outer: Element, id_: int) -> bytes:
    """Read the content of the first inner element with an id, b"" where there is none."""
    for element in _elements(window, outer):
        if element.id == id_:
            return window.read(element.start, min(element.end - element.start, _LONGEST))
    return b""


def _elements(window: Window, outer: Element) -> Iterator[Element]:
    """Walk the elements of one level; one of unknown size reaches to the end of what holds it."""
    at = outer.start
    while at + 2 <= outer.end:
        head = window.peek(at, 12)
        id_length = _length(head[0]) if head else 9
        size_length = _length(head[id_length]) if id_length <= 4 and len(head) > id_length else 9
        start = at + id_length + size_length
        if id_length > 4 or size_length > 8 or len(head) < start - at:
            return
        end = min(start + _size(head[id_length : id_length + size_length], outer.end), outer.end)
        yield Element(number(head[:id_length]), start, end)
        at = max(end, start)


def _length(first: int) -> int:
    """Read from its first byte how many bytes a number has: one more than it has leading zeros."""
    return 9 - first.bit_length()


def _size(content: bytes, unknown: int) -> int:
    bits = 7 * len(content)
    value = number(content) & ((1 << bits) - 1)
    return unknown if value == (1 << bits) - 1 else value
