"""What the servers of the benchmark answer: the size and the fields of real answers, all three kinds."""

from __future__ import annotations

import json
from typing import Any

KINDS = ("image", "video", "audio")
TOKEN = "benchmark"  # noqa: S105 - the sandbox alone checks it
ID = "__id__"  # stands for the id in a body
EXPIRES = "2099-01-01T00:00:00.000Z"

_COMMON: dict[str, Any] = {
    "id": ID,
    "name": "A harbour in the morning",
    "status": "complete",
    "created_at": "2026-08-01T12:00:00.000Z",
    "enabled": True,
    "credits_charged": 5,
    "error": None,
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "image": {"type": "AI_IMAGE", "image_count": 1, "total_frame_cost": 5},
    "video": {
        "type": "TEXT_TO_VIDEO", "width": 512, "height": 960, "start_seconds": 0, "end_seconds": 15, "fps": 30,
        "total_frame_cost": 5, "download": None,
    },
    "audio": {"type": "VOICE_GENERATOR"},
}  # fmt: skip


def body(kind: str, link: str) -> str:
    """Return the JSON of a complete project of this kind, with one download link and `ID` in place of the id."""
    downloads = [{"url": link, "expires_at": EXPIRES}]
    return json.dumps(_COMMON | _OF_KIND[kind] | {"downloads": downloads})


def refs(count: int) -> list[tuple[str, str]]:
    """Return so many refs, the kinds in turn."""
    return [(KINDS[number % 3], f"cm{number:08d}bench") for number in range(count)]
