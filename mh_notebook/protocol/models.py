"""The projects of the API as frozen values. Attributes bear the API's own field names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec.structs import force_setattr

from .errors import ProjectFailedError
from .redaction import Secret, redact, redact_all

STATUSES = ("draft", "queued", "rendering", "complete", "error", "canceled")
TERMINAL = frozenset({"complete", "error", "canceled"})

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that fits the frame's Int64."""

ERROR_HINTS: Mapping[str, str] = {
    "no_source_face": "Use a picture in which one face is clearly seen.",
    "invalid_file_format": "Convert the file to a common format such as PNG, JPEG, MP4 or WAV.",
    "file_too_large": "Use a smaller or shorter file.",
    "insufficient_credits": "Add credits, then create it again.",
    "invalid_parameters": "Check the settings it was created with.",
    "unknown_error": "Create it again; if it goes on, write to support with the id.",
}
"""What to do next for each error code seen so far."""


# gc=False: without it, Python's search for cycles costs as much as reading the answer does. What is read from JSON
# has none; whoever puts a project into its own `extra` keeps it in memory.


class Download(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True, gc=False):
    """A link to one output. The link is a bearer secret: it is in no repr.

    Attributes
    ----------
    url : str
        Good until `expires_at`; anyone who has it can read the file.
    expires_at : datetime
        UTC.
    """

    url: str
    expires_at: datetime

    def __post_init__(self) -> None:
        force_setattr(self, "url", Secret(self.url))
        force_setattr(self, "expires_at", as_utc(self.expires_at))

    def __repr__(self) -> str:
        return f"Download(expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("expires_at", self.expires_at)]


class ProjectError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a render failed, in the API's words."""

    code: str
    message: str

    def __post_init__(self) -> None:
        force_setattr(self, "message", redact(self.message))

    @property
    def hint(self) -> str:
        """What to do next, "" where we know nothing better."""
        return ERROR_HINTS.get(self.code, "")


class Project(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every kind of project has.

    Attributes
    ----------
    id, name, status, type : str
        `name` may be None; `type_` is the same as `type`. An unknown status or type is kept as it came.
    created_at : datetime
        UTC.
    enabled : bool
        False: deleted.
    credits_charged : int
        Credits. Not final until the project has ended (`settled`): a video's is an estimate until then, and any may
        be refunded; refunds are in it already.
    downloads : tuple of Download
        Empty unless complete.
    error : ProjectError or None
    extra : dict
        Fields we do not know, as they came.
    fetched_at : datetime or None
        UTC, when this answer was read.
    downloaded_paths : tuple of str
        Files saved by the call that returned this project.
    """

    kind: ClassVar[str] = ""
    _draw: ClassVar[Callable[[Any], str] | None] = None  # set by the views: this package draws nothing itself

    id: str
    name: str | None
    status: str
    type: str
    created_at: datetime
    enabled: bool
    credits_charged: Integer
    downloads: tuple[Download, ...]
    error: ProjectError | None
    extra: dict[str, Any] = {}
    fetched_at: datetime | None = None
    downloaded_paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "created_at", as_utc(self.created_at))

    @property
    def type_(self) -> str:
        """The same as `type`."""
        return self.type

    @property
    def finished(self) -> bool:
        """Whether the render has ended: complete, error or canceled."""
        return self.status in TERMINAL

    @property
    def settled(self) -> bool:
        """Whether `credits_charged` is final: no longer an estimate, and no refund can come any more."""
        return self.status in TERMINAL

    @property
    def expires_at(self) -> datetime | None:
        """When the first of the download links runs out, UTC; None without links."""
        ends = [download.expires_at for download in self.downloads]  # a generator would take twice as long
        return min(ends) if ends else None

    def raise_for_status(self) -> Self:
        """Return the project itself, unless its render failed or was canceled.

        Raises
        ------
        ProjectFailedError
            Status `error` or `canceled`; says why and what to do.
        """
        if self.status not in ("error", "canceled"):
            return self
        reason = f": {self.error.message} ({self.error.code})." if self.error else "."
        verb = "was canceled" if self.status == "canceled" else "failed"
        hint = self.error.hint if self.error else ""
        raise ProjectFailedError(f"{self.kind} {self.id} {verb}{reason}", self, hint=hint)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"

    def _repr_html_(self) -> str | None:
        return None if Project._draw is None else Project._draw(self)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        fields = [(field, getattr(self, field.name)) for field in msgspec.structs.fields(self)]
        return [(field.name, _shown(value)) for field, value in fields if field.required or value]


class ImageProject(Project, frozen=True, kw_only=True):
    """An image project: `image_count` images."""

    kind: ClassVar[str] = "image"

    image_count: Integer
    total_frame_cost: Integer | None = None  # deprecated


class VideoProject(Project, frozen=True, kw_only=True):
    """A video project. Width and height in pixels, -1 = unknown; seconds; frames per second."""

    kind: ClassVar[str] = "video"

    width: Integer
    height: Integer
    start_seconds: float
    end_seconds: float
    fps: float
    total_frame_cost: Integer | None = None  # deprecated
    download: Download | None = None  # deprecated

    @property
    def duration_seconds(self) -> float:
        """Length of the clip in seconds."""
        return self.end_seconds - self.start_seconds


class AudioProject(Project, frozen=True, kw_only=True):
    """An audio project."""

    kind: ClassVar[str] = "audio"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account that owns the key.

    Attributes
    ----------
    id : str
    credits : int
        Left to spend.
    email, tier : str or None
        Where the API tells them.
    """

    id: str
    credits: int
    email: str | None = None
    tier: str | None = None


def _shown(value: object) -> object:
    """Hide links: a download's repr has none, and any other text of the server may hold one."""
    return value if isinstance(value, tuple) else redact_all(value)


def as_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC, and turn any other into UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # within a day of the years 1 or 9999: the zone is lost, the time is not
        return moment.replace(tzinfo=UTC)
