"""How our outputs look: kept as pictures in tests/screenshots, and measured where a look can be measured."""

import pytest
from labs import FRONT_ENDS, PATIENCE, SCREENSHOTS, new_page
from pages import cut_texts, overlapping_texts, protruding_texts, wait_for_pictures, widths
from tabs import OUTPUTS, THEMES
from worlds import add_many, studio

from mh_notebook.protocol.typical import typical
from mh_notebook.views.html import root, row_html
from mh_notebook.views.state import Row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COUNTS = (8, 30, 100)
WIDTHS = (800, 1600)  # pixels
TALL = 4000  # pixels of the window: no output is longer, or its picture would show the front end's edges
TOPS = """new Set([...document.querySelector('main > div > div > div').children]
    .map(group => Math.round(group.getBoundingClientRect().top))).size"""
GALLERY = 4  # the cell's number, after one for each count


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_panels_and_galleries_keep_within_their_place_at_every_width_and_theme(place, front_end):
    refs = {count: add_many(place.sandbox, count) for count in COUNTS}
    refs[100][50] = ("image", "there-is-none")
    watches = [f"watched{count} = client.projects.watch(refs[{count}])" for count in COUNTS]
    gallery = "[watched.wait() for watched in (watched8, watched30, watched100)]\n"
    gallery += "mh.gallery(watched8.projects, client=client)"
    faults = {}
    with place.notebook(front_end, "looks", *watches, gallery, refs=refs, height=TALL) as tab:
        for cell in (1, 2, 3):
            tab.run(cell)
            tab.wait_for_text(cell, "queued")
        place.sandbox.turn(15)
        for cell in (1, 2, 3):
            tab.wait_for_text(cell, "rendering")
        look(tab, "live", faults)
        place.sandbox.turn(100)
        tab.run(GALLERY)
        wait_for_pictures(tab.page, 3)
        for cell in (1, 2, 3):
            tab.wait_for_text(cell, "error")
        look(tab, "final", faults)
        assert tab.page.errors == []
    none = {"out by": [0, 0], "cut at 1600": [], "overlapping": [], "out of its frame": []}
    wrong = {(*where, what): some for where, found in faults.items() for what, some in found.items()}
    assert {where: some for where, some in wrong.items() if some != none[where[-1]]} == {}


def test_a_row_stands_on_one_line_where_its_output_is_850_pixels_wide(place):
    usual = typical("video", "TEXT_TO_VIDEO", [38, 51, 70, 52, 40])
    facts = {"name": "Neon rain, slow pan", "type": "TEXT_TO_VIDEO", "elapsed": 45.0, "typical": usual, "credits": 450}
    row = root(row_html(Row(kind="video", id="v", phase="active", status="rendering", **facts)))
    seen = {}
    with new_page(place.browser) as page:
        for width in (700, 850, 1200):
            page.set_content(f'<main style="font-family:Arial;width:{width}px">{row}</main>')
            seen[width] = page.evaluate(TOPS), cut_texts(page, "main")
    assert seen == {700: (2, []), 850: (1, []), 1200: (1, [])}


def look(tab, moment, faults):
    """Keep a picture of each output in each theme and width, and measure what sticks out, is cut off or overlaps."""
    for theme in THEMES:
        tab.theme(theme)
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": TALL})
            settle(tab.page)
            for cell, name in enumerate((*COUNTS, "gallery")[: GALLERY if moment == "final" else 3], start=1):
                keep(tab, cell, f"{name}-{moment}-{tab.front_end}-{theme}-{width}")
            out = [max(0, pixels - 4) for pixels in widths(tab.page)]
            faults[moment, theme, width] = {
                "out by": out,
                "cut at 1600": cut_texts(tab.page) if width == 1600 else [],
                "overlapping": overlapping_texts(tab.page),
                "out of its frame": protruding_texts(tab.page),
            }


def settle(page):
    """Wait until the outputs have the same size in two frames of the page."""
    page.evaluate(
        """async ([outputs, patience]) => {
            const size = one => `${one.offsetWidth}x${one.offsetHeight}`;
            const sizes = () => [...document.querySelectorAll(outputs)].map(size).join();
            const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            const until = performance.now() + patience;
            for (let before = null; before !== (before = sizes()) && performance.now() < until; ) await frame();
        }""",
        [OUTPUTS, PATIENCE],
    )


def keep(tab, cell, name):
    """Keep a picture of a cell's output."""
    SCREENSHOTS.mkdir(exist_ok=True)
    area = tab.page.locator(".jp-Cell").nth(cell).locator(OUTPUTS).first
    (SCREENSHOTS / f"{name}.png").write_bytes(area.screenshot(animations="allow"))
