"""What the outputs of a notebook weigh, to the byte of its file."""

import json
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

import mh_notebook as mh

OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": ["größe\n"]},
    {"output_type": "error", "ename": "E", "evalue": "e", "traceback": []},
    {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 500, "text/plain": "x"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": ["<p><img src='data:x'/>", "</p>"]}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<img/><img/>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<video src='a'></video>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<audio src='a'></audio><video></video>"}},
    {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>x</b>"}},
    {"output_type": "execute_result", "metadata": {}, "data": {"text/html": "<table></table>", "text/plain": "t"}},
    {"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {}, "text/html": "<img/>"}},
    {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "'x'"}},
    {"output_type": "display_data", "data": {"application/x-own": {}}},
]
WORDS = [
    *("text", "error", "picture", "picture", "pictures", "video", "video and sound", "HTML", "HTML table", "widget"),
    *("text", "application/x-own"),
]
WIDGETS = {"application/vnd.jupyter.widget-state+json": {"state": {"a": 1}}}


def notebook(path, cells, metadata=None, **style):
    path.write_text(json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4}, **style), encoding="utf-8")
    return path


def code(outputs, count=1):
    return {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs, "source": []}


def test_each_output_is_a_row_and_says_in_words_what_it_is(tmp_path):
    cells = [code([output], number) for number, output in enumerate(OUTPUTS, 1)]
    frame = mh.weight(notebook(tmp_path / "a.ipynb", cells))
    assert frame.sort_values("cell")["what"].tolist() == WORDS
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} | {"what": "str"} == {
        "cell": "Int64",
        "what": "str",
        "bytes": "Int64",
    }
    assert frame["bytes"].is_monotonic_decreasing
    assert frame["what"].iloc[0] == "picture"


@pytest.mark.parametrize("style", [{}, {"indent": 1, "ensure_ascii": False}, {"indent": 4, "sort_keys": True}])
def test_the_bytes_are_those_of_the_file_however_it_is_written(tmp_path, style):
    whole = notebook(tmp_path / "a.ipynb", [code(OUTPUTS), {"cell_type": "markdown", "source": "ü"}], **style)
    bare = notebook(tmp_path / "b.ipynb", [code([]), {"cell_type": "markdown", "source": "ü"}], **style)
    frame = mh.weight(whole)
    between = whole.stat().st_size - bare.stat().st_size - int(frame["bytes"].sum())
    per_line = {None: 2, 1: 2 + 4, 4: 2 + 4 * 4}[style.get("indent")]  # ", " or ",\n" and the indent
    assert 0 <= between <= per_line * (len(OUTPUTS) + 1)
    assert frame.attrs["file_bytes"] == whole.stat().st_size


def test_widget_state_counts_and_a_cell_that_did_not_run_has_no_number(tmp_path):
    path = notebook(tmp_path / "a.ipynb", [code(OUTPUTS[:1], None)], {"widgets": WIDGETS, "x": 1})
    frame = mh.weight(str(path))
    assert set(frame["what"]) == {"widget state", "text"}
    assert frame["cell"].isna().all()
    assert frame.set_index("what").loc["widget state", "bytes"] == len(json.dumps(WIDGETS))


def test_a_notebook_without_outputs_is_an_empty_frame_of_the_same_schema(tmp_path):
    frame = mh.weight(notebook(tmp_path / "a.ipynb", []))
    assert frame.shape == (0, 3)
    assert frame["bytes"].sum() == 0
    assert str(frame["bytes"].dtype) == "Int64"


def test_the_notebook_is_found_where_the_front_end_says_where_it_is(tmp_path, monkeypatch):
    path = notebook(tmp_path / "a b.ipynb", [code(OUTPUTS[:3])])
    for told in (str(path), "work/a b.ipynb", "a b.ipynb"):
        monkeypatch.setenv("JPY_SESSION_NAME", told)
        assert len(mh.weight()) == 3
    monkeypatch.delenv("JPY_SESSION_NAME")
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": str(path)})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert len(mh.weight()) == 3


def test_where_nobody_says_which_notebook_this_is_the_error_says_what_to_do(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    with pytest.raises(mh.MagicHourError, match=r"Save the notebook first, then give its path"):
        mh.weight()
    monkeypatch.setenv("JPY_SESSION_NAME", "gone.ipynb")
    with pytest.raises(mh.MagicHourError, match="does not say which notebook"):
        mh.weight()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 3}', b'{"cells": [3]}', b'{"cells": [{"outputs": [3]}]}']
)
def test_what_is_no_notebook_is_an_error_of_ours(tmp_path, content):
    (tmp_path / "a.ipynb").write_bytes(content)
    with pytest.raises(mh.MagicHourError, match="notebook"):
        mh.weight(tmp_path / "a.ipynb")


def test_a_missing_file_is_an_error_of_ours_and_a_folder_too(tmp_path):
    with pytest.raises(FileNotFoundError):
        mh.weight("none.ipynb")
    with pytest.raises(mh.MagicHourError):
        mh.weight(tmp_path)


def test_the_frame_adds_up(tmp_path):
    frame = mh.weight(notebook(tmp_path / "a.ipynb", [code(OUTPUTS)]))
    assert isinstance(frame, pd.DataFrame)
    assert frame["bytes"].sum() == sum(len(json.dumps(output)) for output in OUTPUTS)
