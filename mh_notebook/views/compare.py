"""Two renders against each other: side by side, and for pictures one over the other, wiped by hand."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mh_notebook.protocol.errors import NoMediaError

from . import tiles
from .figures import Figure, Frame, alt, data_link, draw, line, title_of, wish
from .files import Source
from .html import MUTED, root
from .markup import tag
from .media import HasProjects, Preview, files_of
from .pictures import BrokenPictureError, LargePictureError, Picture, fit
from .posters import Posters
from .seeing import Seen, see
from .tiles import Room, Shape
from .wording import bytes_text, counted, size_text

BUDGET = 192 * 1024  # bytes of one picture: a third side by side, where it is small, two thirds in the wipe
_SIDE = Room(512, 480)
_ALIKE = 0.02  # of a difference between two shapes is none that an eye sees
_WIPE_WIDTH, _WIPE_HEIGHT = 960, 640
_HOW = "Drag the lower right corner of A to the left or right: B is below it."
_UNLIKE = "The two have different shapes, so one cannot be laid over the other."
_LABEL = "position:absolute;top:8px;padding:0 8px;border-radius:4px;background:rgba(0,0,0,0.65);color:#fff"
_ROUND = "border-radius:6px"
_BOX = (
    "position:absolute;top:0;left:0;width:50%;height:100%;max-width:100%;min-width:20px;box-sizing:border-box;"
    "overflow:hidden;resize:horizontal;border-right:3px solid #2979d8"
)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Preview):
    """Two files against each other.

    Parameters
    ----------
    figures
        A and B.
    drawing
        Both, drawn together.
    """

    drawing: Markup

    def _html(self) -> Markup:
        return root(self.drawing)


def compare(a: object, b: object, *, client: HasProjects | None = None, budget: int | None = None) -> Comparison:
    """Show two pictures, or two videos, or two sounds, side by side as A and B.

    Both are drawn equally high. Two pictures of one shape are also laid one over the other: dragging a corner wipes
    between them, without a script.

    Parameters
    ----------
    a, b
        Anything `preview` takes. Of a project with several files, the first.
    client
        Given a client, `a` and `b` are refs: what is not on this machine yet is saved first.
    budget
        Bytes that one of the two may put into the notebook: by default 192 KiB for a picture, 2 MiB for a video.

    Raises
    ------
    MissingFileError
        One is a path, and there is no such file.
    NoMediaError
        One is a picture and the other is none, say, or one holds nothing to show; also a TypeError.

    Examples
    --------
    >>> from mh_notebook.sandbox.media import render
    >>> compare(render("png", "a/1", 0, 60, 40), render("jpeg", "b/1", 0, 60, 40))
    A: bytes in memory · PNG · 60 × 40 · ...
    B: bytes in memory · JPEG · 60 × 40 · ...
    """  # noqa: RUF002 - the sign that belongs here
    pair = _one(a, "A", client), _one(b, "B", client)
    kinds = {seen.media.player for seen in pair if seen.readable and not seen.problem}
    if len(kinds) > 1:
        said = " and ".join(f"{letter} is {_KINDS[seen.media.player]}" for letter, seen in zip("AB", pair, strict=True))
        raise NoMediaError(f"{said}.", hint="Compare two pictures, two videos or two sounds.")
    if kinds == {"img"} and all(seen.readable and not seen.problem for seen in pair):
        return _pictures(pair, BUDGET if budget is None else budget)
    return _players(pair, budget)


_KINDS = {"img": "a picture", "video": "a video", "audio": "a sound", "": "none of these"}


def _one(thing: object, letter: str, client: HasProjects | None) -> Seen:
    """Look at the first file of a thing, and call it A or B."""
    found = files_of(thing, client)
    if not found:
        raise NoMediaError(f"{letter} holds nothing to show.", hint="Give a project, a path or bytes.")
    first = found[0]
    more = (f"1 of {counted(len(found), 'file')}",) if len(found) > 1 else ()
    return see(Source(f"{letter}: {first.name}", *first[1:3], (*first.facts, *more), *first[4:]))


def _pictures(pair: tuple[Seen, Seen], budget: int) -> Comparison:
    try:
        contents = [seen.source.read() for seen in pair]
        small = [fit(content, budget // 3) for content in contents]
        large = [fit(content, budget * 2 // 3) for content in contents]
    except (BrokenPictureError, LargePictureError, OSError):
        return _players(pair, budget)  # which says in words what is wrong
    figures = tuple(_side(seen, picture) for seen, picture in zip(pair, small, strict=True))
    ratios = [picture.width / picture.height for picture in small]
    alike = abs(ratios[0] / ratios[1] - 1) <= _ALIKE
    over = _wipe(pair, large) if alike else tag("div", _UNLIKE, style=f"{MUTED};padding:12px 0 0")
    high = min(_SIDE.height, max(picture.height for picture in small))
    sides = tag("div", *[figure.html for figure in figures], style=f"{_PAIR};max-width:{round(high * sum(ratios))}px")
    return Comparison(figures, tag("div", sides, over))


_PAIR = "display:flex;align-items:flex-start;gap:16px"


def _side(seen: Seen, picture: Picture) -> Figure:
    """Draw one of two pictures; as wide as its shape says, so that both are equally high."""
    name, facts = title_of(seen), _facts(seen, picture)
    link = data_link(picture.media, picture.content)
    size = {"width": picture.width, "height": picture.height}
    style = f"display:block;width:100%;max-width:100%;height:auto;{_ROUND}"
    image = tag("img", src=link, alt=alt(seen), style=style, **size)
    share = round(100 * picture.width / picture.height, 2)
    caption = tag("figcaption", tiles.caption(name, facts), style="padding:6px 0 0;overflow-wrap:anywhere")
    html = tag("figure", image, caption, style=f"flex:{share:g} 1 0;margin:0;padding:0;min-width:0;overflow:hidden")
    return Figure(html, line(seen, facts))


def _facts(seen: Seen, picture: Picture) -> list[str]:
    size = size_text(picture.width, picture.height)
    return [*seen.source.facts, seen.media.name, size, bytes_text(seen.size), picture.note]


def _wipe(pair: tuple[Seen, Seen], both: list[Picture]) -> Markup:
    """Lay A over B, in a box whose width a hand can change; where that cannot be, it shows a half of each."""
    shape = Shape(max(p.width for p in both), max(p.height for p in both)).within(_WIPE_WIDTH, _WIPE_HEIGHT)
    links = [data_link(picture.media, picture.content) for picture in both]
    below = tag("img", src=links[1], alt=alt(pair[1]), width=shape.width, height=shape.height, style=_BELOW)
    # As high as the box, which is as high as B: so A keeps its size while the box becomes narrower.
    above = tag("img", src=links[0], alt=alt(pair[0]), style="display:block;height:100%;width:auto;max-width:none")
    labels = [tag("span", letter, style=f"{_LABEL};{side}:8px") for letter, side in (("A", "left"), ("B", "right"))]
    box = tag("div", above, labels[0], style=_BOX)
    held = tag(
        "div", below, labels[1], box, style=f"position:relative;overflow:hidden;max-width:{shape.width}px;{_ROUND}"
    )
    how = tag("div", _HOW, style=f"{MUTED};padding:6px 0 0")
    return tag("div", held, how, style="padding:20px 0 0")


_BELOW = "display:block;width:100%;max-width:100%;height:auto"


def _players(pair: tuple[Seen, Seen], budget: int | None) -> Comparison:
    """Draw two players, or two cards, as equally wide."""
    frame = Frame(_SIDE, Posters())
    drawn = [draw(seen, wish(seen, budget).bytes, budget, frame) for seen in pair]
    columns = "display:grid;grid-template-columns:repeat(2, minmax(0, 1fr));gap:16px;align-items:start"
    return Comparison(tuple(drawn), tag("div", *[figure.html for figure in drawn], style=columns))
