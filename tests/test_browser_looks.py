"""How our outputs look: kept as pictures in tests/screenshots, and measured where a look can be measured."""

import pytest
from labs import FRONT_ENDS, PATIENCE, SCREENSHOTS
from pages import wait_for_pictures, widths
from tabs import OUTPUTS, THEMES
from worlds import add_many, studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COUNTS = (8, 30, 100)
WIDTHS = (800, 1600)  # pixels
TALL = 2800  # pixels of the window: no output is longer, or its picture would show the front end's edges
GALLERY = 4  # the cell's number, after one for each count

# The facts of a row that end in an ellipsis; names may, and whole paths.
CUT = """outputs => [...document.querySelectorAll(outputs)].flatMap(output => [...output.querySelectorAll('*')])
    .filter(one => one.children.length === 0 && one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
        && getComputedStyle(one).textOverflow === 'ellipsis').map(one => one.innerText)"""
# Pairs of texts that lie upon one another.
OVERLAPPING = """outputs => {
    const boxes = [];
    for (const output of document.querySelectorAll(outputs)) {
        const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const node = walker.currentNode;
            if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const place = node.parentElement.getBoundingClientRect();
            const open = getComputedStyle(node.parentElement).overflowX === 'visible';
            for (const box of range.getClientRects())  // one for each line
                boxes.push([box.left, box.top, open ? box.right : Math.min(box.right, place.right), box.bottom,
                            node.textContent]);
        }
    }
    const found = [];
    boxes.forEach((a, at) => boxes.slice(at + 1, at + 12).forEach(b => {
        if (Math.min(a[2], b[2]) - Math.max(a[0], b[0]) > 2 && Math.min(a[3], b[3]) - Math.max(a[1], b[1]) > 4)
            found.push([a[4], b[4]]);
    }));
    return found;
}"""


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
    assert faults == dict.fromkeys(faults, {"out by": [0, 0], "cut at 1600": [], "overlapping": []})


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
            cut = tab.page.evaluate(CUT, OUTPUTS) if width == 1600 else []
            overlapping = tab.page.evaluate(OVERLAPPING, OUTPUTS)
            faults[moment, theme, width] = {"out by": out, "cut at 1600": cut, "overlapping": overlapping}


def settle(page):
    """Wait until the outputs have the same size in two frames of the page."""
    page.evaluate(
        """async ([outputs, patience]) => {
            const sizes = () => [...document.querySelectorAll(outputs)].map(one => `${one.offsetWidth}x${one.offsetHeight}`).join();
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
