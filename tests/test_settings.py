"""Where the key and the address come from, what is refused, and that no key is ever shown."""

import getpass
import importlib
import os
import sys
import types

import pytest

import mh_notebook as mh
from mh_notebook import login as login_function
from mh_notebook.default import key_source
from mh_notebook.settings import PRODUCTION, find_base_url, find_token, is_loopback, patience, positive

KEY = "mhk_live_s3cret_0123456789_abcd"
login_module = importlib.import_module("mh_notebook.login")


# The key


@pytest.mark.parametrize(
    ("argument", "first", "second", "found"),
    [
        ("key-a", "key-b", "key-c", "key-a"),
        (None, "key-b", "key-c", "key-b"),
        (None, None, "key-c", "key-c"),
        ("", "key-b", "key-c", "key-b"),
        ("  ", "", " key-c\n", "key-c"),
        (" key-a ", None, None, "key-a"),
    ],
)
def test_the_key_is_the_argument_else_one_of_two_variables(monkeypatch, argument, first, second, found):
    for name, value in (("MAGIC_HOUR_API_KEY", first), ("API_TOKEN", second)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert find_token(argument) == found
    assert found not in repr(find_token(argument))


@pytest.mark.parametrize("call", [find_token, mh.Client, mh.AsyncClient, lambda: mh.frame("image:a"), mh.resume])
def test_without_a_key_it_is_said_how_to_get_one(call):
    with pytest.raises(mh.MissingTokenError) as caught:
        call()
    for word in ("mh.login()", "MAGIC_HOUR_API_KEY", "token=", "https://magichour.ai/developer", "mh.demo()"):
        assert word in str(caught.value)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "nul\0", "schlüssel", "tab\there", "\u200bmhk"])
def test_a_key_that_cannot_be_one_is_refused_unshown(key):
    with pytest.raises(mh.ConfigurationError) as caught:
        find_token(key)
    assert key not in str(caught.value)
    assert "Copy it again" in str(caught.value)


def test_a_setting_that_is_no_text_is_said_so():
    for value in (5, b"key", ["key"]):
        with pytest.raises(mh.ConfigurationError, match=f"token is text, not {type(value).__name__}"):
            find_token(value)
        with pytest.raises(mh.ConfigurationError, match=f"base_url is text, not {type(value).__name__}"):
            find_base_url(value)


# The address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.magichour.ai", "https://api.magichour.ai"),
        ("https://api.magichour.ai/", "https://api.magichour.ai"),
        (" https://h.example/prefix/ ", "https://h.example/prefix"),
        ("HTTPS://H.Example:8443", "https://h.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://LOCALHOST", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_address_is_taken_and_trimmed(monkeypatch, text, url):
    assert find_base_url(text) == url
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", text)
    assert find_base_url() == url
    assert find_base_url("https://other.example") == "https://other.example"


def test_without_an_address_it_is_production(monkeypatch):
    assert find_base_url() == find_base_url("") == PRODUCTION == "https://api.magichour.ai"
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", "")
    assert find_base_url() == PRODUCTION


OPEN, NO_ADDRESS, EXTRAS = "would travel open", "is no web address", "holds no user, query or fragment"
UNREADABLE = "cannot be read"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://api.magichour.ai", OPEN),
        ("http://localhost.evil.com", OPEN),
        ("http://127.0.0.1.evil.com", OPEN),
        ("http://127.1", OPEN),
        ("http://2130706433", OPEN),
        ("http://0.0.0.0", OPEN),
        ("http://10.0.0.1", OPEN),
        ("http://[::2]", OPEN),
        ("http://[fe80::1]", OPEN),
        ("http://127.0.0.1@evil.com", EXTRAS),
        ("http://evil.com#@127.0.0.1", EXTRAS),
        ("https://user:s3cret@h.example", EXTRAS),
        ("https://user@h.example", EXTRAS),
        ("https://h.example?a=b", EXTRAS),
        ("https://h.example/#top", EXTRAS),
        ("ftp://user:s3cret@h.example/x?key=s3cret", NO_ADDRESS),
        ("file:///etc/passwd", NO_ADDRESS),
        ("javascript:alert(1)", NO_ADDRESS),
        ("h.example", NO_ADDRESS),
        ("//h.example", NO_ADDRESS),
        ("https:/h.example", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https://two words.example", NO_ADDRESS),
        ("garbage", NO_ADDRESS),
        ("\0", NO_ADDRESS),
        ("https://[::1", UNREADABLE),
        ("https://h.example:abc", UNREADABLE),
        ("https://h.example:99999", UNREADABLE),
        ("https://h.example\\@evil.com", UNREADABLE),
        ("http://127.0.0.1\\@evil.com", UNREADABLE),
        ("https://h.example\r\nX-Header: y", UNREADABLE),
    ],
)
def test_an_address_that_cannot_work_or_would_betray_the_key_is_refused(text, said):
    with pytest.raises(mh.ConfigurationError) as caught:
        find_base_url(text)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    for client in (mh.Client, mh.AsyncClient):
        with pytest.raises(mh.ConfigurationError):
            client(KEY, text)


def test_loopback_is_this_machine_alone():
    hosts = ["127.0.0.1", "127.255.255.254", "::1", "localhost", "LocalHost"]
    assert [is_loopback(host) for host in hosts] == [True] * len(hosts)
    others = ["", "localhost.", "localhost.localdomain", "0.0.0.0", "::", "::2", "127.1", "example.com", "192.168.0.1"]
    assert [is_loopback(host) for host in others] == [False] * len(others)


NO_NUMBERS = [-1, float("nan"), float("inf"), -float("inf"), 1e300, 10**400, 10**5000, "5", True, [1]]


@pytest.mark.parametrize("value", [0, None, *NO_NUMBERS], ids=lambda value: str(type(value).__name__))
def test_a_number_that_must_be_above_zero_is(value):
    with pytest.raises(mh.ConfigurationError, match="timeout"):
        positive("timeout", value)
    for name in ("timeout", "concurrency"):
        with pytest.raises(mh.ConfigurationError, match=name):
            mh.Client(KEY, **{name: value})


@pytest.mark.parametrize("value", [0, *NO_NUMBERS], ids=lambda value: str(type(value).__name__))
def test_seconds_that_cannot_be_waited_for_are_refused_wherever_they_are_given(client, sandbox, value):
    calls = [
        lambda: mh.Client(KEY, stall_timeout=value),
        lambda: client.projects.watch(sandbox.refs, timeout=value),
        lambda: client.v1.image_projects.check_result("x", timeout=value),
    ]
    for call in calls:
        with pytest.raises(mh.ConfigurationError, match=r"timeout is .*; it must be") as caught:
            call()
        assert len(str(caught.value)) < 200
    assert sandbox.requests == []


def test_patience_is_seconds_or_for_ever():
    assert [patience("timeout", value) for value in (None, 0, 0.5, 60)] == [None, 0, 0.5, 60]
    for value in NO_NUMBERS:
        with pytest.raises(mh.ConfigurationError, match=r"timeout is .*; it must be 0 or more seconds"):
            patience("timeout", value)


# Logging in


@pytest.fixture
def asked(monkeypatch, sandbox):
    """A prompt that answers with what stands in the list, and the sandbox to log in to."""
    monkeypatch.setenv("MAGIC_HOUR_BASE_URL", sandbox.url)
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", "")  # so that what login sets is undone after the test
    monkeypatch.delenv("MAGIC_HOUR_API_KEY")
    answers, prompts = [], []
    monkeypatch.setattr(login_module, "getpass", lambda prompt: (prompts.append(prompt), answers.pop(0))[1])
    yield answers, prompts
    os.environ.pop("MAGIC_HOUR_API_KEY", None)


def test_the_prompt_is_the_hidden_one():
    assert login_module.getpass is getpass.getpass
    assert mh.login is login_function


def test_a_key_of_the_environment_is_checked_with_one_request_and_not_asked_for(asked, sandbox, monkeypatch, capsys):
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", sandbox.token)
    for _ in range(3):
        assert mh.login() is None
    out, err = capsys.readouterr()
    assert out.count("Logged in with MAGIC_HOUR_API_KEY") == 3
    assert f"{sandbox.balance:,} credits left" in out
    assert sandbox.token not in out + err
    assert asked[1] == []
    assert [(request.method, request.path) for request in sandbox.requests] == [("GET", "/v1/account")] * 3


def test_a_key_under_the_other_name_is_used_where_it_is(asked, sandbox, monkeypatch, capsys):
    """Found by hand: it was copied to MAGIC_HOUR_API_KEY, where it outlived a change of API_TOKEN."""
    monkeypatch.setenv("API_TOKEN", sandbox.token)
    mh.login()
    assert "MAGIC_HOUR_API_KEY" not in os.environ
    assert "Logged in with API_TOKEN" in capsys.readouterr().out


def test_a_typed_key_is_kept_in_the_environment_and_never_echoed(asked, sandbox, capsys):
    answers, prompts = asked
    answers.append(f" {sandbox.token}\n")
    mh.login()
    assert os.environ["MAGIC_HOUR_API_KEY"] == sandbox.token
    out, err = capsys.readouterr()
    assert sandbox.token not in out + err + "".join(prompts)
    assert len(prompts) == 1
    assert "not shown" in prompts[0]


def test_a_refused_key_is_forgotten_and_never_echoed(asked, capsys):
    answers, _ = asked
    for _ in range(3):
        answers.append(KEY)
        with pytest.raises(mh.AuthenticationError) as caught:
            mh.login()
        assert "MAGIC_HOUR_API_KEY" not in os.environ
        assert KEY not in str(caught.value) + repr(caught.value)
    assert KEY not in "".join(capsys.readouterr())
    with pytest.raises(mh.MissingTokenError):
        find_token()


def test_a_refused_key_of_the_environment_is_left_there(asked, monkeypatch, capsys):
    monkeypatch.setenv("MAGIC_HOUR_API_KEY", KEY)
    with pytest.raises(mh.AuthenticationError):
        mh.login()
    assert os.environ["MAGIC_HOUR_API_KEY"] == KEY
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("typed", "error"), [("", mh.MissingTokenError), ("two words", mh.ConfigurationError)])
def test_no_key_and_no_possible_key_are_said_so(asked, typed, error):
    asked[0].append(typed)
    with pytest.raises(error):
        mh.login()
    assert "MAGIC_HOUR_API_KEY" not in os.environ


def test_a_key_that_cannot_be_checked_now_is_kept_and_said_so(asked, sandbox, monkeypatch, capsys):
    monkeypatch.setattr("mh_notebook.transport.retries.ATTEMPTS", 1)
    sandbox.add_fault("/v1/account", status=503, times=9)
    asked[0].append(sandbox.token)
    mh.login()
    assert "could not be checked now" in capsys.readouterr().out
    assert os.environ["MAGIC_HOUR_API_KEY"] == sandbox.token


def test_a_server_without_the_account_call_still_tells_that_the_key_works(asked, sandbox, capsys):
    sandbox.add_fault("/v1/account", status=404)
    asked[0].append(sandbox.token)
    mh.login()
    assert "The key works." in capsys.readouterr().out


def test_a_secret_of_colab_is_found_before_anyone_is_asked(asked, sandbox, monkeypatch, capsys):
    class SecretNotFoundError(Exception):
        pass

    class NotebookAccessError(Exception):
        pass

    def get(name):
        if name != "API_TOKEN":
            raise SecretNotFoundError
        return sandbox.token

    userdata = types.SimpleNamespace(
        get=get, SecretNotFoundError=SecretNotFoundError, NotebookAccessError=NotebookAccessError
    )
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(userdata=userdata))
    mh.login()
    assert os.environ["MAGIC_HOUR_API_KEY"] == sandbox.token
    assert asked[1] == []
    assert sandbox.token not in capsys.readouterr().out


# What is shown of the key


def test_the_source_of_the_key_is_named_with_four_characters_at_most(monkeypatch):
    assert key_source() == "none"
    monkeypatch.setenv("API_TOKEN", KEY)
    assert key_source() == "API_TOKEN, ending in abcd"
    for short in ("a", "abcd", "abcdefgh", "mhk_abcdefgh"):  # of a short key, not even those
        monkeypatch.setenv("MAGIC_HOUR_API_KEY", short)
        assert key_source() == "MAGIC_HOUR_API_KEY"
