"""One project as HTML and as text: what the API said of it, what lies on this machine, never a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from markupsafe import Markup

from mh_notebook.protocol.models import Project

from .html import MUTED, clipped, facts_html, root, row_html, under_name
from .state import Phase, Row
from .text import row_text
from .wording import counted, cut, shown, size_text

PHASES: dict[str, Phase] = {
    "draft": "waiting",
    "queued": "waiting",
    "complete": "complete",
    "error": "error",
    "canceled": "canceled",
}


class ProjectError(Protocol):
    """Why a render failed."""

    @property
    def code(self) -> str: ...  # noqa: D102 - the API's field
    @property
    def message(self) -> str: ...  # noqa: D102 - the API's field


class ShownProject(Protocol):
    """What a project must have to be drawn; `width`, `fps`, `image_count` are drawn where they exist."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - the names are the API's
    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str | None: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def created_at(self) -> datetime: ...  # noqa: D102
    @property
    def credits_charged(self) -> int: ...  # noqa: D102
    @property
    def settled(self) -> bool: ...  # noqa: D102
    @property
    def error(self) -> ProjectError | None: ...  # noqa: D102
    @property
    def downloads(self) -> Sequence[object]: ...  # noqa: D102
    @property
    def downloaded_paths(self) -> Sequence[str]: ...  # noqa: D102


def project_html(project: ShownProject) -> Markup:
    """Draw a project as a card: its row, then its facts and its files. Well-formed XML, no link in it."""
    facts = under_name(facts_html(project_facts(project)), MUTED)
    paths = [under_name(clipped(path, "font-family:monospace", path), MUTED) for path in _paths(project)]
    return root(row_html(project_row(project)), facts, *paths)


def project_text(project: ShownProject) -> str:
    """Write a project as text: its row, then its facts, then a line per file on this machine."""
    lines = [row_text(project_row(project)), " · ".join(project_facts(project)), *_paths(project)]
    return "\n  ".join(lines)


def project_row(project: ShownProject) -> Row:
    """See a project as a row of a panel."""
    error = project.error
    return Row(
        kind=project.kind,
        id=project.id,
        phase=PHASES.get(project.status, "active"),
        status=project.status,
        name=project.name,
        type=project.type,
        credits=project.credits_charged,
        settled=project.settled,
        files=len(project.downloaded_paths),
        error=f"{error.message} ({error.code})" if error else "",
    )


def project_facts(project: ShownProject) -> list[str]:
    """List what is known of a project beyond its row: id, size, length, dates, files."""
    facts = [
        f"{shown(project.kind)} {cut(shown(project.id), 80)}",
        _size(project),
        _length(project),
        _images(project),
        f"created {_minute(project.created_at)}",
        _links(project),
    ]
    return [fact for fact in facts if fact]


def _size(project: ShownProject) -> str:
    width, height = getattr(project, "width", None), getattr(project, "height", None)
    return size_text(width, height) if width and height and min(width, height) > 0 else ""


def _length(project: ShownProject) -> str:
    start, end = getattr(project, "start_seconds", None), getattr(project, "end_seconds", None)
    fps = getattr(project, "fps", None)
    length = f"{end - start:g} s" if start is not None and end is not None else ""
    rate = f"{fps:g} fps{'' if project.status == 'complete' else ' est.'}" if fps else ""
    return " at ".join(part for part in (length, rate) if part)


def _images(project: ShownProject) -> str:
    count = getattr(project, "image_count", None)
    return "" if count is None else counted(count, "image")


def _links(project: ShownProject) -> str:
    if not project.downloads:
        return ""
    ends = [end for link in project.downloads if isinstance(end := getattr(link, "expires_at", None), datetime)]
    until = f", links until {_minute(min(ends))}" if ends else ""
    return f"{counted(len(project.downloads), 'file')} to download{until}"


def _paths(project: ShownProject) -> list[str]:
    return [f"saved {shown(str(path))}" for path in project.downloaded_paths]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


Project._draw = project_html  # the models themselves stay free of drawing
