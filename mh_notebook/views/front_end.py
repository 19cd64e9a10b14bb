"""Where we are shown, and how: a widget, HTML by display id, text, or nothing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Callable
from typing import Literal, NamedTuple, cast, get_args

from mh_notebook.protocol.errors import ConfigurationError

Renderer = Literal["widget", "html", "text", "none"]
VARIABLE = "MH_NOTEBOOK_RENDERER"


class UnknownRendererError(ConfigurationError):
    """A renderer that does not exist was asked for."""

    def __init__(self, name: str, source: str) -> None:
        super().__init__(f"{source} is {name!r}; choose one of {', '.join(get_args(Renderer))}.")


class Place(NamedTuple):
    """A front end: its name, how it is recognised, why widgets will not do there, and since which ipywidgets."""

    name: str
    recognised: Callable[[], bool]
    trouble: str = ""
    since: tuple[int, ...] = ()


def renderer() -> Renderer:
    """Choose how to show things here: `MH_NOTEBOOK_RENDERER` first, else what the place can show.

    Returns
    -------
    "widget", "html", "text" or "none"
        A Jupyter kernel with ipywidgets gets the widget, hosts where widgets do harm or are not drawn HTML, a
        terminal text.

    Raises
    ------
    UnknownRendererError
        `MH_NOTEBOOK_RENDERER` names none of the four.

    Examples
    --------
    >>> renderer()
    'text'
    """
    return chosen()[0]


def chosen() -> tuple[Renderer, str]:
    """Choose how to show things here, and say why.

    Returns
    -------
    renderer : "widget", "html", "text" or "none"
    why : str
        In words, for a person who wonders.

    Raises
    ------
    UnknownRendererError
        `MH_NOTEBOOK_RENDERER` names none of the four.

    Examples
    --------
    >>> chosen()
    ('text', 'plain Python shows text alone')
    """
    asked = os.environ.get(VARIABLE, "").strip().lower()
    if asked:
        return check_renderer(asked, VARIABLE), f"{VARIABLE} says so"
    place = _place()
    if not in_kernel():
        return "text", f"{place.name} shows text alone"
    version = _widgets_version()
    if version is None:
        return "html", "a Jupyter kernel without ipywidgets"
    if place.trouble and _numbers(version) >= place.since:
        return "html", place.trouble
    return "widget", f"a Jupyter kernel with ipywidgets {version}"


def front_end() -> str:
    """Name the place that shows what we display.

    Returns
    -------
    str
        Google Colab, Kaggle, Databricks, Deepnote, VS Code, Jupyter (Lab or Notebook), another Jupyter kernel
        (nbclient, papermill, a console), IPython in a terminal, or plain Python.

    Examples
    --------
    >>> front_end()
    'plain Python'
    """
    return _place().name


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


def _place() -> Place:
    """Return the first place that is recognised; the last one always is."""
    return next(place for place in _PLACES if place.recognised())


def _kernel_with(*variables: str) -> Callable[[], bool]:
    return lambda: in_kernel() and any(os.environ.get(name) for name in variables)


def _in_vscode() -> bool:
    # There is no official sign (microsoft/vscode-jupyter#7380). The kernels that VS Code starts itself have one of
    # these variables, and so may a Jupyter server started within VS Code, whose own variable tells them apart; on
    # a server elsewhere there is only the name that VS Code puts into the notebook.
    if not in_kernel():
        return False
    started_by_it = not os.environ.get("JPY_SESSION_NAME") and _kernel_with("VSCODE_PID", "VSCODE_CWD")()
    return started_by_it or "__vsc_ipynb_file__" in getattr(shell(), "user_ns", {})


def _widgets_version() -> str | None:
    try:
        return importlib.metadata.version("ipywidgets")
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:3])


_PLACES = (
    # Colab writes widget states into files in a form of its own, which GitHub and nbconvert refuse
    # (googlecolab/colabtools#5255), and draws no widget of ipywidgets 8 by itself (googlecolab/colabtools#4525).
    Place(
        "Google Colab",
        lambda: in_kernel() and "google.colab" in sys.modules,
        "Colab: widget state saved in a file breaks it",
    ),
    # Kaggle's image comes with ipywidgets 8.1.5: kaggle_requirements.txt of Kaggle/docker-python.
    Place("Kaggle", _kernel_with("KAGGLE_KERNEL_RUN_TYPE")),
    # Its page draws the ipywidgets of the runtime, whose version is not ours to choose, and forgets their states
    # with the session (docs.databricks.com/notebooks/notebook-limitations.html); newer ones load for ever
    # (Esri/arcgis-python-api#2205).
    Place(
        "Databricks",
        _kernel_with("DATABRICKS_RUNTIME_VERSION"),
        "Databricks: not every ipywidgets is drawn, and none after its session",
    ),
    # docs/ipywidgets-in-deepnote.md of deepnote/deepnote: turned off, for security.
    Place("Deepnote", _kernel_with("DEEPNOTE_PROJECT_ID"), "Deepnote draws no ipywidgets"),
    # ipywidgets 8.1.8 is drawn and 8.1.9 is not, without any message: microsoft/vscode-jupyter#17504, open.
    Place("VS Code", _in_vscode, "VS Code draws nothing of ipywidgets since 8.1.9", (8, 1, 9)),
    # Set by jupyter-server, which serves both: a kernel cannot tell them apart. JPY_PARENT_PID would tell nothing,
    # as jupyter-client sets it for every kernel that it starts, nbclient's too.
    Place("Jupyter (Lab or Notebook)", _kernel_with("JPY_SESSION_NAME")),
    Place("another Jupyter kernel (nbclient, papermill, a console)", in_kernel),
    Place("IPython in a terminal", lambda: shell() is not None),
    Place("plain Python", lambda: True),
)
