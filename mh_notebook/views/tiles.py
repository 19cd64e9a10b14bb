"""The shapes that hold media, without a script or a style sheet: what an untrusted JupyterLab keeps of them is enough.

A picture is enlarged by a click, or by Space or Enter, though its bytes are there once. It sits in the <summary> of
a <details> that holds an empty box as wide as the picture wants to be. Closed, its figure is as wide as its flex-basis.
Opened, that box is the least width of the figure, which grows, and the picture with it, as far as the row is wide.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from .html import MUTED, facts_html
from .markup import tag
from .wording import cut, shown

_ROW = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:20px 16px;padding:3px"
_WIDEST, _HIGHEST = 1040, 860  # pixels of an enlarged picture
_WORTH = 1.25  # times as wide: less is no enlargement
_ZOOM, _SMALL = 2.0, 160  # times its own size that a picture is enlarged to; pixels below which it is an icon
_ROUND = "border-radius:6px"
_WHOLE = f"display:block;width:100%;max-width:100%;height:auto;{_ROUND}"
# The caption's own width must not count: a grid column of minmax(0, 1fr) wants nothing.
_CAPTION = (
    "display:grid;grid-template-columns:minmax(0, 1fr);padding:6px 0 0;overflow-wrap:anywhere;word-wrap:break-word"
)
_CARD = f"padding:12px 14px;border:1px solid rgba(128,128,128,0.4);{_ROUND}"


class Room(NamedTuple):
    """The room for one figure before it is enlarged, in pixels; `share` is a part of the row instead, in percent."""

    width: int
    height: int
    share: int = 0


TILE = Room(240, 360)  # four in a row of 1080
ALONE = Room(640, 400, share=56)  # in a narrow cell, too, there is room to grow


class Shape(NamedTuple):
    """A width and a height in pixels."""

    width: int
    height: int

    def within(self, width: int, height: int, zoom: float = 1.0) -> Shape:
        """Fit into a room, the proportions kept; become at most `zoom` times as large."""
        scale = min(zoom, width / self.width, height / self.height)
        return Shape(max(1, round(self.width * scale)), max(1, round(self.height * scale)))


def row(figures: Iterable[Markup]) -> Markup:
    """Put figures side by side, in as many lines as it takes."""
    return tag("div", *figures, style=_ROW)


def figure(element: Markup, caption: Markup, basis: str) -> Markup:
    """Put a caption under what it describes; `basis` is the width it starts from: "240px", "56%"."""
    held = tag("figcaption", caption, style=_CAPTION)
    return tag("figure", element, held, style=f"flex:0 1 {basis};margin:0;padding:0;max-width:100%")


def card(title: str, facts: Iterable[str], *below: Markup | None, poster: Markup | None = None, basis: str) -> Markup:
    """Draw a box that says what there is in place of the media."""
    inner = tag("div", poster, caption(title, facts), *below, style=f"{_CAPTION};padding:0")
    style = f"flex:0 1 {basis};margin:0;padding:0;min-width:0;max-width:100%"
    return tag("figure", tag("div", inner, style=_CARD), style=style)


def caption(title: str, facts: Iterable[str]) -> Markup:
    """Write a title, and below it what is known."""
    said = facts_html(cut(shown(fact), 300) for fact in facts if fact)
    return tag("div", tag("div", title), tag("div", said, style=MUTED))


def picture(link: str, alt: str, shape: Shape, room: Room) -> tuple[Markup, str]:
    """Draw a picture that a click enlarges, unless that shows no more of it; also give its basis."""
    closed, opened = shape.within(room.width, room.height), shape.within(_WIDEST, _HIGHEST, _ZOOM)
    ribbon = 5 * shape.width < 2 * shape.height  # its caption needs more room than it has
    if ribbon or shape.width < _SMALL or opened.width < _WORTH * closed.width:
        return _plain(link, alt, closed), f"{max(closed.width, TILE.width)}px"
    wide = room.share and shape.width >= max(room.width, 1.2 * shape.height)
    return _enlargeable(link, alt, opened), f"{room.share}%" if wide else f"{closed.width}px"


def _plain(link: str, alt: str, shape: Shape) -> Markup:
    style = f"display:block;max-width:100%;height:auto;{_ROUND}"
    return tag("img", src=link, alt=alt, width=shape.width, height=shape.height, style=style)


def _enlargeable(link: str, alt: str, opened: Shape) -> Markup:
    image = tag("img", src=link, alt=alt, width=opened.width, height=opened.height, style=_WHOLE)
    summary = tag("summary", image, title="Enlarge, or make small again", style=_SUMMARY)
    box = tag("div", style=f"width:{opened.width}px;height:0")
    return tag("details", summary, box, style="overflow:hidden;padding:0;margin:-3px")


# The ring that shows where the keyboard is needs 3 pixels inside what is cut off; the margin takes them back.
_SUMMARY = "display:block;list-style:none;cursor:pointer;padding:3px;margin:0"


def player(name: str, link: str, shape: Shape | None, room: Room, **attributes: str | None) -> tuple[Markup, str]:
    """Draw a player with its controls, which plays nothing by itself; also give its basis."""
    if shape is None:
        style = "display:block;width:100%" if name == "audio" else f"display:block;max-width:100%;{_ROUND}"
        drawn = tag(name, src=link, controls=True, preload="metadata", style=style, **attributes)
        return drawn, f"{420 if room.share else room.width}px"
    size = shape.within(room.width, room.height)
    given: dict[str, str | float | None] = {**attributes, "width": size.width, "height": size.height}
    drawn = tag(name, src=link, controls=True, preload="metadata", style=_WHOLE, **given)
    return drawn, f"{size.width}px"


def still(link: str, alt: str, shape: Shape, room: Room) -> Markup:
    """Draw a poster in a card."""
    size = shape.within(room.width, 280)
    style = f"display:block;max-width:100%;height:auto;{_ROUND};margin:0 0 8px"
    return tag("img", src=link, alt=alt, width=size.width, height=size.height, style=style)
