"""Panels as HTML: pure functions of a snapshot, in the subset that an untrusted JupyterLab keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

from .markup import join, tag
from .state import FINISHED, Panel, Row
from .summary import in_order, summary_parts
from .text import messages
from .wording import LOOKS, credits_text, cut, shown, status_word, time_text, title, transfer_text, type_text

FOLD = 20  # rows in sight
LIMIT = 200  # rows drawn at all: past that a saved notebook grows by 1 kB a row that nobody reads
TITLE = 300  # characters of a tooltip
UNBROKEN = 40  # characters of a fact that stay on one line
LINE = 160  # characters of one line: an ellipsis comes far earlier, where the cell ends

MUTED = "opacity:0.78"
# The grid lets the drawing be narrower than its longest name: ipywidgets.HTML would else overflow its box.
_ROOT = (
    "display:grid;grid-template-columns:minmax(0, 1fr);max-width:1200px;line-height:1.5;text-align:left;"
    "font-variant-numeric:tabular-nums"
)
_RULE = "border-top:1px solid rgba(128,128,128,0.28)"
_ROW = f"{_RULE};padding:6px 0"
_LINE = "display:flex;align-items:center;column-gap:12px"
_CLIP = "min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
_WORD = f"flex:0 0 112px;{_CLIP}"
_GLYPH = "display:inline-block;width:1.4em;font-weight:bold;color:"
_BAR = "flex:0 0 48px;width:48px;height:8px"
_ALL = "flex:0 0 160px;width:160px;height:8px;opacity:0.8"
_DONE_BAR = f"{_BAR};opacity:0.65"
_EMPTY_BAR = f"{_BAR};opacity:0.3"  # its track is white on dark pages, and would look full
_NAME = f"flex:1 1 10em;{_CLIP}"
_TYPE = f"flex:1 1 6em;{_CLIP};{MUTED}"
_TIME = f"flex:0 3 auto;text-align:right;{_CLIP};{MUTED}"
_CREDITS = f"flex:0 0 8.5em;text-align:right;{_CLIP}"
_WHAT = f"{_LINE};flex:1000 1 24em;min-width:0"
_NUMBERS = f"{_LINE};flex:1 1 41em;min-width:0"
_WRAPPED = "display:flex;flex-wrap:wrap;column-gap:12px"  # where it is narrow, the numbers take a line of their own
_WHOLE = "white-space:nowrap"
_MARGIN = "flex:0 0 172px;height:0"  # as wide as the word and the bar
_UNDER = "flex:1 1 20em;min-width:0;padding:2px 0 0;overflow-wrap:anywhere"


def panel_html(panel: Panel) -> Markup:
    """Draw a panel: one summary line, then its rows, folded past 20. Well-formed XML.

    Examples
    --------
    >>> "0 of 1 complete" in panel_html(Panel(rows=(Row(kind="image", id="a1", phase="waiting"),)))
    True
    """
    return join([head_html(panel), fold_html(panel), panel.media])


def head_html(panel: Panel) -> Markup:
    """Draw what is always in sight: the summary and the first 20 rows."""
    return root(_summary(panel), *map(row_html, in_order(panel.rows)[:FOLD]))


def fold_html(panel: Panel) -> Markup:
    """Draw the rows past the 20th, folded; empty when there are none.

    Times that still run are left out, so that a live fold is redrawn, and falls shut,
    only when a state changes.
    """
    rows = in_order(panel.rows)[FOLD:]
    if not rows:
        return Markup("")
    counts = Counter(LOOKS[row.phase].word for row in rows)
    label = f"{len(rows):,} more: " + ", ".join(f"{count:,} {word}" for word, count in counts.items())
    drawn = [row_html(row, running=False) for row in rows[: LIMIT - FOLD]]
    left = len(rows) - len(drawn)
    rest = tag("div", f"and {left:,} more, all of them in the frame", style=_ROW) if left else None
    return root(tag("details", tag("summary", label, style="padding:6px 0;cursor:pointer"), *drawn, rest))


@lru_cache(maxsize=1024)  # most rows are as they were a moment ago: 100 rows take 0.4 ms, not 10
def row_html(row: Row, *, running: bool = True) -> Markup:
    """Draw a row; `running=False` leaves out the time of a row that has not ended."""
    time = time_text(row) if running or row.phase in FINISHED else ""
    what = [
        word_html(row),
        _bar(row),
        clipped(title(row), _NAME, f"{row.kind} {row.id}: {row.name or ''}"),
    ]
    numbers = [
        clipped(type_text(row.type) or row.kind, _TYPE, row.type),
        clipped(transfer_text(row) or time, _TIME, time),
        tag("span", credits_text(row.credits, settled=row.settled), style=_CREDITS),
    ]
    line = tag("div", tag("div", *what, style=_WHAT), tag("div", *numbers, style=_NUMBERS), style=_WRAPPED)
    return tag("div", line, *[under_name(text) for text in messages(row)], style=_ROW)


def under_name(child: str, style: str = "") -> Markup:
    """Put something under the name of a row; where it is narrow, under the whole row."""
    under = tag("div", child, style=f"{_UNDER};{style}".rstrip(";"))
    return tag("div", tag("div", style=_MARGIN), under, style=_WRAPPED)


def word_html(row: Row) -> Markup:
    """Draw a row's state: a coloured glyph, and the word that carries the meaning."""
    look = LOOKS[row.phase]
    return tag("span", tag("span", look.glyph, style=_GLYPH + look.colour), status_word(row), style=_WORD)


def clipped(text: str, style: str, hover: str) -> Markup:
    """Draw a text that ends in an ellipsis where its place ends, in full (300 characters) on hover."""
    return tag("span", cut(shown(text), LINE), style=style, title=cut(shown(hover), TITLE) or None)


def root(*children: str | None) -> Markup:
    """Hold a whole drawing. The classes keep MathJax from reading "$5 or $6" as a formula."""
    return tag("div", *children, style=_ROOT, class_="mathjax_ignore tex2jax_ignore")


def facts_html(facts: Iterable[str]) -> Markup:
    """Draw short facts in a row, "·" between them; a line breaks between two facts, not within one."""
    return join((tag("span", fact, style=_WHOLE if len(fact) < UNBROKEN else None) for fact in facts), " · ")


def _summary(panel: Panel) -> Markup:
    first, *rest = summary_parts(panel)
    tail = tag("span", "".join(f" · {part}" for part in rest), style=MUTED) if rest else None
    text = tag("span", tag("strong", first), tail, style="flex:1 1 0")
    return tag("div", text, _overall(panel), style=f"{_LINE};padding:4px 0 8px")


def _overall(panel: Panel) -> Markup | None:
    """Draw how many rows have ended: a count, so it may have a value."""
    ended = sum(row.phase in FINISHED for row in panel.rows)
    if len(panel.rows) < 2:
        return None
    return tag("progress", value=ended, max=len(panel.rows), style=_ALL, title=f"{ended} of {len(panel.rows)} ended")


def _bar(row: Row) -> Markup:
    """Draw the bar: real for bytes alone; while a render runs no one knows how far it is, so no value.

    A draft stands still. The title is what a screen reader calls the bar.
    """
    word = LOOKS[row.phase].word
    if row.phase == "downloading" and row.bytes_total:
        return tag("progress", value=min(row.bytes_done, row.bytes_total), max=row.bytes_total, style=_BAR, title=word)
    if row.phase not in FINISHED and row.status != "draft":
        return tag("progress", max=1, style=_BAR, title=word)
    complete = row.phase == "complete"
    return tag("progress", value=int(complete), max=1, style=_DONE_BAR if complete else _EMPTY_BAR, title=word)
