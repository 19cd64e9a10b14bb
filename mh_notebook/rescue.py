"""Outputs that were rendered and paid for, and are not on this machine: saved before their links run out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from .core import Core
from .downloads import download_frame
from .history import History
from .history.files import unsaved
from .protocol.errors import ClientClosedError, ConfigurationError
from .settings import positive


async def rescue_outputs(core: Core, hours: float, directory: Path | None) -> pd.DataFrame:
    """Save what `Projects.rescue` says, soonest-expiring first; one row per file."""
    within = positive("hours", hours)
    rows = await asyncio.wrap_future(history_of(core).complete()) or []
    saved = await asyncio.to_thread(unsaved, rows, within, datetime.now(UTC))
    answers = await core.fetch_each(list(saved))
    here = {(ref, number) for ref, numbers in saved.items() for number in numbers}
    return await download_frame(core, list(zip(saved, answers, strict=True)), directory, here)


def history_of(core: Core) -> History:
    """Return the client's history.

    Raises
    ------
    ClientClosedError
        It was closed: nothing can be read any more.
    ConfigurationError
        It keeps none.
    """
    if core.connections.closed:
        raise ClientClosedError
    if core.history is None:
        raise ConfigurationError("This client keeps no history.", hint="Make it without history=False.")
    return core.history
