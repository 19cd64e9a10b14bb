"""Repeatable chance."""

from __future__ import annotations

from random import Random


def chance(*key: object) -> Random:
    """Return a generator that yields the same numbers for the same key.

    Examples
    --------
    >>> chance("image", 3).random() == chance("image", 3).random()
    True
    """
    return Random("/".join(map(str, key)))
