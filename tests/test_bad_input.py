"""Bad input gets a clear error of ours, and loses nothing that was good beside it."""

import sqlite3
import warnings

import pytest

import mh_notebook as mh


def test_no_key_is_said_with_what_to_do():
    for make in (mh.Client, mh.AsyncClient, lambda: mh.frame("image:x"), lambda: mh.watch("image:x"), mh.resume):
        with pytest.raises(mh.MissingTokenError, match=r"mh\.login\(\).*MAGIC_HOUR_API_KEY.*mh\.demo\(\)"):
            make()


@pytest.mark.parametrize(
    "id", ["", " ", "a/b", "../x", "..", "a\\b", "a\x00b", "a b", "x" * 300, None, 7, "a?b=c", "a#b"]
)
def test_an_id_that_cannot_be_is_refused_before_anything_is_sent(client, sandbox, id):
    for call in (client.v1.image_projects.get, client.v1.audio_projects.delete, client.v1.video_projects.check_result):
        with pytest.raises(mh.InvalidRefError) as caught:
            call(id)
        assert isinstance(caught.value, mh.MagicHourError)
        assert len(str(caught.value)) < 300
    assert sandbox.requests == []


def test_a_kind_that_does_not_exist_is_refused_by_name(client):
    with pytest.raises(mh.InvalidRefError, match=r"no kind 'painting'.*image, video, audio"):
        client.projects.get("painting:abc")
    with pytest.raises(mh.InvalidRefError, match="an image, not a video"):
        client.v1.video_projects.get("image:abc")


def test_one_bad_ref_among_good_ones_loses_nothing(client, sandbox, tmp_path):
    good = sandbox.add("image")
    refs = [good, "", "painting:x", ("image", "a/b"), 7, "image:gone", None]
    frame = client.projects.frame(refs)
    assert frame["fetch_error"].isna().tolist() == [True] + [False] * 6
    monitor = client.projects.watch(refs, download=True, download_directory=tmp_path / "out")
    final = monitor.wait(30)
    assert final["status"].tolist()[0] == "complete"
    assert len(monitor.errors) == 6
    assert len(list((tmp_path / "out").iterdir())) == 1
    files = client.projects.download(refs, tmp_path / "out")
    assert files["error"].isna().tolist() == [True] + [False] * 6


def test_a_file_where_the_directory_should_be_stops_that_download_alone(client, sandbox, tmp_path):
    blocked = tmp_path / "taken"
    blocked.write_text("mine")
    ref = sandbox.add("image")
    monitor = client.projects.watch(ref, download=True, download_directory=blocked)
    monitor.wait(30)
    assert isinstance(monitor.errors[0], mh.DownloadError)
    assert "taken" in str(monitor.errors[0])
    assert blocked.read_text() == "mine"
    assert monitor.frame["status"].tolist() == ["complete"]


@pytest.mark.parametrize("place", ["under a file", "a directory", "not a database"])
def test_an_unwritable_history_warns_once_and_stops_nothing(sandbox, tmp_path, place):
    file = tmp_path / "plain"
    file.write_text("this is no database, whatever its name says " * 40)
    path = {"under a file": file / "history.sqlite", "a directory": tmp_path, "not a database": file}[place]
    with pytest.warns(UserWarning, match="history") as caught:
        client = sandbox.client(history=path, progress=False)
    assert len(caught) == 1
    with client, warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            assert client.v1.image_projects.check_result(sandbox.add("image")[1]).status == "complete"
        assert len(client.history()) == 0


def test_a_history_that_breaks_while_in_use_stops_nothing(sandbox, tmp_path, caplog):
    path = tmp_path / "h.sqlite"
    with sandbox.client(history=path, progress=False) as client:
        client.projects.frame(sandbox.refs)
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE projects")
        other.close()
        for _ in range(3):
            assert len(client.projects.frame(sandbox.refs)) == len(sandbox.refs)
    assert len([record for record in caplog.records if "history" in record.message]) == 1


def test_a_port_in_use_is_said_clearly(sandbox):
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(mh.PortInUseError, match=str(port)) as caught:
        mh.Sandbox(port=port).start()
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "http://localhost.example.com", "http://10.0.0.1:80", "http://127.0.0.1.evil.com"]
)
def test_plain_http_to_another_machine_is_refused_as_the_key_would_travel_open(url, monkeypatch):
    with pytest.raises(mh.ConfigurationError, match="travel open"):
        mh.Client("mhk_key", url)
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", url)
    with pytest.raises(mh.ConfigurationError, match="travel open"):
        mh.AsyncClient("mhk_key")


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": "x"},
        {"concurrency": 0},
        {"concurrency": True},
        {"timeout": float("nan")},
    ],
)
def test_a_number_that_cannot_work_is_refused(options):
    with pytest.raises(mh.ConfigurationError, match="above zero"):
        mh.Client("mhk_key", **options)


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_a_poll_interval_that_is_none_is_refused(client, sandbox, monkeypatch, value):
    monkeypatch.setenv("MAGIC_HOUR_POLL_INTERVAL", value)
    with pytest.raises(mh.ConfigurationError, match="MAGIC_HOUR_POLL_INTERVAL"):
        client.v1.image_projects.check_result(sandbox.add("image")[1])


def test_a_renderer_that_does_not_exist_is_refused(client, sandbox, monkeypatch):
    monkeypatch.setenv("MH_NOTEBOOK_RENDERER", "hologram")
    with sandbox.client() as shown, pytest.raises(mh.ConfigurationError, match="hologram"):
        shown.projects.watch(sandbox.refs)


def test_what_is_no_project_at_all_is_refused(client):
    for thing in (7, 3.5, object(), None):
        with pytest.raises(mh.InvalidRefError):
            client.projects.get(thing)
