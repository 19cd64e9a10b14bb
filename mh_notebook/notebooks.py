"""The example notebooks: where they are, and one of them run, with what it shows."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from .protocol.errors import MissingFileError


@dataclass(frozen=True)
class Run:
    """A notebook that was run: what its cells printed, by tag, and the page that shows it all."""

    printed: dict[str, list[str]]
    page: Path


def examples() -> list[Path]:
    """List the example notebooks, the quickstart first: in the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent
    found = (sorted((place / "examples").glob("0*.ipynb")) for place in (package, package.parent))
    return next(filter(None, found), [])


def quickstart() -> Path:
    """Return the path of the quickstart.

    Raises
    ------
    MissingFileError
        The examples were not installed along.
    """
    if not (found := examples()):
        raise MissingFileError("The example notebooks are not here.", hint="Install mh_notebook anew.")
    return found[0]


def need_lab() -> None:
    """Raise ModuleNotFoundError where the extra `lab` is not installed, before anything is begun."""
    for name in ("nbformat", "nbclient", "nbconvert", "ipykernel"):
        import_module(name)


def run_notebook(source: Path, page: Path, *, keep: Path | None = None) -> Run:
    """Execute a notebook in a kernel of its own and write it as one self-contained HTML page.

    Parameters
    ----------
    source : Path
        The notebook; it is not changed.
    page : Path
        Where the page goes; its folder is made.
    keep : Path, optional
        Where the executed notebook goes too.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed.
    ImportError
        The extra `lab` is not installed.
    """
    import nbformat
    from nbclient import NotebookClient

    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else debugpy warns into the terminal
    notebook: Any = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types
    place = {"metadata": {"path": str(page.parent.parent)}}
    page.parent.mkdir(parents=True, exist_ok=True)
    # Widget state is not stored: the frozen HTML says it all, and no front end has to look for dead models.
    options: dict[str, Any] = {"store_widget_state": False, "extra_arguments": ["--IPKernelApp.log_level=ERROR"]}
    NotebookClient(notebook, timeout=120, resources=place, **options).execute()
    page.write_text(_exporter().from_notebook_node(notebook)[0], encoding="utf-8")
    if keep is not None:
        keep.write_text(json.dumps(_tidy(notebook), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Run(_printed(notebook), page)


def _exporter() -> Any:
    """Make an exporter whose page fetches nothing from anywhere."""
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter(template_name="lab")  # type: ignore[no-untyped-call]  # nbconvert has no types
    for name in exporter.trait_names():
        if name.endswith(("_js_url", "jquery_url", "mathjax_url", "widgets_base_url")):
            setattr(exporter, name, "data:text/javascript,")
    return exporter


def _printed(notebook: Any) -> dict[str, list[str]]:
    printed: dict[str, list[str]] = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", ()):
            printed.setdefault(tag, []).extend(_text(output) for output in cell.outputs)
    return printed


def _text(output: Any) -> str:
    return str(output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]).rstrip()


def _tidy(notebook: Any) -> Any:
    """Leave out what changes from run to run and says nothing: when each cell ran."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python", "version": f"{sys.version_info.major}"}
    return notebook
