"""Many outputs to disk, and a frame that says what became of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .core import Core, each
from .frames import SCHEMA, to_frame
from .protocol.errors import DownloadError, InvalidRefError, MagicHourError, unforeseen
from .protocol.models import Project
from .protocol.refs import Ref
from .transport.connection import DOWNLOADS_AT_ONCE

FILES_SCHEMA: dict[str, Any] = {
    "kind": SCHEMA["kind"],
    "id": SCHEMA["id"],
    "number": "Int64",
    "path": SCHEMA["id"],
    "bytes": "Int64",
    "sha256": SCHEMA["id"],
    "media_type": SCHEMA["id"],
    "seconds": "Float64",
    "error": SCHEMA["id"],
}
"""Column -> dtype of a frame of files. Size in bytes, SHA-256 in hexadecimal, seconds the fetch took."""

Asked = tuple[Ref | InvalidRefError, Project | MagicHourError]


async def download_frame(
    core: Core,
    asked: Sequence[Asked],
    directory: Path | None,
    here: Collection[tuple[Ref, int]] = (),
    *,
    hashed: bool = True,
) -> pd.DataFrame:
    """Save all outputs of all these projects; one row per file, in order, by `FILES_SCHEMA`.

    Parameters
    ----------
    here
        Outputs, by ref and number, that need not be saved and get no row.
    hashed : bool
        Whether the frame is to hold each SHA-256; those of files that come now are NA without.
    """
    parts = [(ref, part) for ref, answer in asked for part in _parts(ref, answer)]
    work = [part for ref, part in parts if (ref, part[0].get("number")) not in here]

    async def save(part: tuple[dict[str, Any], Project | None]) -> dict[str, Any]:
        row, project = part
        if project is None:
            return row
        try:
            file = await core.save.one(project, row["number"], directory, hashed=hashed)
        except MagicHourError as error:
            return row | {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - a fault of ours: this file fails, the others go on
            return row | {"error": str(unforeseen(error, str(row["id"])))}
        return row | {name: getattr(file, name) for name in file.__struct_fields__}

    return to_frame(await each(work, save, 2 * DOWNLOADS_AT_ONCE), FILES_SCHEMA)


def _parts(ref: Ref | InvalidRefError, answer: Project | MagicHourError) -> list[tuple[dict[str, Any], Project | None]]:
    """Make a row for each output, without its file yet; a row with an error where there is none to fetch."""
    if isinstance(answer, Project):
        row = {"kind": answer.kind, "id": answer.id}
        outputs = range(1, len(answer.downloads) + 1)
        return [({**row, "number": number}, answer) for number in outputs] or [
            ({**row, "error": str(_no_outputs(answer))}, None)
        ]
    kind, id_ = (ref.kind or None, ref.id) if isinstance(ref, Ref) else (None, None)
    return [({"kind": kind, "id": id_, "error": str(answer)}, None)]


def _no_outputs(project: Project) -> DownloadError:
    hint = "" if project.finished else "Wait for it first: client.projects.watch(refs, download=True)."
    return DownloadError(f"{project.kind} {project.id} is {project.status} and has no outputs.", hint=hint)
