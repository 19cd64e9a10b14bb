"""Both clients against a sandbox over real sockets, and a few answers that only a mock can give."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from histories import TurnedClock

import mh_notebook as mh

IMAGE = {
    "id": "cuid-example",
    "name": None,
    "status": "complete",
    "image_count": 1,
    "type": "AI_IMAGE",
    "created_at": "1970-01-01T00:00:00",
    "enabled": True,
    "credits_charged": 5,
    "downloads": [],
    "error": None,
}
URL = "https://api.magichour.ai/v1/image-projects/cuid-example"


def test_each_kind_is_got_by_its_own_name_and_typed(client, sandbox):
    for kind, model in (("image", mh.ImageProject), ("video", mh.VideoProject), ("audio", mh.AudioProject)):
        ref = sandbox.add(kind)
        project = getattr(client.v1, f"{kind}_projects").get(id=ref[1])
        assert type(project) is model
        assert (project.kind, project.id) == ref


async def test_the_same_calls_are_awaited_on_the_callers_own_loop(sandbox):
    threads = set(threading.enumerate())
    async with sandbox.async_client(progress=False, history=False) as client:
        project = await client.v1.audio_projects.get(id=sandbox.add("audio")[1])
        assert project.kind == "audio"
        assert set(threading.enumerate()) == threads


def test_check_result_waits_downloads_and_names_files_by_project(client, sandbox, tmp_path):
    first, second = sandbox.add("image", image_count=2), sandbox.add("image")
    for _, id in (first, second):
        client.v1.image_projects.check_result(id, download_directory=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [f"{first[1]}-1.png", f"{first[1]}-2.png", f"{second[1]}-1.png"]
    )


def test_check_result_returns_the_paths_of_what_it_saved(client, sandbox, tmp_path):
    project = client.v1.video_projects.check_result(sandbox.add("video")[1], download_directory=tmp_path)
    assert [Path(path).read_bytes()[4:8] for path in project.downloaded_paths] == [b"ftyp"]


@pytest.mark.parametrize(("outcome", "credits"), [("error", 0), ("canceled", 0)])
def test_check_result_returns_failed_and_canceled_projects_refunded(client, sandbox, outcome, credits):
    project = client.v1.image_projects.check_result(sandbox.add("image", outcome=outcome)[1])
    assert (project.status, project.credits_charged, project.downloaded_paths) == (outcome, credits, ())
    with pytest.raises(mh.ProjectFailedError):
        project.raise_for_status()


def test_check_result_without_waiting_asks_once(client, sandbox):
    _, id = sandbox.add("image", queue_seconds=10**6)
    for _ in range(3):
        project = client.v1.image_projects.check_result(id, wait_for_completion=False)
        assert project.status == "queued"
    assert len([r for r in sandbox.requests if r.path.endswith(id)]) == 3


def test_a_deadline_ends_the_wait_and_carries_the_project_as_last_seen(client, sandbox):
    _, id = sandbox.add("image", queue_seconds=10**7)
    with pytest.raises(mh.WaitTimeoutError) as caught:
        client.v1.image_projects.check_result(id, timeout=0.3)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.project.status == "queued"


def test_an_unknown_status_is_waited_on_not_crashed_on(client, sandbox):
    _, id = sandbox.add("image", outcome="transcoding")
    with pytest.raises(mh.WaitTimeoutError) as caught:
        client.v1.image_projects.check_result(id, timeout=0.5)
    assert caught.value.project.status in ("transcoding", "rendering", "queued")


def test_delete_then_get_is_not_found(client, sandbox):
    _, id = sandbox.add("audio")
    assert client.v1.audio_projects.delete(id=id) is None
    with pytest.raises(mh.NotFoundError) as caught:
        client.v1.audio_projects.get(id=id)
    assert caught.value.status == 404
    assert id in str(caught.value)


def test_a_delete_whose_answer_was_lost_has_succeeded(client, sandbox):
    """The first DELETE works but its connection is reset; the second finds 404: that is success, not failure."""
    _, id = sandbox.add("image")
    sandbox.add_fault(f"/v1/image-projects/{id}", method="DELETE", reset=True, performed=True)
    client.v1.image_projects.delete(id)
    assert [(r.method, r.status) for r in sandbox.requests] == [("GET", 200), ("DELETE", 0), ("DELETE", 404)]


def test_what_a_project_came_to_cost_is_known_after_its_deletion():
    """It is asked for just before; where its answer cannot be read, it is deleted all the same."""
    clock = TurnedClock()
    with mh.Sandbox(empty=True, clock=clock) as sandbox, sandbox.client(progress=False) as client:
        settled = sandbox.add("video", credits=90, final_credits=70)
        unread = sandbox.add("image", credits=5)
        client.projects.frame(settled)
        clock.turn()
        sandbox.add_fault(f"/v1/image-projects/{unread[1]}", method="GET", body=b"{}")
        client.v1.video_projects.delete(settled[1])
        client.v1.image_projects.delete(unread[1])
        frame = client.history().set_index("id").loc[[settled[1], unread[1]]]
        assert frame["credits_charged"].tolist() == [70, pd.NA]
        assert frame["deleted_at"].notna().all()


def test_get_keeps_the_order_of_mixed_refs_and_raises_for_the_first_bad_one(client, sandbox):
    refs = [sandbox.add(kind) for kind in ("audio", "image", "video", "image")]
    assert [(p.kind, p.id) for p in client.projects.get(refs)] == refs
    with pytest.raises(mh.NotFoundError, match="no-such-id"):
        client.projects.get([*refs, "image:no-such-id"])


def test_a_frame_has_one_row_per_ref_and_a_bad_one_says_why(client, sandbox):
    good = sandbox.add("image")
    frame = client.projects.frame([good, "image:gone", "", "painting:x", good])
    assert frame["id"].tolist()[:2] == [good[1], "gone"]
    assert frame["fetch_error"].isna().tolist() == [True, False, False, False, True]
    assert "404" in frame.loc[1, "fetch_error"]
    assert "painting" in frame.loc[3, "fetch_error"]
    assert len([r for r in sandbox.requests if r.path.endswith(good[1])]) == 1  # asked once for two rows


@pytest.mark.parametrize("history", [True, False])
def test_a_bare_id_is_looked_for_in_every_kind_once_and_then_remembered(sandbox, history):
    _, id = sandbox.add("audio")
    with sandbox.client(history=history, progress=False) as client:
        assert [client.projects.get(id)[0].kind for _ in range(3)] == ["audio"] * 3
    asked = [r.path.split("/")[2] for r in sandbox.requests if r.path.endswith(id)]
    assert asked == ["image-projects", "video-projects", "audio-projects", "audio-projects", "audio-projects"]


def test_a_bare_id_of_nobody_is_not_found(client):
    with pytest.raises(mh.NotFoundError, match="nobody"):
        client.projects.get("nobody")


def test_a_watch_returns_at_once_and_its_end_is_a_frame(client, sandbox, tmp_path):
    refs = [sandbox.add("image"), sandbox.add("video", outcome="error"), sandbox.add("audio", outcome="canceled")]
    monitor = client.projects.watch(refs, download=True, download_directory=tmp_path)
    assert not monitor.done
    assert monitor.frame["id"].tolist() == [id for _, id in refs]
    final = monitor.wait(30)
    assert final["status"].tolist() == ["complete", "error", "canceled"]
    assert monitor.done
    assert [type(error) for error in monitor.errors] == [mh.ProjectFailedError] * 2
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_awaiting_a_monitor_gives_its_final_frame(client, sandbox):
    async def main():
        return await client.projects.watch(sandbox.add("image"))

    assert asyncio.run(main())["status"].tolist() == ["complete"]


async def test_an_async_client_watches_on_its_own_loop(sandbox):
    async with sandbox.async_client(progress=False) as client:
        monitor = client.projects.watch([sandbox.add("image"), "image:gone"])
        with pytest.raises(mh.MagicHourError, match="await"):
            monitor.wait()
        frame = await monitor
    assert frame["status"].tolist()[0] == "complete"
    assert isinstance(monitor.errors[0], mh.NotFoundError)


def test_stop_ends_the_watch_not_the_render(client, sandbox):
    ref = sandbox.add("image", queue_seconds=10**7)
    monitor = client.projects.watch(ref)
    monitor.stop()
    frame = monitor.wait(5)
    assert monitor.panel.rows[0].phase == "stopped"
    assert frame["status"].isna().all() or frame["status"].tolist() == ["queued"]


def test_on_complete_is_called_once_with_the_monitor_and_may_block(client, sandbox):
    """A blocking call from a callback on the loop's own thread returns: the loop turns inside it."""
    called = []
    other = sandbox.add("audio")

    def callback(monitor):
        called.append((monitor.frame["status"].tolist(), client.v1.audio_projects.get(other[1]).id))

    monitor = client.projects.watch(sandbox.add("image"))
    monitor.on_complete(callback)
    monitor.wait(30)
    for _ in range(100):
        if called:
            break
        threading.Event().wait(0.02)
    monitor.on_complete(callback)  # after the end: at once
    assert called == [(["complete"], other[1])] * 2
    assert monitor.errors == []


def test_a_callback_that_raises_is_an_error_of_the_monitor(client, sandbox):
    monitor = client.projects.watch(sandbox.add("image"))
    monitor.wait(30)
    monitor.on_complete(lambda monitor: 1 / 0)
    assert "ZeroDivisionError" in str(monitor.errors[0])


def test_waiting_for_a_monitor_may_time_out_while_the_watch_goes_on(client, sandbox):
    monitor = client.projects.watch(sandbox.add("image", queue_seconds=10**7))
    for _ in range(3):
        with pytest.raises(mh.WaitTimeoutError, match="1 of 1"):
            monitor.wait(0.2)
    assert not monitor.done
    monitor.stop()


@pytest.mark.parametrize("timeout", [float("nan"), float("inf"), -1, "5", True])
def test_a_wait_for_what_is_no_number_of_seconds_is_refused_at_once(client, sandbox, timeout):
    monitor = client.projects.watch(sandbox.add("image", queue_seconds=10**7))
    with pytest.raises(mh.ConfigurationError, match="timeout"):
        monitor.wait(timeout)
    monitor.stop()


LOOP_CLOSED_UNDER_A_WATCH = """
import asyncio, mh_notebook as mh

async def watch():
    return client.projects.watch(sandbox.add("image", queue_seconds=10**7))

async def awaited():
    return len(await monitor)

with mh.Sandbox() as sandbox:
    client = sandbox.async_client(progress=False)
    loop = asyncio.new_event_loop()
    monitor = loop.run_until_complete(watch())
    loop.close()
    print(monitor.done, len(monitor.wait()), monitor.done, asyncio.run(awaited()))
"""


def test_a_watch_whose_loop_is_closed_under_it_ends():
    """In a process of its own: what such a loop leaves is loud when it is collected."""
    command = [sys.executable, "-c", LOOP_CLOSED_UNDER_A_WATCH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False 1 True 1\n"


def test_downloads_are_a_row_per_file_and_running_again_changes_nothing(client, sandbox, tmp_path):
    two, none = sandbox.add("image", image_count=2), sandbox.add("image", queue_seconds=10**7)
    client.v1.image_projects.check_result(two[1], download_outputs=False)
    for _ in range(3):
        files = client.projects.download([two, none, "image:gone"], tmp_path)
        assert files["number"].tolist()[:2] == [1, 2]
        assert files["error"].isna().tolist() == [True, True, False, False]
        assert files["media_type"].tolist()[:2] == ["image/png"] * 2
    assert len(list(tmp_path.glob("*-*.png*"))) == 2


def test_a_link_that_has_run_out_is_healed_by_one_fresh_answer(client, sandbox, tmp_path):
    ref = sandbox.add("image", first_link_expired=True, queue_seconds=0, render_seconds=0)
    project = client.v1.image_projects.check_result(ref[1], download_directory=tmp_path)
    assert len(project.downloaded_paths) == 1
    assert len([r for r in sandbox.requests if r.host == "api"]) == 2


def test_links_run_out_between_the_answer_and_the_download(client, sandbox, tmp_path):
    _, id = ref = sandbox.add("image", queue_seconds=0, render_seconds=0)
    project = client.projects.get(ref)[0]
    sandbox.expire_links("image", id)
    assert client.projects.download([project], tmp_path)["error"].isna().all()


def test_a_foreign_file_of_the_same_name_is_never_overwritten(client, sandbox, tmp_path):
    _, id = sandbox.add("image", queue_seconds=0, render_seconds=0)
    foreign = tmp_path / f"{id}-1.png"
    foreign.write_bytes(b"mine")
    with pytest.raises(mh.DownloadError, match="left as it is"):
        client.v1.image_projects.check_result(id, download_directory=tmp_path)
    assert foreign.read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_file_where_the_directory_should_be_is_said_so(client, sandbox, tmp_path):
    (tmp_path / "outputs").write_text("a file")
    _, id = sandbox.add("image", queue_seconds=0, render_seconds=0)
    with pytest.raises(mh.DownloadError, match="a file stands there"):
        client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "retry_after": 1}, {"reset": True}])
def test_what_may_pass_is_tried_again(client, sandbox, fault):
    _, id = sandbox.add("image")
    sandbox.add_fault(f"/v1/image-projects/{id}", times=2, **fault)
    assert client.v1.image_projects.get(id).id == id
    assert len([r for r in sandbox.requests if r.path.endswith(id)]) == 3


@pytest.mark.parametrize(("status", "error"), [(400, mh.BadRequestError), (403, mh.PermissionDeniedError)])
def test_what_will_not_pass_is_asked_once(client, sandbox, status, error):
    _, id = sandbox.add("image")
    sandbox.add_fault(f"/v1/image-projects/{id}", status=status)
    with pytest.raises(error):
        client.v1.image_projects.get(id)
    assert len([r for r in sandbox.requests if r.path.endswith(id)]) == 1


def test_a_wrong_key_is_an_authentication_error(sandbox):
    with mh.Client("mhk_wrong_key", sandbox.url) as client, pytest.raises(mh.AuthenticationError):
        client.projects.get(sandbox.refs)


def test_nobody_at_the_address_is_a_connection_error(monkeypatch):
    monkeypatch.setattr("mh_notebook.transport.retries.ATTEMPTS", 2)
    with (
        mh.Client("mhk_key", "http://127.0.0.1:9") as client,
        pytest.raises(mh.APIConnectionError, match="cannot reach"),
    ):
        client.v1.image_projects.get("abc")


def test_a_server_that_does_not_answer_is_a_time_out(sandbox):
    _, id = sandbox.add("image")
    sandbox.add_fault(f"/v1/image-projects/{id}", times=9, stall=5)
    with sandbox.client(timeout=0.3, progress=False) as client, pytest.raises(mh.APITimeoutError) as caught:
        client.v1.image_projects.get(id)
    assert isinstance(caught.value, TimeoutError)


def test_no_more_calls_at_once_than_the_bound(sandbox):
    refs = [sandbox.add("image") for _ in range(40)]
    with sandbox.client(concurrency=3, progress=False) as client:
        assert len(client.projects.frame(refs)) == 40


def test_the_newest_schema_without_deprecated_fields_is_read(answers):
    answers.get(URL, payload=IMAGE)
    with mh.Client("mhk_key") as client:
        assert client.v1.image_projects.get("cuid-example").total_frame_cost is None


def test_html_with_status_200_is_an_invalid_response(answers):
    answers.get(URL, body="<html>Bad gateway</html>", content_type="text/html")
    with mh.Client("mhk_key") as client, pytest.raises(mh.InvalidResponseError, match="HTML"):
        client.v1.image_projects.get("cuid-example")


def test_a_redirect_is_not_followed(answers):
    answers.get(URL, status=302, headers={"Location": "https://elsewhere.example/"})
    with mh.Client("mhk_key") as client, pytest.raises(mh.APIStatusError) as caught:
        client.v1.image_projects.get("cuid-example")
    assert caught.value.status == 302


def test_a_project_is_drawn_by_ipython_as_html(client, sandbox):
    from IPython.core.formatters import DisplayFormatter

    (project,) = client.projects.get(sandbox.add("image", name="Harbour <b>"))
    data, _ = DisplayFormatter().format(project)
    assert "Harbour &lt;b&gt;" in data["text/html"]
    assert data["text/plain"].startswith("ImageProject(")


def test_a_sandboxs_projects_go_into_no_history_of_real_ones(monkeypatch, tmp_path):
    monkeypatch.delenv("MH_NOTEBOOK_HISTORY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with mh.Sandbox() as sandbox, sandbox.client(progress=False) as client:
        client.projects.frame(sandbox.refs)
        assert len(client.history()) == len(sandbox.refs)
    assert not (tmp_path / "data").exists()


# Life and death of a client


def test_a_client_is_closed_twice_and_then_says_so(sandbox):
    client = sandbox.client(progress=False)
    client.projects.frame(sandbox.refs)
    for _ in range(3):
        client.close()
    for call in (lambda: client.projects.frame(sandbox.refs), client.account, client.history, client.projects.resume):
        with pytest.raises(mh.ClientClosedError):
            call()


async def test_an_async_client_is_closed_twice_and_then_says_so(sandbox):
    client = sandbox.async_client(progress=False)
    for _ in range(3):
        await client.close()
    for call in (client.account, client.projects.resume, client.projects.rescue):
        with pytest.raises(mh.ClientClosedError):
            await call()
    with pytest.raises(mh.ClientClosedError):
        client.history()


def test_a_closed_client_without_a_history_says_so_too(sandbox):
    client = sandbox.client(history=False)
    assert len(client.history()) == 0
    client.close()
    with pytest.raises(mh.ClientClosedError):
        client.history()


def test_a_callback_at_the_close_can_still_read_the_history(sandbox):
    client = sandbox.client(progress=False)
    ref = sandbox.add("image", queue_seconds=1e9)
    client.projects.get(ref)
    monitor, seen = client.projects.watch(ref), []
    monitor.on_complete(lambda _: seen.append(client.history()["id"].tolist()))
    client.close()
    assert (seen, monitor.errors) == ([[ref[1]]], [])


def test_a_history_that_is_read_while_its_client_is_closed_is_whole_or_says_so(sandbox):
    for _ in range(20):
        client = sandbox.client(progress=False)
        client.projects.frame(sandbox.refs)
        closing = threading.Thread(target=client.close)
        closing.start()
        try:
            while True:
                assert len(client.history()) >= len(sandbox.refs)
        except mh.ClientClosedError:
            closing.join()


def test_a_client_never_used_has_no_thread(sandbox):
    before = threading.active_count()
    with sandbox.client(history=False):
        assert threading.active_count() == before


def test_closing_while_a_call_is_under_way_ends_the_call(sandbox, closing_under):
    client, id = sandbox.client(progress=False), sandbox.add("image", queue_seconds=10**7)[1]
    assert closing_under(client, lambda: client.v1.image_projects.check_result(id)) == [mh.ClientClosedError]


def test_closing_ends_the_watches(sandbox):
    client = sandbox.client(progress=False)
    monitor = client.projects.watch(sandbox.add("image", queue_seconds=10**7))
    client.close()
    assert monitor.done
    assert monitor.panel.rows[0].phase == "stopped"
    assert isinstance(monitor.frame, pd.DataFrame)


def test_a_cell_run_again_leaks_nothing(sandbox):
    """`client = mh.Client()` in a cell that is run 20 times: the old ones end when they are forgotten."""
    before = threading.active_count()
    client = None
    for _ in range(20):
        client = sandbox.client(progress=False)
        client.projects.frame(sandbox.refs[:2])
    assert threading.active_count() <= before + 3
    assert client is not None
    client.close()


def test_a_forgotten_client_is_collected_once_its_watch_has_ended(sandbox):
    client = sandbox.client(progress=False)
    alive = weakref.ref(client)
    monitor = client.projects.watch(sandbox.add("image", queue_seconds=20))
    del client
    gc.collect()
    assert alive() is not None
    assert monitor.wait(30)["status"].tolist() == ["complete"]
    del monitor
    for _ in range(50):
        gc.collect()
        if alive() is None:
            break
        threading.Event().wait(0.02)
    assert alive() is None


# The sockets of a loop that its owner has closed are Python's to collect; it says so where one listens.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_async_client_lets_its_session_go(sandbox):
    client = sandbox.async_client(progress=False)
    for _ in range(3):  # a new loop each time: the session of the closed one is let go
        asyncio.run(_account(client))
    del client
    gc.collect()


async def _account(client):
    return await client.account()


def test_ten_threads_share_one_client(client, sandbox):
    refs = [sandbox.add("image") for _ in range(10)]
    got = []
    threads = [threading.Thread(target=lambda ref=ref: got.append(client.projects.get(ref)[0].id)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(got) == sorted(id for _, id in refs)


def test_nobody_elses_loop_is_patched(client, sandbox):
    """After a blocking call from a callback, asyncio and every other loop are as they were."""
    names = (asyncio.run, asyncio.Task, asyncio.Future, asyncio.get_event_loop)
    done = threading.Event()
    monitor = client.projects.watch(sandbox.add("image"))
    monitor.on_complete(lambda _: (client.account(), done.set()))
    assert done.wait(30)
    assert (asyncio.run, asyncio.Task, asyncio.Future, asyncio.get_event_loop) == names
    assert not hasattr(asyncio.SelectorEventLoop, "_nest_patched")
    assert not hasattr(asyncio, "_nest_patched")


# What a hostile tester found


def test_an_async_client_that_nobody_holds_lives_as_long_as_its_call(sandbox):
    async def main():
        frame = await sandbox.async_client(progress=False).projects.frame(sandbox.refs)
        return frame["fetch_error"].isna().all()

    assert asyncio.run(main())


async def test_a_watch_closed_before_its_first_step_has_ended(sandbox):
    client = sandbox.async_client(progress=False)
    monitor = client.projects.watch(sandbox.add("image"))
    await client.close()
    assert (await asyncio.wait_for(monitor, 5)) is not None
    assert monitor.panel.rows[0].phase == "stopped"


@pytest.mark.parametrize("raised", [SystemExit, asyncio.CancelledError, KeyboardInterrupt, ValueError])
def test_whatever_a_callback_raises_the_next_one_runs_and_the_client_lives(client, sandbox, raised):
    called = threading.Event()
    monitor = client.projects.watch(sandbox.add("image"))

    def raises(monitor):
        raise raised

    monitor.on_complete(raises)
    monitor.on_complete(lambda monitor: called.set())
    monitor.wait(30)
    assert called.wait(5)
    assert raised.__name__ in str(monitor.errors[-1])
    assert client.account().tier == "free"


def test_a_callback_may_close_the_client(sandbox):
    client = sandbox.client(progress=False)
    monitor = client.projects.watch(sandbox.add("image"))
    monitor.on_complete(lambda monitor: client.close())
    assert monitor.wait(30)["status"].tolist() == ["complete"]


def test_no_callback_added_while_a_watch_ends_is_lost(client, sandbox):
    for _ in range(20):
        monitor, called, added = client.projects.watch(sandbox.add("image", queue_seconds=0, render_seconds=0)), [], 0
        while not monitor.done and added < 2000:
            monitor.on_complete(called.append)
            added += 1
        monitor.on_complete(called.append)
        deadline = threading.Event()
        for _ in range(100):
            if len(called) == added + 1:
                break
            deadline.wait(0.01)
        assert len(called) == added + 1


def test_one_link_that_cannot_be_read_takes_no_other_project_with_it(client, sandbox, tmp_path, monkeypatch):
    import msgspec

    from mh_notebook.protocol.decoding import decode_project

    bad = sandbox.add("image", queue_seconds=0, render_seconds=0)[1]
    good = [sandbox.add("image", queue_seconds=0, render_seconds=0)[1] for _ in range(3)]

    def decode(kind, body):
        project = decode_project(kind, body)
        links = tuple(msgspec.structs.replace(one, url="http://[::1/x?auth-token=s") for one in project.downloads)
        return msgspec.structs.replace(project, downloads=links) if project.id == bad else project

    monkeypatch.setattr("mh_notebook.core.decode_project", decode)
    refs = [f"image:{id}" for id in (bad, *good)]
    assert client.projects.download(refs, tmp_path / "o")["error"].isna().tolist() == [False, True, True, True]
    monitor = client.projects.watch(refs, download=True, download_directory=tmp_path / "p")
    monitor.wait(30)
    assert [type(error) for error in monitor.errors] == [mh.UnsafeDownloadError]


def test_even_what_we_did_not_foresee_fails_one_row_alone(client, sandbox, monkeypatch):
    from mh_notebook.protocol.decoding import decode_project

    bad, good = sandbox.add("image")[1], sandbox.add("image")[1]

    def decode(kind, body):
        if bad.encode() in body:
            raise ZeroDivisionError("https://host/x?auth-token=s")
        return decode_project(kind, body)

    monkeypatch.setattr("mh_notebook.core.decode_project", decode)
    frame = client.projects.frame([f"image:{bad}", f"image:{good}"])
    assert frame["fetch_error"].isna().tolist() == [False, True]
    assert "ZeroDivisionError" in frame.loc[0, "fetch_error"]
    monitor = client.projects.watch([f"image:{bad}", f"image:{good}"])
    assert monitor.wait(30)["status"].isna().tolist() == [True, False]
    assert "auth-token" not in str(monitor.errors)


def test_a_watch_waits_as_long_as_the_server_asks_even_past_its_calls_deadline(sandbox):
    id = sandbox.add("image", queue_seconds=0, render_seconds=0)[1]
    sandbox.add_fault(f"/v1/image-projects/{id}", times=3, status=429, retry_after=120)
    with sandbox.client(progress=False, timeout=0.5) as client:
        assert client.v1.image_projects.check_result(id, download_outputs=False).status == "complete"
    asked = [request.at for request in sandbox.requests if request.path.endswith(id)]
    assert len(asked) == 4
    assert all(later - earlier >= 120 / 2000 for earlier, later in pairwise(asked))  # the sandbox's minute is 30 ms


@pytest.mark.slow
def test_a_client_collected_in_the_middle_of_another_executors_submit_does_not_deadlock(sandbox):
    """The garbage collector may run anywhere, also while a lock is held that a closing client would want."""
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        executor.submit(int).result()
        for allocations in range(1, 30):
            gc.collect()
            gc.disable()
            client = sandbox.client(progress=False)
            monitor = client.projects.watch(sandbox.add("image", queue_seconds=0, render_seconds=0))
            monitor.wait(30)
            del client, monitor
            gc.set_threshold(gc.get_count()[0] + allocations)
            gc.enable()
            for _ in range(10):
                executor.submit(int)
            gc.set_threshold(700)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python 3.12 warns of any fork beside threads
def test_a_forked_child_asks_through_a_loop_of_its_own(client, sandbox):
    client.account()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, client.account().tier.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        assert answer.read() == b"free"
    os.waitpid(child, 0)
    assert client.account().tier == "free"


def test_an_interrupt_while_the_loop_thread_starts_leaves_a_client_that_works(client, monkeypatch):
    from mh_notebook.transport import loop_thread

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(loop_thread.threading, "Thread", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.account()
    assert client.account().tier == "free"


def test_every_error_travels_to_another_process_as_it_is():
    import pickle

    for error in (
        mh.NotFoundError(404, "gone", kind="image", id="x"),
        mh.MissingTokenError(),
        mh.WaitTimeoutError("late", None),
    ):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_a_folder_that_cannot_be_named_is_a_download_error(client, sandbox):
    with pytest.raises(mh.DownloadError, match="no path has"):
        client.v1.image_projects.check_result(sandbox.add("image")[1], download_directory="a\x00b")
