"""The pure rules: how files are named, what is tried again and when, when to ask next, what never shows."""

import os
import re
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import mh_notebook as mh
from mh_notebook.protocol import errors as errors_module
from mh_notebook.protocol.naming import EXTENSIONS, extension, media_type_of, output_stem
from mh_notebook.protocol.polling import next_pause, read_interval
from mh_notebook.protocol.redaction import Secret, redact, redact_all
from mh_notebook.protocol.retrying import (
    LONGEST_RETRY_AFTER,
    is_transient,
    pause_before_retry,
    read_retry_after,
)
from mh_notebook.protocol.throttle import Throttle
from mh_notebook.protocol.typical import MEDIAN_SECONDS, Typical, typical

PROFILE = settings(deadline=None, derandomize=True, max_examples=100, database=None)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))}
IDS = st.text(min_size=1, max_size=150) | st.from_regex(r"[a-z0-9]{1,25}", fullmatch=True)
NASTY = st.sampled_from(
    ["con", "NUL.txt", "com1", "../../etc", "a/b", "a\\b", "..", ".", "-rf", "é", "\uff21", " a", "a "]
)


# Names of files


@PROFILE
@given(IDS | NASTY, st.integers(1, 99))
def test_a_stem_is_one_safe_name_on_every_file_system(id_, number):
    stem = output_stem(id_, number)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", stem)
    assert stem == os.path.basename(stem)  # noqa: PTH119 - the plainest test there is
    assert stem.partition(".")[0].lower() not in RESERVED
    assert not stem.startswith((".", "-"))
    assert stem.endswith(f"-{number}")
    assert len(stem.encode()) <= 130


@PROFILE
@given(st.sets(IDS | NASTY, min_size=2, max_size=8))
def test_distinct_ids_never_meet_in_one_stem(ids):
    changed = {output_stem(id_, 1).removesuffix("-1") for id_ in ids}  # an id may look like another's stem
    assert len({output_stem(id_, 1).lower() for id_ in ids | changed}) == len(ids | changed)


@pytest.mark.parametrize(
    ("id_", "stem"),
    [
        ("cuid-example", "cuid-example-1"),
        ("clx0v2y3w0000", "clx0v2y3w0000-1"),
        ("a.b_c-d", "a.b_c-d-1"),
        ("../../etc", "etc-74ccf3c5-1"),
        ("con", "con-1143da2b-1"),
        ("nul.txt", "_nul.txt-7f3cbdd5-1"),
        ("///", "732c4e97-1"),
    ],
)
def test_a_plain_id_is_its_own_stem_and_any_other_bears_its_hash(id_, stem):
    assert [output_stem(id_, number) for number in (1, 2)] == [stem, f"{stem[:-1]}2"]


def test_an_id_that_looks_like_the_stem_of_another_gets_a_hash_of_its_own():
    """Found by hand: "../../etc" and "etc-74ccf3c5" once shared a file."""
    assert output_stem("etc-74ccf3c5", 1) != output_stem("../../etc", 1)


@pytest.mark.parametrize(
    ("head", "content_type", "url", "ending"),
    [
        (b"\x89PNG\r\n\x1a\n", "video/mp4", "https://h/a.gif", ".png"),
        (b"\xff\xd8\xff\xe0", "", "", ".jpg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "", ".webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "", "", ".wav"),
        (b"GIF89a", "", "", ".gif"),
        (b"\0\0\0\x20ftypisom", "", "", ".mp4"),
        (b"\0\0\0\x14ftypqt  ", "", "", ".mov"),
        (b"\0\0\0\x20ftypM4A ", "", "", ".m4a"),
        (b"\x1aE\xdf\xa3", "", "", ".webm"),
        (b"ID3\x04", "", "", ".mp3"),
        (b"\xff\xfb\x90", "", "", ".mp3"),
        (b"OggS", "", "", ".ogg"),
        (b"fLaC", "", "", ".flac"),
        (b"PK\x03\x04", "", "", ".zip"),
        (b"?", "video/mp4; codecs=x", "https://h/a.png", ".mp4"),
        (b"?", "IMAGE/PNG", "https://h/a", ".png"),
        (b"?", "application/octet-stream", "https://h/a.WEBM?auth-token=x", ".webm"),
        (b"?", "text/html", "https://h/a.exe", ".bin"),
        (b"", "", "https://h/a.png/../b.sh", ".bin"),
        (b"", "", "https://[half", ".bin"),
        (b"", "", "", ".bin"),
    ],
)
def test_an_ending_comes_from_the_bytes_then_the_type_then_the_link(head, content_type, url, ending):
    assert extension(head, content_type, url) == ending
    assert ending == ".bin" or ending in EXTENSIONS.values()


@PROFILE
@given(st.binary(max_size=16), st.text(max_size=30), st.text(max_size=60))
def test_an_ending_is_one_that_we_know_whatever_the_server_says(head, content_type, url):
    assert extension(head, content_type, url) in {*EXTENSIONS.values(), ".bin"}
    assert media_type_of(head) is None or media_type_of(head) in EXTENSIONS


# Trying again


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("12", 12.0),
        (" 12 ", 12.0),
        ("120", 120.0),
        ("99999", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("nan", None),
        (format_datetime(NOW.replace(second=30), usegmt=True), 30.0),
        (format_datetime(NOW.replace(year=2025), usegmt=True), 0.0),
        (format_datetime(NOW.replace(year=2027), usegmt=True), LONGEST_RETRY_AFTER),
        ("Thu, 01 Jan 2026 00:00:30 +0000", 30.0),
        ("Thu, 01 Jan 2026 00:00:30 -0000", 30.0),
        ("Thu, 32 Jan 2026 00:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_dates_and_capped(value, seconds):
    assert read_retry_after(value, NOW) == seconds


@PROFILE
@given(st.text(max_size=40))
def test_retry_after_of_any_text_is_a_number_in_bounds_or_none(value):
    seconds = read_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("error", "again"),
    [
        *((mh.RateLimitError(429), True), (mh.APIConnectionError("x"), True), (mh.APITimeoutError("x"), True)),
        *((mh.ServerError(status), True) for status in (500, 502, 503, 504, 520, 599)),
        *((mh.BadRequestError(400), False), (mh.AuthenticationError(401), False), (mh.NotFoundError(404), False)),
        *((mh.APIStatusError(status), False) for status in (302, 408, 409, 418)),
        *((mh.InvalidResponseError("x"), False), (mh.DownloadError("x"), False), (TimeoutError(), False)),
    ],
)
def test_only_what_may_pass_is_tried_again(error, again):
    assert is_transient(error) is again


def test_pauses_double_from_half_a_second_to_eight_with_jitter_down_to_a_half():
    pauses = [[pause_before_retry(n, mh.ServerError(500), jitter) for n in range(1, 8)] for jitter in (0.0, 0.5, 1.0)]
    assert pauses == [
        [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0],
        [0.375, 0.75, 1.5, 3.0, 6.0, 6.0, 6.0],
        [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0],
    ]


def test_a_server_that_says_how_long_is_never_asked_sooner():
    for attempt in (1, 2, 3):
        for asked in (0.0, 12.0, 120.0):
            error = mh.RateLimitError(429, retry_after=asked)
            assert [pause_before_retry(attempt, error, jitter) for jitter in (0.0, 1.0)] == [asked, asked + 0.5]


# When to ask next


TEXT_TO_VIDEO = Typical(seconds=51, late=102)
ASKED_AT = (0, 5, 10, 20, 50, 100, 300, 5000)  # seconds


def test_questions_are_dense_where_the_end_is_likely_and_never_further_apart_than_30_s():
    pauses = [round(next_pause(elapsed, 0.5, TEXT_TO_VIDEO), 1) for elapsed in ASKED_AT]
    assert pauses == [3.0, 3.0, 3.0, 5.0, 3.6, 3.7, 6.6, 21.7]
    own = Typical(seconds=51, late=60, low=45, high=60, count=100)
    pauses = [round(next_pause(elapsed, 0.5, own), 1) for elapsed in ASKED_AT]
    assert pauses == [15.9, 15.3, 15.7, 16.5, 1.9, 5.7, 7.8, 21.7]


def test_a_pause_is_jittered_by_a_tenth_and_a_users_own_interval_is_kept():
    for elapsed in ASKED_AT:
        middle = next_pause(elapsed, 0.5, TEXT_TO_VIDEO)
        assert next_pause(elapsed, 0.0, TEXT_TO_VIDEO) == pytest.approx(0.9 * middle)
        assert next_pause(elapsed, 1.0, TEXT_TO_VIDEO) == pytest.approx(1.1 * middle)
        assert next_pause(elapsed, 1.0, TEXT_TO_VIDEO, kind="video", watched=1000, fixed=0.25) == 0.25


def test_a_type_that_nobody_knows_is_asked_about_as_its_kind():
    pauses = {kind: round(next_pause(30, 0.5, kind=kind), 1) for kind in ("image", "audio", "video", "")}
    assert pauses == {"image": 2.6, "audio": 2.2, "video": 7.5, "": 2.9}


def test_from_200_watched_on_each_is_asked_about_less_often():
    pauses = [next_pause(50, 0.5, TEXT_TO_VIDEO, watched=count) for count in (1, 200, 400, 1000)]
    assert [round(pause / pauses[0]) for pause in pauses] == [1, 1, 2, 5]


@pytest.mark.parametrize("elapsed", [-5, 0, 1e-9, 1e9])
@pytest.mark.parametrize(
    "expected", [None, Typical(0.0, 0.0, 0.0, 0.0, 3), Typical(5, 5, 5, 5, 200), Typical(1e6, 2e6, 1, 1e9, 3)]
)
def test_no_pause_is_shorter_than_1_s_or_longer_than_30_s(elapsed, expected):
    for jitter in (0.0, 1.0):
        assert 0.9 <= next_pause(elapsed, jitter, expected) <= 33.0


# How many questions a second


def served(throttle, begin, seconds, step=0.001):
    """The moments at which a queue that never runs dry asks."""
    moments, now = [], begin
    while now < begin + seconds:
        pause = throttle.pause(now)
        if pause <= 0:
            throttle.take(now)
            moments.append(now)
        now += max(pause, 0.0)
    return moments


def test_after_a_burst_of_100_no_more_than_50_questions_go_in_any_second():
    moments = served(Throttle(), 1000.0, 10.0)
    assert sum(moment == 1000.0 for moment in moments) == 100
    assert len(moments) == 100 + 499
    gaps = [later - sooner for sooner, later in pairwise(moments[99:])]
    assert (min(gaps), max(gaps)) == (pytest.approx(0.02), pytest.approx(0.02))


def test_a_429_stops_all_questions_for_as_long_as_was_asked_and_halves_their_rate():
    throttle = Throttle()
    served(throttle, 0.0, 10.0)
    for _ in range(32):  # one refusal strikes all that were under way
        throttle.refused(10.0, retry_after=12.0)
    assert throttle.pause(10.0) == 12.0
    assert throttle.rate(10.0) == 25.0
    moments = served(throttle, 10.0, 22.0)
    assert moments[0] >= 22.0
    assert len(moments) == pytest.approx(10 * (25 + 50 / 120 * 17), abs=2)  # seconds times the mean rate meanwhile


def test_the_rate_recovers_slowly_and_never_falls_to_nothing():
    throttle = Throttle()
    for refusal in range(12):
        throttle.refused(refusal * 2.0)
    assert throttle.rate(22.0) == pytest.approx(0.845, abs=0.001)
    assert throttle.rate(22.0 + 60.0) == pytest.approx(0.845 + 25.0, abs=0.001)
    assert throttle.rate(1e6) == 50.0


MEDIANS = {  # the published medians, in its order
    ("image", "FACE_EDITOR"): 3,
    ("image", "FACE_SWAP"): 4,
    ("image", "BACKGROUND_REMOVER"): 4,
    ("image", "AI_IMAGE"): 5,
    ("image", "QR_CODE"): 7,
    ("image", "AI_MEME"): 9,
    ("image", "AI_IMAGE_EDITOR"): 9,
    ("image", "PHOTO_COLORIZER"): 9,
    ("image", "CLOTHES_CHANGER"): 13,
    ("image", "AI_HEADSHOT"): 14,
    ("image", "HEAD_SWAP"): 18,
    ("audio", "VOICE_GENERATOR"): 21,
    ("audio", "VOICE_CLONER"): 21,
    ("image", "IMAGE_UPSCALER"): 22,
    ("image", "AI_GIF"): 23,
    ("image", "BODY_SWAP"): 38,
    ("video", "AUTO_SUBTITLE"): 45,
    ("video", "TEXT_TO_VIDEO"): 51,
    ("video", "IMAGE_TO_VIDEO"): 74,
    ("video", "VIDEO_EDITOR"): 85,
    ("video", "FACE_SWAP"): 96,
    ("video", "AUDIO_TO_VIDEO"): 117,
    ("video", "TALKING_PHOTO"): 174,
    ("video", "LIP_SYNC"): 229,
    ("video", "CHARACTER_REPLACE"): 446,
    ("video", "ANIMATION"): 596,
    ("video", "VIDEO_TO_VIDEO"): 772,
}


def test_each_documented_median_is_known_and_no_other_is_invented():
    assert {key: typical(*key).seconds for key in MEDIANS} == MEDIANS
    assert {key: typical(*key).late for key in MEDIANS} == {key: 2 * seconds for key, seconds in MEDIANS.items()}
    assert set(MEDIAN_SECONDS) - {type_ for _, type_ in MEDIANS} == {"PHOTO_EDITOR"}  # the image editor's other name
    assert [typical("image", name) for name in ("", "AVATAR", "face_swap")] == [None] * 3


def test_three_renders_of_the_users_own_say_more_than_the_published_median():
    own = [float(seconds) for seconds in range(40, 51)]  # 40, 41 ... 50
    assert typical("video", "TEXT_TO_VIDEO", own) == Typical(seconds=45, late=49, low=41, high=49, count=11)
    assert typical("video", "TEXT_TO_VIDEO", own[:2]) == typical("video", "TEXT_TO_VIDEO")
    assert typical("video", "NEW_TYPE", own[:3]) == Typical(seconds=41, late=41.8, low=40.2, high=41.8, count=3)


@pytest.mark.parametrize(("value", "seconds"), [(None, None), ("", None), ("2.5", 2.5), (" 3 ", 3.0), ("1e-3", 0.001)])
def test_a_users_own_interval_is_read(value, seconds):
    assert read_interval(value) == seconds


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "fast", "1,5", "1e999"])
def test_an_interval_that_is_no_number_above_zero_is_said_so(value):
    with pytest.raises(mh.ConfigurationError, match="MAGIC_HOUR_POLL_INTERVAL") as caught:
        read_interval(value)
    assert repr(value) in str(caught.value)


# What never shows

SECRETS = st.from_regex(r"[A-Za-z0-9]{16}", fullmatch=True)
HOSTS = st.sampled_from(["h.example", "videos.magichour.ai", "127.0.0.1:8080", "[::1]:80", "bücher.example"])
SCHEMES = st.sampled_from(["https://", "http://", "HTTPS://", "s3://", "https:///"])
PLACES = st.sampled_from(["/{}", "/a/b.png?auth-token={}", "?X-Amz-Signature={}&a=b", "#{}", "\\{}", "&t={}", "/x,{}"])
ODD_PLACES = st.sampled_from(["/a?filename*=UTF-8''out.png&sig={}", "/it's/{}", "/a%20b;c={}", "/(a)/[{}]", "/ä/{}"])
BEFORE = st.sampled_from(["", " ", "see ", "'", '"', "<", "(", "a=", "é", "x,", "\n"])
AFTER = st.sampled_from(["", " ", "'", '"', ">", ")", ".", ", then", "\n", "'."])


@PROFILE
@given(BEFORE, SCHEMES, st.sampled_from(["", "user:pass@", "a@b@"]), HOSTS, PLACES | ODD_PLACES, SECRETS, AFTER)
def test_of_a_link_in_a_text_only_the_host_survives(before, scheme, user, host, place, secret, after):
    text = redact(before + scheme + user + host + place.format(secret) + after)
    assert secret not in text
    assert "pass" not in text
    assert host in text
    assert redact(text) == text


@PROFILE
@given(st.lists(st.tuples(HOSTS, SECRETS), min_size=2, max_size=5), st.sampled_from([" ", "\n", ", ", "", "' '"]))
def test_each_of_many_links_is_cut(links, between):
    text = redact(between.join(f"https://{host}/a?token={secret}" for host, secret in links))
    assert not [secret for _, secret in links if secret in text]


@PROFILE
@given(st.text(max_size=80))
def test_a_text_without_a_link_stays_as_it_is(text):
    assert redact(text) == text or "://" in text


@pytest.mark.parametrize(
    "text",
    ["", "See https://magichour.ai.", "(https://magichour.ai/)", "at https://h.example:8080, now", "a:b", "image:a//b"],
)
def test_a_host_alone_is_no_secret(text):
    assert redact(text) == text


@pytest.mark.parametrize("text", ["://" + "a" * 50_000, "a" * 50_000 + "@://", "https://host/" + "ab0" * 20_000])
def test_a_long_word_of_a_server_is_redacted_in_no_time(text):
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 0.5  # ten seconds, where every letter may begin a scheme of any length


def test_json_is_redacted_at_any_depth_and_never_changed():
    link = "https://h.example/a?auth-token=s3cret"
    value = {link: [link, {"a": (link, 5, None, True)}], "b": 1.5}
    cut = "https://h.example/…"
    assert redact_all(value) == {cut: [cut, {"a": [cut, 5, None, True]}], "b": 1.5}
    assert value == {link: [link, {"a": (link, 5, None, True)}], "b": 1.5}


def test_a_secret_is_a_string_that_does_not_show_itself():
    secret = Secret("mhk_live_s3cret")
    assert secret == "mhk_live_s3cret"
    assert f"Bearer {secret}" == "Bearer mhk_live_s3cret"
    for shown in (repr(secret), repr([secret]), repr({"a": secret}), f"{secret!r}", ascii(secret)):
        assert "s3cret" not in shown
    assert not hasattr(secret, "__dict__")


def test_no_error_keeps_a_link_anywhere():
    """Found by hand: an error's `args` once held the text as it came."""
    link = "https://h.example/a?auth-token=s3cret"
    for error in (
        mh.MagicHourError(f"see {link}"),
        mh.APIStatusError(500, f"see {link}"),
        mh.InvalidResponseError(f"see {link}"),
        mh.DownloadError(f"see {link}"),
        mh.WaitTimeoutError(f"see {link}", None),
    ):
        assert "s3cret" not in str(error) + repr(error) + repr(error.args) + repr(vars(error))
        assert "https://h.example/…" in str(error)


def test_every_error_is_under_one_root_and_said_in_words():
    errors = [getattr(mh, name) for name in mh.__all__ if isinstance(getattr(mh, name), type)]
    errors = [error for error in errors if issubclass(error, BaseException)]
    written = {name for name, thing in vars(errors_module).items() if isinstance(thing, type) and "Error" in name}
    assert {error.__name__ for error in errors} == written
    assert all(issubclass(error, mh.MagicHourError) for error in errors)
    assert issubclass(mh.APITimeoutError, TimeoutError)
    assert issubclass(mh.WaitTimeoutError, TimeoutError)
