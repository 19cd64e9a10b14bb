"""Media as a person sees it, in Chromium: enlarged, wiped, untrusted, without JavaScript, light and dark."""

import shutil

import nbformat
import pytest
from labs import FLAGS, browser_path, chromium, jupyterlab, keep_screenshot, run_all, wait_until_run
from media_files import encoded, film
from playwright.sync_api import sync_playwright

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
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, place / "source.ipynb")
    run_notebook(place / "source.ipynb", place / "output" / "page.html", keep=place / "kept.ipynb")
    shutil.copy(place / "output" / "page.html", place / "page.html")  # where its links lead on
    return place


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
def test_a_picture_in_the_exported_page_is_enlarged_by_a_click_without_javascript(folder, width, scheme):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=False
        )
        page.goto((folder / "page.html").as_uri())
        page.wait_for_timeout(500)  # no script may run, so there is nothing else to wait for
        first = page.locator("summary").first
        before = first.bounding_box()["width"]
        first.click()
        assert first.bounding_box()["width"] > 1.5 * before
        keep_screenshot(page, f"media-page-{width}-{scheme}")
        first.press("Enter")
        assert first.bounding_box()["width"] == before
        first.press("Space")
        assert first.bounding_box()["width"] > 1.5 * before
        browser.close()


@pytest.mark.parametrize("width", [800, 1600])
def test_each_picture_of_the_exported_page_grows_alone_and_nothing_spills(folder, width):
    with chromium(width=width) as page:
        page.goto((folder / "page.html").as_uri())
        wait_for_pictures(page)
        assert len(page.evaluate(WIDTHS)) == 5
        for index in range(5):
            enlarge_and_reduce(page, index, width)
        assert page.evaluate(SPILLED) == 0


def test_the_wipe_is_dragged_by_its_corner(folder):
    with chromium(width=1600, height=1400) as page:
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


@pytest.mark.parametrize(("width", "theme"), [(800, "JupyterLab Dark"), (1600, "JupyterLab Light")])
def test_an_untrusted_jupyterlab_enlarges_wipes_and_plays(folder, tmp_path, width, theme):
    for path in folder.glob("*.*"):
        shutil.copy(path, tmp_path)
    with jupyterlab(tmp_path, theme=theme) as (address, token), chromium(width=width) as page:
        page.goto(f"{address}/tree/kept.ipynb{token}")
        wait_for_pictures(page)
        assert page.evaluate(TRUSTED) is False
        if width == 800:
            page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
            page.wait_for_timeout(500)
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


TRUSTED = """() => { const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    return cells.every(cell => cell.model.type !== 'code' || cell.model.trusted); }"""


def test_the_weight_of_the_notebook_that_runs_in_jupyterlab_is_found_without_a_path(tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import mh_notebook as mh\nlen(mh.weight()), 'outputs'")]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (tmp_path / "some folder").mkdir()
    nbformat.write(notebook, tmp_path / "some folder" / "a b.ipynb")
    with jupyterlab(tmp_path) as (address, token), chromium() as page:
        page.goto(f"{address}/tree/some folder/a b.ipynb{token}")
        run_all(page)
        wait_until_run(page)
        assert "(0, 'outputs')" in page.inner_text(".jp-Notebook")
