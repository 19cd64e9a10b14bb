"""The colours of the sandbox's pictures, chosen by hand."""

from __future__ import annotations

from typing import NamedTuple

Colour = tuple[int, int, int]


class Palette(NamedTuple):
    """Colours of one hour of the day.

    Attributes
    ----------
    sky : tuple of Colour
        From the zenith down to the horizon.
    light : Colour
        The sun or the moon.
    far, near : Colour
        The most distant hills and the closest.
    night : bool
        Whether stars are out.
    """

    sky: tuple[Colour, ...]
    light: Colour
    far: Colour
    near: Colour
    night: bool = False


def _colour(text: str) -> Colour:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def _palette(sky: str, light: str, far: str, near: str, *, night: bool = False) -> Palette:
    stops = tuple(_colour(text) for text in sky.split())
    return Palette(stops, _colour(light), _colour(far), _colour(near), night)


PALETTES = (
    _palette("35457a 8f6a9a e9937f fbc98c fdeab8", "fff6da", "c58b97", "231c3b"),
    _palette("1b1440 5a2268 c23a74 f7805a ffc27a", "ffe3b0", "8a3672", "150a2c"),
    _palette("6fa3ad a4cbc4 d9e6d2 f6f1da", "fffdf0", "9dc0b8", "16393f"),
    _palette("060a20 10214a 284a7c 5f87ad 9db9c9", "f7f3dd", "4a6c92", "050b1a", night=True),
    _palette("256f9e 6fb1c9 b9d6cf f3dcb0 f4b57c", "fff8e4", "dba27b", "5c2a2c"),
    _palette("4a4a86 8f82b8 d3b1c8 f6d3c6 fdeed9", "fff9ea", "a692bd", "27224a"),
    _palette("071d2b 0d4152 1f7a78 6fb89b c9e2b4", "fbffe8", "2f7f7c", "04151c", night=True),
    _palette("f2a65a f6bd72 f9d58f fcebbd", "fffaf0", "d98f5c", "5a2333"),
)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies a share of the way from the first to the second.

    Examples
    --------
    >>> mixed((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
