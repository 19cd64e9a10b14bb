"""One budget of bytes, divided fairly among the files of a gallery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Wish(NamedTuple):
    """What one file would embed: bytes of itself, and what does where that is too much."""

    bytes: int
    whole: bool = False  # a clip is embedded whole or not at all; a picture can be scaled down
    instead: int = 0  # bytes wished for where a whole one is refused: its poster's


def divide(wishes: Sequence[Wish], total: int) -> list[int]:
    """Divide `total` bytes: small wishes are met in full, the others share what they leave.

    A whole one past the fair share gets its `instead`; what is left in the end embeds such after all, smallest first.

    Examples
    --------
    >>> divide([Wish(10), Wish(500), Wish(900)], 610)
    [10, 300, 300]
    >>> divide([Wish(90, whole=True, instead=5), Wish(80, whole=True, instead=5)], 100)
    [5, 80]
    """
    shares, left = [0] * len(wishes), total
    order = sorted(range(len(wishes)), key=lambda index: wishes[index].bytes)
    refused = False  # no clip is embedded while a smaller one is not
    for place, index in enumerate(order):
        wish, fair = wishes[index], left // (len(order) - place)
        refused = refused or (wish.whole and wish.bytes > fair)
        shares[index] = min(wish.instead if wish.whole and refused else wish.bytes, fair)
        left -= shares[index]
    for index in order:
        missing = wishes[index].bytes - shares[index]
        if wishes[index].whole and 0 < missing <= left:
            shares[index], left = wishes[index].bytes, left - missing
    return shares
