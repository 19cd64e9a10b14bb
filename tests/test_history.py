"""What was seen is on disk before anyone asks, changes once per change, and never stops anything."""

import hashlib
import logging
import os
import sqlite3
import threading
import time
import warnings
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from histories import KEY, LINK, OTHER_KEY, REFS, SHAPES, asked, environment_of, make, opened

import mh_notebook as mh
from mh_notebook import default
from mh_notebook.frames import SCHEMA
from mh_notebook.history import History, default_path
from mh_notebook.history.frame import HISTORY_SCHEMA
from mh_notebook.history.hashing import look_at, read_sha256
from mh_notebook.protocol.refs import Ref


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "history.sqlite"


def test_the_file_and_its_directory_are_made_and_where_it_is_can_be_set(path, monkeypatch, tmp_path):
    assert default_path() == tmp_path / "history.sqlite"
    monkeypatch.setenv("MH_NOTEBOOK_HISTORY", "~/elsewhere.sqlite")
    assert default_path().name == "elsewhere.sqlite"
    assert default_path().is_absolute()
    monkeypatch.delenv("MH_NOTEBOOK_HISTORY")
    assert default_path().parts[-2:] == ("mh_notebook", "history.sqlite")
    with opened(path):
        assert path.is_file()


def test_a_history_that_is_closed_has_ended_its_thread(path):
    before = set(threading.enumerate())
    for _ in range(3):
        history = History(path, KEY)
        history.database.submit(lambda _: time.sleep(0.05))  # it is still busy when it is closed
        history.close()
        assert set(threading.enumerate()) == before


def test_what_is_asked_for_is_written_down_before_anything_is_known(path):
    for _ in range(3):  # again and again changes nothing
        with opened(path) as history:
            history.remember([*REFS, Ref("", "bare")]).result()
            frame = history.frame()
    assert list(zip(frame["kind"], frame["id"], strict=True)) == [("audio", "c"), ("image", "a"), ("video", "b")]
    assert frame["status"].isna().all()
    assert frame["first_seen_at"].notna().all()
    assert asked(path, "SELECT count(*) FROM transitions") == [(0,)]


def test_a_client_writes_the_ids_before_its_first_request(sandbox, path):
    """The sandbox looks into the file when it is asked: the ids stand there already."""
    seen = []
    ref = sandbox.add("image")
    with sandbox.client(history=path, progress=False) as client:
        fetch = client._core.api.call

        async def call(*arguments, **options):
            seen.append(asked(path, "SELECT kind, id, status FROM projects"))
            return await fetch(*arguments, **options)

        client._core.api.call = call
        client.projects.frame(ref)
        client.projects.watch(sandbox.add("audio")).wait(30)
    assert seen[0] == [(*ref, None)]
    assert len(seen[1]) == 2


def test_each_change_of_status_or_credits_is_one_transition(path):
    states = [("queued", 5), ("queued", 5), ("rendering", 5), ("rendering", 5), ("rendering", 7), ("complete", 7)]
    with opened(path) as history:
        for status, charged in states * 1 + [("complete", 7)] * 3:
            history.observe([make(status=status, charged=charged)]).result()
    seen = asked(path, "SELECT status, credits_charged FROM transitions ORDER BY seen_at")
    assert seen == [("queued", 5), ("rendering", 5), ("rendering", 7), ("complete", 7)]
    times = [moment for (moment,) in asked(path, "SELECT seen_at FROM transitions")]
    assert times == sorted(times)
    assert all(moment.endswith("+00:00") for moment in times)


def test_the_frame_has_the_schema_and_the_last_state(path):
    with opened(path) as history:
        empty = history.frame()
        history.observe([make(charged=5), make("video", "b", "rendering", 450)]).result()
        history.observe([make(status="error", charged=0, error={"code": "c", "message": f"see {LINK}"})]).result()
        frame = history.frame()
    for found in (empty, frame):
        assert list(found.columns) == [*SCHEMA, *HISTORY_SCHEMA]
        assert {name: str(found[name].dtype) for name in HISTORY_SCHEMA} == {
            name: str(dtype) for name, dtype in HISTORY_SCHEMA.items()
        }
        assert str(found["credits_charged"].dtype) == "Int64"
    assert (len(empty), len(frame)) == (0, 2)
    image = frame[frame["kind"] == "image"].iloc[0]
    assert (image["status"], image["credits_charged"], image["credits_settled"]) == ("error", 0, True)
    assert image["error_message"] == "see https://files.example/…"
    assert frame["deleted_at"].isna().all()
    assert mh.credits.total(frame) == 450


def test_what_was_deleted_stays_known_with_what_it_cost(path):
    with opened(path) as history:
        history.observe([make(status="complete", charged=5)]).result()
        history.deleted(REFS[0]).result()
        frame = history.frame()
        assert history.unfinished() == []
    assert frame["deleted_at"].notna().tolist() == [True]
    assert frame["credits_charged"].tolist() == [5]


def test_unfinished_is_what_had_not_ended_and_was_not_deleted_oldest_first(path):
    statuses = ["draft", "queued", "rendering", "complete", "error", "canceled", "transcoding"]
    with opened(path) as history:
        history.remember([Ref("audio", "never seen")]).result()
        for number, status in enumerate(statuses):
            history.observe([make(id_=f"{number}-{status}", status=status)]).result()
        history.observe([make("video", "dropped", "queued")]).result()
        history.deleted(Ref("video", "dropped")).result()
        unfinished = history.unfinished()
    assert unfinished == [
        Ref("audio", "never seen"),
        *(Ref("image", f"{number}-{status}") for number, status in ((0, "draft"), (1, "queued"), (2, "rendering"))),
        Ref("image", "6-transcoding"),
    ]


def test_the_kind_of_an_id_is_known_once_it_was_seen(path):
    with opened(path) as history:
        history.remember(REFS).result()
        assert history.kind_of("a").result() is None  # asked for, never answered
        history.observe([make("audio", "c")]).result()
        assert [history.kind_of(id_).result() for id_ in ("c", "a", "nobody")] == ["audio", None, None]


def test_saved_files_are_known_by_path(path):
    with opened(path) as history:
        for size in (5, 7):
            history.saved(REFS[0], "/out/a-1.png", size, f"{size:064x}").result()
        assert history.saved_sha256("/out/a-1.png").result() == f"{7:064x}"
        assert history.saved_sha256("/out/other.png").result() is None
    assert asked(path, "SELECT count(*) FROM files") == [(1,)]


def hash_of(path, file):
    """Close the history that is open on it, and return the file's hash as written down."""
    return asked(path, "SELECT sha256 FROM files WHERE path = ?", str(file))[0][0]


def test_a_hash_that_is_not_known_yet_is_read_from_the_file_afterwards(path, tmp_path):
    file = tmp_path / "a-1.png"
    file.write_bytes(b"bytes")
    with opened(path) as history:
        history.saved(REFS[0], str(file), 5, None).result()
    assert hash_of(path, file) == hashlib.sha256(b"bytes").hexdigest()


def test_a_history_that_is_let_go_reads_the_hashes_that_are_left(path, tmp_path):
    file = tmp_path / "a-1.png"
    file.write_bytes(b"bytes")
    history = History(path, KEY)
    history.saved(REFS[0], str(file), 5, None).result()
    history.let_go()
    history.close()
    assert hash_of(path, file) == hashlib.sha256(b"bytes").hexdigest()


@pytest.mark.parametrize("become", ["gone", "longer", "another", "replaced"])
def test_a_file_that_is_not_what_was_saved_any_more_gets_no_hash(path, tmp_path, become):
    file, other = tmp_path / "a-1.png", tmp_path / "other.png"
    file.write_bytes(b"bytes")
    look = look_at(str(file))
    if become == "gone":
        file.unlink()
    elif become == "replaced":
        other.write_bytes(b"other")
        os.utime(other, ns=(look.changed, look.changed))
        other.replace(file)
    else:
        file.write_bytes(b"bytes and more" if become == "longer" else b"other")
        os.utime(file, ns=(look.changed, look.changed + (become == "another")))
    assert read_sha256(str(file), look) == ""


def test_what_is_written_down_waits_for_no_hash(path, tmp_path):
    file = tmp_path / "a-1.mp4"
    with file.open("wb") as large:
        large.truncate(2**29)  # takes half a second, and no space
    with opened(path) as history:
        history.saved(REFS[0], str(file), 2**29, None).result()
        history.remember(REFS).result()
        assert history.saved_sha256(str(file)).result() == ""
    assert len(hash_of(path, file)) == 64


def test_two_accounts_never_mix(path):
    with opened(path, KEY) as mine, opened(path, OTHER_KEY) as theirs:
        mine.observe([make(charged=5)]).result()
        theirs.observe([make(charged=7, status="complete"), make("audio", "c")]).result()
        assert mine.frame()["credits_charged"].tolist() == [5]
        assert theirs.frame()["credits_charged"].tolist() == [5, 7]
        assert mine.kind_of("c").result() is None
        assert mine.unfinished() == [Ref("image", "a")]
        assert theirs.unfinished() == [Ref("audio", "c")]
        mine.deleted(REFS[0]).result()
        assert theirs.frame()["deleted_at"].isna().all()
        assert mine.saved_sha256("x").result() is None
    with opened(path, None) as everyone:
        assert len(everyone.frame()) == 3
    with opened(path, KEY) as again:
        assert again.frame()["credits_charged"].tolist() == [5]


def test_several_writers_on_one_file_lose_nothing(path):
    """As several kernels do: four histories, each on a thread of its own, 25 writes each."""
    histories = [History(path, KEY) for _ in range(4)]
    futures = [
        history.observe([make(id_=f"{number}-{count}")])
        for count in range(25)
        for number, history in enumerate(histories)
    ]
    for future in futures:
        future.result(30)
    frames = [history.frame() for history in histories]
    for history in histories:
        history.close()
    assert [len(frame) for frame in frames] == [100] * 4
    assert asked(path, "SELECT count(*) FROM transitions") == [(100,)]


def test_closing_twice_is_fine_and_later_calls_do_nothing(path):
    history = History(path, KEY)
    history.remember(REFS)  # not waited for: closing writes what is left
    for _ in range(3):
        history.close()
    assert asked(path, "SELECT count(*) FROM projects") == [(3,)]
    assert history.observe([make()]).result() is None
    assert history.kind_of("a").result() is None
    assert history.unfinished() == []
    assert list(history.frame().columns)[: len(SCHEMA)] == list(SCHEMA)


def test_neither_the_key_nor_a_link_is_in_the_bytes_of_the_file(path):
    hostile = {"name": f"see {LINK}", "type": LINK, "new": [{LINK: LINK}], LINK: 1}
    urls = [LINK, "//files.example/a?auth-token=s3cret", "s3cret"]
    downloads = [{"url": url, "expires_at": "2026-01-02T00:00:00Z"} for url in urls]
    with opened(path) as history:
        for kind in SHAPES:
            error = {"code": LINK, "message": LINK}
            history.observe([make(kind, "a", downloads=downloads, error=error, download=downloads[0], **hostile)])
        history.saved(REFS[0], "/out/a-1.png", 5, "0" * 64).result()
        history.frame()
        raw = b"".join(file.read_bytes() for file in path.parent.iterdir())  # the write-ahead log too
    raw += b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"A name" not in raw  # each name was replaced by a hostile one
    assert b"files.example" in raw
    for secret in (b"s3cret", b"auth-token", KEY.encode()):
        assert secret not in raw


def test_links_are_not_brought_back_but_how_many_and_until_when_is(path):
    downloads = [{"url": LINK, "expires_at": "2026-01-02T00:00:00Z"}] * 2
    with opened(path) as history:
        history.observe([make(status="complete", downloads=downloads)]).result()
        frame = history.frame()
    assert frame["download_count"].tolist() == [2]
    assert frame["expires_at"].tolist() == [pd.Timestamp("2026-01-02T00:00:00Z")]


# Trouble: one warning that says where, and everything goes on


def goes_on(history):
    history.remember(REFS).result()
    history.observe([make()]).result()
    history.deleted(REFS[0]).result()
    history.saved(REFS[0], "x", 1, "y").result()
    assert history.kind_of("a").result() is None
    assert history.saved_sha256("x").result() is None
    assert history.unfinished() == []
    assert len(history.frame()) == 0


def directory(path):
    path.mkdir(parents=True)


def file_for_a_directory(path):
    path.parent.write_text("a file")


def garbage(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 1000)


def zeros(path):
    path.parent.mkdir()
    path.write_bytes(bytes(8192))


def cut(path):
    History(path, KEY).close()
    path.write_bytes(path.read_bytes()[:150])


def newer(path):
    History(path, KEY).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")


def other_program(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE projects (title TEXT)")
        database.execute("CREATE TABLE facts (x TEXT)")
        database.commit()


@pytest.mark.parametrize("trouble", [directory, file_for_a_directory, garbage, zeros, cut, newer, other_program])
def test_a_history_that_cannot_be_used_warns_once_and_stops_nothing(path, trouble):
    trouble(path)
    before = path.read_bytes() if path.is_file() else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with opened(path) as history:
            for _ in range(3):
                goes_on(history)
    (warning,) = caught
    text = str(warning.message)
    assert str(path) in text
    assert "history=False" in text
    assert ("newer" in text) is (trouble is newer)
    if trouble is not other_program:  # there, the journal's mode is written before the tables are seen to differ
        assert before is None or path.read_bytes() == before


def test_a_directory_that_may_not_be_written_to_warns_once(path):
    """Root may write into any ordinary directory, but not even root into /proc."""
    path.parent.mkdir()
    path.parent.chmod(0o500)
    place = Path("/proc/mh_notebook/history.sqlite") if os.access(path.parent, os.W_OK) else path
    with pytest.warns(UserWarning, match="cannot be used"), opened(place) as history:
        goes_on(history)
    path.parent.chmod(0o700)


def test_a_read_only_file_warns_once(path, monkeypatch):
    """Opened read-only, as root may write to any file that is there."""
    History(path, KEY).close()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda file, **options: connect(f"{file.as_uri()}?mode=ro", uri=True, **options)
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with opened(path) as history:
            goes_on(history)
    assert [str(path) in str(warning.message) for warning in caught] == [True]


def test_a_history_that_breaks_on_the_way_is_reported_once(path, caplog):
    with opened(path) as history:
        history.remember(REFS).result()
        history.database.rows("DROP TABLE projects").result()
        with caplog.at_level(logging.WARNING, "mh_notebook"):
            for _ in range(3):
                goes_on(history)
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]


def test_a_row_that_was_spoilt_hides_no_other(path):
    with opened(path) as history:
        history.observe([make(), make("audio", "c")]).result()
        with closing(sqlite3.connect(path)) as database:
            database.execute("UPDATE projects SET project = '{\"id\":' WHERE kind = 'image'")
            database.commit()
        frame = history.frame().set_index("id")
    assert frame.loc["c", "status"] == "queued"
    assert "cannot be read" in frame.loc["a", "fetch_error"]


def test_a_path_that_is_no_text_stops_nothing(path, caplog):
    with opened(path) as history:
        history.saved(REFS[0], "/out/\udcff.png", 1, "x").result()
    assert len(caplog.records) == 1


def test_a_client_works_beside_a_broken_history(sandbox, path):
    garbage(path)
    with pytest.warns(UserWarning, match="cannot be used") as caught:
        client = sandbox.client(history=path, progress=False)
    with client:
        assert len(client.projects.frame(sandbox.refs)) == len(sandbox.refs)
        assert len(client.history()) == 0
    assert len(caught) == 1


# The module's own functions


@pytest.fixture
def environment(sandbox, monkeypatch):
    yield environment_of(sandbox, monkeypatch)
    default._current[1].close()


def test_history_is_a_frame_of_all_that_was_seen_and_needs_no_key(environment, sandbox, monkeypatch):
    refs = [sandbox.add(kind) for kind in SHAPES]
    mh.frame([*refs, "image:gone"])
    requests = len(sandbox.requests)
    for _ in range(3):
        frame = mh.history()
        assert sorted(frame["id"]) == sorted([*(id_ for _, id_ in refs), "gone"])
    assert len(sandbox.requests) == requests
    monkeypatch.delenv("MAGIC_HOUR_API_KEY")
    assert len(mh.history()) == 4
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", OTHER_KEY)
    assert len(mh.history()) == 0


def test_resume_watches_what_had_not_ended_and_nothing_else(environment, sandbox):
    done = sandbox.add("image", queue_seconds=0, render_seconds=0)
    open_ones = [sandbox.add("image", render_seconds=400), sandbox.add("audio", render_seconds=400)]
    mh.frame([done, *open_ones])
    monitor = mh.resume()
    assert sorted(monitor.frame["id"]) == sorted(id_ for _, id_ in open_ones)
    assert monitor.wait(30)["status"].tolist() == ["complete"] * 2
    again = mh.resume()
    assert len(again.wait(30)) == 0
    assert mh.history()["status"].tolist() == ["complete"] * 3


def test_resume_needs_a_key():
    with pytest.raises(mh.MissingTokenError):
        mh.resume()
    assert len(mh.history()) == 0
