"""The live display of a watch, the same to its caller wherever it is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from .actions import Actions
from .front_end import Renderer, cell, check_renderer, in_kernel, renderer, shell
from .outputs import HTML, TEXT, Displays, Lines, Nothing, Output, harmless
from .state import Panel

PAUSE = 0.5  # seconds between two redraws; with the fold and the choices once a second, 4 messages a second at most
TICK = 0.95  # seconds between two redraws that bring nothing but the time: a bar that is redrawn starts anew


class LivePanel:
    """A panel that is shown while it changes, and frozen when it ends.

    Nothing that goes wrong with the display is raised into the watch: it is logged at level DEBUG.

    Parameters
    ----------
    panel
        How it looks at first.
    renderer
        "widget", "html", "text" or "none"; None asks `front_end.renderer`.
    actions
        What its buttons do; without them it has none.

    Raises
    ------
    UnknownRendererError
        The renderer, or `MH_NOTEBOOK_RENDERER`, is none of the four.

    Examples
    --------
    >>> live = LivePanel(Panel(rows=()), renderer="none")
    >>> live.show()
    >>> live.finish(Panel(rows=()))
    """

    def __init__(self, panel: Panel, *, renderer: str | None = None, actions: Actions | None = None) -> None:
        self.renderer: Renderer = _renderer(renderer)
        self._panel = panel
        self._actions = actions
        self._output: Output | None = None
        self._cell: int | None = None
        self._finished = False
        self._drawn = -TICK
        self._lock = threading.RLock()

    @property
    def has_pictures(self) -> bool:
        """Whether what is shown can hold pictures."""
        return self.renderer in ("widget", "html")

    def show(self) -> None:
        """Display the panel in the cell that runs. Call it in the user's thread."""
        with self._lock, harmless():
            self._cell = cell()
            if self._finished:
                frozen = _output(_without_widget(self.renderer), self._panel, None)
                frozen.show(self._panel)
                return
            self._output = self._output or _output(self.renderer, self._panel, self._actions)
            self._output.show(self._panel)

    @property
    def may_draw(self) -> bool:
        """Whether it is time to look for something new to draw."""
        return not self.has_pictures or time.monotonic() - self._drawn >= PAUSE

    def update(self, panel: Panel) -> None:
        """Show a new state, from any thread, unless that would be too soon; call it again with the next one."""
        with self._lock, harmless():
            if not self._finished and self._due(panel):
                self._panel, self._drawn = panel, time.monotonic()
                if self._output:
                    self._output.update(panel)

    def _due(self, panel: Panel) -> bool:
        if not self.has_pictures:
            return True
        waited = time.monotonic() - self._drawn
        return waited >= TICK or (waited >= PAUSE and _timeless(panel) != _timeless(self._panel))

    def finish(self, panel: Panel) -> None:
        """Show the end: every output becomes HTML that needs no kernel; no comm stays open."""
        with self._lock, harmless():
            if not self._finished:
                self._finished, self._panel = True, panel
                self._actions = None  # they hold the watch, and with it the client
                if self._output:
                    self._output.finish(panel)

    def repeat(self) -> None:
        """Send the end again from the user's own thread, where it was shown in an earlier cell.

        nbclient, and all that is built on it, hears only what is said in the name of the cell that runs; the watch
        itself speaks in the name of the one that began it.
        """
        with self._lock, harmless():
            if self._finished and self._output and not self.shown_in_this_cell():
                self._output.repeat()

    @property
    def kept(self) -> Callable[[], None] | None:
        """What lets go of a view that had to stay after the end, None where none had to; see `WidgetOutput`."""
        return self._output.let_go if self._finished and self._output and self._output.kept else None

    def shown_in_this_cell(self) -> bool:
        """Whether the last `show` was in the cell that runs now."""
        return self._output is not None and self._cell is not None and self._cell == cell()


def _timeless(panel: Panel) -> Panel:
    rows = tuple(msgspec.structs.replace(row, elapsed=None) for row in panel.rows)
    return msgspec.structs.replace(panel, rows=rows)


def _renderer(asked: str | None) -> Renderer:
    name = check_renderer(asked) if asked else renderer()
    return "text" if name in ("widget", "html") and shell() is None else name


def _without_widget(name: Renderer) -> Renderer:
    return "html" if name == "widget" else name


def _output(name: Renderer, panel: Panel, actions: Actions | None) -> Output:
    if name == "widget":
        from .widgets import WidgetOutput

        return WidgetOutput(panel, actions)
    if name == "html":
        return Displays((HTML, TEXT))
    if name == "none":
        return Nothing()
    # What a worker prints in a notebook lands in the newest cell: text too goes by display id there.
    return Displays((TEXT,)) if in_kernel() else Lines()
