"""A panel of credits as HTML: a pure function of its state, in the subset that an untrusted JupyterLab keeps."""

from __future__ import annotations

from markupsafe import Markup

from mh_notebook.credits.looks import KIND_LOOKS

from .credits_state import MOST_TYPES, Bar, CreditsState, TypeRow
from .html import MUTED, clipped, root, warning_html
from .markup import tag
from .wording import counted

HEIGHT = 132  # pixels of the tallest bar
_GREY = "#8a8a8a"
_RULE = "border-top:1px solid rgba(128,128,128,0.28)"
_FIGURES = "display:flex;flex-wrap:wrap;column-gap:32px;padding:4px 0 12px"
_CHART = f"display:flex;align-items:flex-end;height:{HEIGHT}px;border-bottom:1px solid rgba(128,128,128,0.6)"
_COLUMN = "flex:1 1 0;min-width:2px;max-width:36px;margin:0 1px"
_ENDS = f"display:flex;justify-content:space-between;padding:2px 0 10px;{MUTED}"
_ROW = f"{_RULE};display:flex;align-items:center;column-gap:12px;padding:4px 0"
_NAME = "flex:5 1 10em;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
_NUMBER = "flex:0 0 8.5em;text-align:right;white-space:nowrap"
_SHARE = "flex:2 1 6em;min-width:0"
_SWATCH = "display:inline-block;width:0.8em;height:0.8em;margin:0 5px 0 0;background-color:"


def credits_html(state: CreditsState) -> Markup:
    """Draw a panel of credits: a warning, the figures, bars over time, and a row for each of the dearest types.

    Examples
    --------
    >>> "net credits" in credits_html(CreditsState("All kinds", (("net credits", "5"),)))
    True
    """
    figures = [tag("div", tag("strong", number), tag("div", name, style=MUTED)) for name, number in state.figures]
    return root(
        warning_html(state.warning),
        tag("div", state.title, style=MUTED),
        tag("div", *figures, style=_FIGURES),
        *_chart(state),
        *_table(state),
        tag("div", state.note, style=f"padding-top:6px;{MUTED}") if state.note else None,
    )


def _chart(state: CreditsState) -> list[Markup]:
    if not state.bars:
        return [tag("div", "Nothing was spent here yet.", style=f"{_RULE};padding:8px 0;{MUTED}")]
    most = max(bar.credits for bar in state.bars)
    top = max([sum(max(credits, 0) for _, credits in bar.parts) for bar in state.bars] + [1])
    kinds = [kind for kind, _ in state.bars[0].parts]
    legend = [
        tag("span", tag("span", style=_SWATCH + _colour(kind)), f"{kind}  ", style="margin-right:14px")
        for kind in kinds
    ]
    said = tag("span", f"most in a {state.period}: {counted(most, 'credit')}")
    ends = dict.fromkeys([state.bars[0].label, state.bars[-1].label])
    return [
        tag("div", tag("span", *legend), said, style=_ENDS),
        tag("div", *[_bar(bar, top) for bar in state.bars], style=_CHART),
        tag("div", *[tag("span", label) for label in ends], style=_ENDS),
    ]


def _bar(bar: Bar, top: int) -> Markup:
    """Draw one bar, the first kind at its foot; its numbers show on hover."""
    said = f"{bar.label}: " + ", ".join(f"{kind} {credits:,}" for kind, credits in bar.parts)
    parts = [
        tag("div", style=f"height:{credits * HEIGHT / top:.1f}px;background-color:{_colour(kind)}")
        for kind, credits in reversed(bar.parts)
        if credits > 0
    ]
    return tag("div", *parts, style=_COLUMN, title=said)


def _table(state: CreditsState) -> list[Markup]:
    top = max([row.credits for row in state.types] + [1])
    rows = [_type_row(row, top) for row in state.types[:MOST_TYPES]]
    rest = state.types[MOST_TYPES:]
    if rest:
        left = f"{counted(len(rest), 'more type')}: {counted(sum(row.credits for row in rest), 'credit')}"
        rows.append(tag("div", left, style=f"{_ROW};{MUTED}"))
    return rows


def _type_row(row: TypeRow, top: int) -> Markup:
    width = max(100 * row.credits / top, 0)
    share = tag("div", style=f"height:8px;width:{width:.1f}%;background-color:{_colour(row.kind)}")
    amount = tag("span", row.amount, style=_NUMBER) if row.amount else None
    return tag(
        "div",
        clipped(f"{row.name}, {row.kind}", _NAME, row.name),
        tag("span", share, style=_SHARE),
        tag("span", counted(row.projects, "project"), style=f"{_NUMBER};{MUTED}"),
        tag("span", counted(row.credits, "credit"), style=_NUMBER),
        amount,
        style=_ROW,
    )


def _colour(kind: str) -> str:
    return KIND_LOOKS[kind][0] if kind in KIND_LOOKS else _GREY
