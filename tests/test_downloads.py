"""Every byte once, whole, under a name that says whose it is: through kills, many faults at once, and hostile names."""

import asyncio
import gzip
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
import pytest
from raw import answer, raw_server
from test_faults import PNG

import mh_notebook as mh
from mh_notebook.protocol.decoding import decode_project
from mh_notebook.protocol.naming import output_stem
from mh_notebook.transport.files import on_disk

MIB = 2**20
PROGRAM = Path(__file__).parent / "downloading.py"
COMPLETE = {"queue_seconds": 0, "render_seconds": 0}


def ready(sandbox, size, seed=0):
    """Make a complete project with a file of so many bytes; return (id, the bytes)."""
    data = PNG + random.Random(seed).randbytes(size - len(PNG))
    return sandbox.add("image", output_bytes=data, **COMPLETE)[1], data


def media(sandbox):
    return [request for request in sandbox.requests if request.host == "media"]


# Kills


@pytest.fixture
def served(monkeypatch):
    """Count the bytes that the media host sends, at a pace at which none wait in the sockets' buffers."""
    counted = []

    async def paced(response, body):
        for start in range(0, len(body), 2**17):
            piece = body[start : start + 2**17]
            await response.write(piece)
            counted.append(len(piece))
            await asyncio.sleep(0.003)

    monkeypatch.setattr("mh_notebook.sandbox.server._write", paced)
    return counted


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_kills_in_one_folder_leave_no_wrong_file_and_fetch_hardly_a_byte_twice(tmp_path, served):
    """SIGKILL at random moments; what is fetched is at most 1.2 times the files and a chunk for each kill."""
    rng, folder = random.Random(7), tmp_path / "outputs"
    kills, files, size = 0, 0, 6 * MIB
    with mh.Sandbox(empty=True) as sandbox, downloader() as program:
        while kills < 50:
            files += 1
            id, data = ready(sandbox, size, seed=files)
            final = folder / f"{id}-1.png"
            while not final.exists():
                killed = download_and_kill(
                    program, f"{sandbox.url} {sandbox.token} {id} {folder}", rng.uniform(0, 0.25)
                )
                kills += killed
                assert not final.exists() or final.read_bytes() == data
            assert final.read_bytes() == data
        assert kills >= 50
        assert sum(served) <= 1.2 * files * size + kills * MIB
        assert sum(served) >= files * size
        resumed = [request for request in media(sandbox) if request.status == 206]
        assert len(resumed) >= 10


@contextmanager
def downloader():
    process = subprocess.Popen([sys.executable, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def download_and_kill(program, line, seconds):
    """Let a child download, kill it after so many seconds; say whether the kill came before its end."""
    program.stdin.write(line + "\n")
    program.stdin.flush()
    child = int(program.stdout.readline())
    time.sleep(seconds)  # a kill comes when it comes
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return program.stdout.readline().strip() == "killed"


@pytest.mark.slow
def test_two_processes_that_fetch_the_same_file_do_not_harm_each_other(tmp_path, served):
    folder = tmp_path / "outputs"
    with mh.Sandbox(empty=True) as sandbox, downloader() as one, downloader() as other:
        for seed in range(3):
            id, data = ready(sandbox, 4 * MIB, seed=seed)
            for program in (one, other):
                program.stdin.write(f"{sandbox.url} {sandbox.token} {id} {folder}\n")
                program.stdin.flush()
            for program in (one, other):
                program.stdout.readline()
                assert program.stdout.readline() == "done\n"
            assert (folder / f"{id}-1.png").read_bytes() == data
    assert not list(folder.glob("*.part"))


# Many


@pytest.mark.slow
def test_two_hundred_downloads_with_a_fifth_of_faults_are_all_right(tmp_path):
    """Mixed sizes; each hash right, memory bounded, and no descriptor left. (A fixture counts threads and sessions.)"""
    rng, folder = random.Random(3), tmp_path / "outputs"
    process = psutil.Process()
    faults = [{"status": 503}, {"reset": True}, {"cut_after": 5000}, {"expired": True}, {"stall": 0.3, "cut_after": 10}]
    with mh.Sandbox(empty=True, speed=2000) as sandbox:
        hashes, refs = {}, []
        for number in range(200):
            id, data = ready(sandbox, rng.choice([20_000, 100_000, 1_500_000]), seed=number)
            hashes[id], refs = hashlib.sha256(data).hexdigest(), [*refs, f"image:{id}"]
            if rng.random() < 0.2:
                sandbox.add_fault(f"/media/{id}/*", **rng.choice(faults))
        descriptors, memory = process.num_fds(), process.memory_info().rss
        with sandbox.client(progress=False, stall_timeout=0.2) as client:
            files = client.projects.download(refs, folder)
            assert files["error"].isna().all(), files["error"].dropna().tolist()
            assert dict(zip(files["id"], files["sha256"], strict=True)) == hashes
            before = len(media(sandbox))
            again = client.projects.download(refs, folder)
            assert again["sha256"].tolist() == files["sha256"].tolist()
            assert len(media(sandbox)) == before  # running it again fetches nothing
        assert process.num_fds() <= descriptors + 8  # the sandbox's own sockets may still be closing
        assert process.memory_info().rss - memory < 200 * MIB
    assert {path.stem[:-2]: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == hashes


def test_without_a_history_running_it_again_asks_for_the_first_bytes_and_fetches_nothing(sandbox, tmp_path):
    id, data = ready(sandbox, 50_000)
    with sandbox.client(history=False, progress=False) as client:
        for _ in range(3):
            files = client.projects.download(("image", id), tmp_path / "outputs")
            assert files["sha256"].tolist() == [hashlib.sha256(data).hexdigest()]
    assert [request.range for request in media(sandbox)] == [None, "bytes=0-63", "bytes=0-63"]


def test_a_saved_file_that_was_changed_since_is_foreign(client, sandbox, tmp_path):
    id, data = ready(sandbox, 50_000)
    client.projects.download(("image", id), tmp_path / "outputs")
    (tmp_path / "outputs" / f"{id}-1.png").write_bytes(data[::-1])  # of the same size
    files = client.projects.download(("image", id), tmp_path / "outputs")
    assert "changed since it was saved" in files.loc[0, "error"]


def check_result(sandbox, id, tmp_path):
    """Fetch the output in a client of its own: once that is closed, its history knows the hash."""
    with sandbox.client(history=tmp_path / "history.sqlite", progress=False) as client:
        client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")


def test_a_file_that_was_saved_without_its_hash_is_known_all_the_same(sandbox, tmp_path):
    id, data = ready(sandbox, 50_000)
    for _ in range(2):
        check_result(sandbox, id, tmp_path)
    assert [request.range for request in media(sandbox)] == [None]
    (tmp_path / "outputs" / f"{id}-1.png").write_bytes(data[::-1])
    with pytest.raises(mh.DownloadError, match="changed since it was saved"):
        check_result(sandbox, id, tmp_path)


def test_a_file_whose_hash_could_not_be_read_is_compared_with_the_first_bytes_there(sandbox, tmp_path):
    id, data = ready(sandbox, 50_000)
    check_result(sandbox, id, tmp_path)
    with closing(sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)) as file:
        assert file.execute("UPDATE files SET sha256 = ''").rowcount == 1
    with sandbox.client(history=tmp_path / "history.sqlite", progress=False) as client:
        files = client.projects.download(("image", id), tmp_path / "outputs")
    assert files["sha256"].tolist() == [hashlib.sha256(data).hexdigest()]
    assert [request.range for request in media(sandbox)] == [None, "bytes=0-63"]


def test_a_part_that_has_its_final_name_already_is_not_written_to(client, sandbox, tmp_path):
    """As after a kill right between the two: whatever the user does with the file, it stays as it is."""
    folder, (id, data) = tmp_path / "outputs", ready(sandbox, 50_000)
    client.v1.image_projects.check_result(id, download_directory=folder)
    part = folder / f"{id}-1.0123abcd.part"
    part.hardlink_to(folder / f"{id}-1.png")
    notes = json.dumps({"total": len(data) + 1, "validator": '"another"'})
    part.with_name(f"{id}-1.0123abcd.meta.part").write_text(notes)
    kept = (folder / f"{id}-1.png").rename(folder / "kept.png")
    client.v1.image_projects.check_result(id, download_directory=folder)
    assert kept.read_bytes() == data
    assert not kept.samefile(folder / f"{id}-1.png")
    assert sorted(path.name for path in folder.iterdir()) == sorted([f"{id}-1.png", "kept.png"])


@pytest.mark.parametrize(
    "notes", ['{"total": 1e999, "validator": "x"}', '{"total": 9, "validator": "a\\nb"}', "[" * 99999]
)
def test_notes_that_make_no_sense_are_no_obstacle(client, sandbox, tmp_path, notes):
    folder, (id, data) = tmp_path / "outputs", ready(sandbox, 50_000)
    folder.mkdir()
    (folder / f"{id}-1.0123abcd.part").write_bytes(b"12345")
    (folder / f"{id}-1.0123abcd.meta.part").write_text(notes)
    client.v1.image_projects.check_result(id, download_directory=folder)
    assert [path.read_bytes() for path in folder.iterdir()] == [data]


def test_who_is_cancelled_while_a_file_is_worked_on_goes_on_when_that_has_ended():
    ended = []

    def work():
        time.sleep(0.2)
        ended.append("work")

    async def main():
        task = asyncio.create_task(on_disk(Path("a.png"), work))
        for _ in range(2):  # impatiently
            await asyncio.sleep(0.05)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(ended)

    assert asyncio.run(main()) == ["work"]


def test_a_link_with_letters_of_any_script_is_fetched(client, sandbox, tmp_path):
    data = PNG + b"1234"
    _, id = sandbox.add("image", id="é", output_bytes=data, **COMPLETE)
    files = client.projects.download(("image", id), tmp_path / "outputs")
    assert files["bytes"].tolist() == [len(data)]


def test_no_more_downloads_at_once_than_their_own_bound(tmp_path, monkeypatch):
    at_once, most = [], []

    async def counted(response, body):
        at_once.append(1)
        most.append(len(at_once))
        await asyncio.sleep(0.02)
        await response.write(body)
        at_once.pop()

    monkeypatch.setattr("mh_notebook.sandbox.server._write", counted)
    with mh.Sandbox(empty=True) as sandbox, sandbox.client(progress=False) as client:
        refs = [f"image:{ready(sandbox, MIB, seed)[0]}" for seed in range(20)]
        client.projects.download(refs, tmp_path / "outputs")
    assert 2 <= max(most) <= 8


def test_the_pause_before_another_try_is_seen_in_the_row(client, sandbox, tmp_path):
    id, _ = ready(sandbox, 50_000)
    sandbox.add_fault("/media/*", times=1, status=429, retry_after=100)
    monitor = client.projects.watch(("image", id), download=True, download_directory=tmp_path / "outputs")
    notes = set()
    while not monitor.done:
        notes.add(monitor.panel.rows[0].note)
        threading.Event().wait(0.002)
    assert "asked to slow down, next try in 100 s" in notes
    assert monitor.panel.rows[0].note == ""


def test_a_preview_long_after_heals_the_link_by_one_fresh_answer(client, sandbox, tmp_path):
    _, id = sandbox.add("image", **COMPLETE)
    project = client.v1.image_projects.get(id)
    sandbox.expire_links("image", id)
    with sandbox.client(progress=False, download_directory=tmp_path / "outputs") as later:
        for _ in range(3):
            shown = mh.preview(project, client=later)
            assert "data:image/png;base64," in shown._repr_mimebundle_()["text/html"]
    assert [r.status for r in sandbox.requests if r.host == "api"] == [200] * 4
    assert [r.status for r in media(sandbox)] == [200]


# Encodings and redirects, from a host that is told what to say


@pytest.fixture
def linked(sandbox, monkeypatch):
    """Make a project whose link is another than the sandbox's own."""

    def make(link):
        _, id = sandbox.add("image", **COMPLETE)
        monkeypatch.setattr(
            "mh_notebook.core.decode_project", lambda kind, body: point(decode_project(kind, body), link)
        )
        return id

    return make


def point(project, link):
    downloads = tuple(msgspec.structs.replace(download, url=link) for download in project.downloads)
    return msgspec.structs.replace(project, downloads=downloads)


def test_a_compressed_answer_gives_the_right_bytes(client, linked, tmp_path):
    data = PNG + b"picture " * 5000
    with raw_server(answer(gzip.compress(data), Content_Encoding="gzip", Content_Type="image/png")) as server:
        id = linked(f"{server.url}/a.png?sig=1")
        project = client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")
    assert Path(project.downloaded_paths[0]).read_bytes() == data


def test_a_redirect_of_a_link_is_followed_without_the_key(client, linked, tmp_path):
    with raw_server(answer(PNG + b"there", Content_Type="image/png")) as target:
        with raw_server(answer(b"", status="302 Found", Location=f"{target.url}/b?sig=2")) as server:
            id = linked(f"{server.url}/a?sig=1")
            project = client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")
        assert Path(project.downloaded_paths[0]).read_bytes() == PNG + b"there"
        assert "authorization" not in "".join(server.asked + target.asked).lower()


@pytest.mark.parametrize(
    ("location", "words"),
    [("file:///etc/passwd", "neither http nor https"), ("/again?sig=1", "too many redirects")],
)
def test_a_redirect_that_leads_nowhere_good_is_a_download_error(client, linked, tmp_path, location, words):
    with raw_server(answer(b"", status="302 Found", Location=location)) as server:
        id = linked(f"{server.url}/a?sig=1")
        with pytest.raises(mh.DownloadError, match=words):
            client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")
    assert list((tmp_path / "outputs").iterdir()) == []


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "ftp://host/x", "javascript:alert(1)", "", "//host/x", "http://"]
)
def test_a_link_that_is_not_http_is_refused(client, linked, tmp_path, link):
    id = linked(link)
    with pytest.raises(mh.DownloadError) as caught:
        client.v1.image_projects.check_result(id, download_directory=tmp_path / "outputs")
    assert "/etc/passwd" not in str(caught.value)


# Names


HOSTILE = [
    "..%2F..%2Fetc%2Fpasswd",
    "%2Fetc%2Fpasswd",
    "..%5C..%5Cboot",
    "../../etc/passwd",
    "..\\..\\boot",
    "/etc/passwd",
    "C:\\boot.ini",
    "a\x00b",
    "x" * 400,
    "",
    "..",
    ".",
    "CON",
    "con.png",
    "nul",
    "lpt1",
    "name.",
    "name ",
    "\uff45tc\uff0fpasswd",  # look-alikes of e and /
    "résumé",
    "re\u0301sume\u0301",
    "a\u202ephp.png",
    "a:b",
    "~root",
    "-rf",
    "$(id)",
    "\n",
]


@pytest.mark.parametrize("id", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_id_from_a_server_stays_in_the_folder_under_a_plain_name(
    client, linked, sandbox, tmp_path, id, monkeypatch
):
    """The server's answer bears another id than the one asked for: the name on disk is still harmless."""
    real = linked("unused")
    inner = mh.core.decode_project
    with raw_server(answer(PNG + b"x", Content_Type="image/png")) as server:
        monkeypatch.setattr(
            "mh_notebook.core.decode_project",
            lambda kind, body: msgspec.structs.replace(point(inner(kind, body), f"{server.url}/a"), id=id),
        )
        project = client.v1.image_projects.check_result(real, download_directory=tmp_path / "deep" / "outputs")
    files = [path for path in (tmp_path / "deep").rglob("*") if path.is_file()]
    assert [str(path) for path in files] == list(project.downloaded_paths)
    assert files[0].parent == tmp_path / "deep" / "outputs"
    assert files[0].name == output_stem(id, 1) + ".png"
    assert files[0].name.isascii()


def test_two_projects_and_two_outputs_never_meet_in_one_name(client, sandbox, tmp_path):
    ids = [sandbox.add("image", name="the same", image_count=2, **COMPLETE)[1] for _ in range(2)]
    files = client.projects.download([f"image:{id}" for id in ids], tmp_path / "outputs")
    assert sorted(Path(path).name for path in files["path"]) == sorted(f"{id}-{n}.png" for id in ids for n in (1, 2))


def test_hostile_ids_have_names_of_their_own():
    assert len({output_stem(id, 1) for id in HOSTILE}) == len(HOSTILE)
