"""The command `mh-notebook`: demo, lab, sandbox, doctor, history."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from mh_notebook.default import open_history
from mh_notebook.doctor import doctor
from mh_notebook.history import History, default_path, upkeep
from mh_notebook.notebooks import examples, need_lab, quickstart, run_notebook
from mh_notebook.protocol.errors import MagicHourError
from mh_notebook.protocol.refs import read_ref
from mh_notebook.sandbox import Sandbox
from mh_notebook.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except ModuleNotFoundError as error:
        print(f"mh-notebook: this needs {error.name}: pip install 'mh-notebook[lab]'", file=sys.stderr)
        return 1
    except (MagicHourError, OSError, ValueError) as error:
        print(f"mh-notebook: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mh-notebook", description="Magic Hour projects in a notebook.")
    parser.add_argument("--version", action="version", version=f"mh-notebook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the quickstart against a sandbox and write it as a page")
    demo.add_argument("--output", type=Path, default=Path("output/quickstart.html"), help="the page (%(default)s)")
    demo.add_argument("--keep", type=Path, help="keep the executed notebook here")
    demo.set_defaults(run=_demo)
    demo.add_argument("--notebook", type=Path, help="another notebook than the quickstart")
    lab = commands.add_parser("lab", help="open JupyterLab on copies of the examples")
    lab.add_argument("--directory", type=Path, default=Path(), help="where the copies go (the current folder)")
    lab.set_defaults(run=_lab)
    sandbox = commands.add_parser("sandbox", help="run the sandbox API alone, until interrupted")
    sandbox.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (a free one)")
    sandbox.add_argument("--seed", type=int, default=0, help="which world (%(default)s)")
    sandbox.add_argument("--speed", type=float, default=60.0, help="how fast its time runs (%(default)s)")
    sandbox.set_defaults(run=_sandbox)
    check = commands.add_parser("doctor", help="say what is wrong, if anything is; exits with 1 where not all is well")
    check.add_argument("--offline", action="store_true", help="do not ask the API")
    check.set_defaults(run=_doctor)
    history = commands.add_parser("history", help="say what the history holds; carry it elsewhere; forget a project")
    what = history.add_mutually_exclusive_group()
    what.add_argument("--export", type=Path, metavar="FILE", help="write all of it to a .csv, .parquet or .json file")
    what.add_argument("--import", type=Path, metavar="FILE", dest="take_in", help="take in what --export wrote")
    what.add_argument("--forget", metavar="ID", help="take a project out of it, such as video:ID; its files stay")
    history.set_defaults(run=_history)
    return parser


def _demo(options: argparse.Namespace) -> int:
    page = options.output.resolve()
    need_lab()
    os.environ.setdefault("MH_NOTEBOOK_HISTORY", str(Path(tempfile.mkdtemp(prefix="mh_notebook_")) / "history.sqlite"))
    notebook = options.notebook or quickstart()
    print(f"Running {notebook.stem} against a sandbox on this machine: no key, no network ...", flush=True)
    run = run_notebook(notebook, page, keep=options.keep)
    for heading, tag in (("Projects", "frame"), ("Credits", "credits")):
        if tag in run.printed:
            print(f"\n{heading}\n")
            print("\n\n".join(run.printed[tag]))
    print(f"\nThe notebook, with its pictures, sounds and films:\n  {page}")
    return 0


def _lab(options: argparse.Namespace) -> int:
    need_lab()
    for notebook in examples():
        copy = options.directory / notebook.name
        if not copy.exists():
            copy.write_bytes(notebook.read_bytes())
    here = options.directory / quickstart().name
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(here), *root])  # noqa: S606 - becomes JupyterLab


def _sandbox(options: argparse.Namespace) -> int:
    with Sandbox(options.seed, options.speed, port=options.port) as sandbox:
        print(f"export MAGIC_HOUR_BASE_URL={sandbox.url}\nexport MAGIC_HOUR_API_KEY={sandbox.token}")
        print(
            "\nIts projects:",
            *(f"  {kind}:{id}" for kind, id in sandbox.refs),
            "Stop it with Ctrl-C.",
            sep="\n",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\nStopped.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    checkup = doctor(ask=not options.offline)
    print(checkup)
    return 0 if checkup.well else 1


def _history(options: argparse.Namespace) -> int:
    path = default_path()
    if options.take_in is None and not path.exists():
        print(f"There is no history yet at {path}.")
        return 1 if options.export or options.forget else 0
    for step in (_change_history, _sum_up_history):  # opened anew: accounts that came from elsewhere join then
        history = open_history()
        try:
            step(history, options)
        finally:
            history.close()
    return 0


def _change_history(history: History, options: argparse.Namespace) -> None:
    if options.export is not None:
        print(f"{upkeep.export(history, options.export)} projects written to {options.export}.")
    if options.take_in is not None:
        projects, new = upkeep.take_in(history, options.take_in)
        print(f"{projects} projects read from {options.take_in}, {new} of them new.")
    if options.forget is not None:
        if not upkeep.forget(history, read_ref(options.forget)):
            raise MagicHourError(f"The history knows no project {options.forget}.")
        print(f"{options.forget} is forgotten.")


def _sum_up_history(history: History, _: argparse.Namespace) -> None:
    found = upkeep.summary(history)
    span = f", {found.first[:10]} to {found.last[:10]}" if found.first and found.last else ""
    print(f"{history.path}: accounts {found.accounts}, projects {found.projects}{span}, files saved {found.files}.")
