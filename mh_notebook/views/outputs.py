"""Ways to show a panel that changes: displayed HTML or text with a display id, lines on stderr, nothing."""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from markupsafe import Markup

from .html import MUTED, panel_html, root
from .markup import join, tag
from .state import Panel
from .summary import summary_parts
from .text import panel_text, row_text, warnings

logger = logging.getLogger("mh_notebook.views")
HTML, TEXT, WIDGET = "text/html", "text/plain", "application/vnd.jupyter.widget-view+json"
Bundle = dict[str, object]


class Output(Protocol):
    """One way to show a panel; called by one thread at a time."""

    @property
    def kept(self) -> bool:
        """Whether something had to stay after the end."""

    def show(self, panel: Panel) -> None:
        """Show the panel in the cell that runs."""

    def update(self, panel: Panel) -> None:
        """Bring all that is shown up to date."""

    def finish(self, panel: Panel) -> None:
        """Show the end, and let go of everything."""

    def repeat(self) -> None:
        """Say the end once more where that is needed: see `LivePanel.repeat`."""

    def let_go(self) -> None:
        """Let go of what had to stay after the end."""


@contextmanager
def harmless() -> Iterator[None]:
    """Keep a display that fails away from the watch behind it.

    A kernel on its way out raises RuntimeError (its loop is closed) or zmq's errors (its sockets are), a pipe
    that nobody reads OSError, a closed stream ValueError. The watch matters more than its picture.
    """
    try:
        yield
    except _display_errors() as problem:
        logger.debug("could not be shown: %r", problem)


def mimebundle(panel: Panel, *, live: str | None = None) -> Bundle:
    """Give a panel in every form; `live` is the model id of its widget, None for a frozen one."""
    bundle: Bundle = {TEXT: panel_text(panel), HTML: str(panel_html(panel))}
    if live:
        bundle[HTML] = str(join([panel_html(panel), as_of(datetime.now(UTC))]))  # for where no widget is drawn
        bundle[WIDGET] = {"model_id": live, "version_major": 2, "version_minor": 0}
    return bundle


def as_of(moment: datetime) -> Markup:
    """Say that this is how it was, for a copy that nobody can bring up to date."""
    return root(tag("div", f"as it was at {moment:%Y-%m-%d %H:%M:%S} UTC, while it was being watched", style=MUTED))


class Displays:
    """The outputs of one panel, each under a display id of its own, brought up to date together."""

    kept = False

    def __init__(self, types: tuple[str, ...] = (HTML, TEXT)) -> None:
        self._types = types
        self._ids: list[str] = []
        self._last: Bundle = {}

    def show(self, panel: Panel, live: str | None = None) -> None:
        """Display the panel in the cell that runs."""
        from IPython.display import display

        self._ids.append(f"mh-{uuid.uuid4().hex}")
        self._last = self._bundle(panel, live)
        display(self._last, raw=True, display_id=self._ids[-1])  # type: ignore[no-untyped-call]  # IPython has no types

    def update(self, panel: Panel) -> None:
        """Replace what is displayed, in every place, unless it is the same already."""
        bundle = self._bundle(panel, None)
        if bundle != self._last:
            self._last = bundle
            self.repeat()

    finish = update

    def repeat(self) -> None:
        """Send again what is displayed, in the name of the cell that runs now."""
        from IPython.display import update_display

        for display_id in self._ids:
            update_display(self._last, raw=True, display_id=display_id)  # type: ignore[no-untyped-call]  # the same

    def show_again(self) -> None:
        """Display what is displayed once more, in the cell that runs."""
        from IPython.display import display

        display(self._last, raw=True)  # type: ignore[no-untyped-call]  # the same

    def let_go(self) -> None:
        """Do nothing: what is displayed needs nobody."""

    def _bundle(self, panel: Panel, live: str | None) -> Bundle:
        return {key: value for key, value in mimebundle(panel, live=live).items() if key in (*self._types, WIDGET)}


class Lines:
    """A line on stderr for each change of phase or status."""

    kept = False

    def __init__(self) -> None:
        self._said: dict[int, tuple[str, str]] = {}

    def update(self, panel: Panel) -> None:
        """Write a line for each row whose phase or status is new."""
        for index, row in enumerate(panel.rows):
            state = (row.phase, row.status)
            if self._said.get(index, ("waiting", "")) != state:
                self._said[index] = state
                _write(row_text(row))

    show = update

    def finish(self, panel: Panel) -> None:
        """Write the last changes, and what several rows came to."""
        self.update(panel)
        if len(panel.rows) > 1:
            _write(" · ".join(summary_parts(panel)))
        for line in warnings(panel):
            _write(line)

    def repeat(self) -> None:
        """Do nothing: what was written stays."""

    let_go = repeat


class Nothing:
    """No output at all."""

    kept = False

    def update(self, panel: Panel) -> None:
        """Do nothing."""

    show = update
    finish = update

    def repeat(self) -> None:
        """Do nothing."""

    let_go = repeat


def _write(line: str) -> None:
    stream = sys.stderr
    if stream is None:  # a program without a console
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def _display_errors() -> tuple[type[Exception], ...]:
    error = getattr(sys.modules.get("zmq"), "ZMQBaseError", None)
    known = (OSError, RuntimeError, ValueError)
    return known if error is None else (*known, error)
