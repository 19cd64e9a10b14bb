"""A watch in JupyterLab and Notebook 7: it moves and ends, and no reload and no dead kernel takes its end away."""

import pytest
from labs import FRONT_ENDS
from pages import states, wait_for_pictures
from pixels import travel
from worlds import add_many, add_slow_download, studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH = "monitor = client.projects.watch(refs, download=True, download_directory='out')"
WAIT = "frame = monitor.wait()"
SHOW = "mh.gallery([project for project in monitor.projects if project.downloaded_paths])"
WATCHED, WAITED, SHOWN = 1, 2, 3  # the cells' numbers

# In the page, of a cell: each bar's share, null for one without a value.
BARS = """index => [...document.querySelectorAll('.jp-Cell')][index].querySelectorAll('progress').values()
    .map(bar => bar.hasAttribute('value') ? bar.value / bar.max : null).toArray()"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.fixture(params=FRONT_ENDS)
def front_end(request):
    return request.param


ENDS = {"complete": 6, "error": 1, "canceled": 1}


def test_a_watch_moves_ends_and_its_end_outlives_page_and_kernel(place, front_end):
    sandbox = place.sandbox
    slow = add_slow_download(sandbox, name="Paper boats", queue_seconds=0, render_seconds=20)
    refs = [*add_many(sandbox, 7), slow]
    with place.notebook(front_end, "whole", WATCH, WAIT, SHOW, refs=refs) as tab:
        tab.run(WATCHED)
        tab.wait_for_text(WATCHED, "queued")
        assert states(tab.text(WATCHED)) == {"queued": 7, "rendering": 1}
        sandbox.turn(15)
        tab.page.wait_for_function(f"({BARS})({WATCHED}).filter(value => value === null).length === 8")
        assert travel(tab.page, "progress:not([value])") > 0.4  # of a bar's length: seen to move
        sandbox.turn(10)  # the slow one is rendered
        tab.page.wait_for_function(f"({BARS})({WATCHED}).some(value => value > 0.3 && value < 0.5)")  # real bytes
        assert states(tab.text(WATCHED)) == {"rendering": 7, "downloading": 1}
        sandbox.turn(60)
        tab.run(WAITED)
        assert states(tab.text(WATCHED)) == {"complete": 6, "error": 1, "canceled": 1}
        assert None not in tab.page.evaluate(BARS, WATCHED)
        assert tab.comms() == 0
        tab.run(SHOWN)
        check_end(tab, before := tab.text(WATCHED))
        assert tab.page.errors == []

        tab.save()
        tab.reload()
        check_end(tab, before)
        tab.restart()
        check_end(tab, before)
        tab.reload()
        check_end(tab, before)


def check_end(tab, text):
    """The panel's words are these, and every picture of the gallery is one."""
    tab.wait_for_text(WATCHED, "complete")
    assert tab.text(WATCHED) == text
    wait_for_pictures(tab.page, 4)
    assert tab.page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert tab.page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0


def test_a_page_reloaded_in_the_middle_of_a_watch_goes_on_to_the_true_end(place, front_end):
    refs = add_many(place.sandbox, 8)
    with place.notebook(front_end, "middle", WATCH, WAIT, refs=refs) as tab:
        tab.run(WATCHED)
        place.sandbox.turn(15)
        tab.wait_for_text(WATCHED, "rendering")
        tab.save()
        tab.reload()
        tab.wait_for_text(WATCHED, "rendering")
        place.sandbox.turn(60)
        tab.run(WAITED)
        tab.wait_for_text(WATCHED, "6 of 8 complete")
        assert states(tab.text(WATCHED)) == ENDS
        tab.save()
        tab.reload()
        tab.wait_for_text(WATCHED, "6 of 8 complete")
        assert states(tab.text(WATCHED)) == ENDS


def test_a_kernel_that_dies_in_the_middle_of_a_watch_is_resumed_in_a_new_one(place, front_end):
    refs = add_many(place.sandbox, 8)
    with place.notebook(front_end, "resumed", WATCH, "resumed = mh.resume()", "resumed.wait();", refs=refs) as tab:
        tab.run(WATCHED)
        place.sandbox.turn(15)
        tab.wait_for_text(WATCHED, "rendering")
        tab.restart()
        tab.run(0)
        tab.run(2)
        tab.wait_for_text(2, "rendering")
        assert states(tab.text(2)) == {"rendering": 8}
        place.sandbox.turn(60)
        tab.run(3)
        tab.wait_for_text(2, "6 of 8 complete")
        assert states(tab.text(2)) == ENDS
        assert tab.comms() == 0


def test_bars_sweep_evenly_while_only_time_passes(place):
    """A bar that is drawn anew starts from its left end: that comes once a second, with the time, and not between."""
    with place.notebook("lab", "bars", WATCH, "monitor.stop()", refs=add_many(place.sandbox, 3)) as tab:
        tab.run(WATCHED)
        tab.page.wait_for_function(f"({BARS})({WATCHED}).filter(value => value === null).length === 3")
        tab.wait_for_text(WATCHED, "3 s")
        gaps = tab.page.evaluate(
            """() => new Promise(done => {
                const times = [];
                new MutationObserver(changes => {
                    const nodes = changes.flatMap(change => [...change.addedNodes]);
                    const drawn = nodes.some(node => node.querySelector?.('progress'));
                    if (drawn) times.push(performance.now());
                    if (times.length > 5) done(times.slice(1).map((time, at) => time - times[at]));
                }).observe(document.querySelectorAll('.jp-Cell')[1], {childList: true, subtree: true});
            })""",
        )
        assert min(gaps) > 500, gaps
        assert 800 < sorted(gaps)[2] < 1300, gaps
        tab.run(2)
