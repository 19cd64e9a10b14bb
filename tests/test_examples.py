"""The examples, the README and the command line do what they show."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import mh_notebook as mh
from mh_notebook import accessor
from mh_notebook.cli import main
from mh_notebook.notebooks import quickstart, run_notebook

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_committed_notebook_has_its_outputs_and_no_error(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert len(outputs) >= len(cells) // 2
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert path.stat().st_size < 1_500_000


@pytest.mark.kernel
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_its_panels_are_frozen_and_its_committed_outputs_are_what_it_says_today(path, tmp_path):
    """But for what is another each time: times, addresses, random ids."""
    kept = tmp_path / "kept.ipynb"
    run = run_notebook(path, tmp_path / "output" / "page.html", keep=kept)
    notebook = nbformat.read(kept, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert not [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    assert "widgets" not in notebook.metadata
    assert run.page.stat().st_size > 100_000
    assert told(kept) == told(path)


DURATION = re.compile(r"\b\d+ (s|min|h)\b")  # 59 s today, 1 min 2 s tomorrow


def told(path):
    """The words of a notebook's outputs: without numbers, durations and media, and without a watch on its way."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [
        output.get("text") or output["data"].get("text/plain", "")
        for cell in cells
        if "live" not in cell.metadata.get("tags", ())
        for output in cell.get("outputs", ())
    ]
    return [sorted(set(re.findall(r"[A-Za-z]{3,}", DURATION.sub("", text)))) for text in texts]


def test_the_quickstart_is_the_one_in_the_repository():
    assert quickstart() == ROOT / "examples" / "01_quickstart.ipynb"


def test_the_readmes_first_minute_runs(monkeypatch, tmp_path, capsys):
    """Each Python block of the README, in order, in one notebook's namespace; its ids exist in the sandbox."""
    with mh.Sandbox(speed=2000) as sandbox:
        for kind, number in (("image", 1), ("video", 2), ("audio", 3)):
            sandbox.add(kind, id=f"cuid-{number}")
        sandbox.add("image", id="cuid-example")
        monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
        monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
        monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", "0.02")
        names = {}
        blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        assert len(blocks) == 3
        for block in (blocks[0], blocks[2], blocks[1]):  # the second makes a sandbox and a client of its own
            exec(block, names)
            if block is blocks[0]:
                assert names["frame"]["status"].tolist() == ["complete"] * 3
                first = names["client"]
        assert names["project"].downloaded_paths == ("outputs/cuid-example-1.png",)
        first.close()
    assert "The key works" in capsys.readouterr().out


def test_every_name_the_readme_shows_exists():
    for name in re.findall(r"(?<!df\.)\bmh\.([A-Za-z_]+)", README):
        assert hasattr(mh, name), name
    for name in re.findall(r"\bdf\.mh\.([A-Za-z_]+)", README):
        assert hasattr(accessor.FrameAccessor, name), name


def test_the_readme_is_short_and_starts_with_the_two_commands():
    assert len(README.splitlines()) <= 100
    assert README.index("make demo") < README.index("```python")


def test_doctor_on_the_command_line_exits_with_1_where_not_all_is_well(capsys, sandbox, monkeypatch):
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("verdict        No API key was found. Run mh.login()")
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "verdict        All is well."
    assert len(sandbox.requests) == 1
    assert main(["doctor", "--offline"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "verdict        All is well, but the API was not asked."
    assert len(sandbox.requests) == 1


def test_a_port_in_use_on_the_command_line_is_one_line_and_status_1(sandbox, capsys):
    port = sandbox.url.rpartition(":")[2]
    assert main(["sandbox", "--port", port]) == 1
    assert capsys.readouterr().err.startswith(f"mh-notebook: port {port} is in use")


@pytest.mark.slow
def test_the_sandbox_alone_serves_until_interrupted(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "mh_notebook", "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        url = process.stdout.readline().strip().partition("MAGIC_HOUR_BASE_URL=")[2]
        token = process.stdout.readline().strip().partition("MAGIC_HOUR_API_KEY=")[2]
        while "Stop it" not in (line := process.stdout.readline()):
            last = line.strip() or None or ""
        with mh.Client(token, url, progress=False) as client:
            assert client.account().tier == "free"
            assert len(client.projects.frame([last])) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.kernel
def test_the_demo_command_prints_the_frame_and_the_credits_and_writes_the_page(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mh_notebook", "demo"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        env=os.environ,
    )
    assert done.stderr == ""
    assert "credits by the frame" in done.stdout
    assert str(tmp_path / "output" / "quickstart.html") in done.stdout
    assert (tmp_path / "output" / "quickstart.html").stat().st_size > 100_000


@pytest.mark.slow
def test_mh_demo_plays_all_of_its_story(capsys):
    mh.demo()
    told = capsys.readouterr()
    for word in ("Harbour at dawn", "canceled"):
        assert word in told.out
    charged, left = re.search(r"(\d+) credits in all; the account has ([\d,]+) left of 10,000", told.out).groups()
    assert int(charged) + int(left.replace(",", "")) == 10_000
    for word in ("draft", "queued", "rendering", "complete", "error", "canceled"):
        assert word in told.err


def test_a_missing_extra_is_said_before_anything_is_begun(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    for command in ("demo", "lab"):
        assert main([command]) == 1
        assert "pip install 'mh-notebook[lab]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--port", "99999"]])
def test_a_number_that_cannot_work_is_one_line_on_the_command_line(arguments, capsys):
    assert main(["sandbox", *arguments]) == 1
    assert capsys.readouterr().err.startswith("mh-notebook: ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_committed_notebook_is_valid_json_without_machine_paths(path):
    text = path.read_text()
    json.loads(text)
    assert str(Path.home()) + "/" not in text
    assert str(ROOT.parent) + "/" not in text
    assert "/tmp/" not in text
