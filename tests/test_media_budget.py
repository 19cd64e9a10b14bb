"""Notebooks stay small: each file within its budget, a gallery within one for all, and the rest by link or in words."""

import base64
import json
import os
import re
import shutil
import sys
import time
from types import SimpleNamespace

import nbformat
import pytest
from media_files import encoded, film, noise, plain, sound

import mh_notebook as mh
from mh_notebook.sandbox.media import render
from mh_notebook.views import posters
from mh_notebook.views.media import GALLERY_BUDGET
from mh_notebook.views.shares import Wish, divide

MEGABYTE = 1_000_000
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")


def embedded(html):
    """The sizes of all that is embedded, by element."""
    found = re.findall(r'(src|poster)="data:[^;]+;base64,([^"]+)"', html)
    return [(name, len(base64.b64decode(content, validate=True))) for name, content in found]


def total(html):
    return sum(size for _, size in embedded(html))


def write(path, content):
    path.write_bytes(content)
    return path


def without_decoders(monkeypatch):
    monkeypatch.setattr(posters, "_commands", lambda *_: [])


# The parts of one budget


@pytest.mark.parametrize(
    ("wishes", "shares"),
    [
        ([], []),
        ([Wish(10), Wish(20)], [10, 20]),
        ([Wish(900), Wish(10), Wish(900)], [45, 10, 45]),
        ([Wish(60, whole=True), Wish(60, whole=True)], [60, 0]),
        ([Wish(200, whole=True, instead=8), Wish(30, whole=True, instead=8), Wish(0)], [8, 30, 0]),
        ([Wish(70, whole=True, instead=5), Wish(20)], [70, 20]),
    ],
)
def test_a_budget_is_divided_fairly(wishes, shares):
    assert divide(wishes, 100) == shares


def test_no_share_of_many_goes_past_the_whole():
    wishes = [Wish(size, whole=size % 3 == 0, instead=48) for size in range(0, 5000, 7)]
    assert sum(divide(wishes, 10_000)) <= 10_000


# One file


def test_a_clip_within_its_budget_is_embedded_and_one_past_it_is_played_from_its_file(tmp_path):
    clip = render("mp4", "a/1", 0, 480, 270)
    write(tmp_path / "a.mp4", clip)
    assert ("src", len(clip)) in embedded(mh.preview("a.mp4").html)
    shown = mh.preview("a.mp4", budget=len(clip) - 1)
    assert '<video src="a.mp4"' in shown.html
    assert "played from its file" in repr(shown)


def test_a_picture_that_fits_at_no_size_is_shown_from_its_file_where_a_link_can_reach_it(tmp_path):
    write(tmp_path / "a b.png", noise(300, 200))
    shown = mh.preview("a b.png", budget=100)
    assert '<img src="a%20b.png"' in shown.html
    assert "shown from its file" in repr(shown)


def test_a_card_links_to_a_file_below_the_folder_and_names_the_path_of_any_other(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    write(tmp_path / "a.mp4", film(b"hvc1"))
    write(folder / "javascript:b#.mp4", film(b"hvc1"))
    monkeypatch.chdir(folder)
    assert 'href="javascript%3Ab%23.mp4"' in mh.preview("javascript:b#.mp4").html
    outside = mh.preview(tmp_path / "a.mp4").html
    assert "<a" not in outside
    assert str(tmp_path / "a.mp4") in outside


def test_a_pipe_or_a_device_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert repr(mh.preview("pipe")) == "pipe · cannot be read: it is not a file · pipe"


def test_a_caption_says_name_type_credits_pixels_bytes_and_seconds(tmp_path):
    project = SimpleNamespace(id="i", name="Rain", type="TEXT_TO_VIDEO", credits_charged=90)
    project.downloaded_paths = [str(write(tmp_path / "a.mp4", film(seconds=75)))]
    size = "640 × 360"  # noqa: RUF001 - the sign that belongs here
    said = f"Rain · Text to video · 90 credits · MP4 · {size} · 1 min 15 s · 390 B · "
    assert repr(mh.preview(project)).startswith(said)
    assert "WAV · 2 s · 32 kB" in repr(mh.preview(sound(2)))


# A gallery


@pytest.mark.slow
def test_twenty_large_pictures_share_the_budget_of_a_gallery(tmp_path):
    paths = [write(tmp_path / f"{n}.png", noise(1300, 1300)) for n in range(20)]
    assert paths[0].stat().st_size > 5 * MEGABYTE
    shown = mh.gallery(paths)
    sizes = [size for _, size in embedded(shown.html)]
    assert len(sizes) == 20
    assert GALLERY_BUDGET * 0.5 < sum(sizes) <= GALLERY_BUDGET
    assert len(shown.html) < 2.6 * MEGABYTE
    assert repr(shown).count("scaled down to ") == 20


def test_small_clips_are_embedded_first_and_the_others_say_that_they_are_not(tmp_path, monkeypatch):
    without_decoders(monkeypatch)
    small, large = sound(10), sound(70)  # 160 kB and 1.1 MB
    paths = [write(tmp_path / f"{n}.wav", large if n < 3 else small) for n in range(6)]
    html = mh.gallery(paths).html
    assert [size for _, size in embedded(html)] == [len(large)] + [len(small)] * 3
    assert html.count("played from its file") == 2
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert repr(mh.gallery(paths)).count("not embedded: the others fill this gallery") == 2


def test_a_gallery_of_thumbnails_embeds_no_more_than_asked(tmp_path):
    clip = encoded(tmp_path / "a.mp4", *H264, "-g", "1", "-crf", "1", size="1280x720")
    assert clip.stat().st_size > MEGABYTE
    shown = mh.gallery([clip, write(tmp_path / "b.png", noise(900, 900))], budget=48 * 1024)
    assert all(0 < size <= 48 * 1024 for _, size in embedded(shown.html))
    assert [name for name, _ in embedded(shown.html)] == ["poster", "src"]


def test_a_raised_budget_raises_that_of_the_gallery_too(tmp_path):
    path = write(tmp_path / "a.wav", sound(200))  # 3.2 MB
    assert "played from its file" in repr(mh.gallery([path]))
    assert embedded(mh.gallery([path], budget=4 * MEGABYTE).html) == [("src", path.stat().st_size)]


# Posters


@pytest.fixture
def clip(tmp_path):
    return encoded(tmp_path / "clip.mp4", *H264, size="1280x720")


def test_a_film_has_a_poster_where_there_is_a_decoder_and_none_where_there_is_not(clip, monkeypatch):
    ((_, size), *_) = [one for one in embedded(mh.preview(clip).html) if one[0] == "poster"]
    assert 1000 < size <= 48 * 1024
    without_decoders(monkeypatch)
    assert "poster" not in mh.preview(clip).html


def test_a_poster_is_scaled_down_to_its_budget(tmp_path):
    path = encoded(tmp_path / "a.mp4", *H264, "-vf", "noise=alls=100:allf=t", seconds=0.5, size="640x360")
    sizes = dict(embedded(mh.preview(path, budget=path.stat().st_size + 9_000).html))
    assert 1000 < sizes["poster"] <= 9_000
    assert 9_000 < dict(embedded(mh.preview(path, budget=path.stat().st_size + 900_000).html))["poster"] <= 48 * 1024


def test_a_film_that_browsers_do_not_play_is_a_card_with_its_poster(tmp_path):
    path = encoded(tmp_path / "a.mp4", "-c:v", "mpeg4")
    html = mh.preview(path).html
    assert "<video" not in html
    assert 'alt="A frame of a.mp4"' in html
    assert [name for name, _ in embedded(html)] == ["src"]
    assert embedded(mh.preview(path.read_bytes()).html) != []


def test_a_large_film_elsewhere_is_a_card_with_its_poster(clip, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shown = mh.preview(clip, budget=60 * 1024)
    assert "too large to embed" in repr(shown)
    assert len(embedded(shown.html)) == 1


def test_a_broken_film_has_no_poster_and_no_error():
    for content in (film(), film(b"hvc1"), b"\x1aE\xdf\xa3" + bytes(900), film()[:60]):
        assert "data:image" not in mh.preview(content).html


def test_a_decoder_that_hangs_is_ended_and_the_rest_of_the_gallery_has_no_poster(tmp_path, monkeypatch):
    write(tmp_path / "a.mp4", film())
    calls = []

    def hanging(*_):
        calls.append(1)
        return [[sys.executable, "-c", "import time; time.sleep(60)"]]

    monkeypatch.setattr(posters, "_commands", hanging)
    monkeypatch.setattr(posters, "ALL", 0.5)
    monkeypatch.setattr(posters.Posters.__init__, "__defaults__", (0.5,))
    started = time.monotonic()
    assert mh.gallery(["a.mp4"] * 5).html.count("<video") == 5
    assert time.monotonic() - started < 10
    assert len(calls) == 1


def test_a_decoder_opens_files_alone_as_the_container_that_the_bytes_tell_of():
    for command in posters._commands("/x/-http:a.mp4", "mov", "0.1", "/y/frame.jpg"):
        if "ffmpeg" in command[0]:
            assert command[command.index("-protocol_whitelist") + 1] == "file"
            assert command[command.index("-i") - 4 : command.index("-i")] == ["-f", "mov", "-ss", "0.1"]
            assert command[command.index("-i") + 1] == "file:/x/-http:a.mp4"
            assert "-nostdin" in command


def test_pyav_gives_the_same_poster_where_it_is_installed(clip, monkeypatch):
    pytest.importorskip("av", reason="PyAV is not installed")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert [name for name, _ in embedded(mh.preview(clip).html)][-1] == "poster"
    assert "poster" not in mh.preview(film()).html


# Notebooks


def executed(folder, cells):
    """Run cells in a kernel of their own and save the notebook, as `make examples` does."""
    from mh_notebook.notebooks import run_notebook

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, folder / "source.ipynb")
    run_notebook(folder / "source.ipynb", folder / "output" / "page.html", keep=folder / "kept.ipynb")
    return folder / "kept.ipynb"


def twenty(folder):
    """Make twenty files of 5 MB and more: noisy PNGs, JPEGs, sounds, and films that are mostly padding."""
    made = {
        "png": noise(1700, 1700),
        "jpg": noise(2200, 2200, "JPEG", quality=95),
        "wav": sound(6 * MEGABYTE / 16_000),
        "mp4": film(seconds=600) + b"\0\x80\0\0free" + bytes(8 * 2**20),
    }
    for number, (ending, content) in enumerate(made.items()):
        assert len(content) > 5 * MEGABYTE, ending
        for n in range(5):
            write(folder / f"{number}{n}.{ending}", content)
    return sorted(path.name for path in folder.glob("??.*"))


@pytest.mark.kernel
@pytest.mark.slow
def test_twenty_previews_of_large_media_save_to_less_than_four_megabytes(tmp_path):
    names = twenty(tmp_path)
    kept = executed(tmp_path, ["import mh_notebook as mh", *(f"mh.preview({name!r})" for name in names)])
    assert len(names) == 20
    assert kept.stat().st_size < 4 * MEGABYTE
    assert len(re.findall(r"<(?:img|audio|video) src", kept.read_text().replace("\\n", ""))) == 20
    check_weight(kept)


@pytest.mark.kernel
@pytest.mark.slow
def test_twenty_large_pictures_alone_save_to_less_than_four_megabytes(tmp_path):
    for n in range(20):
        write(tmp_path / f"{n}.png", noise(1400, 1400))
    kept = executed(tmp_path, ["import mh_notebook as mh", *(f"mh.preview('{n}.png')" for n in range(20))])
    assert 2 * MEGABYTE < kept.stat().st_size < 4 * MEGABYTE


@pytest.mark.kernel
@pytest.mark.slow
def test_one_gallery_of_twenty_large_media_saves_to_less_than_four_megabytes(tmp_path):
    kept = executed(tmp_path, [f"import mh_notebook as mh\nmh.gallery({twenty(tmp_path)!r})"])
    assert kept.stat().st_size < 4 * MEGABYTE
    check_weight(kept)


def check_weight(path):
    """The outputs by `mh.weight` are what the file has more than the same notebook without outputs has."""
    frame = mh.weight(path)
    notebook = json.loads(path.read_text())
    assert len(frame) == sum(len(cell.get("outputs", ())) for cell in notebook["cells"])
    rest = frame.attrs["file_bytes"] - int(frame["bytes"].sum())
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
    assert 0 < rest - len(json.dumps(notebook, indent=1, ensure_ascii=False).encode()) < 100 * len(notebook["cells"])
    assert frame.attrs["file_bytes"] == path.stat().st_size


def test_a_plain_picture_stays_as_it_is(tmp_path):
    content = plain(900, 700)
    assert embedded(mh.preview(content).html) == [("src", len(content))]
