"""Kernels that write at once, kernels that are killed, files that are spoilt: nothing is lost, and nothing stops."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import pytest
from histories import KEY, REFS, asked, make, opened, process

import mh_notebook as mh
from mh_notebook.history import History

KERNELS, EACH = 4, 2500
WRITER = """
import itertools, json, logging, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from histories import make
from mh_notebook.history import History
logging.basicConfig(level=logging.WARNING)
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
projects = [make(id_=f"{name}-{number}") for number in range(count)]
print("ready", flush=True)
sys.stdin.readline()
history = History(path, "mhk_live_s3cret_key_1")
for number, project in enumerate(projects):
    if history.observe([project]).result() is None and history.database.trouble:
        sys.exit(history.database.trouble)
    print(number, flush=True)
history.close()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "history.sqlite"


def writer(path, name, count=EACH):
    command = [sys.executable, "-W", "error", "-c", WRITER, str(path), name, str(count), str(Path(__file__).parent)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, text=True, **pipes)


def let_go(kernels):
    assert [kernel.stdout.readline() for kernel in kernels] == ["ready\n"] * len(kernels)
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_four_kernels_that_write_at_once_lose_nothing_and_are_never_locked_out(path):
    """2,500 observations each, one transaction for each: 10,000 projects, and as many changes."""
    kernels = [writer(path, f"kernel-{number}") for number in range(KERNELS)]
    let_go(kernels)
    said = [kernel.communicate(timeout=250)[1] for kernel in kernels]
    assert ([kernel.returncode for kernel in kernels], said) == ([0] * KERNELS, [""] * KERNELS)
    counts = asked(path, "SELECT count(*), count(DISTINCT id), count(DISTINCT account) FROM projects")
    assert counts == [(KERNELS * EACH, KERNELS * EACH, 1)]
    assert asked(path, "SELECT count(*), count(DISTINCT id) FROM transitions") == [(KERNELS * EACH,) * 2]


@pytest.mark.slow
def test_a_kill_loses_at_most_the_last_observation(path):
    """Killed in the middle of writing, three times: each observation it had reported is there, whole."""
    for round_ in range(3):
        kernel = writer(path, f"round-{round_}")
        let_go([kernel])
        for number in range(200):
            assert kernel.stdout.readline() == f"{number}\n"
        kernel.send_signal(signal.SIGKILL)
        rest = kernel.stdout.read()  # communicate() would pass over what was read ahead
        kernel.communicate()
        reported = 200 + rest.count("\n")
        assert asked(path, "PRAGMA integrity_check") == [("ok",)]
        ids = {id_ for (id_,) in asked(path, "SELECT id FROM projects WHERE id LIKE ?", f"round-{round_}-%")}
        assert reported <= len(ids) <= reported + 1
        assert {f"round-{round_}-{number}" for number in range(reported)} <= ids
        with opened(path) as history:
            assert history.observe([make()]).result() is None
            assert history.database.trouble == ""


@pytest.mark.slow
def test_a_kernel_that_holds_the_file_for_seconds_keeps_the_others_waiting_and_not_more(path):
    with opened(path) as history:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = history.observe([make()])
            with pytest.raises(TimeoutError):
                future.result(1.5)
            other.execute("COMMIT")
        future.result(20)
        assert history.database.trouble == ""
    assert asked(path, "SELECT count(*) FROM projects") == [(1,)]


def filled(path):
    with opened(path) as history:
        history.observe([make(id_=f"{number:06}") for number in range(3000)]).result()
    assert path.stat().st_size > 500_000


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros_within(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + bytes(len(whole) - 8192))


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def noise_within(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + os.urandom(len(whole) - 8192))


@pytest.mark.parametrize("spoil", [cut_short, zeros_within, zeros, noise_within])
def test_a_spoilt_file_is_told_of_once_and_the_work_goes_on(path, sandbox, spoil, caplog, tmp_path):
    filled(path)
    spoil(path)
    caplog.set_level(logging.WARNING, "mh_notebook")
    ref = sandbox.add("image")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = sandbox.client(history=path, progress=False, download_directory=tmp_path / "out")
        with client:
            for _ in range(3):
                assert client.projects.watch(ref, download=True).wait(30)["status"].tolist() == ["complete"]
                assert len(client.projects.resume().wait(30)) <= 3000
                client.history()
                client.projects.rescue()
    told = [str(each.message) for each in caught] + [record.getMessage() for record in caplog.records]
    assert len(told) == 1, told
    assert str(path) in told[0]
    assert "Set MH_NOTEBOOK_HISTORY to another file, or pass history=False." in told[0]
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no such rights here")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_that_may_only_be_read_is_told_of_once_and_the_work_goes_on(path, what):
    """As a user who is not root, for whom rights count: in a process of its own."""
    History(path, KEY).close()
    for spot, rights in ((path.parent.parent, 0o755), (path, 0o444), (path.parent, 0o555)):
        spot.chmod(rights)
    if what == "file":
        path.parent.chmod(0o777)
    code = f"""
import os, sys, warnings
import histories
from mh_notebook.history import History
from pathlib import Path
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    history = History(Path({str(path)!r}), histories.KEY)
    history.observe([histories.make()]).result()
    print(len(history.frame()), [str(each.message) for each in caught], flush=True)
"""
    reachable = Path(path)
    for parent in reachable.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    with process(code, PYTHONPATH=f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}") as other:
        said = other.stdout.read()
    path.parent.chmod(0o755)
    assert said.startswith("0 [")
    assert said.count("cannot be used") == 1
    assert str(path) in said


def test_a_history_that_breaks_leaves_every_answer_what_it_is(path):
    """Each question to a broken history has the answer of an empty one."""
    with opened(path) as history:
        history.database.rows("DROP TABLE projects").result()
        history.remember(REFS).result()
        answers = [
            history.unended(), history.durations(), history.complete(), history.kind_of("a"), history.saved_sha256("x"),
        ]  # fmt: skip
        assert [answer.result() for answer in answers] == [None] * 5
        assert (history.unfinished(), len(history.frame())) == ([], 0)


def test_a_client_takes_up_nothing_from_a_broken_history(path, sandbox):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 1000)
    with pytest.warns(UserWarning, match="cannot be used"):
        client = sandbox.client(history=path, progress=False)
    with client:
        assert len(client.projects.resume().wait(10)) == 0
        assert len(client.projects.rescue()) == 0
        with pytest.raises(mh.ConfigurationError):
            client.history(kind="sculpture")
