"""Panels as plain text: for terminals, logs and front ends without HTML."""

from __future__ import annotations

from .state import Panel, Row
from .summary import in_order, summary_parts
from .wording import LOOKS, credits_text, cut, shown, status_word, time_text, title, transfer_text

WORD, KIND, NAME, MESSAGE = 11, 5, 80, 300  # characters


def panel_text(panel: Panel) -> str:
    """Write a panel as text: a warning, the summary, then a line per row.

    Examples
    --------
    >>> print(panel_text(Panel(rows=(Row(kind="image", id="a1", phase="active", status="rendering"),))))
    0 of 1 complete
    ◐ rendering    image  a1
    """
    return "\n".join([*warnings(panel), " · ".join(summary_parts(panel)), *map(row_text, in_order(panel.rows))])


def warnings(panel: Panel) -> list[str]:
    """List what must not be missed: that a budget is passed."""
    return [f"! {panel.warning}"] if panel.warning else []


def row_text(row: Row) -> str:
    """Write a row as one line.

    Examples
    --------
    >>> row_text(Row(kind="image", id="a1", phase="complete", name="Harbour", type="AI_IMAGE", elapsed=4.2,
    ...              credits=5, settled=True))
    '✓ complete     image  Harbour (AI_IMAGE)  4 s  5 credits'
    """
    head = f"{LOOKS[row.phase].glyph} {status_word(row):<{WORD}}"
    kind = f"{cut(shown(row.kind), NAME):<{KIND}}"
    type_ = f" ({cut(shown(row.type), NAME)})" if row.type else ""
    parts = [head, kind, cut(title(row), NAME) + type_, time_text(row), transfer_text(row)]
    parts += [credits_text(row.credits, settled=row.settled), *messages(row)]
    return "  ".join(part for part in parts if part.strip())


def messages(row: Row) -> list[str]:
    """List what a row has to say: its error, what to do about it, what passes."""
    return [cut(shown(text), MESSAGE) for text in (row.error, row.hint, row.note) if text.strip()]
