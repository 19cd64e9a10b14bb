"""The panel as a live widget: ten comms, however many rows, and none once it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from ipywidgets import HTML, Dropdown, HBox, Layout, ToggleButtons, VBox
from ipywidgets import Widget as AnyWidget

from .actions import Actions, Choice, choices
from .html import fold_html, head_html
from .outputs import Displays
from .state import Panel

SLOW_PAUSE = 1.0  # seconds between two redraws of what seldom changes: the fold, the choices
STOP = ("Stop watching", "stop", "Stops watching from here. The renders go on, and their credits stay charged.")
SHOW = ("Show", "show", "Shows the chosen outputs below, saved first where they are not on this machine.")
DOWNLOAD = ("Download", "download", "Saves the chosen outputs to files.")


class WidgetOutput:
    """The rows in sight, the folded ones, the media that were asked for, and buttons: frozen to HTML at the end.

    Comms: two boxes, three HTML, a dropdown, one ToggleButtons for all buttons (three Buttons would be two comms
    more), and one Layout and two styles that they share. The fold and the choices are set, and fall shut, only when a
    row changes its state, and once a second at most: with three updates of the head that makes 5 messages a second.
    """

    def __init__(self, panel: Panel, actions: Actions | None = None) -> None:
        self._displays = Displays()
        self._actions = actions
        plain = Layout(width="auto", margin="0")
        self._head = HTML(layout=plain)
        self._fold, self._media = (HTML(layout=plain, style=self._head.style) for _ in range(2))
        self._controls = _Controls(plain, self._head.style, self._ask) if actions else None
        controls = [self._controls.box] if self._controls else []
        self._box = VBox([self._head, self._fold, *controls, self._media], layout=plain)
        self._drawn = -SLOW_PAUSE
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
        _set(self._media, panel.media)
        if time.monotonic() - self._drawn < SLOW_PAUSE:
            return
        changed = _set(self._fold, fold_html(panel))
        if self._controls and self._controls.offer(choices(panel)):
            changed = True
        if changed:
            self._drawn = time.monotonic()

    def _ask(self, action: str, rows: tuple[int, ...]) -> None:
        if self._actions is None:
            return
        if action == "stop":
            self._actions.stop()
        else:
            getattr(self._actions, action)(rows)

    def _owned(self) -> list[AnyWidget]:
        widgets: list[AnyWidget] = [self._box, self._head, self._fold, self._media]
        widgets += self._controls.widgets if self._controls else []
        parts = [part for widget in widgets for part in (widget.layout, getattr(widget, "style", None)) if part]
        return list(dict.fromkeys([*widgets, *parts]))


class _Controls:
    """A choice among what is complete, and the buttons; without anything complete, "Stop watching" alone."""

    def __init__(self, layout: Layout, style: object, ask: Callable[[str, tuple[int, ...]], None]) -> None:
        self._ask = ask
        self._pick = Dropdown(description="Complete", layout=layout, style=style)
        self._buttons = ToggleButtons(layout=layout)
        self._offered: list[Choice] = []
        self._put((STOP,))
        self._buttons.observe(self._clicked, "value")
        self.box = HBox([self._buttons], layout=layout)
        self.widgets: list[AnyWidget] = [self.box, self._pick, self._buttons]

    def offer(self, offered: list[Choice]) -> bool:
        """Offer these choices; say whether they are others. What was chosen by name stays chosen."""
        if offered == self._offered:
            return False
        first = [label for label, _ in self._offered[:1]]
        chosen = self._pick.label if self._pick.label not in first else None  # the first is nobody's choice
        with self._pick.hold_sync():
            self._pick.options = offered
            self._pick.label = chosen if chosen in dict(offered) else offered[0][0]
        if not self._offered:
            self._put((SHOW, DOWNLOAD, STOP))
            self.box.children = [self._pick, self._buttons]
        self._offered = offered
        return True

    def _put(self, buttons: tuple[tuple[str, str, str], ...]) -> None:
        with self._buttons.hold_sync():
            self._buttons.options = [(label, action) for label, action, _ in buttons]
            self._buttons.tooltips = [help_ for _, _, help_ in buttons]
            self._buttons.value = None  # buttons, not a choice: none stays pressed

    def _clicked(self, change: dict[str, str | None]) -> None:
        if (action := change["new"]) is not None:
            self._buttons.value = None
            self._ask(action, self._pick.value or ())


def _set(widget: HTML, html: str) -> bool:
    """Set a widget's HTML if it is another; say whether it was."""
    if widget.value == html:
        return False
    widget.value = str(html)
    return True
