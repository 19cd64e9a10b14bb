"""Pictures, sound and video in the cell, under a budget of bytes: a notebook stays small enough to share."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from markupsafe import Markup

from .files import Source, sources
from .html import MUTED, facts_html, root
from .kinds_of_media import Media, sniff
from .markup import tag
from .pictures import BrokenPictureError, Picture, fit
from .wording import bytes_text, cut, shown, size_text

PICTURE_BUDGET = 256 * 1024  # bytes of one embedded picture
PLAYER_BUDGET = 2 * 1024 * 1024  # bytes of one embedded sound or video

_FIGURE = "margin:0;padding:0;min-width:0;max-width:100%"
_MEDIA = "display:block;max-width:100%;height:auto;border-radius:6px"
_TALLEST = "max-height:480px"
_CAPTION = "padding:6px 0 0;overflow-wrap:anywhere"
_CARD = "padding:12px 14px;border:1px solid rgba(128,128,128,0.4);border-radius:6px;overflow-wrap:anywhere"
_GRID = "display:grid;grid-template-columns:repeat(auto-fill, minmax(220px, 1fr));gap:20px 16px"


@dataclass(frozen=True, slots=True)
class Figure:
    """One file, ready to be shown: its HTML, and a line of text."""

    html: Markup
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """Media ready to be shown in a cell. All reading is done; showing it does no I/O.

    Parameters
    ----------
    figures
        What is shown, one per file.
    """

    figures: tuple[Figure, ...]

    def __repr__(self) -> str:
        return "\n".join(figure.text for figure in self.figures) or "Nothing to show"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": str(self._html()), "text/plain": repr(self)}

    @property
    def html(self) -> str:
        """Self-contained HTML."""
        return str(self._html())

    def _html(self) -> Markup:
        return root(*[figure.html for figure in self.figures] or [Markup("Nothing to show")])


class Gallery(Preview):
    """Several files side by side, each with its caption."""

    __slots__ = ()

    def _html(self) -> Markup:
        if not self.figures:
            return root("Nothing to show")
        return root(tag("div", *[figure.html for figure in self.figures], style=_GRID))


class HasProjects(Protocol):
    """A blocking client, as far as it is needed here."""

    @property
    def projects(self) -> Any:  # noqa: D102 - the name is the client's
        ...


def preview(x: object, *, client: HasProjects | None = None, budget: int | None = None) -> Preview:
    """Show the media of one thing in the cell.

    Parameters
    ----------
    x
        A project, the path of a file, bytes, or a row or frame with a `path` column.
    client
        Given a client, `x` is any ref or refs: what is not on this machine yet is saved first, by fresh links.
    budget
        Bytes that one file may put into the notebook: by default 256 KiB for a picture, which is scaled
        down to fit, and 2 MiB for a sound or video, which is else played from its file.

    Returns
    -------
    Preview
        A `Gallery` when there are several files.

    Raises
    ------
    MissingFileError
        `x` is a path, and there is no such file.
    NoMediaError
        `x` is none of these; also a TypeError.

    Examples
    --------
    >>> preview(b"%PDF-1.7")
    bytes in memory · file · 8 B · not a picture, sound or video that a browser plays
    """
    found = sources(x if client is None else client.projects.saved(x))
    figures = tuple(_figure(source, budget) for source in found)
    return Preview(figures) if len(figures) == 1 else Gallery(figures)


def gallery(xs: object, *, client: HasProjects | None = None, budget: int | None = None) -> Gallery:
    """Show the media of many things side by side: projects, paths, bytes, or a frame of files.

    Parameters
    ----------
    xs
        Anything `preview` takes, or an iterable of such.
    client, budget
        As for `preview`.

    Examples
    --------
    >>> gallery([])
    Nothing to show
    """
    return Gallery(
        tuple(_figure(source, budget) for source in sources(xs if client is None else client.projects.saved(xs)))
    )


def _figure(source: Source, budget: int | None) -> Figure:
    """Look at one source; whatever is wrong with it becomes a card that says so."""
    if source.problem:
        return _card(source, [*source.facts, source.problem], source.hint)
    try:
        size, media = source.size(), sniff(source.head())
        facts = [*source.facts, media.name, bytes_text(size)]
        if media.player == "img":
            return _picture(source, fit(source.read(), budget or PICTURE_BUDGET), size)
        if media.player:
            return _player(source, media, facts, size, budget or PLAYER_BUDGET)
    except FileNotFoundError:
        return _card(source, [*source.facts, "the file is gone"], "Download the project again.")
    except (OSError, ValueError) as problem:  # ValueError: a NUL in a path
        return _card(source, [*source.facts, f"cannot be read: {_reason(problem)}"])
    except BrokenPictureError as problem:
        return _card(source, [*facts, f"the picture {problem}"])
    return _card(source, [*facts, "not a picture, sound or video that a browser plays"])


def _reason(problem: OSError | ValueError) -> str:
    return str(getattr(problem, "strerror", None) or problem)


def _picture(source: Source, picture: Picture, size: int) -> Figure:
    facts = [*source.facts, size_text(picture.width, picture.height), bytes_text(size), picture.note]
    alt = cut(shown(source.name), 200)
    link = _data(picture.media, picture.content)
    return _captioned(source, tag("img", src=link, alt=alt, style=f"{_MEDIA};{_TALLEST};width:auto"), facts)


def _player(source: Source, media: Media, facts: list[str], size: int, budget: int) -> Figure:
    link = _data(media, source.read()) if size <= budget else _relative(source.path)
    if not link:
        return _card(source, [*facts, "too large to embed"], "Open it from its folder, or raise `budget`.")
    style = f"{_MEDIA};{_TALLEST}" if media.player == "video" else "display:block;width:100%;max-width:420px"
    player = tag(media.player, src=link, controls=True, preload="metadata", style=style, title=_title(source))
    return _captioned(source, player, facts)


def _captioned(source: Source, element: Markup, facts: list[str]) -> Figure:
    caption = tag("figcaption", *_caption(source, facts), style=_CAPTION)
    return Figure(tag("figure", element, caption, style=_FIGURE), _line(source, facts))


def _card(source: Source, facts: list[str], hint: str = "") -> Figure:
    path = tag("div", cut(shown(source.path), 300), style=MUTED) if source.path else None
    advice = tag("div", shown(hint)) if hint else None
    card = tag("div", *_caption(source, facts), path, advice, style=_CARD)
    return Figure(tag("figure", card, style=_FIGURE), _line(source, [*facts, hint]))


def _caption(source: Source, facts: list[str]) -> list[Markup]:
    said = facts_html(shown(fact) for fact in facts if fact)
    return [tag("div", _title(source)), tag("div", said, style=MUTED)]


def _title(source: Source) -> str:
    return cut(shown(source.name), 120) or "unnamed"


def _line(source: Source, facts: list[str]) -> str:
    where = [_title(source), *facts, source.path]
    return " · ".join(cut(shown(part), 300) for part in where if part)


def _data(media: Media, content: bytes) -> str:
    return f"data:{media.mime};base64,{base64.b64encode(content).decode('ascii')}"


def _relative(path: str) -> str:
    """Give a link that a notebook in the current directory can follow, "" for a file that is not below it."""
    if not path:
        return ""
    full, here = Path(path).expanduser().resolve(), Path.cwd()
    return quote(full.relative_to(here).as_posix()) if full.is_relative_to(here) else ""
