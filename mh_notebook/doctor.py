"""`mh.doctor()`: one table of where we are and how we are, with what to do about the worst of it first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

import pandas as pd

from .findings import (
    Asked,
    Finding,
    ask_api,
    look,
    look_at_clock,
    look_at_front_end,
    look_at_history,
    look_at_interval,
    look_at_key,
    look_at_last_poll,
    look_at_proxies,
    look_at_renderer,
    newest_answer,
    versions,
)
from .protocol.errors import MagicHourError
from .settings import TOKEN_VARIABLES, find_base_url, find_token

_GRAVEST_FIRST = ("base URL", "key", "API", "renderer", "poll interval", "history", "clock")
_SHORTEST_SECRET = 8  # characters; one that is shorter is found in innocent words


class Checkup(pd.DataFrame):
    """What the doctor found: a frame that is shown whole.

    pandas cuts a cell at 50 characters where it shows a frame, and here the end of a sentence says what to do.
    What is taken out of it is an ordinary frame.

    Attributes
    ----------
    well : bool
        Whether no trouble was found.
    """

    _metadata: ClassVar[list[str]] = ["well"]
    well: bool = True

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        if list(self.columns) != ["answer"]:  # turned over, say, by what keeps the class
            return super().__repr__()
        width = max(map(len, self.index), default=0)
        return "\n".join(f"{what:<{width}}  {answer}" for what, answer in self["answer"].items())

    def _repr_html_(self) -> str | None:
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            html: str | None = super()._repr_html_()  # type: ignore[misc]  # the stubs lack it
            return html


def doctor(ask: bool = True) -> Checkup:
    """Say where we are and how we are: the worst trouble and what to do about it first, then each thing.

    Works in a notebook, in IPython, in plain Python, and as `mh-notebook doctor`, which exits with 1 where not all
    is well. It raises nothing, changes nothing, and shows no secret.

    Parameters
    ----------
    ask : bool
        Whether to ask the API once who owns the key, for 5 seconds at most. Without a key nobody is asked.

    Returns
    -------
    pandas.DataFrame
        Index `what`, column `answer` (str): verdict, front end, renderer, key (its last four characters at most),
        base URL, API, clock, poll interval, last poll, history, proxies, versions. `.well` is the verdict as a bool.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> table = mh.doctor(ask=False)
    >>> table.loc["front end", "answer"], table.well
    ('plain Python', False)
    >>> table.loc["verdict", "answer"]
    'No API key was found. Run mh.login(), set MAGIC_HOUR_API_KEY, ...'
    """
    asked = _ask() if ask else Asked(Finding("not asked"))
    findings = {
        "front end": look(look_at_front_end, "the front end"),
        "renderer": look(look_at_renderer, "the renderer"),
        "key": look(look_at_key, "the key"),
        "base URL": look(lambda: Finding(find_base_url()), "the base URL"),
        "API": asked.finding,
        "clock": look(lambda: look_at_clock(asked.answer or newest_answer()), "the clock"),
        "poll interval": look(look_at_interval, "the poll interval"),
        "last poll": look(look_at_last_poll, "the last poll"),
        "history": look(look_at_history, "the history"),
        "proxies": look(look_at_proxies, "the proxies"),
        **versions(),
    }
    return _table(findings, asked)


def _ask() -> Asked:
    try:
        find_token()
        find_base_url()
    except MagicHourError:
        return Asked(Finding("not asked, for want of a key and an address"))
    return ask_api()


def _table(findings: Mapping[str, Finding], asked: Asked) -> Checkup:
    troubles = [findings[what].trouble for what in _GRAVEST_FIRST if findings[what].trouble]
    well = "All is well." if asked.answer else "All is well, but the API was not asked."
    answers = {"verdict": troubles[0] if troubles else well}
    answers |= {what: finding.answer for what, finding in findings.items()}
    checkup = Checkup({"answer": {what: _without_key(answer) for what, answer in answers.items()}})
    checkup.index.name = "what"
    checkup.well = not troubles
    return checkup


def _without_key(text: str) -> str:
    """Hide the key where a server repeats it to us."""
    for name in TOKEN_VARIABLES:
        token = os.environ.get(name, "").strip()
        if len(token) >= _SHORTEST_SECRET:
            text = text.replace(token, "[secret]")
    return text
