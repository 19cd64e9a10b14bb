"""The three calls that create: what they accept, what it costs and what comes of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mh_notebook.sandbox.answers import Answer, as_json, refusal
from mh_notebook.sandbox.seeding import ProjectOptions
from mh_notebook.sandbox.store import Store

_RATIOS = {
    "image": {"16:9": (672, 378), "1:1": (560, 560), "9:16": (432, 768)},
    "video": {"16:9": (480, 270), "1:1": (480, 270), "9:16": (270, 480)},
}


class _BadBodyError(Exception):
    """The request's body is not acceptable; the text says why."""


class _Tool(NamedTuple):
    kind: str
    type: str
    options: Callable[[Mapping[str, Any], str], ProjectOptions]
    deprecated_field: str | None = None


def _image(body: Mapping[str, Any], _prompt: str) -> ProjectOptions:
    count = body.get("image_count")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 16:
        raise _BadBodyError("image_count must be a whole number from 1 to 16")
    return {"image_count": count} | _size("image", body)


def _video(body: Mapping[str, Any], _prompt: str) -> ProjectOptions:
    seconds = body.get("end_seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 1 <= seconds <= 60:
        raise _BadBodyError("end_seconds must be a number from 1 to 60")
    return {"end_seconds": seconds} | _size("video", body)


def _voice(_body: Mapping[str, Any], prompt: str) -> ProjectOptions:
    return {"credits": math.ceil(len(prompt) * 0.05)}


def _size(kind: str, body: Mapping[str, Any]) -> ProjectOptions:
    ratio = body.get("aspect_ratio")
    if ratio is None:
        return {}
    if ratio not in _RATIOS[kind]:
        raise _BadBodyError(f"aspect_ratio must be one of {', '.join(_RATIOS[kind])}")
    width, height = _RATIOS[kind][ratio]
    return {"width": width, "height": height}


TOOLS = {
    "ai-image-generator": _Tool("image", "AI_IMAGE", _image, "frame_cost"),
    "text-to-video": _Tool("video", "TEXT_TO_VIDEO", _video, "estimated_frame_cost"),
    "ai-voice-generator": _Tool("audio", "VOICE_GENERATOR", _voice),
}


def create(store: Store, tool_name: str, raw: bytes) -> Answer:
    """Create a project as a POST asks, charge it and answer as the API does."""
    tool = TOOLS[tool_name]
    try:
        options = _options(tool, raw)
    except _BadBodyError as error:
        return refusal(400, str(error))
    plan = store.make(tool.kind, tool.type, options)
    if plan.estimate > store.balance():
        return refusal(402, f"Payment required: {plan.estimate} credits needed, {store.balance()} left")
    store.keep(plan)
    made: dict[str, object] = {"id": plan.id, "credits_charged": plan.estimate}
    if tool.deprecated_field and store.deprecated_fields:
        made[tool.deprecated_field] = plan.estimate
    return as_json(made)


def _options(tool: _Tool, raw: bytes) -> ProjectOptions:
    body = _parsed(raw)
    style = body.get("style")
    prompt = style.get("prompt") if isinstance(style, dict) else None
    if not isinstance(prompt, str) or not prompt.strip():
        raise _BadBodyError("style.prompt must be a text that is not empty")
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        raise _BadBodyError("name must be a text")
    return {"name": name} | tool.options(body, prompt)


def _parsed(raw: bytes) -> Mapping[str, Any]:
    if not raw:
        raise _BadBodyError("Missing request body")
    try:
        body = json.loads(raw)
    except ValueError:
        raise _BadBodyError("The request body is not JSON") from None
    if not isinstance(body, dict):
        raise _BadBodyError("The request body must be an object")
    return body
