"""What a person may ask of a panel while it is live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .state import Panel, Row
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
    >>> choices(Panel(rows=(Row(kind="image", id="a1", phase="active"), Row(kind="image", id="a2", phase="complete"))))
    [('a2 (image)', (1,))]
    """
    done = [number for number, row in enumerate(panel.rows) if row.rendered]
    named = [_label(panel.rows[number]) for number in done[:CHOICES]]
    twice = {label for label, count in Counter(named).items() if count > 1}
    each: list[Choice] = [
        (f"{label} {cut(shown(panel.rows[number].id), LABEL)}" if label in twice else label, (number,))
        for label, number in zip(named, done, strict=False)
    ]
    return [(f"all {len(done):,} complete", tuple(done)), *each] if len(done) > 1 else each


def _label(row: Row) -> str:
    return f"{cut(title(row), LABEL)} ({shown(row.kind)})"
