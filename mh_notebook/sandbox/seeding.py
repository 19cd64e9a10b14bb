"""From a seed to plans: the projects a sandbox starts with, and the filling-in of those made by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any, TypedDict

from mh_notebook.sandbox.catalog import CONTENT_TYPES, TYPES, default_type, typical
from mh_notebook.sandbox.chance import chance
from mh_notebook.sandbox.world import ENDS, REFUNDED, Plan

_NO_FACE = ("no_source_face", "Please use an image with a detectable face")
_SHAPES = {"image": ((640, 400), (512, 640), (560, 560)), "audio": ((0, 0),)}
_SHAPES["video"] = ((480, 270), (480, 270), (270, 480))
_RATES = ((30.0, 24.0), (30.0, 30.0), (24.0, 30.0))


class ProjectOptions(TypedDict, total=False):
    """What may be chosen about a project made by hand; the seed fills in the rest.

    Attributes
    ----------
    id, name : str
        Its identity. `name` may be None, as in the API.
    outcome : str
        "complete", "error", "canceled"; "draft" or an unknown word: it stays at that status for ever.
    draft_seconds, queue_seconds, render_seconds : float
        How long each status lasts, before the sandbox's speed divides it.
    render_status : str
        Another word for "rendering", for trying words a client does not know.
    credits, final_credits : int
        Charged before and after the end; after a failure a `final_credits` above 0 is a partial refund.
    corrected_credits : int
        Charged from `corrected_seconds` after the end on, as when somebody is given credits back later.
    corrected_seconds : float
        How long after the end that is; 0 unless given.
    image_count : int
        How many pictures it makes.
    width, height : int
        Size in pixels.
    start_seconds, end_seconds : float
        The clip of a video.
    fps, final_fps : float
        Frame rate of a video before and after completion.
    error : tuple of str
        Code and message of a failure.
    media : str
        "png", "jpeg", "webp", "gif", "mp4", "webm", "mp3" or "wav".
    output_bytes : bytes or list of bytes
        The very content of its file or files.
    template : bool
        A video that cannot be deleted: DELETE answers 422.
    first_link_expired : bool
        The first link handed out has expired already.
    extra : mapping
        Fields added to each answer, or put in place of its own.
    """

    id: str
    name: str | None
    outcome: str
    draft_seconds: float
    queue_seconds: float
    render_seconds: float
    render_status: str
    credits: int
    final_credits: int
    corrected_credits: int
    corrected_seconds: float
    image_count: int
    width: int
    height: int
    start_seconds: float
    end_seconds: float
    fps: float
    final_fps: float
    error: tuple[str, str]
    media: str
    output_bytes: bytes | list[bytes]
    template: bool
    first_link_expired: bool
    extra: Mapping[str, object]


SEEDED: tuple[tuple[str, str, ProjectOptions], ...] = (
    ("image", "AI_IMAGE", {"name": "Harbour at dawn", "image_count": 4}),
    ("video", "TEXT_TO_VIDEO", {"name": "Neon rain, slow pan", "end_seconds": 5.0}),
    ("audio", "VOICE_GENERATOR", {"name": "Chapter one, read aloud"}),
    ("image", "CLOTHES_CHANGER", {"name": "Linen jacket, rust"}),
    ("image", "FACE_SWAP", {"name": "Faces in the fog", "outcome": "error", "error": _NO_FACE}),
    ("video", "IMAGE_TO_VIDEO", {"name": "The lake wakes up", "draft_seconds": 20.0, "end_seconds": 4.0}),
    ("image", "AI_GIF", {"name": "Paper boats, looping"}),
    ("audio", "VOICE_CLONER", {"name": "Station call sign"}),
    ("video", "LIP_SYNC", {"name": "Toast for Ines", "outcome": "canceled", "end_seconds": 8.0}),
    ("image", "AI_HEADSHOT", {"name": "Spring team portraits", "image_count": 3}),
    ("video", "AUDIO_TO_VIDEO", {"name": "Tide table, side B", "end_seconds": 6.0}),
    ("image", "IMAGE_UPSCALER", {"name": "Attic slide no. 14"}),
)


def seeded(seed: int, speed: float) -> list[Plan]:
    """Return the projects a seed makes, in order, their clocks not yet started.

    Examples
    --------
    >>> plans = seeded(0, speed=60.0)
    >>> len(plans), plans[0].name, plans == seeded(0, speed=60.0)
    (12, 'Harbour at dawn', True)
    """
    return [
        draw(kind, type_, options, chance(seed, number), speed=speed)
        for number, (kind, type_, options) in enumerate(SEEDED)
    ]


def draw(
    kind: str,
    type_: str | None,
    options: ProjectOptions,
    rng: Random,
    *,
    created_at: float = 0.0,
    speed: float = 1.0,
) -> Plan:
    """Fill in whatever the options leave open, by chance, and return the plan."""
    _check(kind, options)
    chosen = type_ or default_type(kind)
    given: dict[str, Any] = dict(options)
    fields = _identity(kind, chosen, rng) | _times(kind, chosen, rng)
    fields |= {key: value for key, value in given.items() if key in Plan.__dataclass_fields__}
    fields |= {"output_bytes": _outputs(options), "created_at": created_at, "speed": speed}
    fields |= _prices(fields, given)
    return Plan(**fields)


def _check(kind: str, options: ProjectOptions) -> None:
    if kind not in TYPES:
        raise ValueError(f"kind must be one of {', '.join(TYPES)}, not {kind!r}")
    unknown = set(options) - ProjectOptions.__optional_keys__
    if unknown:
        raise TypeError(f"a sandbox project has no option {', '.join(sorted(unknown))}")
    media = options.get("media", "png")
    if media not in CONTENT_TYPES:
        raise ValueError(f"media must be one of {', '.join(CONTENT_TYPES)}, not {media!r}")


def _identity(kind: str, type_: str, rng: Random) -> dict[str, Any]:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    fields: dict[str, Any] = {"kind": kind, "id": "cm" + "".join(rng.choices(digits, k=23)), "type": type_}
    fields["width"], fields["height"] = rng.choice(_SHAPES[kind])
    fields["fps"], fields["final_fps"] = rng.choice(_RATES)
    return fields | {"name": None, "media": typical(kind, type_).media, "end_seconds": 5.0}


def _times(kind: str, type_: str, rng: Random) -> dict[str, Any]:
    total = typical(kind, type_).seconds * rng.uniform(0.8, 1.3)
    queue = round(total * rng.uniform(0.1, 0.3), 3)
    return {"queue_seconds": queue, "render_seconds": round(total - queue, 3)}


def _prices(fields: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, int | None]:
    units, ratio = 1.0, 1.0
    if fields["kind"] == "image":
        units = fields.get("image_count", 1)
    if fields["kind"] == "video":
        units = fields["fps"] * (fields["end_seconds"] - fields.get("start_seconds", 0.0))
        ratio = fields["final_fps"] / fields["fps"]
    price = math.ceil(typical(fields["kind"], fields["type"]).credits * units)
    estimate = given.get("credits", price)
    outcome = fields.get("outcome", "complete")
    final = 0 if outcome in REFUNDED else round(estimate * ratio) if outcome in ENDS else estimate
    return {
        "estimate": estimate,
        "final": given.get("final_credits", final),
        "corrected": given.get("corrected_credits"),
    }


def _outputs(options: ProjectOptions) -> tuple[bytes, ...]:
    given = options.get("output_bytes", [])
    return (given,) if isinstance(given, bytes) else tuple(given)
