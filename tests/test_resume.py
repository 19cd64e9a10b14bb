"""After a kernel's death one call brings the panel back: all that was watched, in order, into the same folders."""

import os
from pathlib import Path

import pytest
from histories import TurnedClock, asked, dead_kernel, environment_of
from kernels import running_kernel

import mh_notebook as mh


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
def sandbox(clock):
    """A sandbox whose renders last until the clock is turned."""
    with mh.Sandbox(speed=2000, clock=clock, link_lifetime=1e6) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def mh_here(sandbox, monkeypatch):
    return environment_of(sandbox, monkeypatch)


def ids(refs):
    return [id_ for _, id_ in refs]


@pytest.mark.slow
def test_a_killed_kernels_panel_comes_back_with_what_completed_meanwhile(sandbox, clock, tmp_path):
    """Three kernels are killed, one after another: the panel of each comes back, its folder too."""
    for number in range(3):
        folder = tmp_path / f"outputs-{number}"
        quick = sandbox.add("image", queue_seconds=0, render_seconds=0)
        refs = [sandbox.add("video"), quick, sandbox.add("audio")]
        dead_kernel(
            sandbox,
            f"monitor = mh.watch({refs!r}, download=True, download_directory={str(folder)!r})\n"
            "while len(monitor.frame['status'].dropna()) < 3 or monitor.panel.rows[1].phase != 'complete':\n"
            "    time.sleep(0.01)",
        )
        (saved,) = folder.glob(f"{quick[1]}-1.*")
        monitor = mh.resume()
        assert monitor.frame["id"].tolist() == ids(refs)
        clock.turn()
        frame = monitor.wait(60)
        assert frame["status"].tolist() == ["complete"] * 3
        assert sorted(path.name.partition("-1.")[0] for path in folder.iterdir()) == sorted(ids(refs))
        assert sum(quick[1] in request.path for request in sandbox.requests if request.host == "media") == 1
        assert [Path(project.downloaded_paths[0]).parent for project in monitor.projects] == [folder] * 3
        assert str(saved) in monitor.projects[1].downloaded_paths
        assert len(mh.resume().wait(10)) == 0  # it ended: there is nothing left to take up


def test_each_project_is_taken_up_by_itself(sandbox, clock, tmp_path):
    """One was deleted at the API, one downloads, one is only watched, one cannot be saved: none stops another."""
    downloading, watched, gone, stuck = refs = [sandbox.add("image") for _ in range(4)]
    (tmp_path / "a file").touch()
    with sandbox.client(history=tmp_path / "history.sqlite", progress=False) as client:
        for ref, folder in ((downloading, "one"), (watched, None), (gone, "two"), (stuck, "a file")):
            client.projects.watch(ref, download=folder is not None, download_directory=folder)
        client.projects.frame(refs)
    with sandbox.client(history=False) as elsewhere:
        elsewhere.v1.image_projects.delete(gone[1])
    clock.turn()
    monitor = mh.resume()
    frame = monitor.wait(30)
    assert frame["id"].tolist() == ids(refs)
    assert frame["status"].astype(object).where(frame["status"].notna(), None).tolist() == [
        "complete", "complete", None, "complete",
    ]  # fmt: skip
    assert "404" in frame["fetch_error"][2]
    assert [len(list(Path("one").iterdir())), Path("two").exists()] == [1, False]
    assert sorted(type(error).__name__ for error in monitor.errors) == ["DownloadError", "NotFoundError"]
    assert len(mh.resume().wait(10)) == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"was": 1}),
        ({"download": False}, {}),
        ({"download": True}, {"was": 1, ".": 1}),
        ({"download_directory": "new"}, {"new": 1}),
        ({"download": True, "download_directory": "new"}, {"new": 2}),
    ],
)
def test_options_say_otherwise(sandbox, clock, tmp_path, options, expected):
    refs = [sandbox.add("image") for _ in range(2)]
    with sandbox.client(history=tmp_path / "history.sqlite", progress=False) as client:
        client.projects.watch(refs[0], download=True, download_directory="was")
        client.projects.watch(refs[1])
        client.projects.frame(refs)
    clock.turn()
    assert mh.resume(**options).wait(30)["status"].tolist() == ["complete"] * 2
    places = [path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("cm*-1.*")]
    assert {place: places.count(place) for place in places} == expected


async def test_the_asynchronous_client_takes_up_the_same(sandbox, clock, tmp_path):
    ref = sandbox.add("image")
    for _ in range(2):
        async with sandbox.async_client(history=tmp_path / "history.sqlite", progress=False) as client:
            client.projects.watch(ref, download=True, download_directory="out")
            await client.projects.frame(ref)
    clock.turn()
    async with sandbox.async_client(history=tmp_path / "history.sqlite", progress=False) as client:
        monitor = await client.projects.resume()
        assert (await monitor)["status"].tolist() == ["complete"]
        assert len(await (await client.projects.resume())) == 0
    assert [name.partition("-")[0] for name in os.listdir("out")] == [ref[1]]  # noqa: PTH208 - once the loop is done


def test_a_client_without_a_history_says_that_it_has_none(sandbox):
    with sandbox.client(history=False, progress=False) as client:
        for call in (client.projects.resume, client.projects.rescue):
            with pytest.raises(mh.ConfigurationError, match=r"keeps no history\. Make it without history=False"):
                call()


def test_a_wrong_time_limit_is_said_before_anything_is_shown(sandbox):
    with pytest.raises(mh.ConfigurationError, match="timeout"):
        mh.resume(timeout=-1)


@pytest.mark.kernel
@pytest.mark.parametrize("end", ["restart", "kill"])
def test_a_jupyter_kernel_that_is_restarted_or_killed_takes_nothing_along(sandbox, tmp_path, end):
    """A restart ends a kernel in good order: its watches end with it, and are taken up all the same."""
    refs = [sandbox.add("video"), sandbox.add("image", queue_seconds=0, render_seconds=0)]
    with running_kernel(tmp_path) as kernel:
        kernel.run("import mh_notebook as mh, time")
        watch = f"m = mh.watch({refs!r}, download=True, download_directory='out')\n"
        assert kernel.run(watch + "while len(m.projects) < 2: time.sleep(0.1)")[0]["status"] == "ok"
        if end == "kill":
            os.kill(kernel.manager.provisioner.pid, 9)
        kernel.manager.restart_kernel(now=end == "kill")
        kernel.client.wait_for_ready(timeout=60)
        kernel.run("import mh_notebook as mh\nm = mh.resume()")
        assert kernel.value("m.frame['id'].tolist()") == str(ids(refs))
    assert asked(tmp_path / "history.sqlite", "SELECT DISTINCT download_directory FROM watching") == [
        (str(tmp_path / "out"),)
    ]


def test_what_was_stopped_by_hand_comes_back_in_the_order_in_which_it_was_watched(sandbox):
    refs = [sandbox.add("video", queue_seconds=10**9) for _ in range(8)]
    with sandbox.client(progress=False) as client:
        for _ in range(3):
            monitor = client.projects.watch(refs)
            monitor.stop()
            monitor.wait()
            resumed = client.projects.resume()
            assert resumed.frame["id"].tolist() == ids(refs)
            resumed.stop()
            resumed.wait()
