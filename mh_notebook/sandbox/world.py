"""The life of a project as pure functions of its plan and the time: no input or output, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

ENDS = frozenset({"complete", "error", "canceled"})
REFUNDED = frozenset({"error", "canceled"})


@dataclass(frozen=True, slots=True)
class Plan:
    """All that will ever happen to one project, fixed when it is made.

    Attributes
    ----------
    created_at : float
        When its clock started, in seconds since 1970.
    speed : float
        How many of the project's seconds pass in one second of the clock.
    outcome : str
        "complete", "error" or "canceled"; "draft" or any other word: it stays at that status for ever.
    draft_seconds, queue_seconds, render_seconds : float
        How long each status lasts, in the project's own seconds.
    render_status : str
        The word shown while it renders, for trying words a client does not know.
    estimate, final : int
        Credits charged before and after the end.
    corrected : int or None
        Credits charged from `corrected_seconds` after the end on; None: they stay as they are.
    fps, final_fps : float
        Frame rate before and after completion, of a video.

    Examples
    --------
    >>> plan = Plan("image", "c1", type="AI_IMAGE", queue_seconds=1, render_seconds=4, estimate=5, final=5)
    >>> [status_at(plan, now) for now in (0, 1, 5)]
    ['queued', 'rendering', 'complete']
    """

    kind: str
    id: str
    type: str
    name: str | None = None
    created_at: float = 0.0
    speed: float = 1.0
    outcome: str = "complete"
    draft_seconds: float = 0.0
    queue_seconds: float = 0.0
    render_seconds: float = 0.0
    render_status: str = "rendering"
    estimate: int = 0
    final: int = 0
    corrected: int | None = None
    corrected_seconds: float = 0.0
    image_count: int = 1
    width: int = 512
    height: int = 512
    start_seconds: float = 0.0
    end_seconds: float = 0.0
    fps: float = 30.0
    final_fps: float = 30.0
    error: tuple[str, str] = ("unknown_error", "Something went wrong")
    media: str = "png"
    template: bool = False
    first_link_expired: bool = False
    output_bytes: tuple[bytes, ...] = field(default=(), repr=False)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def output_count(self) -> int:
        """How many files it makes."""
        return len(self.output_bytes) or (self.image_count if self.kind == "image" else 1)


def _stages(plan: Plan) -> Iterator[tuple[str, float]]:
    yield "draft", plan.draft_seconds
    if plan.outcome in ENDS:
        yield "queued", plan.queue_seconds
        yield plan.render_status, plan.render_seconds


def status_at(plan: Plan, now: float) -> str:
    """Return the status a project has at a moment, given in seconds since 1970."""
    elapsed, ends = _age(plan, now), 0.0
    for status, seconds in _stages(plan):
        ends += seconds
        if elapsed < round(ends, 3):
            return status
    return plan.outcome


def credits_at(plan: Plan, now: float) -> int:
    """Return what a project has been charged at a moment: the estimate until it ends, then the final sum.

    Examples
    --------
    >>> plan = Plan("video", "c1", "", render_seconds=4, estimate=5, final=6, corrected=2, corrected_seconds=60)
    >>> [credits_at(plan, now) for now in (0, 4, 64)]
    [5, 6, 2]
    """
    if status_at(plan, now) not in ENDS:
        return plan.estimate
    if plan.corrected is None:
        return plan.final
    ended = sum(seconds for _, seconds in _stages(plan))
    return plan.corrected if _age(plan, now) >= round(ended + plan.corrected_seconds, 3) else plan.final


def _age(plan: Plan, now: float) -> float:
    # A double holds today's time to 0.24 microseconds; unrounded, a status would come one clock tick late.
    return round((now - plan.created_at) * plan.speed, 3)


def stamp(seconds: float) -> str:
    """Write a time as the API does.

    Examples
    --------
    >>> stamp(0.0)
    '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(
    plan: Plan, now: float, downloads: Sequence[Mapping[str, str]] = (), *, deprecated_fields: bool = True
) -> dict[str, object]:
    """Return what GET answers for a project at a moment.

    Parameters
    ----------
    plan : Plan
        The project.
    now : float
        Seconds since 1970.
    downloads : sequence of mappings
        Its links, shown when it is complete.
    deprecated_fields : bool
        Whether to send `total_frame_cost` and a video's `download` too.

    Returns
    -------
    dict
        The fields of the contract, ready for JSON.
    """
    status, charged = status_at(plan, now), credits_at(plan, now)
    shown = list(downloads) if status == "complete" else []
    fields: dict[str, object] = {"id": plan.id, "name": plan.name, "status": status, "type": plan.type}
    fields |= {"created_at": stamp(plan.created_at), "enabled": True, "credits_charged": charged}
    fields |= {"downloads": shown, "error": _error(plan) if status == "error" else None}
    if plan.kind == "image":
        fields["image_count"] = plan.image_count
    if plan.kind == "video":
        fields |= _video_fields(plan, status)
    if deprecated_fields:
        fields |= _deprecated_fields(plan, charged, shown)
    return fields | dict(plan.extra)


def _error(plan: Plan) -> dict[str, str]:
    code, message = plan.error
    return {"code": code, "message": message}


def _video_fields(plan: Plan, status: str) -> dict[str, object]:
    fps = plan.final_fps if status == "complete" else plan.fps
    clip = {"start_seconds": plan.start_seconds, "end_seconds": plan.end_seconds}
    return {"width": plan.width, "height": plan.height, "fps": fps, **clip}


def _deprecated_fields(plan: Plan, charged: int, shown: list[Mapping[str, str]]) -> dict[str, object]:
    if plan.kind == "audio":
        return {}
    if plan.kind == "image":
        return {"total_frame_cost": charged}
    return {"total_frame_cost": charged, "download": shown[0] if shown else None}
