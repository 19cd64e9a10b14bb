"""Where we are shown, and how: a widget, HTML by display id, text, or nothing."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Literal, cast, get_args

from mh_notebook.protocol.errors import ConfigurationError

Renderer = Literal["widget", "html", "text", "none"]
VARIABLE = "MH_NOTEBOOK_RENDERER"


class UnknownRendererError(ConfigurationError):
    """A renderer that does not exist was asked for."""

    def __init__(self, name: str, source: str) -> None:
        super().__init__(f"{source} is {name!r}; choose one of {', '.join(get_args(Renderer))}.")


def renderer() -> Renderer:
    """Choose how to show things here: `MH_NOTEBOOK_RENDERER` first, else what the place can show.

    Returns
    -------
    "widget", "html", "text" or "none"
        A Jupyter kernel with ipywidgets gets the widget, Colab HTML (saved widget metadata breaks its files),
        a terminal text.

    Raises
    ------
    UnknownRendererError
        `MH_NOTEBOOK_RENDERER` names none of the four.

    Examples
    --------
    >>> renderer()
    'text'
    """
    asked = os.environ.get(VARIABLE, "").strip().lower()
    if asked:
        return check_renderer(asked, VARIABLE)
    if "google.colab" in sys.modules:
        return "html"
    if not in_kernel():
        return "text"
    return "widget" if importlib.util.find_spec("ipywidgets") else "html"


def check_renderer(name: str, source: str = "renderer") -> Renderer:
    """Pass the name of a renderer through; raise UnknownRendererError for any other."""
    if name not in get_args(Renderer):
        raise UnknownRendererError(name, source)
    return cast(Renderer, name)


def shell() -> object | None:
    """Find the running IPython shell, None without one. IPython is not imported for it."""
    module = sys.modules.get("IPython")
    get_ipython = getattr(module, "get_ipython", None)
    return get_ipython() if get_ipython else None


def in_kernel() -> bool:
    """Whether this process is a Jupyter kernel: what is displayed goes to a front end, not to a terminal."""
    return getattr(shell(), "kernel", None) is not None


def cell() -> int | None:
    """Give the number of the cell that runs now, None outside IPython."""
    count = getattr(shell(), "execution_count", None)
    return count if isinstance(count, int) else None
