"""The words and numbers that HTML and text share."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from mh_notebook.protocol.redaction import redact

from .markup import clean
from .state import Phase, Row

MINUTE, HOUR = 60, 3600
KILO = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")
_ACRONYMS = frozenset({"ai", "gif", "qr", "3d", "hd", "vfx"})
_CONSTANT = re.compile(r"(?=.{1,40}$)[A-Z0-9]+(_[A-Z0-9]+)*")


class Look(NamedTuple):
    """How a phase is shown: its place in the panel, a glyph, the word that carries the meaning, a colour."""

    rank: int
    glyph: str
    word: str
    colour: str


# No colour has 4.5:1 on white and on #111 both (they are 18.9:1 apart), so the glyphs sit in the middle, at
# 4.3:1 on either, above the 3:1 asked of graphics; the word beside them has the full contrast of text.
LOOKS: dict[Phase, Look] = {
    "active": Look(0, "◐", "active", "#2979d8"),
    "downloading": Look(0, "↓", "downloading", "#2979d8"),
    "error": Look(1, "✕", "error", "#dd3b3b"),
    "failed": Look(1, "!", "failed", "#dd3b3b"),
    "canceled": Look(1, "⊘", "canceled", "#a06f1a"),
    "waiting": Look(2, "○", "waiting", "#787878"),
    "stopped": Look(3, "■", "stopped", "#787878"),
    "complete": Look(4, "✓", "complete", "#1d8a4e"),
}


def shown(text: str) -> str:
    """Make a server's text fit to be read: links cut to their host, controls made visible, one line."""
    return clean(" ".join(redact(text).split()))


def cut(text: str, limit: int) -> str:
    """Cut a text to at most `limit` characters, the last of them "…" where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def status_word(row: Row) -> str:
    """Say the state of a row: the API's own word while it may change, ours at the end."""
    word = row.status if row.phase in ("waiting", "active") else ""
    return cut(shown(word), 24) or LOOKS[row.phase].word


def type_text(type_: str) -> str:
    """Write a type for people: "TEXT_TO_VIDEO" is "Text to video"; anything else stays as it is."""
    if not _CONSTANT.fullmatch(type_):
        return shown(type_)
    words = [word if word in _ACRONYMS else "" for word in type_.lower().split("_")]
    plain = type_.lower().split("_")
    text = " ".join(acronym.upper() or word for acronym, word in zip(words, plain, strict=True))
    return text[:1].upper() + text[1:]


def duration_text(seconds: float) -> str:
    """Write a time: "0.4 s", "51 s", "1 min 14 s", "2 h 05 min"; "" for what is not a time."""
    if not math.isfinite(seconds) or seconds < 0:
        return ""
    if seconds < 1:
        return f"{math.floor(seconds * 10) / 10:g} s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"


def about_text(seconds: float) -> str:
    """Write a time that is an estimate, no finer than it is known: "51 s", "13 min"."""
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / MINUTE)} min"


def range_text(low: float, high: float) -> str:
    """Write two times as a range in one unit, by the larger of them: "38-70 s", "4-13 min"."""
    size, unit = (1, "s") if high < 100 else (MINUTE, "min")
    return f"{max(1, round(low / size))}-{max(1, round(high / size))} {unit}"


def left_text(seconds: float) -> str:
    """Write a time that is left, so coarse that it does not flicker: "10 s", "40 s", "3 min"."""
    return f"{max(10, 10 * round(seconds / 10))} s" if seconds < 55 else f"{max(1, round(seconds / MINUTE))} min"


def credits_text(credits_: int | None, *, settled: bool = True) -> str:
    """Write credits: "1 credit", "1,200 credits", "90 credits est."; "" when they are not known."""
    if credits_ is None:
        return ""
    return f"{counted(credits_, 'credit')}{'' if settled else ' est.'}"


def bytes_text(count: int) -> str:
    """Write a size in decimal units: "512 B", "24 kB", "3.4 MB"."""
    size, unit = float(max(count, 0)), 0
    while round(size) >= KILO and unit < len(_UNITS) - 1:
        size, unit = size / KILO, unit + 1
    digits = 1 if unit > 1 and size < 100 else 0  # three figures are enough
    return f"{size:.{digits}f} {_UNITS[unit]}"


def size_text(width: int, height: int) -> str:
    """Write a picture's size: "1024 × 768"."""  # noqa: RUF002 - the sign that belongs here
    return f"{width} × {height}"  # noqa: RUF001 - the same


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: "1 file", "1,200 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def title(row: Row) -> str:
    """Name a row: its name, else its id."""
    return shown(row.name or "") or shown(row.id) or "unnamed"


def time_text(row: Row) -> str:
    """Say how long a row has taken, and while it runs, how long its type typically takes."""
    elapsed = duration_text(row.elapsed) if row.elapsed else ""
    return " · ".join(part for part in (elapsed, typical_text(row)) if part)


def typical_text(row: Row) -> str:
    """Say how long such a row takes: "typically 51 s (yours: 38-70 s, n = 12)", "longer than usual"."""
    usual = row.typical
    if usual is None or not row.running:
        return ""
    plain = f"typically {about_text(usual.seconds)}"
    if row.late:
        return f"longer than usual, {plain}"
    return f"{plain} (yours: {range_text(usual.low, usual.high)}, n = {usual.count})" if usual.count else plain


def transfer_text(row: Row) -> str:
    """Say how many bytes have come, "" when none are coming."""
    if row.phase != "downloading":
        return ""
    done = bytes_text(row.bytes_done)
    return done if row.bytes_total is None else f"{done} of {bytes_text(row.bytes_total)}"
