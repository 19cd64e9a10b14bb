"""HTML that is escaped unless it was built here, and that every XML parser reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

VOID = frozenset({"br", "col", "hr", "img", "wbr"})

# What XML cannot hold: C0 and C1 controls but tab and newline, lone surrogates, the two non-characters.
# What turns the text around it: the bidirectional controls, by which "gpj.exe" is made to read "exe.jpg".
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    r"""Replace the characters that break XML or turn the text around by visible ones.

    Examples
    --------
    >>> clean("a\x00b\u202ec")
    'a␀b�c'
    """
    return _HARMFUL.sub(_visible, text)


def tag(name: str, *children: str | None, **attributes: str | float | bool | None) -> Markup:
    """Build one element: children and attribute values are escaped, unless they are `Markup` already.

    Parameters
    ----------
    name
        The element's name.
    *children
        Text or markup; None is left out.
    **attributes
        True repeats the name (`controls="controls"`), None and False leave the attribute out; a trailing
        underscore is dropped (`class_`).

    Examples
    --------
    >>> tag("b", "<script>", title='"hi"')
    Markup('<b title="&#34;hi&#34;">&lt;script&gt;</b>')
    >>> tag("progress", max=1)
    Markup('<progress max="1"></progress>')
    """
    opening = "".join(["<", name, *[_attribute(key, value) for key, value in attributes.items()]])
    if name in VOID:
        return Markup(opening + " />")  # noqa: S704 - the name is this package's, the values are escaped
    return Markup("".join([opening, ">", join(children), "</", name, ">"]))  # noqa: S704 - the same


def join(children: Iterable[str | None], separator: str = "") -> Markup:
    """Put pieces of text and markup together, the text escaped, None left out."""
    pieces = [_piece(child) for child in children if child is not None]
    return escape(separator).join(pieces)


def _piece(child: str) -> Markup:
    return child if isinstance(child, Markup) else escape(clean(child))


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    return "".join([" ", key, '="', escape(clean(key if value is True else str(value))), '"'])


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:  # the C0 controls have pictures of their own
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"  # so has DEL
