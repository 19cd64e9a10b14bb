"""What a user sees of each fault of network and disk, and what is left on disk; docs/faults.md says the same."""

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import mh_notebook as mh

DOCUMENT = Path(__file__).parent.parent / "docs" / "faults.md"
PNG = b"\x89PNG\r\n\x1a\n"
SIZE = 3 * 2**20  # bytes of the file that is fetched


@dataclass(frozen=True)
class Case:
    """One row of the table: the fault, what is ordered, and what becomes of it."""

    fault: str
    sees: str  # what the user sees: "saved", or words of the error
    requests: int  # to the media host
    left: str  # on disk: "the file", "the .part", "nothing", ...
    order: tuple = ()  # faults of the media host, each (times, options)
    disk: str = ""  # what is done to the folder


CASES = (
    Case("none", "saved", 1, "the file"),
    Case("503, twice", "saved", 3, "the file", ((2, {"status": 503}),)),
    Case("503, always", "DownloadError: the API answered 503", 5, "nothing", ((99, {"status": 503}),)),
    Case("429 with Retry-After", "saved", 2, "the file", ((1, {"status": 429, "retry_after": 1}),)),
    Case("400", "DownloadError: the API answered 400", 1, "nothing", ((99, {"status": 400}),)),
    Case("cut after 1 MiB, once", "saved", 2, "the file", ((1, {"cut_after": 2**20}),)),
    Case("cut after each 1 MiB", "saved", 3, "the file", ((2, {"cut_after": 2**20}),)),
    Case("a stall after 1 MiB", "saved", 2, "the file", ((1, {"cut_after": 2**20, "stall": 3}),)),
    Case("no answer", "saved", 2, "the file", ((1, {"stall": 3}),)),
    Case("link run out", "saved", 2, "the file", ((1, {"expired": True}),)),
    Case("link run out, the fresh one too", "DownloadError: has run out", 2, "nothing", ((99, {"expired": True}),)),
    Case("cut, then the file changed", "saved", 2, "the new file", ((1, {"cut_after": 2**20}), (1, {"changed": True}))),
    Case("cut, then no ranges", "saved", 2, "the file", ((1, {"cut_after": 2**20}), (1, {"body": "all of it"}))),
    Case(
        "cut, then 503, always",
        "DownloadError: 503",
        10,
        "the .part",
        ((1, {"cut_after": 2**20, "stall": 0.1}), (99, {"status": 503})),
    ),
    Case("a size that lies, once", "saved", 3, "the file", ((1, {"wrong_size": SIZE + 9}),)),
    Case(
        "other bytes than the checksum says",
        "saved",
        2,
        "the file",
        ((1, {"headers": {"Repr-Digest": f"sha-256=:{'A' * 43}=:"}}),),
    ),
    Case(
        "a web page instead",
        "DownloadError: a web page",
        1,
        "nothing",
        ((1, {"status": 200, "body": b"<html>sorry", "headers": {"Content-Type": "text/html"}}),),
    ),
    Case("a foreign file of that name", "DownloadError: left as it is", 1, "the foreign file", disk="foreign"),
    Case("a symbolic link of that name", "UnsafeDownloadError: symbolic link", 0, "the link", disk="link"),
    Case("the folder vanishes meanwhile", "DownloadError: the folder has vanished", 1, "nothing", disk="vanish"),
    Case("the disk fills", "DownloadError: bytes free", 1, "nothing", disk="full"),
    Case("a file where the folder should be", "DownloadError: a file stands", 0, "that file", disk="blocked"),
    Case("a folder that may not be written to", "DownloadError: Could not", 0, "nothing", disk="read-only"),
)


@pytest.fixture
def outputs(tmp_path):
    yield tmp_path / "outputs"
    with contextlib.suppress(OSError):
        subprocess.run(["umount", tmp_path / "outputs"], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
@pytest.mark.slow
def test_a_fault_costs_what_the_table_says(case, sandbox, outputs, monkeypatch):
    data = PNG + os.urandom(SIZE - len(PNG))
    _, id = sandbox.add("image", queue_seconds=0, render_seconds=0, output_bytes=data)
    for times, options in case.order:
        whole = {"body": data} if options.get("body") == "all of it" else {}
        sandbox.add_fault("/media/*", times=times, **options | whole)
    final = outputs / f"{id}-1.png"
    folder = spoil(case.disk, outputs, final, monkeypatch)
    with sandbox.client(progress=False, stall_timeout=0.5) as client:
        if case.sees == "saved":
            (path,) = client.v1.image_projects.check_result(id, download_directory=folder).downloaded_paths
            assert (Path(path) == final, final.stat().st_size) == (True, SIZE)
            assert (final.read_bytes() == data) is (case.left == "the file")
            assert [path.name for path in outputs.iterdir()] == [final.name]
            assert final.stat().st_mode & 0o777 == 0o666 & ~umask()
        else:
            kind, _, words = case.sees.partition(": ")
            with pytest.raises(getattr(mh, kind), match=words):
                client.v1.image_projects.check_result(id, download_directory=folder)
            assert bool(list(outputs.glob("*.part"))) is (case.left == "the .part")
            assert_untouched(case.disk, final, outputs)
    media = [request for request in sandbox.requests if request.host == "media"]
    assert len(media) == case.requests
    assert not any(request.authorized for request in media)


def test_the_document_says_the_same():
    table = [f"| {case.fault} | {case.sees} | {case.requests} | {case.left} |" for case in CASES]
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    assert rows[1:] == table


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def spoil(disk, outputs, final, monkeypatch):
    """Do to the folder what the case says; return the folder to download to."""
    if disk == "blocked":
        outputs.write_text("mine")
    elif disk == "foreign":
        outputs.mkdir()
        final.write_bytes(b"mine")
    elif disk == "link":
        outputs.mkdir()
        final.symlink_to("/etc/hostname")
    elif disk == "full":
        outputs.mkdir()
        fill(outputs, monkeypatch)
    elif disk == "vanish":
        write = mh.transport.parts.Part.write
        monkeypatch.setattr("mh_notebook.transport.parts.Part.write", lambda part, chunk: vanish(part, chunk, write))
    elif disk == "read-only":
        outputs.mkdir(0o500)
        return outputs if not os.access(outputs, os.W_OK) else Path("/proc/mh_notebook")  # where not even root may
    return outputs


def fill(outputs, monkeypatch):
    """A real small disk where we may mount one, else one that says it is small."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", outputs], check=False, stderr=subprocess.DEVNULL
    )
    if mounted.returncode:
        usage = shutil.disk_usage(outputs)
        monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=2**20))


def vanish(part, chunk, write):
    write(part, chunk)
    shutil.rmtree(part.path.parent, ignore_errors=True)


def assert_untouched(disk, final, outputs):
    if disk == "foreign":
        assert final.read_bytes() == b"mine"
    elif disk == "link":
        assert final.is_symlink()
    elif disk == "blocked":
        assert outputs.read_text() == "mine"
    else:
        assert not final.exists()
