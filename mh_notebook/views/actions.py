"""What a person may ask of a panel while it is live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .state import Panel
from .wording import cut, shown, title

CHOICES = 50  # finished rows to choose from by name
LABEL = 60  # characters of a name among the choices


class Actions(NamedTuple):
    """What the buttons do; each is called on whichever thread the front end's messages come."""

    stop: Callable[[], object]
    show: Callable[[Sequence[int]], object]  # the media of these rows, numbered as in the panel
    download: Callable[[Sequence[int]], object]


Choice = tuple[str, tuple[int, ...]]


def choices(panel: Panel) -> list[Choice]:
    """List what may be shown or downloaded: all rows that are complete, then each, the newest last.

    Examples
    --------
    >>> from .state import Row
    >>> choices(Panel(rows=(Row(kind="image", id="a1", phase="active"), Row(kind="image", id="a2", phase="complete"))))
    [('a2 (image)', (1,))]
    """
    done = [number for number, row in enumerate(panel.rows) if row.phase == "complete"]
    each: list[Choice] = [(_label(panel, number), (number,)) for number in done[:CHOICES]]
    return [(f"all {len(done):,} complete", tuple(done)), *each] if len(done) > 1 else each


def _label(panel: Panel, number: int) -> str:
    row = panel.rows[number]
    return f"{cut(title(row), LABEL)} ({shown(row.kind)})"
