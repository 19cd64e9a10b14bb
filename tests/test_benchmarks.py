"""The benchmarks: what they make of figures, and the runner from its beginning to its end, on tiny works."""

import json
import math
import os
import subprocess
import sys

import pytest

from benchmarks import polling, printing, watched
from benchmarks.measuring import measure
from benchmarks.running import summed_up
from benchmarks.servers import ROOT
from benchmarks.works import Entry, Work, works
from mh_notebook.protocol.throttle import BURST, MOST

LIMIT, OURS, BROKEN = Entry("bare", "bare", 1000), Entry("ours", "ours_sync", 1000), Entry("broken", "nobody", 1000)
SAMPLED = Entry("SDK", "sdk_sync", 100)
WORK = Work("frame of 1,000", "projects", (LIMIT, OURS, SAMPLED, BROKEN))


def took(seconds, cpu_seconds, peak_mb=130.0, idle_mb=120.0):
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb, "idle_mb": idle_mb}


FAILED = {"failed": "KeyError: 'nobody'"}
ROUNDS = [  # the machine is half as fast in the second round, and a quarter in the third
    {LIMIT: took(0.10, 0.08), OURS: took(0.125, 0.10, 140.0), SAMPLED: took(0.2, 0.16), BROKEN: FAILED},
    {LIMIT: took(0.20, 0.08), OURS: took(0.400, 0.16, 142.0), SAMPLED: took(0.4, 0.16), BROKEN: FAILED},
    {LIMIT: took(0.40, 0.16), OURS: took(0.400, 0.32, 141.0), SAMPLED: took(0.8, 0.32), BROKEN: FAILED},
]


def test_rates_and_memory_are_medians_over_the_rounds():
    limit, ours, sampled, _ = summed_up(WORK, ROUNDS)
    assert (limit.rate, limit.slowest, limit.fastest, limit.seconds) == (5_000, 2_500, 10_000, 0.2)
    assert (ours.rate, ours.slowest, ours.fastest, ours.seconds) == (2_500, 2_500, 8_000, 0.4)
    assert (ours.cpu_seconds, ours.peak_mb, ours.more_mb, ours.rounds) == (0.16, 141, 21, 3)
    assert (sampled.amount, sampled.rate) == (100, 250)


def test_ratios_are_taken_within_a_round_by_the_clock_and_by_cpu():
    limit, ours, sampled, _ = summed_up(WORK, ROUNDS)
    assert (limit.ratio, limit.cpu_ratio) == (1, 1)
    assert ours.ratio == pytest.approx(0.8)  # of 0.8, 0.5 and 1.0; of the medians it would be 0.5
    assert ours.cpu_ratio == pytest.approx(0.5)
    assert sampled.ratio == pytest.approx(0.05)  # a tenth of the projects in twice the time
    assert sampled.cpu_ratio == pytest.approx(0.05)


def test_a_round_in_which_one_of_the_two_failed_gives_no_ratio():
    rounds = [ROUNDS[0], ROUNDS[1] | {LIMIT: FAILED}, ROUNDS[2] | {OURS: FAILED}]
    limit, ours, *_ = summed_up(WORK, rounds)
    assert (limit.rounds, ours.rounds) == (2, 2)
    assert ours.ratio == pytest.approx(0.8)
    assert ours.rate == 5_250
    assert ours.failed == "KeyError: 'nobody'"


def test_a_contestant_that_failed_is_a_row_that_says_why():
    results = summed_up(WORK, ROUNDS)
    broken = results[-1]
    assert broken.ratio is None
    assert math.isnan(broken.rate)
    for shown in ("rates", "costs", "seconds"):
        head, rule, *rows = printing.lines(results, shown)
        assert rows[-1].startswith("| broken | failed: KeyError: 'nobody' |")
        assert {row.count("|") for row in (head, rule, *rows)} == {head.count("|")}


def test_megabytes_count_where_files_are_fetched():
    one, many = Entry("curl", "curl", 1), Entry("curl", "curl", 200)
    assert Work("", "MB", (one,), megabytes=512).amount(one) == 512
    assert Work("", "MB", (many,), megabytes=1).amount(many) == 200


def test_rates_costs_and_seconds_are_printed_as_such():
    _, ours, *_ = results = summed_up(WORK, ROUNDS)
    assert printing.lines(results, "rates")[3] == (
        "| ours | 32 | 2,500 | 2,500 - 8,000 | 0.80 | 0.50 | 0.400 | 0.160 | 141 | 21 |"
    )
    assert printing.lines(results, "costs")[3] == "| ours | 1,000 | 400 | 160 | 1.25 | 2.00 | 141 | 21 |"
    assert printing.lines([ours], "seconds")[2] == "| ours | 0.400 | 0.125 - 0.400 | 0.160 | 3 |"


def test_many_watched_at_once_stay_under_the_bound_and_are_seen_later_the_more_they_are():
    few, many = polling.together(60), polling.together(600)
    assert few["share"] < 1
    assert many["share"] > few["share"]
    assert many["requests"] < few["requests"]
    assert many["rate"] <= (BURST * MOST + 30 * MOST) / 30


def test_a_work_that_there_is_not_is_said_so():
    command = [sys.executable, "-m", "benchmarks", "--only", "no such"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (1, "There is no such work: 'no such'.\n")


def test_each_work_has_a_title_of_its_own_and_the_quick_ones_leave_out_the_long():
    titles = [work.title for work in works(quick=False)]
    assert len(set(titles)) == len(titles)
    assert {"frame of 20,000", "cost per project", "the sandbox's own rate", "import"} <= set(titles)
    assert not {"frame of 20,000", "cost per project"} & {work.title for work in works(quick=True)}


def test_the_curve_has_our_rule_more_and_less_eager_beside_the_others_and_the_optimum():
    points = {name: (of_sdk, delay) for name, _, of_sdk, delay in polling.curve(renders=4)}
    ours = [points[f"ours, eagerness x {eagerness:g}"] for eagerness in polling.EAGERNESSES]
    assert ours == sorted(ours)  # the more eager, the more requests ...
    assert ours[0][1] > ours[-1][1]  # ... and the less delay
    assert points["SDK, every 0.5 s"][0] == 1
    assert points["advised back-off"][1] > 2
    assert points["optimum for 1 of the aim"][0] < points["ours, eagerness x 1"][0] < 1 / 5
    for sought in polling.SOUGHT[1:]:
        assert points[f"optimum for {sought:g} of the aim"][1] == pytest.approx(sought, rel=0.05)


FILES = [
    Entry(name, name, 2, 2)
    for name in ("bare_download", "ours_check_result", "ours_check_result_with_history", "ours_download_with_history")
]
TINY = [
    Work("frame", "projects", (Entry("bare", "bare", 6), Entry("ours", "ours_sync", 6), Entry("who", "nobody", 6))),
    Work("late frame", "projects", (Entry("ours, awaited", "ours_async", 6),), delay=0.01),
    Work("files", "MB", (Entry("ours", "ours_download", 2), *FILES), megabytes=1),
    Work("sandbox", "answers", (Entry("bare", "bare", 6),), renders=6),
]


@pytest.mark.slow
def test_all_contestants_run_on_the_server_that_their_work_needs():
    results, servers = measure(TINY, 1, plain=True)
    assert "asyncio" in servers["frame"]
    assert servers["sandbox"] == "the sandbox"
    found = {(one.work, one.label): one for one in results}
    assert len(found) == 6 + len(FILES)
    failed = found.pop(("frame", "who"))
    assert (failed.rounds, failed.failed) == (0, "KeyError: 'nobody'")
    for one in found.values():
        assert (one.failed, one.rounds) == ("", 1)
        assert one.seconds > 0
        assert one.cpu_seconds > 0
    assert found["late frame", "ours, awaited"].seconds >= 0.01


@pytest.mark.slow
def test_the_command_prints_a_table_and_keeps_the_figures(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "import", "--json", str(tmp_path / "kept.json")]
    ran = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "| mh_notebook adds |" in ran.stdout
    kept = json.loads((tmp_path / "kept.json").read_text())
    labels = ["pandas, aiohttp, ipywidgets", "mh_notebook adds", "mh_notebook and its first client add"]
    assert [one["label"] for one in kept["results"]] == labels
    assert kept["about"]["python"] in sys.version


@pytest.mark.kernel
@pytest.mark.slow
def test_a_watch_in_a_kernel_is_measured():
    figures = watched.watched(6, seconds=2.0, idle=0.2)
    assert (figures["watched"], figures["ended"], figures["comms"]) == (6, 0, 10)
    assert figures["requests/s"] >= 3  # each at least once
    assert 0 < figures["lag ms p50"] <= figures["lag ms p99"] <= figures["lag ms worst"]
    assert figures["CPU %"] > 0
    head, rule, row = watched.table([figures])
    assert head.count("|") == rule.count("|") == row.count("|")
