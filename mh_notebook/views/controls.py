"""The buttons of a live panel, and the choice they act on."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import Dropdown, Layout, ToggleButtons
from ipywidgets import Widget as AnyWidget

from .actions import Choice

STOP = ("Stop watching", "stop", "Stops watching from here. The renders go on, and their credits stay charged.")
SHOW = ("Show", "show", "Shows the chosen outputs below, saved first where they are not on this machine.")
DOWNLOAD = ("Download", "download", "Saves the chosen outputs to files.")


class Controls:
    """A choice among what is complete, and the buttons; without anything complete, "Stop watching" alone.

    Parameters
    ----------
    layout, style
        Shared with others: each of its own would be a comm more.
    ask
        Called with the button's action and the numbers of the chosen rows.
    """

    def __init__(self, layout: Layout, style: object, ask: Callable[[str, tuple[int, ...]], None]) -> None:
        self._ask = ask
        self.pick = Dropdown(description="Complete", layout=layout, style=style)
        self.buttons = ToggleButtons(layout=layout)
        self.widgets: list[AnyWidget] = [self.pick, self.buttons]
        self._offered: list[Choice] = []
        self._put((STOP,))
        self.buttons.observe(self._clicked, "value")

    @property
    def shown(self) -> list[AnyWidget]:
        """What is to be shown of it now."""
        return self.widgets if self._offered else [self.buttons]

    def offer(self, offered: list[Choice]) -> bool:
        """Offer these choices; say whether they are others. What was chosen by name stays chosen."""
        if offered == self._offered:
            return False
        first = [label for label, _ in self._offered[:1]]
        chosen = self.pick.label if self.pick.label not in first else None  # the first is nobody's choice
        with self.pick.hold_sync():
            self.pick.options = offered
            if offered:
                self.pick.label = chosen if chosen in dict(offered) else offered[0][0]
        if bool(offered) != bool(self._offered):
            self._put((SHOW, DOWNLOAD, STOP) if offered else (STOP,))
        self._offered = offered
        return True

    def _put(self, buttons: tuple[tuple[str, str, str], ...]) -> None:
        with self.buttons.hold_sync():
            self.buttons.options = [(label, action) for label, action, _ in buttons]
            self.buttons.tooltips = [help_ for _, _, help_ in buttons]
            self.buttons.value = None  # buttons, not a choice: none stays pressed

    def _clicked(self, change: dict[str, str | None]) -> None:
        if (action := change["new"]) is not None:
            self.buttons.value = None
            self._ask(action, self.pick.value or ())
