"""The panel of credits in JupyterLab: its saved HTML untrusted, and its controls alive."""

import shutil
from pathlib import Path

import pytest
from labs import chromium, jupyter, keep_screenshot, new_page
from tabs import Tab, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EXAMPLE = Path(__file__).parent.parent / "examples" / "04_credits.ipynb"
BARS = """() => [...document.querySelectorAll('.jp-RenderedHTMLCommon div[title^="2026-10"] > div')]
    .map(bar => [bar.getBoundingClientRect().height, getComputedStyle(bar).backgroundColor])"""
LIVE = """
import pandas as pd
from mh_notebook import credits
from mh_notebook.frames import SCHEMA

at = pd.Timestamp("2026-10-01T12:00Z")
rows = [("image", "a", "AI_IMAGE", 5), ("video", "b", "LIP_SYNC", 450), ("video", "c", "TEXT_TO_VIDEO", 110)]
names = ["kind", "id", "type", "credits_charged"]
frame = pd.DataFrame(rows, columns=names).reindex(columns=list(SCHEMA))
frame = frame.assign(created_at=at, fetched_at=at, credits_settled=True).astype(SCHEMA)
panel = credits.panel(frame)
panel
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_saved_and_untrusted_the_panels_bars_keep_their_heights_and_colours(tmp_path, theme):
    shutil.copy(EXAMPLE, tmp_path)
    with jupyter(tmp_path) as server, chromium() as browser, new_page(browser) as page:
        Tab(page, server, "lab").open(EXAMPLE.name, theme)
        page.wait_for_function(f"({BARS})().length > 20")
        bars = page.evaluate(BARS)
        assert max(height for height, _ in bars) > 100
        assert {colour for _, colour in bars} >= {"rgb(63, 127, 212)", "rgb(217, 138, 31)"}
        page.evaluate("document.querySelector('div[title^=\"2026-10\"]').scrollIntoView({block: 'center'})")
        keep_screenshot(page, f"credits-panel-{theme}")
        page.evaluate("document.querySelector('.jp-RenderedImage').scrollIntoView({block: 'center'})")
        keep_screenshot(page, f"credits-plot-{theme}")


def test_the_controls_filter_and_the_figures_follow(tmp_path):
    write_notebook(tmp_path, "live.ipynb", LIVE)
    with jupyter(tmp_path) as server, chromium() as browser, new_page(browser) as page:
        Tab(page, server, "lab").open("live.ipynb").run(0)
        page.wait_for_selector("text=565")
        page.select_option(".jp-OutputArea .widget-dropdown select", "video")
        page.wait_for_selector("text=Video, all types, all days (UTC)")
        page.select_option(".jp-OutputArea .widget-select-multiple select", ["Lip sync"])
        page.wait_for_selector("text=Video, Lip sync, all days (UTC)")
        page.fill(".jp-OutputArea .widget-datepicker input >> nth=0", "2026-10-02")
        page.wait_for_selector("text=Nothing was spent here yet.")
        keep_screenshot(page, "credits-panel-live")
