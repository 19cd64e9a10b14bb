"""What is remembered of an answer: when it came, with what status, and how far the two clocks are apart."""

import gzip
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from raw import answer, raw_server

import mh_notebook as mh
from mh_notebook.protocol.answered import Answered
from mh_notebook.transport.bodies import LARGEST_ANSWER

ACCOUNT = b'{"id": "a", "credits": 5}'


def ahead(seconds):
    """A Date header of a server whose clock is ahead by so many seconds."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.fixture
def once(monkeypatch):
    monkeypatch.setattr("mh_notebook.transport.retries.ATTEMPTS", 1)


# The last answer


def test_the_newest_answer_is_remembered_whatever_it_said(once):
    statuses = [200, 404, 500, 401]
    scripts = [answer(ACCOUNT, status=f"{status} Said") for status in statuses]
    with raw_server(*scripts) as server, mh.Client("mhk_key", server.url, progress=False) as client:
        assert client._core.api.last_answer is None
        for status in statuses:
            before = datetime.now(UTC)
            if status == 200:
                client.account()
            else:
                with pytest.raises(mh.APIStatusError):
                    client.account()
            last = client._core.api.last_answer
            assert last.status == status
            assert before <= last.when <= datetime.now(UTC)
            assert 0 < last.seconds < 5


def test_without_an_answer_the_one_before_stays(once):
    with raw_server(answer(ACCOUNT), b"") as server, mh.Client("mhk_key", server.url, progress=False) as client:
        client.account()
        first = client._core.api.last_answer
        for _ in range(3):
            with pytest.raises(mh.APIConnectionError):
                client.account()
        assert client._core.api.last_answer is first


# The clocks


@pytest.mark.parametrize("seconds", [600, -600, 3600 * 24 * 400, 30])
def test_a_server_whose_clock_is_off_is_seen_to_be_so(seconds):
    with raw_server(answer(ACCOUNT, Date=ahead(seconds))) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            client.account()
            assert client._core.api.skew == pytest.approx(seconds, abs=2)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 32 Jan 2026 00:00:30 GMT", "Thu, 01 Jan 9999999 0:0:0"])
def test_a_date_that_is_none_makes_no_skew(date):
    with raw_server(answer(ACCOUNT, Date=date)) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            assert client._core.api.skew == 0.0
            client.account()
            assert client._core.api.skew == 0.0
            assert client._core.api.last_answer.skew is None


def test_an_answer_without_a_date_does_not_make_the_skew_unknown_again():
    with raw_server(answer(ACCOUNT, Date=ahead(600)), answer(ACCOUNT)) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            for _ in range(3):
                client.account()
                assert client._core.api.skew == pytest.approx(600, abs=2)


def test_a_sandbox_has_the_same_clock(client):
    client.account()
    assert client._core.api.skew == 0.0
    assert client._core.api.last_answer.skew is not None


EPOCH = "Thu, 01 Jan 1970 00:01:40 GMT"  # second 100


@pytest.mark.parametrize(
    ("sent_at", "seconds", "skew", "certain"),
    [
        (100.0, 0.0, 0.5, 0.0),
        (98.5, 0.0, 2.0, 0.0),
        (98.0, 0.0, 2.5, 2.5),
        (103.0, 0.0, -2.5, -2.5),
        (90.0, 20.0, 0.5, 0.0),
        (80.0, 20.0, 10.5, 0.0),  # it may have been stamped at the end of the 20 s
        (70.0, 20.0, 20.5, 20.5),
        (700.0, 0.0, -599.5, -599.5),
    ],
)
def test_skew_is_the_servers_date_minus_our_clock_at_mid_request(sent_at, seconds, skew, certain):
    answered = Answered(200, sent_at, seconds, EPOCH)
    assert (answered.skew, answered.certain_skew) == (skew, certain)


# Packed answers


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", gzip.compress(ACCOUNT)),
        ("x-gzip", gzip.compress(ACCOUNT)),
        ("GZIP", gzip.compress(ACCOUNT)),
        ("deflate", zlib.compress(ACCOUNT)),
        ("identity", ACCOUNT),
        ("gzip", b""),
    ],
    ids=["gzip", "x-gzip", "GZIP", "deflate", "identity", "nothing"],
)
def test_an_answer_that_is_packed_though_we_asked_for_none_is_read(once, name, body):
    with raw_server(answer(body, Content_Encoding=name)) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            if body:
                assert client.account().credits == 5
            else:
                with pytest.raises(mh.InvalidResponseError, match="an empty body"):
                    client.account()
        assert "accept-encoding: identity" in server.asked[0].lower()


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, gzip", "x" * 500])
def test_a_packing_that_we_do_not_read_is_refused_and_not_asked_for_again(name):
    with raw_server(answer(ACCOUNT, Content_Encoding=name)) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            with pytest.raises(mh.InvalidResponseError, match=r"an answer packed as") as caught:
                client.account()
        assert len(str(caught.value)) < 300
        assert len(server.asked) == 1


def test_a_refusal_that_is_packed_as_we_do_not_read_keeps_its_status(once):
    with raw_server(answer(b"?", status="503 Busy", Content_Encoding="br")) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client, pytest.raises(mh.ServerError):
            client.account()


def test_a_packed_answer_that_is_cut_is_a_broken_connection(once):
    cut = gzip.compress(b'{"id": "a", "credits": 5, "email": "' + bytes(range(48, 58)) * 50 + b'"}')[:-12]
    with raw_server(answer(cut, Content_Encoding="gzip")) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            with pytest.raises(mh.APIConnectionError, match="came spoilt"):
                client.account()


def bomb():
    """A GiB of zeros, packed a thousandfold."""
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(2**20)
    return b"".join([*(packer.compress(zeros) for _ in range(1024)), packer.flush()])


def tail():
    return gzip.compress(b"") + bytes(LARGEST_ANSWER + 1)


@pytest.mark.parametrize("pack", [bomb, tail])
def test_a_gigabyte_in_a_megabyte_is_refused_within_little_memory(pack):
    """With aiohttp 3.11, which unpacked each piece as a whole, it took 251 MiB."""
    packed = pack()
    with raw_server(answer(packed, Content_Encoding="gzip")) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            tracemalloc.start()
            started = time.monotonic()
            try:
                with pytest.raises(mh.InvalidResponseError, match=f"more than {LARGEST_ANSWER} bytes"):
                    client.account()
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert peak < 4 * LARGEST_ANSWER
            assert time.monotonic() - started < 5
        assert len(server.asked) == 1


def test_the_largest_answer_is_read_packed_or_not():
    body = b'{"id": "a", "credits": 5, "email": "' + b"x" * (LARGEST_ANSWER - 38) + b'"}'
    assert len(body) == LARGEST_ANSWER
    for script in (answer(body), answer(gzip.compress(body), Content_Encoding="gzip")):
        with raw_server(script) as server, mh.Client("mhk_key", server.url, progress=False) as client:
            assert client.account().credits == 5


# A file that is there


def test_a_file_that_is_there_is_opened_once_to_be_compared(sandbox, tmp_path, monkeypatch):
    """Opened twice, its hash and its first bytes might be those of two files."""
    ref = sandbox.add("image")
    with sandbox.client(progress=False, history=False) as client:
        [saved] = client.v1.image_projects.check_result(ref[1], download_directory=tmp_path).downloaded_paths
        opened, opening = [], Path.open
        monkeypatch.setattr(Path, "open", lambda path, *rest, **named: opened.append(path) or opening(path, *rest))
        for _ in range(3):
            client.v1.image_projects.check_result(ref[1], download_directory=tmp_path)
        assert opened == [Path(saved)] * 3
