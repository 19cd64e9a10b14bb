"""The house: what may import what, how long a module may be, and who may print."""

import ast
from pathlib import Path

import pytest

import mh_notebook

PACKAGE = Path(mh_notebook.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
PROTOCOL = [name for name in MODULES if name.startswith("protocol/")]

PURE = frozenset(  # modules that compute and do nothing else
    {
        "__future__",
        "base64",
        "binascii",
        "collections.abc",
        "dataclasses",
        "datetime",
        "email.utils",
        "functools",
        "hashlib",
        "math",
        "msgspec",
        "statistics",
    }
    | {"msgspec.structs", "pathlib", "re", "types", "typing", "unicodedata", "urllib.parse"}
)
FROM_PATHLIB = {"PurePosixPath"}
OUTSIDE = frozenset(  # sockets, subprocesses, the clock and what is built on them
    {"aiohttp", "asyncio", "http", "random", "requests", "socket", "sqlite3", "ssl", "subprocess", "threading", "time"}
    | {"urllib.request"}
)
PRINTERS = {"cli.py", "demo.py", "login.py"}


def imports(name):
    """Each import of a module as (module, names), those of type checking included; our own are relative."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), tuple(alias.name for alias in node.names)


def calls(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    return [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]


def test_the_table_of_modules_is_not_empty():
    assert len(PROTOCOL) >= 10
    assert {"protocol/decoding.py", "protocol/refs.py", "views/html.py"} <= set(MODULES)


@pytest.mark.parametrize("name", PROTOCOL)
def test_the_protocol_imports_what_computes_and_itself_alone(name):
    for module, names in imports(name):
        if module.startswith("."):
            assert not module.startswith(".."), f"{name} imports {module}, which is outside protocol/"
        else:
            assert module in PURE, f"{name} imports {module}"
        if module == "pathlib":
            assert set(names) <= FROM_PATHLIB


@pytest.mark.parametrize("name", PROTOCOL)
def test_the_protocol_opens_nothing_and_asks_for_nothing(name):
    assert not {"open", "print", "input", "eval", "exec", "__import__"} & set(calls(name))


@pytest.mark.parametrize("name", PROTOCOL)
def test_only_decoding_reads_the_clock_and_only_where_no_time_is_said(name):
    now = [node for node in ast.walk(ast.parse(MODULES[name].read_text())) if _is_now(node)]
    assert len(now) == (1 if name == "protocol/decoding.py" else 0)


def _is_now(node):
    return isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow")


@pytest.mark.parametrize(
    "name", ["views/html.py", "views/markup.py", "views/state.py", "views/text.py", "views/wording.py", "views/card.py"]
)
def test_views_that_only_say_or_draw_touch_no_network_and_no_clock(name):
    for module, _ in imports(name):
        assert module not in OUTSIDE, f"{name} imports {module}"
        assert not module.startswith(("..transport", "..client", "..core", "..history")), f"{name} imports {module}"
    assert not {"open", "print", "input"} & set(calls(name))


def test_frames_and_credits_ask_nobody():
    names = ["frames.py", *(name for name in MODULES if name.startswith(("credits/", "views/credits_")))]
    assert len(names) >= 16
    for name in names:
        for module, _ in imports(name):
            assert module not in OUTSIDE, f"{name} imports {module}"
            inner = module.removeprefix("mh_notebook.").lstrip(".")
            assert not inner.startswith(("transport", "client", "core", "history")), f"{name} imports {module}"


def test_nothing_but_the_transport_and_the_sandbox_opens_connections():
    users = {name for name in MODULES for module, _ in imports(name) if module.partition(".")[0] == "aiohttp"}
    assert {name.partition("/")[0] for name in users} <= {"transport", "sandbox"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_no_longer_than_300_lines(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 300


def test_nobody_prints_but_those_who_were_asked_to():
    assert {name for name in MODULES if "print" in calls(name)} <= PRINTERS


def test_every_module_says_in_its_first_line_what_it_is():
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
