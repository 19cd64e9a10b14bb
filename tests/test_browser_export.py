"""A finished notebook elsewhere: exported, on a page without scripts or styles, and opened where nobody trusts it."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import nh3
import pytest
from labs import jupyter, keep_screenshot, new_page
from pages import states, wait_for_pictures, wait_for_players
from tabs import Tab
from worlds import LOTS, add_many, studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

RUN = "monitor = client.projects.watch(refs, download=True, download_directory='out'); frame = monitor.wait()"
SHOW = "mh.gallery([project for project in monitor.projects if project.downloaded_paths])"
ENDS = {"complete": 6, "error": 1, "canceled": 1}
NAMES = [name for _, _, name, _ in LOTS]

# What GitHub's published allow-list for user-made HTML lets through (gem html-pipeline, SanitizationFilter), as far as
# it concerns us: no style, no class, no id, no progress, no player, no form. Pictures may come from data: links, as
# those of notebooks do. GitHub's notebook page is said to let more through: what is legible here is legible there.
GITHUB_TAGS = {
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "b",
        "i",
        "strong",
        "em",
        "a",
        "pre",
        "code",
        "img",
        "tt",
        "div",
        "ins",
    ),
    *(
        "del",
        "sup",
        "sub",
        "p",
        "picture",
        "ol",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "blockquote",
        "dl",
        "dt",
    ),
    *("dd", "kbd", "q", "samp", "var", "hr", "ruby", "rt", "rp", "tr", "td", "th", "s", "strike", "summary", "details"),
    *(
        "caption",
        "figure",
        "figcaption",
        "abbr",
        "bdo",
        "cite",
        "dfn",
        "mark",
        "small",
        "source",
        "span",
        "time",
        "wbr",
    ),
}
GITHUB_ATTRIBUTES = {
    "*": {"align", "alt", "colspan", "dir", "height", "lang", "open", "rowspan", "start", "title", "valign", "width"},
    "img": {"src"},
    "a": {"href"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.fixture(scope="module")
def finished(place):
    """A notebook that JupyterLab ran and saved, and what its panel said."""
    with place.notebook("lab", "finished", RUN, SHOW, refs=add_many(place.sandbox, 8)) as tab:
        tab.run(1, wait=False)
        tab.wait_for_text(1, "queued")
        place.sandbox.turn(100)
        tab.wait_for_text(1, "6 of 8 complete")
        tab.run(2)
        wait_for_players(tab.page, 6)
        tab.save()
        return place.folder / "finished-lab.ipynb", tab.text(1)


def test_an_export_without_javascript_shows_the_true_end_and_every_picture(place, finished):
    path, text = finished
    export(path)
    with new_page(place.browser, scripts=False) as page:
        page.goto(path.with_suffix(".html").as_uri())
        shown = page.inner_text("body")
        assert states(shown) == ENDS
        assert all(line in shown for line in text.splitlines())
        wait_for_pictures(page, 6)
        keep_screenshot(page, "export-without-javascript")


def test_an_export_with_javascript_plays_every_sound_and_film(place, finished):
    path, _ = finished
    export(path)
    with new_page(place.browser) as page:
        page.route("http*://**", lambda route: route.abort())  # nbconvert's own page asks CDNs for MathJax and others
        page.goto(path.with_suffix(".html").as_uri())
        wait_for_pictures(page, 6)
        wait_for_players(page, 6)


def export(path):
    """Export as the command line does."""
    if not path.with_suffix(".html").exists():
        subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path.name], cwd=path.parent, check=True)


def test_a_page_that_strips_styles_scripts_and_players_can_still_be_read(place, finished):
    path, _ = finished
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.outputs]
    html = [output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    clean = [
        nh3.clean(one, tags=GITHUB_TAGS, attributes=GITHUB_ATTRIBUTES, url_schemes={"https", "data"}, link_rel=None)
        for one in html
    ]
    with new_page(place.browser, scripts=False) as page:
        page.set_content("<hr>".join(clean))
        text = page.inner_text("body")
        keep_screenshot(page, "stripped")
        wait_for_pictures(page, 6)
    words = Counter(re.findall(r"\w+", text))
    assert {word: words[word] for word in ("error", "complete")} == {"error": 1, "complete": 7}, (
        text
    )  # six, and the sum
    for name in NAMES:
        assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), (name, text)
    assert len([line for line in text.splitlines() if any(name in line for name in NAMES)]) >= 8


def test_an_untrusted_notebook_in_jupyterlab_shows_the_same_end(place, finished, tmp_path_factory):
    path, text = finished
    folder = tmp_path_factory.mktemp("elsewhere")  # a server of its own has not signed it
    (folder / path.name).write_bytes(path.read_bytes())
    with jupyter(folder) as server, new_page(place.browser) as page:
        tab = Tab(page, server, "lab").open(path.name)
        assert tab.evaluate("return panel.content.widgets.map(cell => cell.model.trusted)") == [False] * 3
        assert tab.text(1) == text
        assert states(tab.text(1)) == ENDS
        wait_for_pictures(page, 6)
        wait_for_players(page, 6)
        keep_screenshot(page, "untrusted")
        tab.close()


def test_the_saved_notebook_holds_no_widget_no_link_and_no_path_of_the_sandbox(place, finished):
    text = Path(finished[0]).read_text()
    variables = place.sandbox.variables()
    assert "widget-view" not in text
    assert "auth-token" not in text
    assert variables["MAGIC_HOUR_BASE_URL"] not in text
    assert variables["MAGIC_HOUR_API_KEY"] not in text
