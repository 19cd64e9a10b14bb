"""The panel as a live widget: ten comms, however many rows, and none once it has ended."""

from __future__ import annotations

import time
from typing import Any

from ipywidgets import HTML, Accordion, Layout, VBox
from ipywidgets import Widget as AnyWidget

from .actions import Actions, choices
from .controls import Controls
from .html import fold, head_html, panel_html
from .outputs import Displays
from .state import Panel

SLOW_PAUSE = 1.0  # seconds between two redraws of what seldom changes: the fold, the choices


class WidgetOutput:
    """The rows in sight, the folded ones, buttons, and the media that were asked for: frozen to HTML at the end.

    Comms: a box, three HTML, an Accordion for the fold (a <details> would fall shut with each redraw), a dropdown,
    one ToggleButtons for all buttons (three Buttons would be two comms more), and one Layout and two styles that they
    share. With `panel.PAUSE` between two redraws of the rows, and the fold and the choices once a second, that makes 5
    messages a second at most.

    A page that is loaded anew in the middle asks for all widgets, and no longer knows the ids of what is displayed:
    its end could not be replaced there by HTML. So the widget then stays, showing its end, until `let_go`.
    """

    def __init__(self, panel: Panel, actions: Actions | None = None) -> None:
        self._displays = Displays()
        self._actions = actions
        plain = Layout(width="auto", margin="0")
        self._head = _Head(layout=plain)
        self._rows, self._media = (HTML(layout=plain, style=self._head.style) for _ in range(2))
        self._fold = Accordion([self._rows], layout=plain)
        self._controls = Controls(plain, self._head.style, self._ask) if actions else None
        self._box = VBox([], layout=plain)
        self._drawn = -SLOW_PAUSE
        self._said_again = False
        self._draw(panel)

    @property
    def kept(self) -> bool:
        """Whether it has to stay as a widget: see above."""
        return self._head.asked_for > 1

    def show(self, panel: Panel) -> None:
        """Display the widget in the cell that runs; one more view costs no comm."""
        self._draw(panel)
        self._displays.show(panel, live=self._box.model_id)

    def update(self, panel: Panel) -> None:
        """Set what changed, and nothing else: an unchanged value sends no message."""
        self._draw(panel)

    def finish(self, panel: Panel) -> None:
        """Freeze every view to HTML, then close the comms; a widget that is kept shows the same."""
        stays: list[AnyWidget] = [self._box, self._head, self._box.layout, self._head.style] if self.kept else []
        try:
            self._displays.finish(panel)
            if stays:
                self._box.children = [self._head]
                self._head.value = str(panel_html(panel))
        finally:
            for widget in self._owned():
                if widget not in stays:
                    widget.close()

    def repeat(self) -> None:
        """Send the frozen views again; where they could not be replaced, show one more in the cell that runs."""
        self._displays.repeat()
        if self.kept and not self._said_again:
            self._said_again = True
            self._displays.show_again()

    def let_go(self) -> None:
        """Close what was kept."""
        for widget in self._owned():
            widget.close()

    def _draw(self, panel: Panel) -> None:
        _set(self._head, head_html(panel))
        _set(self._media, panel.media)
        if time.monotonic() - self._drawn < SLOW_PAUSE:
            return
        label, rows = fold(panel)
        changed = _set(self._rows, rows)
        if label and (label,) != self._fold.titles:
            self._fold.titles, changed = (label,), True
        if self._controls and self._controls.offer(choices(panel)):
            changed = True
        if changed:
            self._drawn = time.monotonic()
        self._place(folded=bool(label))

    def _place(self, *, folded: bool) -> None:
        controls = self._controls.shown if self._controls else []
        children = (self._head, *([self._fold] if folded else []), *controls, self._media)
        if children != tuple(self._box.children):
            self._box.children = children

    def _ask(self, action: str, rows: tuple[int, ...]) -> None:
        if self._actions is None:
            return
        if action == "stop":
            self._actions.stop()
        else:
            getattr(self._actions, action)(rows)

    def _owned(self) -> list[AnyWidget]:
        widgets: list[AnyWidget] = [self._box, self._head, self._fold, self._rows, self._media]
        widgets += self._controls.widgets if self._controls else []
        parts = [part for widget in widgets for part in (widget.layout, getattr(widget, "style", None)) if part]
        return list(dict.fromkeys([*widgets, *parts]))


class _Head(HTML):  # type: ignore[misc]  # ipywidgets has no types
    """An HTML widget that counts how often it was asked for whole: once to open it, again by each page that loads."""

    asked_for = 0

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        self.asked_for += key is None
        return super().get_state(key, drop_defaults)


def _set(widget: HTML, html: str) -> bool:
    """Set a widget's HTML if it is another; say whether it was."""
    if widget.value == html:
        return False
    widget.value = str(html)
    return True
