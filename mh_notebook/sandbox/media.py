"""The bytes of each output: drawn, synthesised or read from the package, the same for the same project."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from importlib.resources import files

from mh_notebook.sandbox.catalog import CONTENT_TYPES
from mh_notebook.sandbox.chance import chance
from mh_notebook.sandbox.world import Plan

VARIANTS = {"mp4": ("wide-1", "wide-2", "tall-1"), "webm": ("wide-1", "tall-1"), "mp3": ("1", "2")}


@dataclass(frozen=True, slots=True)
class Output:
    """One finished file and what HTTP says of it."""

    data: bytes
    content_type: str
    etag: str
    modified: str

    @property
    def validators(self) -> tuple[str, str]:
        """What If-Range may hold for the file to count as unchanged."""
        return self.etag, self.modified


def output(plan: Plan, number: int, version: int = 0) -> Output:
    """Return a project's output by number, from 1; each version has bytes of its own."""
    made = plan.created_at + (plan.draft_seconds + plan.queue_seconds + plan.render_seconds) / plan.speed
    data = _made(plan, number, version)
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    modified = formatdate(made + version, usegmt=True)
    return Output(data, CONTENT_TYPES[plan.media], etag, modified)


def _made(plan: Plan, number: int, version: int) -> bytes:
    if plan.output_bytes:
        return _given(plan.output_bytes[number - 1], version)
    return render(plan.media, f"{plan.id}/{number}", version, plan.width, plan.height)


@lru_cache(maxsize=64)
def render(media: str, key: str, version: int, width: int, height: int) -> bytes:
    r"""Return a file of a medium; the key chooses the scene or the tune.

    Examples
    --------
    >>> render("png", "c1/1", 0, 96, 64)[:4]
    b'\x89PNG'
    """
    if media in VARIANTS:
        return _stored(media, key, version, tall=height > width)
    if media == "wav":
        from mh_notebook.sandbox.sound import wav

        return wav(f"{key}#{version}")
    from mh_notebook.sandbox.pictures import picture

    return picture(media, f"{key}#{version}", width, height)


def _stored(media: str, key: str, version: int, *, tall: bool) -> bytes:
    shaped = [name for name in VARIANTS[media] if name.startswith("tall") == tall]
    # The next version must be another file, of another shape if need be.
    order = shaped + [name for name in VARIANTS[media] if name not in shaped]
    chosen = order[(chance(key).randrange(len(shaped) or len(order)) + version) % len(order)]
    return (files("mh_notebook.sandbox") / "media" / f"{chosen}.{media}").read_bytes()


def _given(data: bytes, version: int) -> bytes:
    # Another version differs in each byte, so that a file pieced together from two is seen to be wrong.
    return data.translate(bytes((value + version) % 256 for value in range(256))) if version else data
