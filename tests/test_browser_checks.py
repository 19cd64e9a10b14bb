"""What the browser tests ask of a page is asked of pages with known faults first: each is found, and only there."""

import pytest
from labs import chromium, new_page
from pages import (
    Canary,
    axe_violations,
    cut_texts,
    overlapping_texts,
    pale_texts,
    protruding_texts,
    states,
    widths,
)
from pixels import travel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    with new_page(browser) as page:
        yield page


def show(page, html, style=""):
    page.set_content(f"<html lang='en'><title>t</title><body style='{style}'><main>{html}</main></body></html>")


def test_axe_finds_a_picture_without_words_and_a_button_without_a_name(page):
    show(page, "<img src='data:,'><button></button><p>text</p>")
    assert [found.partition(":")[0] for found in axe_violations(page, "main")] == ["button-name", "image-alt"]
    show(page, "<img src='data:,' alt='A lake'><button>Stop</button>")
    assert axe_violations(page, "main") == []


def test_contrast_is_computed_through_opacity_and_half_clear_backgrounds(page):
    show(page, "<p>black</p><p style='color:#777'>grey 4.48</p><p style='color:#767676'>grey 4.54</p>")
    assert pale_texts(page, "main") == [["grey 4.48", "4.48"]]
    show(page, "<div style='opacity:0.5'><p style='opacity:0.9'>faint</p></div><p style='opacity:0.6'>enough</p>")
    assert [text for text, _ in pale_texts(page, "main")] == ["faint"]
    show(page, "<p>lost</p><div style='background:rgba(255,255,255,0.9)'><p>found</p></div>", "background:#111")
    assert [text for text, _ in pale_texts(page, "main")] == ["lost"]
    show(page, "<p style='color:#8a8a8a'>✓</p><p style='color:#bbb'>✕</p>")  # glyphs: 3:1
    assert [text for text, _ in pale_texts(page, "main")] == ["✕"]


def test_a_canary_sings_of_a_call_a_request_a_dialog_and_a_word_on_the_console(page):
    canary = Canary(page)
    page.route("**/*", lambda route: route.fulfill(body="<p>here</p>", content_type="text/html"))
    page.goto("http://127.0.0.1:9/page")
    assert canary.sings() == []
    page.evaluate("canary(); console.log('canary'); alert('now'); document.body.innerHTML = '<img src=x>'")
    page.wait_for_function("document.images[0].complete")
    assert sorted(one.partition(":")[0] for one in canary.sings()) == ["canary()", "console", "dialog", "request"]


def test_what_sticks_out_is_cut_off_or_lies_upon_another_is_found(page):
    wide = "<div class=o style='width:100px;{}'>{}</div>"
    show(page, wide.format("", "W" * 40) + wide.format("overflow-wrap:anywhere", "W" * 40))
    assert [pixels > 100 for pixels in widths(page, ".o")] == [True, False]
    show(page, "<p style='width:3000px'>W</p>")
    assert widths(page, "p")[1] > 1000
    clip = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    show(page, f"<div class=o><p style='width:50px;{clip}'>{'W' * 40}</p><p style='{clip}'>whole</p></div>")
    assert cut_texts(page, ".o") == ["W" * 40]
    show(page, "<div class=o><p>one</p><p style='margin-top:-26px'>two</p><p>three</p></div>")
    assert overlapping_texts(page, ".o") == [["one", "two"]]
    frame = "<div style='width:60px;border:1px solid'><p style='white-space:nowrap'>{}</p></div>"
    show(page, f"<div class=o>{frame.format('far too long for it')}{frame.format('short')}</div>")
    assert protruding_texts(page, ".o") == ["far too long for it"]


def test_a_bar_that_starts_anew_again_and_again_does_not_travel(page):
    show(page, "<progress style='width:200px'></progress>")
    assert travel(page, "progress") > 0.5
    anew = "document.querySelector('main').innerHTML = `<progress style='width:200px'></progress>`"
    page.evaluate(f"const again = () => {{ {anew}; requestAnimationFrame(again); }}; again()")
    assert travel(page, "progress") < 0.2
    show(page, "<progress style='width:200px' value='0.4'></progress>")
    assert travel(page, "progress", 0.5) < 0.1


def test_states_are_counted_by_the_words_that_begin_a_line():
    text = "1 of 3 complete\n✓complete\nHarbour\n✕ error\nThe error\n⊘ canceled\nIt was canceled in the web app.\n"
    assert states(text) == {"complete": 1, "error": 1, "canceled": 1}
