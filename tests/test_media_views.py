"""How media are drawn: what enlarges, what is compared, and that no text of a stranger does anything."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from media_files import film, noise, plain, sound

import mh_notebook as mh
from mh_notebook.sandbox.media import render

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "\u202egnp.exe\u2066\x00\x1b[31m",
    "x" * 10_000,
    "{{constructor.constructor('x')()}} $\\require{html}$",
    "javascript:alert(1)",
    "https://h/a?auth-token=hunter2",
    "\ud800",
]
ATTRIBUTES = {"style", "class", "src", "alt", "title", "width", "height", "controls", "preload", "poster", "href"}
ELEMENTS = {"div", "span", "figure", "figcaption", "img", "video", "audio", "details", "summary", "a"}


def tree(shown):
    return ET.fromstring(shown.html)


def every(shown, tag):
    return [element.attrib for element in tree(shown).iter(tag)]


def project(path, **fields):
    given = {"id": "i", "name": "Harbour", "type": "AI_IMAGE", "credits_charged": 5}
    return SimpleNamespace(**{**given, **fields}, downloaded_paths=(str(path),))


@pytest.fixture
def files(tmp_path):
    made = {
        "wide.png": plain(1280, 720),
        "other.png": plain(640, 360, colour="#a53"),
        "tall.png": plain(720, 1280),
        "small.png": plain(40, 30),
        "a.mp4": render("mp4", "a/1", 0, 480, 270),
        "b.webm": render("webm", "a/1", 0, 480, 270),
        "hevc.mp4": film(b"hvc1"),
        "a.wav": sound(1),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return list(made)


# Enlarging


@pytest.mark.parametrize("show", [mh.preview, lambda path: mh.gallery([path])])
def test_a_large_picture_is_there_once_in_a_summary_that_enlarges_it(files, show):
    html = show("wide.png").html
    assert html.count("data:image") == 1
    assert re.findall(r"<details[^>]*><summary[^>]*><img [^>]*/></summary><div [^>]*></div></details>", html) != []
    (box,) = re.findall(r"</summary><div style=\"width:(\d+)px;height:0\">", html)
    assert int(box) == 1040


def test_a_picture_that_is_small_already_is_not_enlarged(files):
    assert "<details" not in mh.preview("small.png").html
    assert every(mh.preview("small.png"), "img")[0]["width"] == "40"


def test_a_picture_keeps_its_proportions_when_it_is_turned_by_its_camera(tmp_path):
    from PIL import Image

    image = Image.new("RGB", (400, 200))
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "a.jpg", exif=exif)
    (drawn,) = every(mh.preview("a.jpg"), "img")
    assert int(drawn["height"]) == 2 * int(drawn["width"])
    assert "200 × 400" in repr(mh.preview("a.jpg"))  # noqa: RUF001


def test_nothing_but_plain_elements_and_attributes_is_used(files):
    shown = [
        mh.gallery(files),
        mh.preview("wide.png"),
        mh.compare("wide.png", "other.png"),
        mh.compare("a.mp4", "b.webm"),
    ]
    for one in shown:
        elements = list(tree(one).iter())
        assert {element.tag for element in elements} <= ELEMENTS
        assert {name for element in elements for name in element.attrib} <= ATTRIBUTES
        assert "script" not in one.html
        assert "var(" not in one.html


def test_each_picture_has_words_in_its_place_and_no_player_plays_by_itself(files):
    shown = mh.gallery(files)
    assert all(image["alt"] for image in every(shown, "img"))
    players = every(shown, "video") + every(shown, "audio")
    assert len(players) == 3
    for player in players:
        assert player["controls"] == "controls"
        assert player["preload"] == "metadata"
        assert "autoplay" not in player
        assert player["title"]


# Strangers' texts


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_is_inert_and_short_wherever_it_stands(files, text):
    there = [project(name, name=text, type=text) for name in files]
    gone = project("gone.png", name=text, type=text)
    row = {"path": None, "name": text, "error": text}
    shown = [mh.gallery([*there, gone, row]), mh.compare(there[0], there[1]), mh.compare(there[4], there[5])]
    for one in shown:
        elements = list(tree(one).iter())  # well-formed XML
        assert {element.tag for element in elements} <= ELEMENTS
        assert not [name for element in elements for name in element.attrib if name.startswith("on")]
        assert all(len(element.text or "") <= 300 for element in elements)
        assert all(len(element.get("title", "") + element.get("alt", "")) <= 600 for element in elements)
        for harmful in ("\u202e", "\u2066", "\x00", "\x1b", "hunter2", "\ud800"):
            assert harmful not in one.html + repr(one)


def test_a_strangers_file_name_is_inert(tmp_path):
    for name in ("<img src=x onerror=y>.png", "a\u202eb.png", "{{x}}.png"):
        (tmp_path / name).write_bytes(plain(900, 600))
        assert {element.tag for element in tree(mh.preview(name)).iter()} <= ELEMENTS
        assert "\u202e" not in mh.preview(name).html


# Showing


def test_html_is_what_is_displayed_and_showing_reads_nothing(files, tmp_path):
    shown = mh.compare("wide.png", "other.png"), mh.gallery(files), mh.preview("a.mp4")
    before = [one.html for one in shown]
    for name in files:
        (tmp_path / name).unlink()
    assert [one._repr_mimebundle_()["text/html"] for one in shown] == before
    assert [one.html for one in shown] == before


# Comparing


def test_two_pictures_are_labelled_side_by_side_and_laid_over_each_other(files):
    shown = mh.compare("wide.png", project("other.png"))
    assert [line.split(" · ")[0] for line in repr(shown).splitlines()] == ["A: wide.png", "B: Harbour"]
    assert len(every(shown, "img")) == 4
    assert shown.html.count("resize:horizontal") == 1
    assert "Drag the lower right corner of A" in shown.html
    shares = re.findall(r"<figure style=\"flex:([\d.]+) 1 0", shown.html)
    assert shares == ["177.78", "177.78"]  # equally wide, and so equally high


def test_pictures_of_two_shapes_are_equally_high_and_not_laid_over_each_other(files):
    shown = mh.compare("wide.png", "tall.png")
    assert "resize" not in shown.html
    assert "The two have different shapes" in shown.html
    assert re.findall(r"<figure style=\"flex:([\d.]+) 1 0", shown.html) == ["177.78", "56.25"]


def test_two_films_or_two_sounds_are_players_side_by_side(files):
    assert [film["title"] for film in every(mh.compare("a.mp4", "b.webm"), "video")] == ["A: a.mp4", "B: b.webm"]
    assert len(every(mh.compare("a.wav", "a.wav"), "audio")) == 2
    assert "resize" not in mh.compare("a.mp4", "b.webm").html


def test_what_cannot_be_shown_is_a_card_beside_the_other(files, tmp_path):
    (tmp_path / "cut.png").write_bytes(plain(300, 300)[:60])
    assert "the picture is broken" in repr(mh.compare("wide.png", "cut.png"))
    assert "HEVC (H.265) video" in repr(mh.compare("a.mp4", "hevc.mp4"))
    assert "the file is gone" in repr(mh.compare("wide.png", project("gone.png")))


def test_of_a_project_with_several_files_the_first_is_compared_and_said_to_be(files):
    many = SimpleNamespace(id="i", name="Four", type="AI_IMAGE", credits_charged=5, downloaded_paths=files[:2])
    assert repr(mh.compare(many, "other.png")).startswith("A: Four · AI image · 5 credits · 1 of 2 files · PNG")


def test_unlike_things_are_refused_in_a_sentence(files):
    with pytest.raises(TypeError, match=r"A is a picture and B is a video\. Compare two pictures"):
        mh.compare("wide.png", "a.mp4")
    with pytest.raises(mh.NoMediaError, match=r"B holds nothing to show\."):
        mh.compare("wide.png", [])
    with pytest.raises(mh.MissingFileError):
        mh.compare("none.png", "wide.png")


def test_a_comparison_of_large_pictures_stays_within_its_budget():
    shown = mh.compare(noise(1500, 1000), noise(1500, 1000))
    assert 250_000 < len(shown.html) < 2 * 192 * 1024 * 4 / 3 + 8000
    assert len(mh.compare(noise(600, 400), noise(600, 400), budget=30_000).html) < 90_000


def test_refs_are_compared_with_a_client(sandbox, client, tmp_path):
    refs = [ref for ref in sandbox.refs if ref[0] == "image"][:2]
    client.projects.watch(refs).wait()
    shown = mh.compare(*refs, client=client)
    assert [line[:3] for line in repr(shown).splitlines()] == ["A: ", "B: "]
