"""The controls of a panel of credits, and the drawing that follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from ipywidgets import HTML, DatePicker, Dropdown, HBox, Layout, SelectMultiple, VBox

from .credits_state import Selection
from .wording import type_text

EVERY_KIND = "all kinds"


class CreditsWidgets:
    """Controls that call `on_select` with what they say, on whichever thread the front end's messages come."""

    def __init__(self, frame: pd.DataFrame, on_select: Callable[[Selection], object]) -> None:
        self._types = frame.loc[frame["credits_charged"].notna(), ["kind", "type"]].dropna().drop_duplicates()
        self._on_select = on_select
        self._following = False
        narrow = Layout(width="220px")
        kinds = [EVERY_KIND, *self._types["kind"].drop_duplicates().astype(str).sort_values()]
        self._kind = Dropdown(options=kinds, description="Kind", layout=narrow)
        self._chosen = SelectMultiple(description="Types", rows=5, layout=Layout(width="330px"))
        self._since = DatePicker(description="From", layout=narrow)
        self._until = DatePicker(description="To", layout=narrow)
        self._drawing = HTML(layout=Layout(width="auto"))
        self._left = VBox([self._kind, self._since, self._until])
        self._top = HBox([self._left, self._chosen], layout=Layout(flex_flow="row wrap"))
        self._box = VBox([self._top, self._drawing])
        self._offer(None)
        for control in self._controls():
            control.observe(self._changed, names="value")

    @property
    def model_id(self) -> str:
        """The id by which a front end finds the whole."""
        return str(self._box.model_id)

    def draw(self, html: str) -> None:
        """Show this; an unchanged value sends no message."""
        self._drawing.value = html

    def follow(self, selection: Selection) -> None:
        """Set the controls to a selection made elsewhere."""
        self._following = True
        try:
            known = selection.kind in self._kind.options
            self._kind.value = selection.kind if known else EVERY_KIND
            self._offer(selection.kind)
            self._chosen.value = tuple(name for name in selection.types if name in self._names)
            self._since.value, self._until.value = selection.since, selection.until
        finally:
            self._following = False

    def close(self) -> None:
        """Close every comm."""
        widgets = [self._box, self._top, self._left, *self._controls(), self._drawing]
        parts = [part for widget in widgets for part in (widget.layout, getattr(widget, "style", None)) if part]
        for widget in dict.fromkeys([*widgets, *parts]):
            widget.close()

    def _controls(self) -> list[Any]:
        return [self._kind, self._chosen, self._since, self._until]

    def _offer(self, kind: str | None) -> None:
        """Offer the types of a kind; those of the kind before are no longer chosen."""
        known = self._types if kind is None else self._types[self._types["kind"].eq(kind)]
        self._names = sorted(set(known["type"].astype(str)))
        options = [(type_text(name), name) for name in self._names]
        if options != list(self._chosen.options):
            self._chosen.options = options

    def _changed(self, change: dict[str, Any]) -> None:
        if self._following:
            return
        kind = None if self._kind.value == EVERY_KIND else self._kind.value
        if change["owner"] is self._kind:
            self._following = True  # to offer other types is no choice of the user's
            try:
                self._offer(kind)
            finally:
                self._following = False
        self._on_select(Selection(kind, tuple(self._chosen.value), self._since.value, self._until.value))
