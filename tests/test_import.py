"""What `import mh_notebook` loads, and that what it leaves for later is there when it is asked for."""

import ast
import inspect
import json
import os
import pickle
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import mh_notebook as mh

LOADED = {"accessor", "first_use", "protocol", "protocol.errors", "protocol.models", "protocol.redaction", "version"}
LEFT_FOR_LATER = (
    *("IPython", "PIL", "aiohttp", "asyncio", "ipywidgets", "markupsafe", "matplotlib", "nest_asyncio2"),
    *("platformdirs", "sqlite3", "ssl", "tenacity"),
)
NEVER = ("PIL", "aiohttp.web", "matplotlib", "tenacity")  # unless something is drawn, served or asked


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Nothing runs here but processes that have ended."""


def fresh(code):
    """Run this in a new process, and read what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def written_down():
    """Return the places of the names that come later: those the type checker reads, and those of the table."""
    tree = ast.parse(Path(mh.__file__).read_text(encoding="utf-8"))
    (choice,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {
        alias.name: "." * node.level + (node.module or "")
        for node in choice.body
        for alias in node.names
        if alias.asname is None
    }
    (table,) = [node for node in ast.walk(choice) if isinstance(node, ast.Dict)]
    return told, ast.literal_eval(table)


def test_importing_the_package_loads_errors_models_and_the_accessor_and_none_else_of_its_modules():
    loaded = fresh("import json, sys, mh_notebook; print(json.dumps([*sys.modules]))")
    inner = {name.removeprefix("mh_notebook.") for name in loaded if name.startswith("mh_notebook.")}
    assert inner == LOADED


def test_importing_the_package_loads_no_library_but_pandas_and_msgspec():
    code = f"import json, sys, mh_notebook; print(json.dumps([m for m in {LEFT_FOR_LATER} if m in sys.modules]))"
    assert fresh(code) == []


def test_all_public_names_together_load_nothing_that_draws_or_serves():
    code = f"import json, sys\nfrom mh_notebook import *\nprint(json.dumps([m for m in {NEVER} if m in sys.modules]))"
    assert fresh(code) == []


def test_the_type_checker_is_told_of_each_name_that_comes_later_and_of_its_place():
    told, table = written_down()
    assert told == table
    assert len(table) == 17
    assert list(table) == sorted(table)
    assert set(table) <= set(mh.__all__)


def test_every_public_name_is_there_at_once_and_the_same_each_time():
    code = """
import importlib, json
import mh_notebook as mh
listed = [name for name in dir(mh) if not name.startswith("_")]
got = {name: getattr(mh, name) for name in mh.__all__}
same = all(vars(importlib.import_module("mh_notebook"))[name] is got[name] for name in got)
print(json.dumps([listed == mh.__all__ == list(got), same]))
"""
    assert fresh(code) == [True, True]


def test_a_function_is_got_also_where_the_module_of_its_name_was_imported_before_it():
    code = """
import importlib, json
import mh_notebook as mh
found = {}
for name in ("history", "login", "demo", "doctor", "rescue", "weight"):
    module = importlib.import_module(f"mh_notebook.{name}")
    function = getattr(mh, name)
    importlib.reload(module)
    found[name] = callable(function) and function is not module and getattr(mh, name) is function
print(json.dumps(found))
"""
    assert fresh(code) == dict.fromkeys(("history", "login", "demo", "doctor", "rescue", "weight"), True)


def test_a_module_that_is_no_public_name_is_an_attribute_once_imported_as_of_any_package():
    code = "import json, mh_notebook.frames as frames, mh_notebook as mh; print(json.dumps(mh.frames is frames))"
    assert fresh(code) is True


def test_a_public_name_can_be_replaced_as_tests_do(monkeypatch):
    before = mh.credits
    with monkeypatch.context() as replaced:
        replaced.setattr(mh, "credits", json)
        assert mh.credits is json
    assert mh.credits is before


def test_a_name_that_there_is_not_is_an_attribute_error_that_says_so():
    with pytest.raises(AttributeError, match=r"^module 'mh_notebook' has no attribute 'Cleint'$"):
        mh.Cleint  # noqa: B018 - asking is the test
    with pytest.raises(ImportError, match="cannot import name 'Cleint' from 'mh_notebook'"):
        from mh_notebook import Cleint  # noqa: F401


def test_credits_and_the_frames_accessor_work_right_after_the_import():
    code = """
import json
import mh_notebook as mh
import pandas as pd
frame = pd.DataFrame({"kind": ["image", "video"], "id": ["a", "b"], "credits_charged": [5, 300]})
frame = frame.assign(status="complete", credits_settled=True, fetched_at=pd.Timestamp("2026-03-01", tz="UTC"))
print(json.dumps([int(frame.mh.credits().loc["total", "total"]), mh.credits.total(frame)]))
"""
    assert fresh(code) == [305, 305]


def test_a_frame_without_the_columns_is_refused_by_the_accessor_in_our_words():
    code = """
import json
import mh_notebook as mh
import pandas as pd
said = []
for call in ("gallery", "watch"):
    try:
        getattr(pd.DataFrame({"name": ["a"]}).mh, call)()
    except mh.ConfigurationError as error:
        said.append(error.message)
print(json.dumps(said))
"""
    assert fresh(code) == ["This frame has no column 'path'.", "This frame has no column 'kind', 'id'."]


def test_what_comes_later_is_pickled_by_the_name_of_its_own_module():
    things = [getattr(mh, name) for name in mh.__all__ if not inspect.ismodule(getattr(mh, name))]
    assert pickle.loads(pickle.dumps(things)) == things
    assert b"mh_notebook.client" in pickle.dumps(mh.Client)
    code = f"import json, pickle; print(json.dumps(pickle.loads({pickle.dumps(mh.Client)!r}).__name__))"
    assert fresh(code) == "Client"


@pytest.mark.parametrize("jedi", [False, True])
def test_the_tabulator_key_offers_the_public_names_before_any_was_used(jedi):
    code = f"""
import json, os, sys, tempfile
os.environ["IPYTHONDIR"] = tempfile.mkdtemp()
from IPython.core.completer import IPCompleter, provisionalcompleter
import mh_notebook as mh
completer = IPCompleter(namespace={{"mh": mh}}, global_namespace={{}}, use_jedi={jedi})
def offered(text):
    with provisionalcompleter():
        return sorted({{found.text.lstrip(".") for found in completer.completions(text, len(text))}})
print(json.dumps([offered("mh."), offered("mh.Cl"), "over_time" in offered("mh.credits.over_"), mh.__all__]))
"""
    whole, some, inner, public = fresh(code)
    assert whole == public
    assert some == ["Client", "ClientClosedError"]
    assert inner is True


@pytest.mark.slow
def test_a_strict_type_checker_sees_each_public_name_and_names_a_slip(tmp_path):
    user = tmp_path / "user.py"
    lines = ["import mh_notebook as mh", *(f"reveal_type(mh.{name})" for name in mh.__all__), "mh.Cleint"]
    user.write_text("\n".join(lines))
    checker = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", user]
    done = subprocess.run(
        checker, capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(Path(mh.__file__).parents[1])}
    )
    *said, last, _ = done.stdout.splitlines()
    assert [line for line in said if 'Revealed type is "Any"' in line] == []
    assert len(said) == len(mh.__all__)
    assert 'Module has no attribute "Cleint"' in last


@pytest.mark.slow
def test_the_import_takes_a_twentieth_of_the_time_of_the_libraries_at_most():
    code = """
import json
from time import process_time
start = process_time()
import pandas, aiohttp, ipywidgets
between = process_time()
import mh_notebook
print(json.dumps((process_time() - between) / (between - start)))
"""
    assert statistics.median(fresh(code) for _ in range(5)) < 1 / 20
