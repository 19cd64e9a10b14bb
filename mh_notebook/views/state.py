"""What is shown, as frozen values: a row per project and the panel that holds them. All drawing starts here."""

from __future__ import annotations

from typing import Literal

import msgspec
from markupsafe import Markup

from mh_notebook.protocol.typical import Typical

Phase = Literal["waiting", "active", "downloading", "complete", "error", "canceled", "failed", "stopped"]
"""What a row is about, told apart in words:

waiting      not asked yet, draft or queued        complete   rendered (and saved, where that was asked)
active       rendering, or a status we do not know error      the render failed: `error` says why
downloading  bytes are coming                      canceled   canceled in the web app
failed       we could not find out: `error`        stopped    we stopped watching; the render goes on
"""

FINISHED: frozenset[Phase] = frozenset({"complete", "error", "canceled", "failed", "stopped"})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One project as it looks now. All text is raw, as the server sent it: who draws it escapes it."""

    kind: str  # "" while a bare id's kind is not known
    id: str
    phase: Phase
    status: str = ""  # the API's own word, "" before the first answer
    name: str | None = None
    type: str = ""
    elapsed: float | None = None  # seconds since it was created; None where nobody saw it run
    typical: Typical | None = None  # how long this type takes
    credits: int | None = None
    settled: bool = False  # credits are final, no longer an estimate
    bytes_done: int = 0
    bytes_total: int | None = None
    files: int = 0  # saved on this machine
    error: str = ""
    hint: str = ""  # what to do next
    note: str = ""  # passing: "asked to slow down, next try in 12 s"

    @property
    def running(self) -> bool:
        """Whether a render is under way: a draft is not, before it is submitted."""
        return self.phase in ("waiting", "active") and self.status not in ("", "draft")

    @property
    def rendered(self) -> bool:
        """Whether its outputs can be had, also where saving them has failed."""
        return self.phase == "complete" or (self.phase == "failed" and self.status == "complete")

    @property
    def left(self) -> float | None:
        """Seconds until it typically ends, below zero when that has passed; None where nobody knows."""
        if not self.running or self.typical is None or self.elapsed is None:
            return None
        return self.typical.seconds - self.elapsed

    @property
    def late(self) -> bool:
        """Whether it takes longer than usual."""
        return self.typical is not None and self.running and (self.elapsed or 0) > self.typical.late


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one watch, in the order they were asked for."""

    rows: tuple[Row, ...]
    media: Markup = Markup("")  # what is shown of their outputs
    warning: str = ""  # that a budget is passed

    @property
    def finished(self) -> bool:
        """Whether nothing more will change."""
        return all(row.phase in FINISHED for row in self.rows)
