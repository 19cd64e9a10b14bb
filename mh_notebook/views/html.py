"""Panels as HTML: pure functions of a snapshot, in the subset that an untrusted JupyterLab keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec
from markupsafe import Markup

from .markup import join, tag
from .state import FINISHED, Panel, Row
from .summary import in_order, summary_parts
from .text import messages
from .wording import LOOKS, credits_text, cut, shown, status_word, time_text, title, transfer_text, type_text

FOLD = 20  # rows in sight
WORDS = 8  # states that the fold counts by name
LIMIT = 200  # rows drawn at all: past that a saved notebook grows by 1 kB a row that nobody reads
TITLE = 300  # characters of a tooltip
UNBROKEN = 30  # characters of a fact that stay on one line
LINE = 160  # characters of one line: an ellipsis comes far earlier, where the cell ends

MUTED = "opacity:0.78"
# The grid lets the drawing be narrower than its longest name: ipywidgets.HTML would else overflow its box.
_ROOT = (
    "display:grid;grid-template-columns:minmax(0, 1fr);max-width:1200px;line-height:1.5;text-align:left;"
    "font-size:13px;font-variant-numeric:tabular-nums"
)
_RULE = "border-top:1px solid rgba(128,128,128,0.28)"
_ROW = f"{_RULE};padding:6px 0"
_LINE = "display:flex;align-items:center;column-gap:12px"
_CLIP = "min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
_WORD = f"flex:0 0 104px;{_CLIP}"
_GLYPH = "display:inline-block;width:1.4em;font-weight:bold;color:"
_BAR = "flex:0 0 40px;width:40px;height:8px"
_ALL = "flex:0 1 160px;min-width:60px;width:160px;height:8px;opacity:0.8"
_DONE_BAR = f"{_BAR};opacity:0.65"
_EMPTY_BAR = f"{_BAR};opacity:0.3"  # its track is white on dark pages, and would look full
_NAME = f"flex:1 1 10em;{_CLIP}"
_TYPE = f"flex:1 1 6em;{_CLIP};{MUTED}"
_TIME = f"flex:0 3 auto;text-align:right;{_CLIP};{MUTED}"
_CREDITS = f"flex:0 0 8.5em;text-align:right;{_CLIP}"
_WHAT = f"{_LINE};flex:10 1 24em;min-width:0"
_NUMBERS = f"{_LINE};flex:1 1 39em;min-width:0"  # one line from 831 px on; it grows to 41em, which wider fonts need
_WRAPPED = "display:flex;flex-wrap:wrap;column-gap:12px"  # where it is narrow, the numbers take a line of their own
_WHOLE = "white-space:nowrap"
_WARNING = "border-left:4px solid #dd3b3b;padding:4px 0 4px 10px;margin:0 0 10px"
_MARGIN = "flex:0 0 156px;height:0"  # as wide as the word and the bar
_UNDER = "flex:1 1 20em;min-width:0;padding:2px 0 0;overflow-wrap:anywhere"


def panel_html(panel: Panel) -> Markup:
    """Draw a panel: one summary line, then its rows, folded past 20. Well-formed XML.

    Examples
    --------
    >>> "0 of 1 complete" in panel_html(Panel(rows=(Row(kind="image", id="a1", phase="waiting"),)))
    True
    """
    rows = in_order(panel.rows)
    return join([head_html(panel, rows), fold_html(rows), panel.media])


def head_html(panel: Panel, rows: Sequence[Row], below: str = "") -> Markup:
    """Draw what is always in sight: a warning, the summary and the first 20 rows; `below` them a line of text.

    `rows` are the panel's, sorted: whoever draws the fold as well sorts once.
    """
    line = tag("div", below, style=_ROW) if below else None
    return root(warning_html(panel.warning), _summary(panel), *_rows(rows[:FOLD]), line)


def warning_html(text: str) -> Markup | None:
    """Draw a line that must not be missed; None where there is nothing to say."""
    return tag("div", tag("strong", "! "), text, style=_WARNING) if text else None


def fold_html(rows: Sequence[Row]) -> Markup:
    """Draw the sorted rows past the 20th, folded; empty when there are none."""
    label, drawn = fold(rows)
    summary = tag("summary", label, style="padding:6px 0;cursor:pointer")
    return root(tag("details", summary, drawn)) if label else Markup("")


def fold(rows: Sequence[Row]) -> tuple[str, Markup]:
    """Say what the sorted rows past the 20th are, and draw them; "" when there are none.

    Times that still run are left out, so that a live fold is redrawn only when a state changes.
    """
    folded = rows[FOLD:]
    if not folded:
        return "", Markup("")
    counts = Counter(status_word(row) for row in folded)
    label = f"{len(folded):,} more: " + ", ".join(f"{count:,} {word}" for word, count in counts.most_common(WORDS))
    drawn = _rows([_timeless(row) for row in folded[: LIMIT - FOLD]], running=False)
    left = len(folded) - len(drawn)
    rest = tag("div", f"and {left:,} more, all of them in the frame", style=_ROW) if left else None
    return label, root(*drawn, rest)


def _timeless(row: Row) -> Row:
    """Leave out the time that still runs: a row is then the same as a moment ago, and `row_html` knows it."""
    return row if row.phase in FINISHED else msgspec.structs.replace(row, elapsed=None)


def _rows(rows: Sequence[Row], *, running: bool = True) -> list[Markup]:
    """Draw rows; what several in a row have to say is said once."""
    before = [None, *map(messages, rows)]
    return [
        row_html(row, running=running, as_above=said == messages(row)) for row, said in zip(rows, before, strict=False)
    ]


@lru_cache(maxsize=1024)  # most rows are as they were a moment ago: 100 rows take 0.4 ms, not 10
def row_html(row: Row, *, running: bool = True, as_above: bool = False) -> Markup:
    """Draw a row.

    Parameters
    ----------
    row
    running
        False leaves out the time of a row that has not ended.
    as_above
        Whether its messages stand in the row above.
    """
    time = time_text(row) if running or row.phase in FINISHED else ""
    said = messages(row)
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
    groups = [tag("div", join(what, " "), style=_WHAT), tag("div", join(numbers, " "), style=_NUMBERS)]
    line = tag("div", *groups, style=_WRAPPED)  # spaces: read aloud, copied, or stripped of styles, words stay apart
    below = [under_name("as above", MUTED)] if said and as_above else [under_name(text) for text in said]
    return tag("div", line, *below, style=_ROW)


def under_name(child: str, style: str = "") -> Markup:
    """Put something under the name of a row; where it is narrow, under the whole row."""
    under = tag("div", child, style=f"{_UNDER};{style}".rstrip(";"))
    return tag("div", tag("div", style=_MARGIN), under, style=_WRAPPED)


def word_html(row: Row) -> Markup:
    """Draw a row's state: a coloured glyph, and the word that carries the meaning."""
    look = LOOKS[row.phase]
    return tag("span", tag("span", look.glyph, style=_GLYPH + look.colour), " ", status_word(row), style=_WORD)


def clipped(text: str, style: str, hover: str) -> Markup:
    """Draw a text that ends in an ellipsis where its place ends, in full (300 characters) on hover."""
    return tag("span", cut(shown(text), LINE), style=style, title=cut(shown(hover), TITLE) or None)


def root(*children: str | None) -> Markup:
    """Hold a whole drawing. The classes keep MathJax from reading "$5 or $6" as a formula."""
    return tag("div", *children, style=_ROOT, class_="mathjax_ignore tex2jax_ignore")


def facts_html(facts: Iterable[str]) -> Markup:
    """Draw short facts in a row, "·" after each but the last; a line breaks between two facts, not within one."""
    return join(
        (tag("span", fact, style=_WHOLE if len(fact) < UNBROKEN else None) for fact in facts), "\N{NO-BREAK SPACE}· "
    )


def _summary(panel: Panel) -> Markup:
    first, *rest = summary_parts(panel)
    tail = tag("span", "".join(f" · {part}" for part in rest), style=MUTED) if rest else None
    text = tag("span", tag("strong", first), tail, style="flex:1000 1 20em")
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
