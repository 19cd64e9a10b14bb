"""Previews: pictures, sound and video in the cell, under a budget of bytes."""

from __future__ import annotations

import base64
import io
import struct
import wave
import xml.etree.ElementTree as ET
import zlib
from types import SimpleNamespace

import pandas as pd
import pytest
from PIL import Image

from mh_notebook.views.figures import PICTURE_BUDGET, PLAYER_BUDGET
from mh_notebook.views.kinds_of_media import HEAD, sniff
from mh_notebook.views.media import Gallery, gallery, preview
from mh_notebook.views.pictures import BrokenPictureError, fit

MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(52)
WEBM = b"\x1a\x45\xdf\xa3" + bytes(60)


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), *, mode: str = "RGB", noise: bool = False) -> bytes:
    image = Image.effect_noise(size, 90).convert(mode) if noise else Image.new(mode, size)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(800))
    return out.getvalue()


def bomb() -> bytes:
    """Make a PNG of a few bytes that says it has 400 million pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def project(*paths: object, **fields: object) -> SimpleNamespace:
    given = {"id": "i1", "name": "Harbour", "type": "AI_IMAGE", "credits_charged": 5}
    return SimpleNamespace(**{**given, **fields}, downloaded_paths=tuple(map(str, paths)))


def html(shown) -> ET.Element:
    return ET.fromstring(shown._repr_mimebundle_()["text/html"])


def one(shown, tag: str) -> dict[str, str]:
    (found,) = html(shown).iter(tag)
    return found.attrib


def text(shown) -> str:
    return "".join(html(shown).itertext())


def embedded(link: str) -> bytes:
    return base64.b64decode(link.partition(";base64,")[2], validate=True)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (picture("PNG"), "PNG"),
        (picture("JPEG"), "JPEG"),
        (picture("WEBP"), "WEBP"),
        (picture("GIF"), "GIF"),
        (MP4, "MP4"),
        (b"\x00\x00\x00\x14ftypqt  ", "MOV"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "MOV"),
        (b"\x00\x00\x00\x20ftypM4A ", "M4A"),
        (WEBM, "WEBM"),
        (sound(), "WAV"),
        (b"ID3\x04\x00", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"\xff\xff\xff\xff", "file"),
        (b"\xff\xfb", "file"),
        (b"RIFF\x00\x00\x00\x00AVI ", "file"),
        (b"%PDF-1.7", "file"),
        (b"The free text", "file"),
        (b"\0\0\0\x20ftypavif", "AVIF"),
        (b"\0\0\0\x20ftypheic", "HEIC"),
        (b"OggS\0\2", "OGG"),
        (b"fLaC\0\0", "FLAC"),
        (b"", "file"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(head, name):
    assert sniff(head[:HEAD]).name == name


def test_a_small_picture_is_embedded_as_it_is_with_its_alt_text():
    content = picture()
    attributes = one(preview(content), "img")
    assert embedded(attributes["src"]) == content
    assert attributes["src"].startswith("data:image/png;base64,")
    assert attributes["alt"] == "bytes in memory"
    assert "max-width:100%" in attributes["style"]


@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/webp")])
def test_a_large_picture_is_scaled_down_to_the_budget(tmp_path, mode, mime):
    path = tmp_path / "large.png"
    path.write_bytes(picture(size=(1500, 900), mode=mode, noise=True))
    shown = preview(path)
    content = embedded(one(shown, "img")["src"])
    assert len(content) <= PICTURE_BUDGET < path.stat().st_size
    assert one(shown, "img")["src"].startswith(f"data:{mime}")
    with Image.open(io.BytesIO(content)) as small:
        assert small.width / small.height == pytest.approx(1500 / 900, rel=0.02)
    assert "1500 × 900" in text(shown)  # noqa: RUF001
    assert "scaled down" in text(shown)


def test_the_budget_can_be_set_and_one_that_nothing_fits_gives_a_card():
    content = picture(size=(400, 300), noise=True)
    assert len(embedded(one(preview(content, budget=9000), "img")["src"])) <= 9000
    assert "does not fit into 10 bytes" in text(preview(content, budget=10))


@pytest.mark.parametrize("content", [bomb(), picture()[:40], b"\xff\xd8\xff" + bytes(50), b"GIF89a"])
def test_a_bomb_or_a_broken_picture_becomes_a_card(content):
    with pytest.raises(BrokenPictureError):
        fit(content, PICTURE_BUDGET)
    shown = preview(content)
    assert not list(html(shown).iter("img"))
    assert "the picture is" in text(shown)


@pytest.mark.parametrize(
    ("content", "tag", "mime"),
    [(MP4, "video", "video/mp4"), (WEBM, "video", "video/webm"), (sound(), "audio", "audio/wav")],
)
def test_sound_and_video_have_controls_and_do_not_play_by_themselves(content, tag, mime):
    attributes = one(preview(content), tag)
    assert attributes["src"].startswith(f"data:{mime};base64,")
    assert attributes["controls"] == "controls"
    assert attributes["preload"] == "metadata"
    assert "autoplay" not in attributes


def test_a_large_video_below_the_current_directory_is_played_from_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my outputs"
    folder.mkdir()
    (folder / "a#1.mp4").write_bytes(MP4 + bytes(PLAYER_BUDGET))
    assert one(preview("my outputs/a#1.mp4"), "video")["src"] == "my%20outputs/a%231.mp4"


def test_a_large_video_elsewhere_is_a_card_with_name_size_and_path(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(MP4 + bytes(PLAYER_BUDGET))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shown = preview(tmp_path / "a.mp4")
    assert not list(html(shown).iter("video"))
    said = "a.mp4 · MP4 · 2.1 MB · too large to embed · Open it from its folder, or raise `budget`."
    assert repr(shown) == f"{said} · {tmp_path}/a.mp4"


def test_a_project_with_several_pictures_is_a_gallery_with_captions(tmp_path):
    paths = [tmp_path / f"i1-{n}.png" for n in (1, 2, 3)]
    for path in paths:
        path.write_bytes(picture())
    shown = preview(project(*paths))
    assert isinstance(shown, Gallery)
    assert [image.attrib["alt"] for image in html(shown).iter("img")] == ["Harbour"] * 3
    facts = f"Harbour · AI image · 5 credits · 40 × 30 · {len(picture())} B"  # noqa: RUF001
    assert repr(shown).splitlines() == [f"{facts} · {path}" for path in paths]


def test_a_project_without_files_says_what_to_call():
    shown = preview(project())
    assert repr(shown) == (
        "Harbour · AI image · 5 credits · not on this machine yet · Fetch them with client.projects.download."
    )


def test_a_frame_and_its_rows_are_previewed_and_a_row_without_a_file_says_why(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(sound())
    frame = pd.DataFrame({"path": [str(path), None], "id": ["a", "b"], "error": [None, "link expired"]})
    assert [line.split(" · ")[0] for line in repr(gallery(frame)).splitlines()] == ["a", "b"]
    assert "link expired" in repr(preview(frame.iloc[1]))
    assert one(preview(frame.iloc[0]), "audio")["controls"] == "controls"
    assert repr(preview({"path": str(path)})) == f"a.wav · WAV · {len(sound())} B · {path}"


def test_a_path_that_does_not_exist_is_an_error_and_a_lost_file_of_a_project_a_card(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file"):
        preview(tmp_path / "none.png")
    with pytest.raises(FileNotFoundError) as caught:
        preview("https://videos.magichour.ai/a.mp4?auth-token=hunter2")
    assert "hunter2" not in str(caught.value)
    assert "the file is gone" in text(preview(project(tmp_path / "none.png")))


def test_a_directory_or_a_file_that_cannot_be_read_is_a_card(tmp_path):
    assert "cannot be read" in text(preview(tmp_path))
    assert "cannot be read: " in text(preview(project("a\x00b")))


@pytest.mark.parametrize("thing", [None, 3, 2.5, pd.DataFrame({"id": ["a"]})])
def test_what_cannot_be_previewed_is_refused_in_a_sentence(thing):
    with pytest.raises((TypeError, FileNotFoundError)):
        preview(thing)


def test_hostile_names_are_inert_in_captions_and_alt_texts(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    for name in ("<script>x</script>", '"><img onerror=x>', "\u202egnp\x00", "x" * 10_000, "{{x}}"):
        shown = preview(project(path, name=name, type=name))
        tags = {element.tag for element in html(shown).iter()}
        assert tags == {"div", "figure", "img", "figcaption", "span"}
        assert len(text(shown)) < 10_400


def test_showing_a_preview_reads_nothing(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    shown = preview(path)
    before = shown._repr_mimebundle_()
    path.unlink()
    assert shown._repr_mimebundle_(include=None, exclude=None) == before
    with pytest.raises(AttributeError):
        shown.figures = ()


def test_a_large_picture_adds_no_more_than_its_budget_in_base64_to_a_notebook(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture(size=(1200, 800), noise=True))
    assert len(preview(path)._repr_mimebundle_()["text/html"]) <= PICTURE_BUDGET * 4 / 3 + 2000
