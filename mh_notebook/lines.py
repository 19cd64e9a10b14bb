"""One watched project as it changes: what it was last seen as, and the row that shows it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .frames import Unread
from .protocol.errors import InvalidRefError, MagicHourError, ProjectFailedError
from .protocol.models import Project
from .protocol.polling import typical_seconds
from .protocol.refs import Ref
from .saving import with_paths
from .transport.clock import Clock
from .transport.files import SavedFile
from .views.card import PHASES
from .views.state import Phase, Row


class Line:
    """A watched project. Changed on the loop alone; read from anywhere."""

    def __init__(self, ref: Ref | InvalidRefError, clock: Clock) -> None:
        self.ref = ref
        self.project: Project | None = None
        self.error: MagicHourError | None = None
        self._clock = clock
        self._started = clock.now()
        self._ended: float | None = None
        self._phase: Phase = "waiting"
        self._note = ""
        self._bytes: tuple[int, int | None] = (0, None)
        if isinstance(ref, InvalidRefError):
            self.failed(ref)

    def answered(self, project: Project) -> None:
        """Take in an answer."""
        self.project, self._note = project, ""
        self._phase = PHASES.get(project.status, "active")
        if project.finished:
            self._ended = self._clock.now()
            try:
                project.raise_for_status()
            except ProjectFailedError as error:
                self.error = error

    def pausing(self, seconds: float, error: MagicHourError) -> None:
        """Take in that the next question waits, and why."""
        status = getattr(error, "status", None)
        why = "asked to slow down" if status == 429 else "the server has trouble" if status else "no connection"
        self._note = f"{why}, next try in {seconds:.0f} s"

    def downloading(self) -> None:
        """Take in that its files are being fetched."""
        self._phase = "downloading"

    def progressed(self, done: int, total: int | None) -> None:
        """Take in the bytes of the file that comes now."""
        self._bytes, self._note = (done, total), ""

    def saved(self, files: Iterable[SavedFile]) -> None:
        """Take in that its files are here."""
        if self.project is not None:
            self.project = with_paths(self.project, files)
        self._phase = "complete"

    def failed(self, error: MagicHourError) -> None:
        """Take in that it could not be followed to its end."""
        self.error, self._phase, self._note = error, "failed", ""
        self._ended = self._clock.now()

    def stop(self) -> None:
        """Take in that we stopped watching."""
        if self._phase in ("waiting", "active", "downloading"):
            self._phase, self._ended, self._note = "stopped", self._clock.now(), ""

    def item(self) -> Project | Unread:
        """Return what the frame shows of it."""
        if self.project is not None:
            return self.project
        message = None if self.error is None else str(self.error)
        if isinstance(self.ref, InvalidRefError):
            return Unread("", "", message)
        return Unread(self.ref.kind, self.ref.id, message)

    def row(self) -> Row:
        """How it looks now, a frozen value."""
        if isinstance(self.ref, InvalidRefError):
            return Row(kind="", id="", phase="failed", error=self.ref.message, hint=self.ref.hint)
        end = self._clock.now() if self._ended is None else self._ended
        row = Row(
            kind=self.ref.kind,
            id=self.ref.id,
            phase=self._phase,
            elapsed=end - self._started,
            error=self.error.message if self.error else "",
            hint=self.error.hint if self.error else "",
            note=self._note,
            bytes_done=self._bytes[0],
            bytes_total=self._bytes[1],
        )
        return row if self.project is None else msgspec.structs.replace(row, **_shown(self.project))


def _shown(project: Project) -> dict[str, object]:
    shown: dict[str, object] = {
        "kind": project.kind,
        "status": project.status,
        "name": project.name,
        "type": project.type,
        "typical": typical_seconds(project.kind, project.type),
        "credits": project.credits_charged,
        "settled": project.settled,
        "files": len(project.downloaded_paths),
    }
    if project.status == "canceled":
        shown |= {"error": "", "hint": "It was canceled in the web app."}
    if project.error is not None:
        shown |= {"error": f"{project.error.message} ({project.error.code})", "hint": project.error.hint}
    return shown
