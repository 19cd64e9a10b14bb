"""Our outputs for every reader: axe-core finds nothing grave, text has its contrast, keys reach what can be pressed."""

import pytest
from labs import FRONT_ENDS
from pages import axe_violations, pale_texts, states
from tabs import OUTPUTS, THEMES
from worlds import add_many, add_slow_download, studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH = "monitor = client.projects.watch(refs, download=True, download_directory='out')"
SHOW = "monitor.wait(); mh.gallery([project for project in monitor.projects if project.downloaded_paths])"
WATCHED, SHOWN = 1, 2  # the cells' numbers
PRESSABLE = "button, summary, a[href], input, select, textarea, [tabindex='0']"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_axe_finds_nothing_grave_and_text_has_its_contrast_live_and_frozen_light_and_dark(place, front_end):
    """All at once, so that one run tells of every fault."""
    refs = [*add_many(place.sandbox, 30), ("image", "there-is-none")]
    found = {}
    with place.notebook(front_end, "scan", WATCH, SHOW, refs=refs) as tab:
        tab.run(WATCHED)
        tab.wait_for_text(WATCHED, "queued")
        for moment in ("live", "frozen"):
            for theme in THEMES:
                tab.theme(theme)
                found[moment, theme] = axe_violations(tab.page), pale_texts(tab.page)
            place.sandbox.turn(100)
            tab.run(SHOWN)
        assert found == dict.fromkeys(found, ([], []))


def test_each_state_is_told_by_its_words_alone(place):
    """Projects that differ in their state only: the API's word for it begins each row."""
    sandbox = place.sandbox
    stay = {"queue_seconds": 10**6}
    alike = {"name": "All alike", "credits": 5, "final_credits": 5, "queue_seconds": 0, "render_seconds": 0}
    refs = [
        sandbox.add("image", **alike | {"draft_seconds": 10**6}),
        sandbox.add("image", **alike | stay),
        sandbox.add("image", **alike | {"render_seconds": 10**6}),
        sandbox.add("image", **alike | {"outcome": "error", "error": ("", "")}),
        sandbox.add("image", **alike | {"outcome": "canceled"}),
        sandbox.add("image", **alike),
        add_slow_download(sandbox, stall=20.0, **alike),
    ]
    with place.notebook("lab", "states", WATCH, "monitor.stop()", refs=refs) as tab:
        tab.run(WATCHED)
        words = ("draft", "queued", "rendering", "error", "canceled", "complete", "downloading")
        tab.page.wait_for_function(
            r"""([index, words]) => { const text = document.querySelectorAll('.jp-Cell')[index].innerText;
                return words.every(word => new RegExp(`^\\W*${word}\\b`, 'm').test(text)); }""",
            arg=[WATCHED, words],
        )
        assert states(tab.text(WATCHED)) == dict.fromkeys(words, 1)
        tab.run(2)
        tab.wait_for_text(WATCHED, "stopped")


def test_the_tab_key_reaches_every_button_and_fold_and_enter_or_space_works_them(place):
    refs = add_many(place.sandbox, 30)
    with place.notebook("lab", "keys", WATCH, "monitor.wait();", refs=refs) as tab:
        tab.run(WATCHED)
        wait_for_rows(tab, "queued", 30)
        assert walk(tab) == pressable(tab) != []
        press(tab, "summary")
        tab.page.wait_for_function(f"document.querySelector('{OUTPUTS} details').open")
        press(tab, "button")
        tab.wait_for_text(WATCHED, "stopped")
        assert walk(tab) == pressable(tab) != []
        press(tab, "summary")
        tab.page.wait_for_function(f"document.querySelector('{OUTPUTS} details').open")


def test_a_fold_that_a_reader_opened_stays_open_and_keeps_the_focus_while_rows_change(place):
    refs = add_many(place.sandbox, 30)
    with place.notebook("lab", "fold", WATCH, "monitor.wait();", refs=refs) as tab:
        tab.run(WATCHED)
        wait_for_rows(tab, "queued", 30)
        press(tab, "summary")
        tab.page.wait_for_function(f"document.querySelector('{OUTPUTS} details').open")
        place.sandbox.turn(15)
        wait_for_rows(tab, "rendering", 30)
        assert tab.page.evaluate(f"document.querySelector('{OUTPUTS} details').open")
        assert tab.page.evaluate("document.activeElement.localName") == "summary"
        place.sandbox.turn(100)


def wait_for_rows(tab, word, count):
    """Wait until so many rows, folded ones too, show a state: from then on no row changes but in its time."""
    tab.page.wait_for_function(
        """([outputs, word, count]) => {
            const text = [...document.querySelectorAll(outputs)].map(output => output.textContent).join(' ');
            return text.split(word).length - 1 >= count; }""",
        arg=[OUTPUTS, word, count],
    )


def pressable(tab):
    """The words on each thing in our outputs that can be pressed, in order."""
    return tab.page.evaluate(
        """([outputs, things]) => [...document.querySelectorAll(outputs)]
            .flatMap(output => [...output.querySelectorAll(things)])
            .filter(thing => thing.checkVisibility()).map(thing => thing.innerText)""",
        [OUTPUTS, PRESSABLE],
    )


def walk(tab, until=None):
    """Press Tab from the cell's start through all of its output; return the words on what had the focus there."""
    tab.evaluate(
        "panel.content.activeCellIndex = argument; panel.content.mode = 'command'; panel.content.node.focus()", 1
    )
    tab.page.locator(".jp-Cell").nth(WATCHED).locator(".jp-InputPrompt").click()
    reached = []
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        here = tab.page.evaluate(
            """outputs => { const at = document.activeElement;
                return at.closest(outputs) ? {words: at.innerText, tag: at.localName} : null; }""",
            OUTPUTS,
        )
        if here and here["words"] in [one for one, _ in reached]:
            break
        if here:
            reached.append((here["words"], here["tag"]))
        if until and here and here["tag"] == until:
            return reached
    return [words for words, _ in reached]


def press(tab, name):
    """Go to the first element of a kind with Tab, and work it with Enter, or Space where the front end keeps Enter."""
    walk(tab, until=name)
    assert tab.page.evaluate("document.activeElement.localName") == name
    before = tab.text(WATCHED)
    tab.page.keyboard.press("Enter")
    if tab.page.evaluate("document.activeElement.localName") == name and tab.text(WATCHED) == before:
        tab.page.keyboard.press("Space")
