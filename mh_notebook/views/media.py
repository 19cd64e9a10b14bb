"""Pictures, sound and video in the cell, under a budget of bytes: a notebook stays small enough to share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from markupsafe import Markup

from .figures import Figure as Figure
from .figures import Frame, draw, wish
from .files import Source, sources
from .html import root
from .posters import Posters
from .seeing import see
from .shares import divide
from .tiles import ALONE, TILE, row

GALLERY_BUDGET = 1800 * 1024  # bytes that one gallery embeds in all: 2.5 MB of notebook, in base64


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """Media ready to be shown in a cell. All reading is done; showing it does no I/O.

    Parameters
    ----------
    figures
        What is shown, one per file.
    """

    figures: tuple[Figure, ...]

    @property
    def html(self) -> str:
        """What is shown, as HTML that needs nothing else: well-formed XML, no script, no style sheet.

        Returns
        -------
        str
            A `<div>`, to be put into a page or another view.

        Examples
        --------
        >>> preview(b"%PDF-1.7").html.startswith("<div")
        True
        """
        return str(self._html())

    def __repr__(self) -> str:
        return "\n".join(figure.text for figure in self.figures) or "Nothing to show"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}

    def _html(self) -> Markup:
        return root(row(figure.html for figure in self.figures) if self.figures else "Nothing to show")


class Gallery(Preview):
    """Several files side by side, each with its caption."""

    __slots__ = ()


class HasProjects(Protocol):
    """A blocking client, as far as it is needed here."""

    @property
    def projects(self) -> Any:  # noqa: D102 - the name is the client's
        ...


def preview(x: object, *, client: HasProjects | None = None, budget: int | None = None) -> Preview:
    """Show the media of one thing in the cell. A click on a picture enlarges it.

    Parameters
    ----------
    x
        A project, the path of a file, bytes, or a row or frame with a `path` column.
    client
        Given a client, `x` is any ref or refs: what is not on this machine yet is saved first, by fresh links.
    budget
        Bytes that one file may put into the notebook: by default 128 KiB for a picture, which is scaled
        down to fit, and 2 MiB for a sound or video. One that is larger is played from its file where that lies below
        the current folder, and is else a card with its name, size and path. Where PyAV or ffmpeg is installed, a
        video has a poster.

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
    found = files_of(x, client)
    if len(found) != 1:
        return _gallery(found, budget)
    seen = see(found[0])
    return Preview((draw(seen, wish(seen, budget).bytes, budget, Frame(ALONE, Posters())),))


def gallery(xs: object, *, client: HasProjects | None = None, budget: int | None = None) -> Gallery:
    """Show the media of many things side by side: projects, paths, bytes, or a frame of files.

    Parameters
    ----------
    xs
        Anything `preview` takes, or an iterable of such.
    client, budget
        As for `preview`. All files together embed 1.8 MB at most, or one file's `budget` if that is more: small ones
        in full, the others by fair shares, scaled down, or from their files. Each caption says which.

    Examples
    --------
    >>> gallery([])
    Nothing to show
    """
    return _gallery(files_of(xs, client), budget)


def files_of(x: object, client: HasProjects | None) -> list[Source]:
    """List the files behind anything `preview` takes, saved first where a client is given."""
    return sources(x if client is None else client.projects.saved(x))


def _gallery(found: list[Source], budget: int | None) -> Gallery:
    seen = [see(source) for source in found]
    shares = divide([wish(one, budget) for one in seen], max(GALLERY_BUDGET, budget or 0))
    frame = Frame(TILE, Posters())
    return Gallery(tuple(draw(one, share, budget, frame) for one, share in zip(seen, shares, strict=True)))
