"""What the outputs of a notebook weigh: a row for each, measured in the file itself."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .frames import to_frame
from .protocol.errors import ConfigurationError, MissingFileError
from .views.front_end import shell

SCHEMA: dict[str, Any] = {"cell": "Int64", "what": "str", "bytes": "Int64"}
_WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
_KINDS = (  # the first that a bundle has says what it is
    ("application/vnd.jupyter.widget-view+json", "widget"),
    ("image/", "picture"),
    ("video/", "video"),
    ("audio/", "sound"),
    ("application/vnd.plotly", "chart"),
    ("application/vnd.vega", "chart"),
    ("application/javascript", "JavaScript"),
    ("application/pdf", "PDF"),
    ("text/latex", "formula"),
    ("text/markdown", "Markdown"),
    ("application/json", "JSON"),
    ("text/plain", "text"),
)
_ELEMENTS = (("<video", "video"), ("<audio", "sound"), ("<img", "picture"), ("<svg", "picture"))
_SAVE = "Save the notebook first, then give its path: mh.weight('analysis.ipynb')."
_space = re.compile(r"\s*")


def weight(path: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Say what each output of a saved notebook weighs in its file, the heaviest first.

    Parameters
    ----------
    path
        The notebook; without one, the notebook that runs this, where JupyterLab, Notebook 7 or VS Code says which it
        is. What was not saved yet is not in the file, and not counted.

    Returns
    -------
    pandas.DataFrame
        Columns `cell` (Int64, its number as run, NA for a cell without one), `what` (str: "picture", "video",
        "sound", "HTML", "text", "widget state" ...) and `bytes` (Int64, of the file, UTF-8). `.attrs["file_bytes"]` is
        the size of the whole file: what is not an output is code, words and metadata.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigurationError
        It is no notebook, or no path was given and the front end does not say which notebook this is.

    Examples
    --------
    >>> import json, tempfile
    >>> said = {"output_type": "stream", "name": "stdout", "text": ["hello"]}
    >>> cell = {"cell_type": "code", "execution_count": 1, "outputs": [said]}
    >>> with tempfile.NamedTemporaryFile("w", suffix=".ipynb") as file:
    ...     _ = file.write(json.dumps({"cells": [cell], "nbformat": 4}))
    ...     file.flush()
    ...     weight(file.name)
       cell  what  bytes
    0     1  text     62
    """
    notebook = _found() if path is None else Path(path).expanduser()
    text = _read(notebook)
    try:
        rows = sorted(_rows(text), key=lambda row: -row["bytes"])
    except (ValueError, AttributeError, TypeError, LookupError, RecursionError) as problem:
        raise ConfigurationError(
            f"{notebook.name} is not a notebook.", hint="Give the path of an .ipynb file."
        ) from problem
    frame = to_frame(rows, SCHEMA)
    frame.attrs["file_bytes"] = _bytes(text)
    return frame


def _read(notebook: Path) -> str:
    try:
        return notebook.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"There is no file {str(notebook)!r}.", hint=_SAVE) from None
    except (OSError, ValueError) as problem:
        raise ConfigurationError(f"{notebook.name} cannot be read as a notebook.", hint=_SAVE) from problem


def _found() -> Path:
    """Find the notebook that runs this, by what the front end says of it."""
    names = getattr(shell(), "user_ns", {})
    told = [names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")]
    for name in [name for name in told if isinstance(name, str) and name.endswith(".ipynb")]:
        # The server may say where it is within the server's own folder; the kernel runs beside it.
        for place in (Path(name), Path(name.rpartition("/")[2])):
            if place.is_file():
                return place
    raise ConfigurationError("This front end does not say which notebook runs here.", hint=_SAVE)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """Walk the file's own text, so that each output counts what it takes there, to the byte."""
    for key, start, end in _members(text, 0):
        if key == "cells":
            for first, _ in _items(text, start):
                yield from _cell_rows(text, first)
        elif key == "metadata":
            widgets = json.loads(text[start:end]).get("widgets", {})
            if widgets:
                yield from _widget_rows(text, start)


def _widget_rows(text: str, metadata: int) -> Iterator[dict[str, Any]]:
    for key, start, end in _members(text, metadata):
        if key == "widgets":
            yield {"cell": None, "what": "widget state", "bytes": _bytes(text[start:end])}


def _cell_rows(text: str, at: int) -> Iterator[dict[str, Any]]:
    members = {key: (start, end) for key, start, end in _members(text, at)}
    if "outputs" not in members:
        return
    start, end = members.get("execution_count", (0, 0))
    number = json.loads(text[start:end] or "null")
    for first, last in _items(text, members["outputs"][0]):
        yield {"cell": number, "what": _what(json.loads(text[first:last])), "bytes": _bytes(text[first:last])}


def _what(output: Mapping[str, Any]) -> str:
    """Say in words what an output is."""
    if output["output_type"] in ("stream", "error"):
        return "text" if output["output_type"] == "stream" else "error"
    data = output.get("data", {})
    if "text/html" in data and _KINDS[0][0] not in data:
        return _of_html("".join(data["text/html"]))
    for start, what in _KINDS:
        if any(key.startswith(start) for key in data):
            return what
    return str(next(iter(data), "empty"))


def _of_html(html: str) -> str:
    kinds = [what for element, what in _ELEMENTS if element in html]
    media = list(dict.fromkeys(kinds))
    if not media:
        return "HTML table" if "<table" in html else "HTML"
    count = sum(html.count(element) for element, _ in _ELEMENTS)
    if len(media) > 1:
        return f"{', '.join(media[:-1])} and {media[-1]}"
    return media[0] if count == 1 or media[0] == "sound" else f"{media[0]}s"


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Walk an object: each key, and where its value starts and ends."""
    at = _after(text, at, "{")
    while text[at] != "}":
        key, at = _decode(text, at)
        start = _skip(text, _after(text, at, ":"))
        end = _decode(text, start)[1]
        yield str(key), start, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Walk a list: where each value starts and ends."""
    at = _after(text, at, "[")
    while text[at] != "]":
        end = _decode(text, at)[1]
        yield at, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} was expected")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _space.match(text, at)
    return match.end() if match else at


def _decode(text: str, at: int) -> tuple[object, int]:
    return json.JSONDecoder().raw_decode(text, at)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
