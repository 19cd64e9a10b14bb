"""Media as a person sees it, in Chromium: enlarged, wiped, untrusted, without JavaScript, light and dark."""

import shutil

import pytest
from labs import chromium, jupyter, keep_screenshot, new_page
from media_files import encoded, film
from tabs import Tab, write_notebook

from mh_notebook.notebooks import run_notebook
from mh_notebook.sandbox.media import render

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CELLS = (
    "import mh_notebook as mh",
    "mh.gallery(['0.png', '1.png', '2.png', 'a.mp4', '3.png'])",
    "mh.preview('0.png')",
    "mh.compare('0.png', '3.png')",
    "mh.preview('large.mp4', budget=40_000)",
    "mh.preview('hevc.mp4')",
)
WIDTHS = """() => [...document.querySelectorAll('summary img')].map(i => Math.round(i.getBoundingClientRect().width))"""
OVERFLOW = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
SPILLED = """() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-RenderedHTMLCommon')]
    .filter(o => o.scrollWidth > o.clientWidth + 1).length"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A notebook that ran, the page made from it, and the files they show."""
    place = tmp_path_factory.mktemp("media")
    for n, (width, height) in enumerate(((1280, 720), (720, 1280), (1024, 1024), (1280, 720))):
        (place / f"{n}.png").write_bytes(render("png", f"look/{n}", 0, width, height))
    (place / "a.mp4").write_bytes(render("mp4", "a/1", 0, 480, 270))
    encoded(place / "large.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "5", size="1280x720")
    (place / "hevc.mp4").write_bytes(film(b"hvc1"))
    write_notebook(place, "source.ipynb", *CELLS)
    run_notebook(place / "source.ipynb", place / "output" / "page.html", keep=place / "kept.ipynb")
    shutil.copy(place / "output" / "page.html", place / "page.html")  # where its links lead on
    return place


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def wait_for_pictures(page):
    page.wait_for_function("[...document.querySelectorAll('img')].length >= 9")
    page.wait_for_function("[...document.querySelectorAll('img')].every(i => i.complete && i.naturalWidth > 0)")


def enlarge_and_reduce(page, index, width):
    """Click a picture twice; it must grow to the width of its row or of itself, and go back."""
    before = page.evaluate(WIDTHS)
    page.locator("summary").nth(index).click()
    grown = page.evaluate(WIDTHS)
    assert grown[index] > before[index] * 1.2
    assert grown[:index] + grown[index + 1 :] == before[:index] + before[index + 1 :]
    assert page.evaluate(OVERFLOW) <= 0
    page.locator("summary").nth(index).click()
    assert page.evaluate(WIDTHS) == before
    return grown[index]


@pytest.mark.parametrize("width", [800, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_in_the_exported_page_is_enlarged_by_a_click_without_javascript(browser, folder, width, scheme):
    with new_page(browser, width=width, scheme=scheme, scripts=False) as page:
        page.goto((folder / "page.html").as_uri())
        first = page.locator("summary").first
        first.locator("img").wait_for()
        before = first.bounding_box()["width"]
        first.click()
        assert first.bounding_box()["width"] > 1.5 * before
        keep_screenshot(page, f"media-page-{width}-{scheme}")
        first.press("Enter")
        assert first.bounding_box()["width"] == before
        first.press("Space")
        assert first.bounding_box()["width"] > 1.5 * before


@pytest.mark.parametrize("width", [800, 1600])
def test_each_picture_of_the_exported_page_grows_alone_and_nothing_spills(browser, folder, width):
    with new_page(browser, width=width) as page:
        page.goto((folder / "page.html").as_uri())
        wait_for_pictures(page)
        assert len(page.evaluate(WIDTHS)) == 5
        for index in range(5):
            enlarge_and_reduce(page, index, width)
        assert page.evaluate(SPILLED) == 0


def test_the_wipe_is_dragged_by_its_corner(browser, folder):
    with new_page(browser, width=1600, height=1400) as page:
        page.goto((folder / "page.html").as_uri())
        wait_for_pictures(page)
        wipe(page, folder)


def wipe(page, folder):
    box = page.locator("div[style*='resize']")
    assert box.count() == 1
    sizes = "b => [b.getBoundingClientRect(), b.firstChild.getBoundingClientRect()].map(r => Math.round(r.width))"
    whole = round(box.evaluate("b => b.parentElement.getBoundingClientRect().width"))
    shown, above = box.evaluate(sizes)
    assert abs(above - whole) <= 2  # A is as wide as B
    assert abs(shown - whole / 2) <= 2
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    page.mouse.move(place["x"] + place["width"] - 7, place["y"] + place["height"] - 5)
    page.mouse.down()
    page.mouse.move(place["x"] + 100, place["y"] + place["height"] - 5, steps=8)
    page.mouse.up()
    shown, above = box.evaluate(sizes)
    assert abs(shown - 107) <= 8
    assert abs(above - whole) <= 2


@pytest.mark.parametrize(("width", "theme"), [(800, "dark"), (1600, "light")])
def test_an_untrusted_jupyterlab_enlarges_wipes_and_plays(browser, folder, tmp_path, width, theme):
    for path in folder.glob("*.*"):
        shutil.copy(path, tmp_path)
    with jupyter(tmp_path) as server, new_page(browser, width=width) as page:
        tab = Tab(page, server, "lab").open("kept.ipynb", theme)
        wait_for_pictures(page)
        assert tab.evaluate("return panel.content.widgets.some(cell => cell.model.trusted)") is False
        if width == 800:
            tab.evaluate("app.shell.collapseLeft()")
        for index in range(4):
            enlarge_and_reduce(page, index, width)
        assert page.evaluate(SPILLED) == 0
        page.locator("summary").first.focus()
        before = page.evaluate(WIDTHS)
        page.keyboard.press("Space")
        assert page.evaluate(WIDTHS)[0] > before[0] * 1.2
        keep_screenshot(page, f"media-untrusted-{width}")
        page.keyboard.press("Space")
        wipe(page, folder)
        keep_screenshot(page, f"media-untrusted-wipe-{width}")
        page.wait_for_function("[...document.querySelectorAll('video')].every(v => v.duration > 1)")
        assert page.evaluate("document.querySelectorAll('video').length") == 2
        assert page.evaluate("[...document.querySelectorAll('video')].every(v => v.poster.startsWith('data:'))")
        page.locator("video").last.scroll_into_view_if_needed()
        keep_screenshot(page, f"media-untrusted-film-{width}")
        href = page.locator(".jp-OutputArea a").first.evaluate("a => a.getAttribute('href')")
        assert "hevc.mp4" in href


def test_the_weight_of_the_notebook_that_runs_in_jupyterlab_is_found_without_a_path(browser, tmp_path):
    (tmp_path / "some folder").mkdir()
    name = write_notebook(tmp_path, "some folder/weight.ipynb", "import mh_notebook as mh\nlen(mh.weight()), 'outputs'")
    with jupyter(tmp_path) as server, new_page(browser) as page:
        tab = Tab(page, server, "lab").open(name)
        tab.run(0)
        assert tab.text(0) == "(0, 'outputs')"
        tab.close()
