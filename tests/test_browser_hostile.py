"""Text that wants to be more than text, in every field, on every surface: it stays text, and within its place."""

import json
import subprocess
import sys

import pytest
from labs import FRONT_ENDS, keep_screenshot, new_page
from pages import Canary, widths
from tabs import OUTPUTS
from worlds import studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TEXTS = {
    "picture": "<img src=x onerror=canary()>",
    "script": "</script><script>canary()</script>",
    "quotes": '"\'><svg onload=canary()><a href="javascript:canary()">here</a>',
    "bidi": "safe \u202egpj.exe\u202c end",
    "long": "W" * 10_000,
    "template": "{{7*7}} ${7*7} <%= 7*7 %>",
    "math": "$x^2$ \\(y\\) $$z$$",
    "markdown": "[here](javascript:canary()) **bold** `code`",
    "entity": "&lt;b&gt; &#60;img src=x onerror=canary()&#62;",
}
LIVE = "monitor = client.projects.watch(refs)"
FRAME = "monitor.wait(); frame = client.projects.frame(refs); frame"
CARDS = "from IPython.display import display\nfor project in client.projects.get(refs[:18]): display(project)"
FILES = """import shutil, pathlib
made = client.projects.download(refs[1], 'out').path[0]
names = json.loads(texts)
for name in names:
    shutil.copy(made, pathlib.Path('out') / (name.replace('/', '-').encode()[:200].decode() + '.png'))
mh.gallery(sorted(pathlib.Path('out').glob('*.png')))"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


def hostile(sandbox):
    """Two projects for each text, one complete and one failed, with it in every field; and it as an id."""
    refs = []
    for text in TEXTS.values():
        fields = {"name": text, "queue_seconds": 10, "render_seconds": 1}
        refs.append(sandbox.add("image", text, outcome="error", error=(text, text), **fields))
        refs.append(sandbox.add("image", text, **fields))
    refs += [sandbox.add("image", "AI_IMAGE", id=text, outcome="complete") for text in TEXTS.values()]
    return refs


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_hostile_text_stays_text_and_within_its_place(place, front_end):
    refs = hostile(place.sandbox)
    cells = (LIVE, FRAME, CARDS, f"import json; texts = {json.dumps(json.dumps(list(TEXTS.values())))}\n{FILES}")
    watch_page = {}
    with place.notebook(
        front_end, "hostile", *cells, refs=refs, prepare=lambda page: watch_page.update(c=Canary(page))
    ) as tab:
        canary = watch_page["c"]
        tab.run(1)
        tab.wait_for_text(1, "queued")
        tab.page.locator(f"{OUTPUTS} summary").first.click()
        check(tab, canary, f"hostile-live-{front_end}", cells=[1])
        place.sandbox.turn(100)
        for cell in (2, 3, 4):
            tab.run(cell)
        tab.wait_for_text(1, "complete")
        for fold in tab.page.locator(f"{OUTPUTS} summary:not(:has(img))").all():  # the folds; not each picture enlarged
            fold.click()
        check(tab, canary, f"hostile-frozen-{front_end}", cells=[1, 3, 4])
        tab.save()
        tab.reload()
        check(tab, canary, f"hostile-reloaded-{front_end}", cells=[1, 3, 4])
    path = place.folder / f"hostile-{front_end}.ipynb"
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path.name], cwd=place.folder, check=True)
    with new_page(place.browser) as page:
        canary = Canary(page)
        page.route("http*://**", lambda route: route.abort())
        page.goto(path.with_suffix(".html").as_uri())
        page.wait_for_load_state()
        assert canary.sings() == []
        keep_screenshot(page, f"hostile-export-{front_end}")


def check(tab, canary, name, cells):
    """Nothing was set off, nothing became markup or a formula, nothing sticks out, nothing is turned around."""
    keep_screenshot(tab.page, name)
    assert canary.sings() == []
    for cell in cells:
        chosen = f".jp-Cell:nth-child({cell + 1} of .jp-Cell) {OUTPUTS}"
        strange = (
            f"{chosen} :is(script, svg:not([data-icon]), a[href^='javascript'], mjx-container, img[src='x'], code, b)"
        )
        assert [one.evaluate("one => one.outerHTML") for one in tab.page.locator(strange).all()] == []
        assert "\u202e" not in tab.text(cell)
        assert max(widths(tab.page, chosen)) <= 4
        heights = tab.page.evaluate(
            "chosen => [...document.querySelectorAll(chosen)].map(one => one.offsetHeight)", chosen
        )
        assert max(heights) <= 27 * 250
