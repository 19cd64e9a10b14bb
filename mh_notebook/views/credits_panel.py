"""Credits to filter and look at: widgets while a kernel runs, self-contained HTML wherever there is none."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from mh_notebook.credits.budgets import Budget
from mh_notebook.credits.calendars import at, zone
from mh_notebook.credits.columns import need
from mh_notebook.credits.money import Plan
from mh_notebook.protocol.errors import ConfigurationError
from mh_notebook.protocol.kinds import KINDS

from .credits_html import credits_html
from .credits_state import Selection, Terms, credits_state, selected, state_text
from .front_end import renderer
from .outputs import HTML, TEXT, WIDGET, Bundle, harmless

if TYPE_CHECKING:
    from .credits_widgets import CreditsWidgets


class CreditsPanel:
    """Credits by kind, type and days: made by `credits.panel`; show it by naming it at a cell's end.

    Attributes
    ----------
    selection : Selection
        What is selected: `kind`, `types`, `since`, `until`.
    """

    def __init__(self, frame: pd.DataFrame, terms: Terms) -> None:
        self._all = frame.copy(deep=False)
        self._terms = terms
        self._ids: list[str] = []
        self._widgets: CreditsWidgets | None = None
        self._frozen = False
        self._show(Selection())

    @property
    def frame(self) -> pd.DataFrame:
        """The projects selected, each once."""
        return selected(self._all, self.selection, self._terms.tz)

    def select(
        self,
        *,
        kind: str | None = None,
        types: Iterable[str] = (),
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> None:
        """Select projects, as the panel's own controls do; what is left out is not filtered by.

        Parameters
        ----------
        kind : str, optional
            "image", "video" or "audio".
        types : iterable of str
            Such as ["AI_IMAGE"].
        since, until : date or str, optional
            The first and the last day, both included, such as "2026-10-01".

        Raises
        ------
        ConfigurationError
            There is no such kind or day.
        """
        if kind is not None and kind not in KINDS:
            raise ConfigurationError(f"There is no kind {kind!r}.", hint=f"Choose one of {', '.join(KINDS)}.")
        names = (types,) if isinstance(types, str) else tuple(types)
        self._show(Selection(kind, names, _day(since), _day(until)))
        if self._widgets is not None:
            self._widgets.follow(self.selection)

    def freeze(self) -> None:
        """Leave HTML that needs no kernel in every cell that shows the panel, and close its widgets.

        Do so before the notebook is saved or exported. Freezing twice is fine.
        """
        self._frozen = True
        with harmless():
            self._redraw()
        if self._widgets is not None:
            self._widgets.close()
            self._widgets = None

    def __repr__(self) -> str:
        return state_text(self._state)

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        return {HTML: str(credits_html(self._state)), TEXT: repr(self)}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle = self._bundle(renderer())
        if bundle:
            self._ids.append(f"mh-{uuid.uuid4().hex}")
            display(bundle, raw=True, display_id=self._ids[-1])  # type: ignore[no-untyped-call]  # IPython has no types

    def _bundle(self, shown_as: str) -> Bundle:
        wanted = {"widget": (HTML, TEXT), "html": (HTML, TEXT), "text": (TEXT,)}.get(shown_as, ())
        bundle = {key: value for key, value in self._repr_mimebundle_().items() if key in wanted}
        if shown_as == "widget" and not self._frozen:
            bundle[WIDGET] = {"model_id": self._live().model_id, "version_major": 2, "version_minor": 0}
        return bundle

    def _live(self) -> CreditsWidgets:
        """Make the widgets, at the first display: their comms open then, and not before."""
        if self._widgets is None:
            from .credits_widgets import CreditsWidgets

            self._widgets = CreditsWidgets(self._all, self._show)
            self._widgets.follow(self.selection)
            self._widgets.draw(str(credits_html(self._state)))
        return self._widgets

    def _redraw(self) -> None:
        from IPython.display import update_display

        bundle = self._bundle("html")
        for display_id in self._ids:
            update_display(bundle, raw=True, display_id=display_id)  # type: ignore[no-untyped-call]  # the same

    def _show(self, selection: Selection) -> None:
        self.selection = selection
        self._state = credits_state(self._all, selection, self._terms)
        if self._widgets is not None:
            self._widgets.draw(str(credits_html(self._state)))


def panel(
    frame: pd.DataFrame, *, tz: str = "UTC", plan: Plan | None = None, budget: Budget | None = None, now: Any = None
) -> CreditsPanel:
    """Show credits with controls for kind, types and days; the figures and the bars follow them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of the fixed schema; not changed.
    tz : str
        The time zone whose midnights part the days.
    plan : Plan, optional
        Adds amounts of money: those of what is selected, priced as one bill.
    budget : Budget, optional
        Adds a row of warning once it is passed.
    now : time, optional
        The moment at which the budget is looked at.

    Returns
    -------
    CreditsPanel
        `.frame` holds the projects selected, `.select(...)` does as the controls do, `.freeze()` leaves HTML.

    Raises
    ------
    ConfigurationError
        The frame lacks a column, or there is no such time zone.

    Examples
    --------
    >>> from mh_notebook.frames import build_frame
    >>> panel(build_frame([]), tz="Europe/Berlin")
    All kinds, all types, all days (Europe/Berlin)
    net credits 0 · settled 0 · estimated 0 · projects 0
    """
    need(frame, "kind", "id", "type", "created_at", "fetched_at", "credits_charged", "credits_settled")
    zone(tz)
    return CreditsPanel(frame, Terms(tz, plan, budget, now))


def _day(given: date | str | None) -> date | None:
    return None if given is None else at(given, "UTC").date()
