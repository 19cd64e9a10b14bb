"""Where we are, and what is shown there: named, and with the reason in words."""

import sys
from types import SimpleNamespace

import pytest
from kernels import running_kernel

from mh_notebook.views import front_end as module
from mh_notebook.views.front_end import chosen, front_end, renderer

KERNEL = SimpleNamespace(kernel=object(), user_ns={})
OTHER = "another Jupyter kernel (nbclient, papermill, a console)"
SIGNS = (
    *("KAGGLE_KERNEL_RUN_TYPE", "DATABRICKS_RUNTIME_VERSION", "DEEPNOTE_PROJECT_ID", "VSCODE_PID", "VSCODE_CWD"),
    *("JPY_SESSION_NAME", "JPY_PARENT_PID"),
)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """No sign of any front end, whatever these tests run in; ipywidgets 8.1.8."""
    for name in SIGNS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    monkeypatch.setattr(module, "shell", lambda: None)
    monkeypatch.setattr(module, "_widgets_version", lambda: "8.1.8")


def put_into(monkeypatch, shell, variables=(), modules=()):
    monkeypatch.setattr(module, "shell", lambda: shell)
    for name in variables:
        monkeypatch.setenv(name, "1")
    for name in modules:
        monkeypatch.setitem(sys.modules, name, SimpleNamespace())


WIDGET = ("widget", "a Jupyter kernel with ipywidgets 8.1.8")
PLACES = [
    (None, [], [], "plain Python", ("text", "plain Python shows text alone")),
    (SimpleNamespace(), [], [], "IPython in a terminal", ("text", "IPython in a terminal shows text alone")),
    (KERNEL, [], [], OTHER, WIDGET),
    (KERNEL, ["JPY_PARENT_PID"], [], OTHER, WIDGET),
    (KERNEL, ["JPY_PARENT_PID", "JPY_SESSION_NAME"], [], "Jupyter (Lab or Notebook)", WIDGET),
    (KERNEL, ["VSCODE_PID"], [], "VS Code", WIDGET),
    (KERNEL, ["VSCODE_CWD"], [], "VS Code", WIDGET),
    (KERNEL, ["VSCODE_PID", "JPY_SESSION_NAME"], [], "Jupyter (Lab or Notebook)", WIDGET),
    (
        SimpleNamespace(kernel=object(), user_ns={"__vsc_ipynb_file__": "a.ipynb"}),
        ["JPY_SESSION_NAME"],
        [],
        "VS Code",
        WIDGET,
    ),
    (KERNEL, ["KAGGLE_KERNEL_RUN_TYPE", "JPY_SESSION_NAME"], [], "Kaggle", WIDGET),
    (KERNEL, [], ["google.colab"], "Google Colab", ("html", "Colab: widget state saved in a file breaks it")),
    (KERNEL, ["DEEPNOTE_PROJECT_ID"], [], "Deepnote", ("html", "Deepnote draws no ipywidgets")),
    (
        KERNEL,
        ["DATABRICKS_RUNTIME_VERSION"],
        [],
        "Databricks",
        ("html", "Databricks: not every ipywidgets is drawn, and none after its session"),
    ),
    (None, SIGNS, ["google.colab"], "plain Python", ("text", "plain Python shows text alone")),
]


@pytest.mark.parametrize(("shell", "variables", "modules", "name", "answer"), PLACES)
def test_each_place_is_named_and_gets_what_it_can_show(monkeypatch, shell, variables, modules, name, answer):
    put_into(monkeypatch, shell, variables, modules)
    assert front_end() == name
    assert chosen() == answer
    assert renderer() == answer[0]


@pytest.mark.parametrize(("shell", "variables", "modules", "name", "answer"), PLACES)
def test_the_variable_overrides_every_place(monkeypatch, shell, variables, modules, name, answer):
    put_into(monkeypatch, shell, variables, modules)
    for asked in ("widget", "html", "text", "none"):
        monkeypatch.setenv("MH_NOTEBOOK_RENDERER", f" {asked.upper()} ")
        assert chosen() == (asked, "MH_NOTEBOOK_RENDERER says so")
    assert front_end() == name


@pytest.mark.parametrize(
    ("version", "shown"),
    [("8.1.7", "widget"), ("8.1.8", "widget"), ("8.1.9", "html"), ("8.1.10", "html"), ("8.2.0rc1", "html")],
)
def test_vs_code_gets_html_where_it_would_draw_nothing(monkeypatch, version, shown):
    put_into(monkeypatch, KERNEL, ["VSCODE_PID"])
    monkeypatch.setattr(module, "_widgets_version", lambda: version)
    assert renderer() == shown
    monkeypatch.delenv("VSCODE_PID")
    assert chosen() == ("widget", f"a Jupyter kernel with ipywidgets {version}")


def test_a_kernel_without_ipywidgets_gets_html(monkeypatch):
    put_into(monkeypatch, KERNEL)
    monkeypatch.setattr(module, "_widgets_version", lambda: None)
    assert chosen() == ("html", "a Jupyter kernel without ipywidgets")


@pytest.mark.kernel
def test_a_real_kernel_that_nbclient_could_have_started_is_no_jupyter_server(tmp_path):
    with running_kernel(tmp_path) as running:
        running.run("from mh_notebook.views.front_end import chosen, front_end")
        assert running.value("front_end()") == OTHER
        assert running.value("chosen()[0]") == "widget"
        running.run("import os; os.environ['JPY_SESSION_NAME'] = 'a.ipynb'")
        assert running.value("front_end()") == "Jupyter (Lab or Notebook)"
