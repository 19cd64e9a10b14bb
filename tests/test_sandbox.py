"""What the sandbox promises: the contract, the times, the credits, the files and the faults."""

import asyncio
import gc
import io
import json
import logging
import re
import socket
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nan

import aiohttp
import pytest
from PIL import Image

from mh_notebook.sandbox import Request, Sandbox
from mh_notebook.sandbox.catalog import CONTENT_TYPES, TYPES
from mh_notebook.sandbox.media import VARIANTS, render
from mh_notebook.sandbox.seeding import SEEDED, seeded
from mh_notebook.sandbox.world import Plan, answer, credits_at, status_at

MAGIC = {
    "png": (0, b"\x89PNG\r\n\x1a\n"),
    "jpeg": (0, b"\xff\xd8\xff"),
    "webp": (8, b"WEBP"),
    "gif": (0, b"GIF89a"),
    "mp4": (4, b"ftyp"),
    "webm": (0, b"\x1a\x45\xdf\xa3"),
    "mp3": (0, b"ID3"),
    "wav": (0, b"RIFF"),
}
NOW = 1_800_000_000.0


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Caller:
    """Asks a sandbox over real HTTP, each time on a new connection."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox, self.session = sandbox, session

    async def __call__(self, path: str, method: str = "GET", *, token: str | None = None, **options) -> Reply:
        headers = options.pop("headers", {})
        if not path.startswith("http"):
            headers = {"Authorization": f"Bearer {token or self.sandbox.token}", **headers}
            path = self.sandbox.url + path
        async with self.session.request(method, path, headers=headers, **options) as response:
            names = {name.title(): value for name, value in response.headers.items()}
            return Reply(response.status, names, await response.read())

    async def project(self, ref: tuple[str, str], method: str = "GET") -> Reply:
        return await self(f"/v1/{ref[0]}-projects/{ref[1]}", method)

    async def link(self, ref: tuple[str, str], number: int = 1) -> str:
        return (await self.project(ref)).json["downloads"][number - 1]["url"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock, token="key") as running:
        yield running


@pytest.fixture
async def ask(sandbox: Sandbox) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(sandbox, session)


def done(sandbox: Sandbox, kind: str = "image", **options) -> tuple[str, str]:
    return sandbox.add(kind, queue_seconds=0, render_seconds=0, **options)


# The world ----------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_world_and_another_seed_another():
    first, second = Sandbox(seed=7), Sandbox(seed=7)
    assert first.refs == second.refs
    assert seeded(7, 60.0) == seeded(7, 60.0)
    assert set(first.refs).isdisjoint(Sandbox(seed=8).refs)
    assert [first.add("video"), first.add("audio")] == [second.add("video"), second.add("audio")]


def test_the_seed_makes_twelve_projects_of_all_kinds_with_names_of_their_own():
    plans = seeded(0, 60.0)
    assert [plan.kind for plan in plans].count("image") == 6
    assert {plan.kind for plan in plans} == {"image", "video", "audio"}
    assert len({plan.id for plan in plans}) == len({plan.name for plan in plans}) == len(SEEDED) == 12
    assert [plan.outcome for plan in plans if plan.outcome != "complete"] == ["error", "canceled"]
    assert [plan.name for plan in plans if plan.draft_seconds] == ["The lake wakes up"]
    assert [plan.image_count for plan in plans if plan.image_count > 1] == [4, 3]


@pytest.mark.parametrize("speed", [1.0, 60.0, 2000.0])
def test_each_status_comes_exactly_when_its_time_has_come(speed):
    times = {"draft_seconds": 2.0, "queue_seconds": 10.0, "render_seconds": 41.0}
    plan = Plan("video", "v", "TEXT_TO_VIDEO", created_at=NOW, speed=speed, **times)
    moments = [0, 1.99, 2, 11.99, 12, 52.99, 53, 10_000]
    expected = ["draft", "draft", "queued", "queued", "rendering", "rendering", "complete", "complete"]
    assert [status_at(plan, NOW + moment / speed) for moment in moments] == expected


@pytest.mark.parametrize("outcome", ["draft", "reviewing", "rendering"])
def test_a_status_that_is_no_end_is_kept_for_ever(outcome):
    plan = Plan("image", "i", "AI_IMAGE", outcome=outcome, queue_seconds=1, render_seconds=1)
    assert {status_at(plan, moment) for moment in (0, 1, 2, 1e12)} == {outcome}


def test_an_unknown_word_may_stand_for_rendering():
    plan = Plan("image", "i", "AI_IMAGE", render_status="upscaling", queue_seconds=1, render_seconds=1)
    assert [status_at(plan, moment) for moment in (0, 1, 2)] == ["queued", "upscaling", "complete"]


ALL_TYPES = [(kind, type_) for kind, types in TYPES.items() for type_ in types]


@pytest.mark.parametrize(("kind", "type_"), ALL_TYPES)
def test_a_types_time_lies_near_its_documented_median(kind, type_):
    sandbox = Sandbox()
    for _ in range(10):
        plan = sandbox._store.plans[sandbox.add(kind, type_)]
        ratio = (plan.queue_seconds + plan.render_seconds) / TYPES[kind][type_].seconds
        assert 0.79 < ratio < 1.31


def test_an_answer_has_exactly_the_fields_of_the_contract():
    shared = {"id", "name", "status", "type", "created_at", "enabled", "credits_charged"}
    shared |= {"downloads", "error"}
    video = {"width", "height", "start_seconds", "end_seconds", "fps"}
    new = {kind: set(answer(Plan(kind, "x", "T"), 0, deprecated_fields=False)) for kind in TYPES}
    old = {kind: set(answer(Plan(kind, "x", "T"), 0)) for kind in TYPES}
    assert new == {"image": shared | {"image_count"}, "video": shared | video, "audio": shared}
    assert old["image"] - new["image"] == {"total_frame_cost"}
    assert old["video"] - new["video"] == {"total_frame_cost", "download"}
    assert old["audio"] == new["audio"]


def test_fields_of_ones_own_are_added_or_put_in_place():
    fields = answer(Plan("video", "x", "T", extra={"width": -1, "mood": "calm"}), 0)
    assert (fields["width"], fields["mood"]) == (-1, "calm")


def test_an_option_that_does_not_exist_is_refused():
    sandbox = Sandbox()
    with pytest.raises(TypeError, match="no option colour"):
        sandbox.add("image", colour="red")
    with pytest.raises(ValueError, match="kind must be one of image, video, audio"):
        sandbox.add("text")
    with pytest.raises(ValueError, match="media must be one of"):
        sandbox.add("image", media="bmp")


# Credits ------------------------------------------------------------------------------------------------


def test_a_videos_credits_and_rate_settle_when_it_completes():
    sandbox = Sandbox(speed=1, clock=lambda: NOW)
    settled = set()
    for _ in range(30):
        plan = sandbox._store.plans[sandbox.add("video", queue_seconds=1, render_seconds=1, end_seconds=10)]
        assert [credits_at(plan, NOW + s) for s in (0, 1, 2)] == [plan.estimate, plan.estimate, plan.final]
        assert plan.final == round(plan.estimate * plan.final_fps / plan.fps)
        settled.add((plan.estimate, plan.final))
    assert settled == {(300, 240), (300, 300), (240, 300)}


@pytest.mark.parametrize("outcome", ["error", "canceled"])
@pytest.mark.parametrize(("options", "left"), [({}, 0), ({"final_credits": 3}, 3)])
def test_a_failed_project_is_refunded_in_full_or_in_part(clock, outcome, options, left):
    sandbox, without = Sandbox(speed=1, clock=clock), Sandbox(speed=1, clock=clock)
    assert sandbox.balance == without.balance
    sandbox.add("image", outcome=outcome, credits=20, queue_seconds=1, render_seconds=1, **options)
    charged = []
    for _ in range(4):
        charged.append(without.balance - sandbox.balance)
        clock.now += 1
    assert charged == [20, 20, left, left]


async def test_balance_is_the_start_less_all_that_is_charged_at_every_moment(sandbox, clock, ask):
    deleted = done(sandbox, credits=11)
    await ask.project(deleted, "DELETE")
    seen = set()
    for _ in range(60):
        replies = [(await ask.project(ref)).json for ref in sandbox.refs]
        assert sandbox.balance == 10_000 - 11 - sum(reply["credits_charged"] for reply in replies)
        assert (await ask("/v1/account")).json["credits"] == sandbox.balance
        seen.add(sandbox.balance)
        clock.now += 0.1
    assert len(seen) == 4  # two settle and two are refunded, two of these four at once
    assert {reply["status"] for reply in replies} == {"complete", "error", "canceled"}


# The API host -------------------------------------------------------------------------------------------


async def test_a_bad_or_missing_token_is_unauthorized(sandbox, ask):
    reply = await ask("/v1/account", token="wrong")
    assert (reply.status, reply.json) == (401, {"message": "Unauthorized"})
    async with ask.session.get(sandbox.url + "/v1/account") as bare:
        assert bare.status == 401
    assert [(seen.status, seen.authorized) for seen in sandbox.requests] == [(401, True), (401, False)]


async def test_an_id_is_known_under_its_own_kind_only(sandbox, ask):
    _, id_ = sandbox.add("image")
    assert (await ask.project(("image", id_))).status == 200
    reply = await ask.project(("video", id_))
    assert (reply.status, reply.json) == (404, {"message": "Not Found"})
    assert (await ask("/v1/nothing")).status == 404


async def test_a_deleted_project_is_gone(sandbox, ask):
    ref = done(sandbox)
    link = await ask.link(ref)
    asked = [await ask.project(ref, method) for method in ("DELETE", "GET", "DELETE")]
    assert [reply.status for reply in asked] == [204, 404, 404]
    assert asked[0].body == b""
    assert (await ask(link)).status == 404


async def test_a_template_cannot_be_deleted(sandbox, ask):
    ref = sandbox.add("video", template=True)
    assert (await ask.project(ref, "DELETE")).status == 422
    assert (await ask.project(ref)).status == 200


async def test_the_answer_tells_error_and_downloads_at_the_end_only(sandbox, clock, ask):
    failing = sandbox.add("image", outcome="error", error=("file_too_large", "Too large"), render_seconds=6)
    complete = sandbox.add("image", image_count=3, queue_seconds=0, render_seconds=6)
    assert [(await ask.project(ref)).json["error"] for ref in (failing, complete)] == [None, None]
    assert (await ask.project(complete)).json["downloads"] == []
    clock.now += 0.2
    assert (await ask.project(failing)).json["error"] == {"code": "file_too_large", "message": "Too large"}
    downloads = (await ask.project(complete)).json["downloads"]
    assert [item["expires_at"] for item in downloads] == ["2027-01-16T08:00:00.200Z"] * 3
    assert all(item["url"].startswith(sandbox.media_url + "/media/") for item in downloads)
    assert sandbox.media_url != sandbox.url


async def test_seeded_clocks_start_with_the_sandbox(clock):
    sandbox = Sandbox(clock=clock)
    clock.now += 500
    with sandbox:
        plans = sandbox._store.plans
        assert {plan.created_at for plan in plans.values()} == {NOW + 500}


CREATING = [
    ("ai-image-generator", {"image_count": 3, "style": {"prompt": "a"}, "name": "N"}, 15, "frame_cost"),
    ("text-to-video", {"end_seconds": 5, "style": {"prompt": "a"}}, None, "estimated_frame_cost"),
    ("ai-voice-generator", {"style": {"prompt": "a" * 41}}, 3, None),
]


@pytest.mark.parametrize(("tool", "body", "price", "old"), CREATING)
async def test_a_created_project_is_charged_and_then_plays(sandbox, clock, ask, tool, body, price, old):
    before = sandbox.balance
    made = await ask(f"/v1/{tool}", "POST", json=body)
    assert made.status == 200
    assert set(made.json) == {"id", "credits_charged"} | ({old} if old else set())
    assert made.json["credits_charged"] == (price or made.json["credits_charged"]) == before - sandbox.balance
    kind = {"ai-image-generator": "image", "text-to-video": "video"}.get(tool, "audio")
    assert (await ask.project((kind, made.json["id"]))).json["status"] == "queued"
    clock.now += 60
    reply = (await ask.project((kind, made.json["id"]))).json
    assert (reply["status"], len(reply["downloads"])) == ("complete", 3 if kind == "image" else 1)
    assert reply["name"] == body.get("name")


STYLE = {"style": {"prompt": "a"}}
BAD = [
    ("ai-image-generator", b"", "Missing request body"),
    ("ai-image-generator", b"{", "not JSON"),
    ("ai-image-generator", b"[]", "must be an object"),
    ("ai-image-generator", {"image_count": 1}, "style.prompt"),
    ("ai-image-generator", {"image_count": 1, "style": {"prompt": " "}}, "style.prompt"),
    ("ai-image-generator", {"image_count": 0, **STYLE}, "image_count"),
    ("ai-image-generator", {"image_count": 17, **STYLE}, "image_count"),
    ("ai-image-generator", {"image_count": True, **STYLE}, "image_count"),
    ("ai-image-generator", {"image_count": 1, "aspect_ratio": "5:4", **STYLE}, "aspect_ratio"),
    ("ai-image-generator", {"image_count": 1, "name": 5, **STYLE}, "name"),
    ("text-to-video", {"end_seconds": 0.5, **STYLE}, "end_seconds"),
    ("text-to-video", {"end_seconds": 61, **STYLE}, "end_seconds"),
    ("text-to-video", {"end_seconds": "5", **STYLE}, "end_seconds"),
    ("ai-voice-generator", {"style": "a"}, "style.prompt"),
]


@pytest.mark.parametrize(("tool", "body", "word"), BAD)
async def test_a_bad_body_is_refused_and_costs_nothing(sandbox, ask, tool, body, word):
    before = sandbox.balance
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = await ask(f"/v1/{tool}", "POST", data=data)
    assert reply.status == 400
    assert word in reply.json["message"]
    assert sandbox.balance == before


async def test_what_the_balance_does_not_cover_needs_payment(clock):
    with Sandbox(clock=clock, credits=0) as sandbox:
        async with aiohttp.ClientSession() as session:
            body = {"end_seconds": 5, **STYLE}
            reply = await Caller(sandbox, session)("/v1/text-to-video", "POST", json=body)
        before = sandbox.balance
        assert (reply.status, sandbox.balance) == (402, before)
        assert "Payment required" in reply.json["message"]


async def test_other_methods_are_not_allowed(sandbox, ask):
    ref = sandbox.refs[0]
    assert (await ask.project(ref, "PUT")).status == 405
    assert (await ask("/v1/account", "DELETE")).status == 405
    assert (await ask("/v1/text-to-video")).status == 405


async def test_deprecated_fields_can_be_left_out(clock):
    with Sandbox(clock=clock, deprecated_fields=False) as sandbox:
        async with aiohttp.ClientSession() as session:
            ask = Caller(sandbox, session)
            reply = (await ask.project(done(sandbox, "video"))).json
            made = (await ask("/v1/text-to-video", "POST", json={"end_seconds": 5, **STYLE})).json
        assert not {"total_frame_cost", "download"} & set(reply)
        assert set(made) == {"id", "credits_charged"}


async def test_requests_are_recorded_without_queries_or_secrets(sandbox, clock, ask):
    ref = done(sandbox)
    link = await ask.link(ref)
    clock.now += 1
    await ask(link, headers={"Range": "bytes=0-9"})
    path = f"/media/{ref[1]}/output-1.png"
    assert sandbox.requests == [
        Request("GET", f"/v1/image-projects/{ref[1]}", "api", NOW, 200, True, None),
        Request("GET", path, "media", NOW + 1, 206, False, "bytes=0-9"),
    ]
    assert "key" not in repr(sandbox.requests)
    assert sandbox.token not in repr(sandbox)


# Files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", CONTENT_TYPES)
async def test_each_medium_comes_with_its_type_its_size_and_true_bytes(sandbox, ask, media):
    reply = await ask(await ask.link(done(sandbox, media=media)))
    start, magic = MAGIC[media]
    assert reply.body[start : start + len(magic)] == magic
    assert reply.headers["Content-Type"] == CONTENT_TYPES[media]
    assert reply.headers["Content-Length"] == str(len(reply.body))
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Etag"].startswith('"')
    assert reply.headers["Last-Modified"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert 2_000 < len(reply.body) < 130_000


@pytest.mark.parametrize(("media", "frames"), [("png", 1), ("jpeg", 1), ("webp", 1), ("gif", 8)])
def test_a_picture_opens_at_its_size_and_is_the_same_each_time(media, frames):
    data = render(media, "c1/1", 0, 192, 128)
    render.cache_clear()
    assert data == render(media, "c1/1", 0, 192, 128)
    assert data != render(media, "c1/2", 0, 192, 128)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((192, 128), frames)
        picture.verify()


def test_a_recording_says_how_long_it_is():
    with wave.open(io.BytesIO(render("wav", "c1/1", 0, 0, 0))) as file:
        assert file.getnframes() / file.getframerate() == 2.6


def test_a_stored_web_film_says_how_long_it_is():
    for name in VARIANTS["webm"]:
        data = render("webm", "c1/1", VARIANTS["webm"].index(name), 480, 270)
        assert b"\x44\x89\x88" in data[:500]  # the element Duration, a double


def test_a_stored_film_has_its_index_in_front():
    data = render("mp4", "c1/1", 0, 480, 270)
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("media", CONTENT_TYPES)
def test_each_version_of_a_file_differs_from_the_one_before(media):
    for key in ("a/1", "b/1", "c/1"):
        for size in ((96, 64), (64, 96)):
            versions = [render(media, key, version, *size) for version in range(4)]
            assert all(new != old for old, new in pairwise(versions))


CONTENT = bytes(range(100))
RANGES = [
    ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/100"),
    ("bytes=90-", 206, CONTENT[90:], "bytes 90-99/100"),
    ("bytes=-5", 206, CONTENT[-5:], "bytes 95-99/100"),
    ("bytes=-500", 206, CONTENT, "bytes 0-99/100"),
    ("bytes=50-5000", 206, CONTENT[50:], "bytes 50-99/100"),
    ("bytes=100-", 416, b"", "bytes */100"),
    ("bytes=9-5", 416, b"", "bytes */100"),
    ("bytes=-0", 416, b"", "bytes */100"),
    ("bytes=0-1,5-6", 200, CONTENT, None),
    ("bytes=-", 200, CONTENT, None),
    ("lines=0-9", 200, CONTENT, None),
]


@pytest.mark.parametrize(("header", "status", "body", "content_range"), RANGES)
async def test_ranges_are_served_as_http_says(sandbox, ask, header, status, body, content_range):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    reply = await ask(link, headers={"Range": header})
    assert (reply.status, reply.body, reply.headers.get("Content-Range")) == (status, body, content_range)


async def test_if_range_gives_the_rest_of_an_unchanged_file_and_the_whole_of_a_changed_one(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    whole = await ask(link)
    rest = {"Range": "bytes=60-"}
    for validator in (whole.headers["Etag"], whole.headers["Last-Modified"]):
        assert (await ask(link, headers={**rest, "If-Range": validator})).body == CONTENT[60:]
    other = await ask(link, headers={**rest, "If-Range": '"another"'})
    assert (other.status, other.body) == (200, CONTENT)


async def test_head_tells_all_and_sends_nothing(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    reply = await ask(link, "HEAD")
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, b"", "100")
    assert (await ask(link, "POST")).status == 405


async def test_several_outputs_and_large_ones_arrive_whole(sandbox, ask):
    large = bytes(range(256)) * 4096 * 3
    ref = done(sandbox, output_bytes=[CONTENT, large])
    assert (await ask(await ask.link(ref, 1))).body == CONTENT
    assert (await ask(await ask.link(ref, 2))).body == large


# Links --------------------------------------------------------------------------------------------------


async def test_a_link_expires_and_the_next_get_gives_a_fresh_one(sandbox, clock, ask):
    ref = done(sandbox, output_bytes=CONTENT)
    link = await ask.link(ref)
    clock.now += 86_399.9
    assert (await ask(link)).status == 200
    clock.now += 0.1
    refused = await ask(link)
    assert (refused.status, refused.headers["Content-Type"]) == (403, "application/xml; charset=UTF-8")
    assert b"<Code>ExpiredToken</Code>" in refused.body
    assert (await ask(await ask.link(ref))).status == 200


async def test_links_can_be_expired_at_will(sandbox, ask):
    ref, other = done(sandbox), done(sandbox)
    links = [await ask.link(ref), await ask.link(other)]
    sandbox.expire_links(*ref)
    assert [(await ask(link)).status for link in links] == [403, 200]
    assert (await ask(await ask.link(ref))).status == 200
    with pytest.raises(KeyError, match="image:nobody is no project"):
        sandbox.expire_links("image", "nobody")


async def test_the_first_link_may_have_expired_already(sandbox, ask):
    ref = done(sandbox, first_link_expired=True)
    assert [(await ask(await ask.link(ref))).status for _ in range(3)] == [403, 200, 200]


async def test_a_link_cannot_be_made_up(sandbox, ask):
    ref = done(sandbox, image_count=2)
    link = await ask.link(ref)
    path, _, query = link.partition("?")
    moment, _, digest = query.partition("=")[2].partition(".")
    forged = [path, path + "?auth-token=", f"{path}?auth-token=9{moment}.{digest}"]
    forged += [f"{path}?auth-token={moment}.é", link.replace("output-1", "output-2")]
    replies = [await ask(url) for url in forged]
    assert [reply.status for reply in replies] == [403] * 5
    assert all(b"<Code>AccessDenied</Code>" in reply.body for reply in replies)
    assert (await ask(f"{sandbox.media_url}/elsewhere")).status == 403


# Faults -------------------------------------------------------------------------------------------------


async def test_faults_are_served_in_order_and_each_as_often_as_asked(sandbox, ask):
    sandbox.add_fault("/v1/account", times=2, status=503)
    sandbox.add_fault("/v1/image-projects/*", status=500)
    sandbox.add_fault("/v1/*", status=429, retry_after=7)
    replies = [await ask("/v1/account") for _ in range(4)]
    assert [reply.status for reply in replies] == [503, 503, 429, 200]
    assert replies[0].json == {"message": "Service Unavailable"}
    assert replies[2].headers["Retry-After"] == "7"
    assert (await ask.project(sandbox.refs[0])).status == 500


async def test_a_fault_may_bring_its_own_body_headers_and_date(sandbox, ask):
    when = "Wed, 21 Oct 2026 07:28:00 GMT"
    page = {"body": b"<html>", "headers": {"Content-Type": "text/html"}}
    sandbox.add_fault("/v1/account", **page)
    sandbox.add_fault("/v1/account", status=520, retry_after=when)
    html, odd = await ask("/v1/account"), await ask("/v1/account")
    assert (html.status, html.body, html.headers["Content-Type"]) == (200, b"<html>", "text/html")
    assert (odd.status, odd.json, odd.headers["Retry-After"]) == (520, {"message": "Status 520"}, when)


async def test_a_reset_is_seen_as_one_and_recorded_as_status_0(sandbox, ask):
    sandbox.add_fault("/v1/account", times=2, reset=True)  # aiohttp repeats a GET by itself only once sent
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask("/v1/account", "POST")
    assert sandbox.requests[0].status == 0


def test_a_reset_is_a_true_tcp_reset(sandbox):
    sandbox.add_fault("/v1/account", reset=True)
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET /v1/account HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(10)


async def test_a_deletion_may_take_effect_and_its_answer_be_lost(sandbox, ask):
    ref = sandbox.add("image")
    sandbox.add_fault("/v1/image-projects/*", times=1, status=502, performed=True)
    assert [(await ask.project(ref, "DELETE")).status for _ in range(2)] == [502, 404]


async def raw_get(link: str) -> tuple[dict[str, str], bytes]:
    """Read an answer to its very end, whatever its Content-Length says."""
    _, _, rest = link.partition("//")
    address, _, path = rest.partition("/")
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    lines = [line.split(": ", 1) for line in head.decode().splitlines()[1:]]
    return {name.title(): value for name, value in lines}, body


async def test_an_answer_can_be_cut_after_n_bytes(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    for size in (0, 1, 99):
        sandbox.add_fault("/media/*", cut_after=size)
        headers, body = await raw_get(link)
        assert (headers["Content-Length"], body) == ("100", CONTENT[:size])
    sandbox.add_fault("/media/*", cut_after=40)
    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(link)
    assert (await ask(link)).body == CONTENT


async def test_content_length_can_lie_both_ways(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    for size, body in ((150, CONTENT), (50, CONTENT[:50])):
        sandbox.add_fault("/media/*", wrong_size=size)
        headers, received = await raw_get(link)
        assert (headers["Content-Length"], received) == (str(size), body)


async def test_a_stall_comes_before_the_answer_or_in_the_body(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    sandbox.add_fault("/media/*", stall=30)
    with pytest.raises(TimeoutError):
        await ask(link, timeout=aiohttp.ClientTimeout(total=0.05))
    sandbox.add_fault("/media/*", stall=30, cut_after=20)
    async with ask.session.get(link) as response:
        assert await response.content.readexactly(20) == CONTENT[:20]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.content.read(1), 0.05)


async def test_a_link_may_be_called_expired_before_its_time(sandbox, ask):
    link = await ask.link(done(sandbox))
    sandbox.add_fault("/media/*", expired=True)
    assert [(await ask(link)).status for _ in range(2)] == [403, 200]


async def test_a_changed_file_has_other_bytes_and_another_etag_from_then_on(sandbox, ask):
    link = await ask.link(done(sandbox, output_bytes=CONTENT))
    old = await ask(link)
    sandbox.add_fault("/media/*", changed=True)
    resumed = await ask(link, headers={"Range": "bytes=60-", "If-Range": old.headers["Etag"]})
    again = await ask(link)
    assert (resumed.status, len(resumed.body)) == (200, 100)
    assert all(new != was for new, was in zip(resumed.body, CONTENT, strict=True))
    assert again.body == resumed.body
    assert again.headers["Etag"] == resumed.headers["Etag"] != old.headers["Etag"]
    assert again.headers["Last-Modified"] != old.headers["Last-Modified"]


async def test_nothing_is_logged_or_printed_whatever_goes_wrong(sandbox, ask, caplog, capfd):
    caplog.set_level(logging.DEBUG, "aiohttp")
    link = await ask.link(done(sandbox, output_bytes=CONTENT * 20_000))
    lies = [{"wrong_size": 7}, {"wrong_size": 10**9}]
    for fault in [{"reset": True}, {"cut_after": 7}, {"status": 500}, *lies]:
        sandbox.add_fault("/media/*", **fault)
        await asyncio.gather(raw_get(link), return_exceptions=True)
    async with ask.session.get(link) as response:  # left in the middle
        await response.content.read(1)
    sandbox.close()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


# Its life -----------------------------------------------------------------------------------------------


def test_closing_leaves_no_thread_and_may_be_done_twice():
    before = set(threading.enumerate())
    for _ in range(3):
        sandbox = Sandbox().start()
        assert sandbox.start() is sandbox
        assert len(set(threading.enumerate()) - before) == 1
        sandbox.close()
        sandbox.close()
        assert set(threading.enumerate()) == before


async def test_closing_ends_stalled_answers_and_drawing_threads():
    sandbox = Sandbox().start()
    before = set(threading.enumerate())
    sandbox.add_fault("/v1/account", stall=60)
    async with aiohttp.ClientSession() as session:
        ask = Caller(sandbox, session)
        await ask(await ask.link(done(sandbox, width=96, height=64)))
        drawing = set(threading.enumerate()) - before
        waiting = asyncio.create_task(ask("/v1/account"))
        await asyncio.sleep(0.05)
        sandbox.close()
        with pytest.raises(aiohttp.ClientError):
            await waiting
    assert len(drawing) == 1
    assert not drawing & set(threading.enumerate())


def test_a_dropped_sandbox_leaves_no_thread():
    before = set(threading.enumerate())
    sandbox = Sandbox().start()
    del sandbox
    gc.collect()
    assert set(threading.enumerate()) == before


def test_it_starts_nothing_until_it_is_needed_and_can_start_again():
    before = set(threading.enumerate())
    sandbox = Sandbox()
    assert (len(sandbox.refs), sandbox.requests) == (12, [])
    assert sandbox.balance == 10_000 - sum(plan.estimate for plan in seeded(0, 60.0))
    assert set(threading.enumerate()) == before
    first = sandbox.url
    sandbox.close()
    assert repr(sandbox) == "<Sandbox seed=0 speed=60 not running>"
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert repr(sandbox) == f"<Sandbox seed=0 speed=60 {sandbox.url}>"
    assert first.startswith("http://127.0.0.1:")
    sandbox.close()


def test_a_port_in_use_is_said_clearly_in_the_callers_thread():
    before = set(threading.enumerate())
    with Sandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"port {port} is in use: choose another or leave it 0"):
            Sandbox(port=port).start()
        with pytest.raises(ValueError, match="port must lie between 0 and 65535"):
            Sandbox(port=70_000)
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize(
    ("option", "wrong", "says"),
    [
        *(("speed", wrong, "must be above 0 and 1,000,000,000 at most") for wrong in (0, -1, nan, inf, 1e300)),
        *(("link_lifetime", wrong, "must lie between 0 and 1,000,000,000 s") for wrong in (-1, nan, inf, 1e300)),
        *(("credits", wrong, "must be 0 or more") for wrong in (-1, nan)),
    ],
)
def test_numbers_that_no_world_has_are_refused(option, wrong, says):
    with pytest.raises(ValueError, match=f"^{option} {says}, not {re.escape(str(wrong))}$"):
        Sandbox(**{option: wrong})


def test_numbers_at_their_limits_make_a_world():
    least = {"speed": 1e-9, "link_lifetime": 0, "credits": 0}
    for limits in (least, dict.fromkeys(least, 1_000_000_000)):
        with Sandbox(**limits) as sandbox, sandbox.client(progress=False, history=False) as client:
            assert client.projects.frame(sandbox.refs)["fetch_error"].isna().all()


def test_each_sandbox_has_a_token_of_its_own():
    tokens = {Sandbox().token for _ in range(3)}
    assert len(tokens) == 3
    assert all(token.startswith("mhk_sandbox_") for token in tokens)
