"""The panel as a live widget: at most ten comms, however many rows, and none once it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from ipywidgets import HTML, Button, Layout, VBox
from ipywidgets import Widget as AnyWidget

from .html import fold_html, head_html
from .outputs import Displays
from .state import Panel

FOLD_PAUSE = 1.0  # seconds between two redraws of the folded rows
STOP_HELP = "Stops watching from here. The render goes on, and its credits stay charged."


class WidgetOutput:
    """The rows in sight, the folded ones, a button: drawn from the panel, frozen to HTML at the end.

    The fold is a widget of its own: it is set, and falls shut, only when one of its rows changes its state,
    and once a second at most. With 4 updates a second that makes 5 messages. An IntProgress would be one more
    for each update; the bar in the summary is part of the first.
    """

    def __init__(self, panel: Panel, on_stop: Callable[[], object] | None = None) -> None:
        self._displays = Displays()
        plain = Layout(width="auto", margin="0")
        self._head = HTML(layout=plain)
        self._fold = HTML(layout=plain, style=self._head.style)
        self._button = _stop_button(on_stop) if on_stop else None
        shown = [self._head, self._fold, *([self._button] if self._button else [])]
        self._box = VBox(shown, layout=plain)
        self._fold_set = -FOLD_PAUSE
        self._draw(panel)

    def show(self, panel: Panel) -> None:
        """Display the widget in the cell that runs; one more view costs no comm."""
        self._draw(panel)
        self._displays.show(panel, live=self._box.model_id)

    def update(self, panel: Panel) -> None:
        """Set what changed, and nothing else: an unchanged value sends no message."""
        self._draw(panel)

    def finish(self, panel: Panel) -> None:
        """Freeze every view to HTML, then close the comms."""
        try:
            self._displays.finish(panel)
        finally:
            for widget in self._owned():
                widget.close()

    def repeat(self) -> None:
        """Send the frozen views again."""
        self._displays.repeat()

    def _draw(self, panel: Panel) -> None:
        _set(self._head, head_html(panel))
        if time.monotonic() - self._fold_set >= FOLD_PAUSE and _set(self._fold, fold_html(panel)):
            self._fold_set = time.monotonic()

    def _owned(self) -> list[AnyWidget]:
        widgets: list[AnyWidget] = [self._box, self._head, self._fold]
        widgets += [self._button] if self._button else []
        parts = [part for widget in widgets for part in (widget.layout, getattr(widget, "style", None)) if part]
        return list(dict.fromkeys([*widgets, *parts]))


def _stop_button(on_stop: Callable[[], object]) -> Button:
    layout = Layout(width="auto", align_self="flex-start", margin="4px 0")
    button = Button(description="Stop watching", tooltip=STOP_HELP, layout=layout)
    button.on_click(lambda _: on_stop())
    return button


def _set(widget: HTML, html: str) -> bool:
    """Set a widget's HTML if it is another; say whether it was."""
    if widget.value == html:
        return False
    widget.value = str(html)
    return True
