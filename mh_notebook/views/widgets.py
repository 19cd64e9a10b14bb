"""The panel as a live widget: ten comms, however many rows, and none once it has ended."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ipywidgets import HTML, Layout, VBox
from ipywidgets import Widget as AnyWidget
from markupsafe import Markup

from .actions import Actions, choices
from .controls import Controls
from .html import fold, head_html, panel_html, root
from .markup import tag
from .outputs import Displays, harmless
from .state import Panel
from .summary import in_order

SLOW_PAUSE = 1.0  # seconds between two redraws of what seldom changes: the fold, the choices


class WidgetOutput:
    """The rows in sight, the folded ones, buttons, and the media that were asked for: frozen to HTML at the end.

    Comms: a box, four HTML, a dropdown, one ToggleButtons for all buttons (three Buttons would be two comms more), and
    one Layout and two styles that they share. The fold is two of the HTML: a <details> that is drawn once, as one that
    is drawn anew falls shut, and the rows that a style sheet shows while it is open; no kernel is asked for that. With
    `panel.PAUSE` between two redraws of the rows, and the folded ones and the choices once a second, that makes 4
    messages a second at most.

    A page that is loaded anew in the middle asks for all widgets, and no longer knows the ids of what is displayed:
    its end could not be replaced there by HTML. So the widget then stays, showing its end, until `let_go`.
    """

    def __init__(self, panel: Panel, actions: Actions | None = None) -> None:
        self._displays = Displays()
        self._actions = actions
        plain = Layout(width="auto", margin="0")
        self._head = _Head(layout=plain)
        self._fold, self._rows, self._media = (HTML(layout=plain, style=self._head.style) for _ in range(3))
        self._name = f"mh-{uuid.uuid4().hex[:12]}"
        self._fold.value = str(_toggle(self._name))
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
        self._actions = None
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
        with harmless():
            for widget in self._owned():
                widget.close()

    def _draw(self, panel: Panel) -> None:
        ordered = in_order(panel.rows)
        label, rows = fold(ordered)
        _set(self._head, head_html(panel, ordered, label))
        _set(self._media, panel.media)
        if time.monotonic() - self._drawn < SLOW_PAUSE:
            return
        changed = _set(self._rows, tag("div", rows, class_=self._name))
        if self._controls and self._controls.offer(choices(panel)):
            changed = True
        if changed:
            self._drawn = time.monotonic()
        self._place(folded=bool(label))

    def _place(self, *, folded: bool) -> None:
        controls = self._controls.shown if self._controls else []
        children = (self._head, *([self._fold, self._rows] if folded else []), *controls, self._media)
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


def _toggle(name: str) -> Markup:
    """Draw the handle of the fold, and the style that hides the elements of class `name` while it is shut."""
    style = f".{name}{{display:none}}body:has(details.{name}-open[open]) .{name}{{display:block}}"
    label = tag("summary", "Show them, or fold them again", style="padding:2px 0 6px;cursor:pointer")
    return root(tag("style", Markup(style)), tag("details", label, class_=f"{name}-open"))  # noqa: S704 - ours


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
