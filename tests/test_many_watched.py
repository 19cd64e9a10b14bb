"""Many watches of one client share one budget of questions, on a real sandbox: bounded, fair, and heeding a 429."""

import time
from collections import Counter

import pytest

import mh_notebook as mh
from mh_notebook.protocol.throttle import BURST, MOST

SPEED = 10
NETWORK = 0.5  # real seconds by which requests may bunch up on a busy machine


@pytest.fixture
def sandbox():
    with mh.Sandbox(speed=SPEED) as sandbox:
        yield sandbox


def asked(sandbox):
    """The moments of all questions, in the world's seconds from the first, and whom each was about."""
    begin = sandbox.requests[0].at
    return [((request.at - begin) * SPEED, request.path) for request in sandbox.requests]


@pytest.mark.slow
def test_1000_watched_stay_under_the_budget_and_each_has_its_turn(sandbox):
    refs = [sandbox.add("image", "AI_IMAGE", queue_seconds=0, render_seconds=40 + n % 40) for n in range(1000)]
    with sandbox.client(progress=False) as client:
        frame = client.projects.watch(refs).wait(60)
    assert frame["status"].eq("complete").all()
    moments = [moment for moment, _ in asked(sandbox)]
    for seconds in (20, 40):  # in any stretch of so many, the burst and the rate
        most = max(sum(begin <= moment < begin + seconds for moment in moments) for begin in moments[::50])
        assert most <= BURST * MOST + MOST * (seconds + SPEED * NETWORK)
    counts = Counter(path for _, path in asked(sandbox))
    assert len(counts) == 1000
    assert max(counts.values()) <= 8  # the SDK would ask each 80 to 160 times
    firsts = sorted(min(moment for moment, path in asked(sandbox) if path == one) for one in list(counts)[::10])
    assert firsts[-1] <= 1000 / MOST + SPEED * NETWORK  # nobody waits for longer than the queue is


@pytest.mark.slow
def test_a_429_that_strikes_one_watch_slows_all_of_them(sandbox):
    refs = [sandbox.add("image", "AI_IMAGE", queue_seconds=0, render_seconds=60) for _ in range(40)]
    with sandbox.client(progress=False) as client:
        sandbox.add_fault("/v1/*", status=429, retry_after=20)
        frame = client.projects.watch(refs).wait(60)
    assert frame["status"].eq("complete").all()
    refused = next(request for request in sandbox.requests if request.status == 429)
    later = [(request.at - refused.at) * SPEED for request in sandbox.requests if request.at > refused.at]
    under_way = [moment for moment in later if moment < SPEED * NETWORK]
    assert len(under_way) <= len(refs)  # these had gone before the answer came
    assert min(moment for moment in later if moment >= SPEED * NETWORK) >= 20


def test_a_watch_of_one_does_not_wait_behind_a_watch_of_many(sandbox):
    many = [sandbox.add("image", "AI_IMAGE", queue_seconds=0, render_seconds=900) for _ in range(900)]
    one = sandbox.add("image", "AI_IMAGE", queue_seconds=0, render_seconds=0)
    with sandbox.client(progress=False, history=False) as client:
        monitor = client.projects.watch(many)
        while len(sandbox.requests) < BURST * MOST:  # from here on they queue, for 16 s of the world
            time.sleep(0.01)
        began = time.monotonic()
        assert client.v1.image_projects.check_result(one[1], download_outputs=False).status == "complete"
        assert time.monotonic() - began < NETWORK
        monitor.stop()


@pytest.mark.slow
@pytest.mark.parametrize("retry_after", [10, None])
def test_all_that_is_asked_again_after_a_429_waits_for_its_turn_too(sandbox, retry_after):
    refs = [sandbox.add("image", "AI_IMAGE", queue_seconds=0, render_seconds=900) for _ in range(300)]
    sandbox.add_fault("/v1/*", status=429, retry_after=retry_after, times=100_000)
    with sandbox.client(progress=False, history=False) as client:
        monitor = client.projects.watch(refs)
        time.sleep(2)
        monitor.stop()
    later = [moment for moment, _ in asked(sandbox) if moment >= SPEED * NETWORK]
    assert 1 <= len(later) <= MOST / 2 * 2  # of 100 that went at once: each refusal halves what may follow
