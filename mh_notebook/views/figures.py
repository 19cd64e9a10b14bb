"""One file as a figure: embedded within its share of bytes, else played from its file, else a card that says why."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from . import tiles
from .codecs import silent
from .html import MUTED
from .kinds_of_media import HEIC, MOV, MP4, Media
from .markup import tag
from .pictures import BrokenPictureError, LargePictureError, Picture, fit, size_of
from .posters import POSTER, Posters
from .seeing import Seen, reason
from .shares import Wish
from .tiles import Room, Shape
from .tracks import Tracks
from .wording import bytes_text, cut, duration_text, shown, size_text

PICTURE_BUDGET = 128 * 1024  # bytes of one embedded picture: twenty notebook cells of them stay below 4 MB in base64
PLAYER_BUDGET = 2 * 1024 * 1024  # bytes of one embedded sound or video
_LINK = "color:inherit;text-decoration:underline"  # a page may have no colour for links on a dark ground
_HEIC = "HEIC picture: most browsers do not show it."


@dataclass(frozen=True, slots=True)
class Figure:
    """One file, ready to be shown: its HTML, and a line of text."""

    html: Markup
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What figures drawn together share: the room each has, and the time for posters."""

    room: Room
    posters: Posters


def wish(seen: Seen, budget: int | None) -> Wish:
    """Say how many bytes a file would embed."""
    if not seen.readable or not seen.media.player:
        return Wish(0)
    if seen.media.player == "img":
        return Wish(min(seen.size, PICTURE_BUDGET if budget is None else budget))
    most = PLAYER_BUDGET if budget is None else budget
    instead = min(POSTER, most) if seen.media.player == "video" else 0
    if seen.problem or seen.size > most:
        return Wish(instead)
    return Wish(min(seen.size + instead, most), whole=True, instead=instead)


def draw(seen: Seen, share: int, budget: int | None, frame: Frame) -> Figure:
    """Draw a file within its share of bytes; whatever is wrong with it becomes a card that says so."""
    try:
        if seen.readable and seen.media.player == "img":
            return _picture(seen, share, frame)
        if not seen.problem and seen.media.player:
            return _player(seen, share, budget, frame)
    except BrokenPictureError as problem:
        wrong = _HEIC if seen.media == HEIC else f"the picture {problem}"
        return _card(seen, wrong, "", share, frame)
    except (OSError, ValueError) as problem:  # gone or changed since it was looked at
        return _card(seen, f"cannot be read: {reason(problem)}", "", 0, frame)
    return _card(seen, seen.problem, seen.hint, share, frame)


def _picture(seen: Seen, share: int, frame: Frame) -> Figure:
    content = seen.source.read()
    try:
        found = fit(content, share)
        link = data_link(found.media, found.content)
    except LargePictureError:
        link = relative(seen.source.path)
        if not link or seen.media == HEIC:
            raise
        found = Picture(b"", seen.media, *size_of(content), "shown from its file")
    facts = [*seen.source.facts, size_text(found.width, found.height), bytes_text(seen.size), found.note]
    drawn, basis = tiles.picture(link, alt(seen), Shape(found.width, found.height), frame.room)
    return _captioned(seen, drawn, basis, facts)


def _player(seen: Seen, share: int, budget: int | None, frame: Frame) -> Figure:
    embedded = seen.size <= share
    link = data_link(_played_as(seen.media), seen.source.read()) if embedded else relative(seen.source.path)
    if not link and seen.size <= (PLAYER_BUDGET if budget is None else budget):
        return _card(seen, "not embedded: the others fill this gallery", "Show it alone with mh.preview.", share, frame)
    if not link:
        return _card(seen, "too large to embed", "Open it from its folder, or raise `budget`.", share, frame)
    poster = _poster(seen, share - seen.size if embedded else share, frame)
    title = title_of(seen)
    drawn, basis = tiles.player(seen.media.player, link, _shape(seen.tracks), frame.room, title=title, poster=poster)
    note = "" if embedded else "played from its file"
    return _captioned(seen, drawn, basis, [*facts_of(seen), silent(seen.tracks), note])


def _card(seen: Seen, problem: str, hint: str, share: int, frame: Frame) -> Figure:
    facts = [*(facts_of(seen) if seen.readable else seen.source.facts), problem]
    still = frame.posters.of(seen.source, seen.media, seen.tracks, share) if seen.readable else None
    picture = None
    if still:
        shape = Shape(still.width, still.height)
        picture = tiles.still(data_link(still.media, still.content), f"A frame of {alt(seen)}", shape, frame.room)
    basis = "auto" if frame.room.share else f"{frame.room.width}px"
    below = [_path(seen), tag("div", cut(shown(hint), 300)) if hint else None]
    html = tiles.card(title_of(seen), facts, *below, poster=picture, basis=basis)
    return Figure(html, line(seen, [*facts, hint]))


def _path(seen: Seen) -> Markup | None:
    """Show where a file lies: as a link where the notebook can follow one, else as text."""
    text = cut(shown(seen.source.path), 300)
    link = relative(seen.source.path) if seen.readable else ""
    return tag("div", tag("a", text, href=link, style=_LINK) if link else text, style=MUTED) if text else None


def _poster(seen: Seen, budget: int, frame: Frame) -> str | None:
    if seen.media.player != "video":
        return None
    found = frame.posters.of(seen.source, seen.media, seen.tracks, budget)
    return data_link(found.media, found.content) if found else None


def _captioned(seen: Seen, drawn: Markup, basis: str, facts: list[str]) -> Figure:
    return Figure(tiles.figure(drawn, tiles.caption(title_of(seen), facts), basis), line(seen, facts))


def facts_of(seen: Seen) -> list[str]:
    """List what is known of a file: what its project cost, its kind, pixels, seconds and bytes."""
    tracks = seen.tracks
    size = size_text(tracks.width, tracks.height) if _shape(tracks) and seen.media.player == "video" else ""
    length = duration_text(tracks.seconds) if tracks.seconds >= 0.1 else ""
    return [*seen.source.facts, seen.media.name, size, length, bytes_text(seen.size)]


def title_of(seen: Seen) -> str:
    """Give the name that is shown, of 120 characters at most."""
    return cut(shown(seen.source.name), 120) or "unnamed"


def alt(seen: Seen) -> str:
    """Give the words in place of a picture."""
    return cut(shown(seen.source.name), 200)


def line(seen: Seen, facts: list[str]) -> str:
    """Write a figure as one line of text."""
    where = [title_of(seen), *facts, seen.source.path]
    return " · ".join(cut(shown(part), 300) for part in where if part)


def data_link(media: Media, content: bytes) -> str:
    """Put bytes into a link of their own."""
    return f"data:{media.mime};base64,{base64.b64encode(content).decode('ascii')}"


def relative(path: str) -> str:
    """Give a link that a notebook in the current directory can follow, "" for a file that is not below it."""
    if not path:
        return ""
    full, here = Path(path).expanduser().resolve(), Path.cwd()
    return quote(full.relative_to(here).as_posix()) if full.is_relative_to(here) else ""


def _played_as(media: Media) -> Media:
    """Call a QuickTime film that browsers can play by the name under which they do."""
    return MP4 if media == MOV else media


def _shape(tracks: Tracks) -> Shape | None:
    return Shape(tracks.width, tracks.height) if tracks.width > 0 and tracks.height > 0 else None
