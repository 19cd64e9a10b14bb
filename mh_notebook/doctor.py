"""`mh.doctor()`: one table of what this installation is and where it stands."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from .default import key_source
from .history import default_path
from .protocol.errors import MagicHourError
from .settings import find_base_url
from .version import __version__
from .views.front_end import renderer

_PACKAGES = ("aiohttp", "pandas", "ipywidgets", "nest-asyncio2", "ipykernel", "jupyterlab")


def doctor() -> pd.DataFrame:
    """Say what is installed and how it is set up. Asks nobody; no secret is in it.

    Returns
    -------
    pandas.DataFrame
        Index `what`, column `answer` (str): renderer, key source (its last four characters at most), base URL,
        history file, versions.

    Examples
    --------
    >>> import mh_notebook as mh
    >>> "history" in mh.doctor().index
    True
    """
    path = default_path()
    facts = {
        "renderer": _said(renderer),
        "key": key_source(),
        "base URL": _said(find_base_url),
        "history": f"{path} ({'there' if path.exists() else 'not there yet'})",
        "Python": f"{platform.python_version()} on {platform.system()}",
    }
    facts |= {"mh-notebook": __version__} | {name: _version(name) for name in _PACKAGES}
    return pd.DataFrame({"answer": facts}).rename_axis("what")


def _said(ask: Callable[[], str]) -> str:
    """Return an answer, or what is wrong with the setting it depends on."""
    try:
        return ask()
    except MagicHourError as error:
        return str(error)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
