"""Where the history is, and how it writes down where other files are."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def default_path() -> Path:
    """Where the history is kept: MH_NOTEBOOK_HISTORY, else the user's data directory."""
    chosen = os.environ.get("MH_NOTEBOOK_HISTORY")
    return Path(chosen).expanduser() if chosen else user_data_path("mh_notebook") / "history.sqlite"


def absolute(path: str | Path) -> str:
    """Return a path as it is found from any folder, as text."""
    return str(Path(path).absolute()).encode("utf-8", "backslashreplace").decode()  # a name need not be text
