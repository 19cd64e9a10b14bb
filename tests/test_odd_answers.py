"""However odd the API's answer, what reaches the user is an error of ours, soon; and the key goes to its host alone."""

import time

import pytest
from raw import answer, drip, raw_server, silence

import mh_notebook as mh

JSON = {"Content_Type": "application/json"}


def endless(stop):
    """Send 200 MB as one JSON string, as fast as they are read."""
    yield b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 209715200\r\n\r\n"'
    for _ in range(200):
        yield b"x" * 2**20


def headers(count, size):
    return answer(b"{}", **{f"X_{number}": "y" * size for number in range(count)})


ODD = {
    "HTML with 200": (answer(b"<html>Bad gateway</html>", Content_Type="text/html"), mh.InvalidResponseError, 1),
    "cut JSON": (answer(b'{"id": "x", "na', **JSON), mh.InvalidResponseError, 1),
    "an empty body": (answer(b"", **JSON), mh.InvalidResponseError, 1),
    "204 to GET": (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", mh.APIStatusError, 1),
    "a body of 200 MB": (endless, mh.InvalidResponseError, 1),
    "a header of 64 kB": (headers(1, 65536), mh.APIConnectionError, 2),
    "40,000 headers": (headers(40_000, 10), mh.APIConnectionError, 2),
    "a redirect to itself": (answer(b"", status="302 Found", Location="/v1/image-projects/x"), mh.APIStatusError, 1),
    "no HTTP at all": (b"SSH-2.0-OpenSSH_9.2\r\n", mh.APIConnectionError, 2),
    "nothing, and goodbye": (b"", mh.APIConnectionError, 2),
    "half of what was promised": (answer(b'{"id"', length=5000, **JSON), mh.APIConnectionError, 2),
    "a slow drip": (drip(b" ", 0.05, 200), mh.APITimeoutError, 1),
    "no answer ever": (silence, mh.APITimeoutError, 1),
    "a lie about its encoding": (answer(b"not gzip", Content_Encoding="gzip"), mh.APIConnectionError, 2),
    "another charset": (answer('{"id": "é"}'.encode("utf-16"), **JSON), mh.InvalidResponseError, 1),
    "status 999": (answer(b"", status="999 Odd"), mh.MagicHourError, 1),
}


@pytest.fixture
def two_attempts(monkeypatch):
    monkeypatch.setattr("mh_notebook.transport.retries.ATTEMPTS", 2)
    monkeypatch.setattr("mh_notebook.protocol.retrying.FIRST_PAUSE", 0.01)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.slow
def test_an_odd_answer_is_an_error_of_ours_within_the_deadline(name, two_attempts):
    script, error, asked = ODD[name]
    with raw_server(script) as server, mh.Client("mhk_key", server.url, timeout=1.5, progress=False) as client:
        started = time.monotonic()
        with pytest.raises(error) as caught:
            client.v1.image_projects.get("x")
        assert time.monotonic() - started < 3
        assert len(str(caught.value)) < 500
        assert type(caught.value).__module__.startswith("mh_notebook")
        assert len(server.asked) >= asked


def test_a_redirect_to_another_host_is_not_followed_and_the_key_stays(two_attempts):
    with raw_server(answer(b"{}")) as other, raw_server(answer(b"", status="307 Go", Location=other.url)) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client, pytest.raises(mh.APIStatusError) as caught:
            client.v1.image_projects.get("x")
        assert (caught.value.status, other.asked, len(server.asked)) == (307, [], 1)
        assert "Authorization: Bearer mhk_key" in server.asked[0]


def test_a_tls_fault_is_a_connection_error(two_attempts):
    with raw_server(b"\x15\x03\x01\x00\x02\x02\x28") as server:
        url = server.url.replace("http:", "https:")
        with mh.Client("mhk_key", url, progress=False) as client, pytest.raises(mh.APIConnectionError, match="reach"):
            client.v1.image_projects.get("x")


def test_a_host_that_does_not_exist_is_a_connection_error(two_attempts, monkeypatch):
    """The resolver says no, as it does without a network."""
    import socket

    def nobody(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nobody)
    with mh.Client("mhk_key", "https://api.invalid", progress=False) as client:
        with pytest.raises(mh.APIConnectionError, match=r"cannot reach api\.invalid:443"):
            client.v1.image_projects.get("x")


def test_one_deadline_over_all_attempts(monkeypatch):
    """However often it is tried, the call ends when its time is over."""
    with raw_server(answer(b"", status="503 Busy")) as server:
        with mh.Client("mhk_key", server.url, timeout=1.0, progress=False) as client:
            started = time.monotonic()
            with pytest.raises(mh.ServerError):
                client.v1.image_projects.get("x")
            assert time.monotonic() - started <= 1.2
        assert 2 <= len(server.asked) <= 3


@pytest.mark.parametrize(("asked", "least"), [("1", 1.0), ("0", 0.0)])
def test_retry_after_is_honoured(asked, least):
    busy = answer(b"", status="429 Slow down", Retry_After=asked)
    with raw_server(busy, answer(b"{}", status="404 Not Found")) as server:
        with mh.Client("mhk_key", server.url, progress=False) as client:
            started = time.monotonic()
            with pytest.raises(mh.NotFoundError):
                client.v1.image_projects.get("x")
            assert least <= time.monotonic() - started < least + 1.5


def test_a_retry_after_past_the_deadline_ends_the_call_at_once():
    with raw_server(answer(b"", status="429 Slow down", Retry_After="3600")) as server:
        with mh.Client("mhk_key", server.url, timeout=5, progress=False) as client:
            with pytest.raises(mh.RateLimitError) as caught:
                client.v1.image_projects.get("x")
        assert caught.value.retry_after == 120
        assert len(server.asked) == 1


def test_a_proxy_from_the_environment_is_used_and_no_proxy_is_honoured(two_attempts, monkeypatch):
    """An https call asks the proxy for a tunnel; the key is not in what the proxy sees."""
    with raw_server(answer(b"", status="403 Forbidden")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with mh.Client("mhk_key", "https://api.example.com", progress=False) as client:
            with pytest.raises(mh.APIConnectionError):
                client.v1.image_projects.get("x")
        assert proxy.asked[0].startswith("CONNECT api.example.com:443")
        assert "mhk_key" not in "".join(proxy.asked)
        seen = len(proxy.asked)
        monkeypatch.setenv("NO_PROXY", "api.example.com")
        monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: (_ for _ in ()).throw(OSError("no")))
        with mh.Client("mhk_key", "https://api.example.com", progress=False) as client:
            with pytest.raises(mh.APIConnectionError):
                client.v1.image_projects.get("x")
        assert len(proxy.asked) == seen


def test_this_machine_is_never_reached_through_a_proxy(sandbox, monkeypatch):
    with raw_server(answer(b"", status="502 No")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with sandbox.client(progress=False) as client:
            assert client.account().tier == "free"
        assert proxy.asked == []


def test_a_netrc_that_names_the_host_changes_nothing(sandbox, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with sandbox.client(progress=False) as client:
        assert client.account().tier == "free"


def test_closing_the_client_ends_a_call_that_is_between_two_attempts(closing_under):
    with raw_server(answer(b"", status="503 Busy", Retry_After="30")) as server:
        client = mh.Client("mhk_key", server.url, progress=False)
        assert closing_under(client, lambda: client.v1.image_projects.get("x")) == [mh.ClientClosedError]
