"""One watched project as it changes: what it was last seen as, and the row that shows it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .asking import Durations
from .frames import Unread
from .protocol.errors import InvalidRefError, MagicHourError, ProjectFailedError
from .protocol.models import Project
from .protocol.refs import Ref
from .protocol.typical import Typical, typical
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
        self.own: Durations = {}  # the user's own, once they are read
        self._typical: Typical | None = None
        self._clock = clock
        self._began: float | None = None  # on our clock; None while it is a draft, or where nobody saw it run
        self._ended: float | None = None
        self._phase: Phase = "waiting"
        self._note = ""
        self._bytes: tuple[int, int | None] = (0, None)
        if isinstance(ref, InvalidRefError):
            self.failed(ref)

    def answered(self, project: Project, skew: float = 0.0) -> None:
        """Take in an answer of a server whose clock is so many seconds ahead of ours."""
        if self._began is None:
            self._began = self._beginning(project, skew)
        self.project, self._note = project, "not submitted yet" if project.status == "draft" else ""
        key = (project.kind, project.type)
        self._typical = typical(*key, self.own.get(key, ()))  # not in `row`, which is called far more often
        self._phase = PHASES.get(project.status, "active")
        if project.finished:
            self._ended = self._clock.now()
            try:
                project.raise_for_status()
            except ProjectFailedError as error:
                self.error = error

    def _beginning(self, project: Project, skew: float) -> float | None:
        """When it began, on our clock: at its creation, but a draft when it was submitted."""
        if project.status == "draft" or (self.project is None and project.finished):
            return None
        seen_before = self.project is not None  # as a draft: only now was it submitted
        return self._clock.now() - (0.0 if seen_before else self._clock.age(project.created_at, skew=skew))

    def pausing(self, seconds: float, error: MagicHourError) -> None:
        """Take in that the next question waits, and why."""
        status = getattr(error, "status", None)
        why = "asked to slow down" if status == 429 else "the server has trouble" if status else "no connection"
        self._note = f"{why}, next try in {seconds:.0f} s"

    def downloading(self) -> None:
        """Take in that its files are being fetched."""
        self._phase, self.error = "downloading", None

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

    @property
    def ready(self) -> Project | None:
        """The project, when it is complete and nothing is under way."""
        done = self.project is not None and self.project.status == "complete"
        return self.project if done and self._phase in ("complete", "failed") else None

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
            elapsed=None if self._began is None else max(0.0, end - self._began),
            error=self.error.message if self.error else "",
            hint=self.error.hint if self.error else "",
            note=self._note,
            typical=self._typical,
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
        "credits": project.credits_charged,
        "settled": project.settled,
        "files": len(project.downloaded_paths),
    }
    if project.status == "canceled":
        shown |= {"error": "", "hint": "It was canceled in the web app."}
    if project.error is not None:
        shown |= {"error": f"{project.error.message} ({project.error.code})", "hint": project.error.hint}
    return shown
