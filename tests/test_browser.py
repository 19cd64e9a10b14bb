"""JupyterLab in Chromium: what a person would see when they run the quickstart."""

import shutil
from pathlib import Path

import pytest
from labs import chromium, jupyter, keep_screenshot, new_page
from tabs import Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

QUICKSTART = Path(__file__).parent.parent / "examples" / "01_quickstart.ipynb"

PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea img')].map(i => i.complete && i.naturalWidth > 0)"""
DURATIONS = (
    """() => [...document.querySelectorAll('.jp-OutputArea video, .jp-OutputArea audio')].map(m => m.duration)"""
)
BARS = """() => [...document.querySelectorAll('.jp-OutputArea progress')]
    .map(bar => bar.hasAttribute('value') ? bar.value / bar.max : null)"""


def test_the_quickstart_runs_in_jupyterlab_its_bars_end_and_its_media_are_real(tmp_path):
    shutil.copy(QUICKSTART, tmp_path)
    with jupyter(tmp_path) as server, chromium() as browser, new_page(browser) as page:
        tab = Tab(page, server, "lab").open(QUICKSTART.name)
        tab.run_all()
        page.wait_for_function(f"({BARS})().includes(null)")  # a bar that moves
        page.evaluate("document.querySelector('progress')?.scrollIntoView({block: 'center'})")
        keep_screenshot(page, "quickstart-live")
        tab.wait_until_all_run()

        page.wait_for_function("document.querySelectorAll('.jp-OutputArea .jupyter-widgets').length === 0")  # frozen
        bars = page.evaluate(BARS)
        assert None not in bars
        assert sorted(bars)[-11:] == [1] * 11  # ten complete rows and the whole
        assert "10 of 12 complete" in page.inner_text(".jp-Notebook")

        page.wait_for_function(f"({PICTURES})().length >= 4 && ({PICTURES})().every(Boolean)")
        page.wait_for_function(f"({DURATIONS})().every(d => d > 0.5)")
        assert len(page.evaluate(DURATIONS)) == 7  # five of them folded in the panel
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
        page.evaluate("document.querySelector('progress')?.scrollIntoView({block: 'center'})")
        keep_screenshot(page, "quickstart-end")


def test_the_exported_page_shows_the_true_end_without_a_kernel_and_fetches_nothing(tmp_path):
    from mh_notebook.notebooks import run_notebook

    run = run_notebook(QUICKSTART, tmp_path / "output" / "quickstart.html")
    with chromium() as browser, new_page(browser) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
        page.goto(run.page.as_uri())
        page.wait_for_function("[...document.querySelectorAll('img')].every(i => i.naturalWidth > 0)")
        page.wait_for_function("[...document.querySelectorAll('video, audio')].every(m => m.duration > 0.5)")
        assert "10 of 12 complete" in page.inner_text("body")
        assert set(asked) <= {"file", "data", "blob"}
        keep_screenshot(page, "export")
