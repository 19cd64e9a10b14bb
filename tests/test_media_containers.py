"""What a container says of itself, whatever it holds: codecs, duration, size, and never more than a bounded look."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media_files import box, encoded, film, plain, sound, track

from mh_notebook.sandbox.media import render
from mh_notebook.views.codecs import silent, unplayed
from mh_notebook.views.containers import READ, look
from mh_notebook.views.kinds_of_media import FLAC, M4A, MOV, MP3, MP4, OGG, WAV, WEBM, sniff
from mh_notebook.views.media import preview
from mh_notebook.views.tracks import Tracks

KINDS = [MP4, MOV, M4A, WEBM, WAV, MP3, FLAC, OGG]
SEEDS = [
    film(),
    film(b"hvc1", sound=b"mp4a", fragments=4),
    sound(0.5),
    *(render(form, "fuzz/1", 0, 480, 270) for form in ("mp4", "webm", "mp3")),
]


class Counting(io.BytesIO):
    """A file that counts what is read of it, and that is as large as it says."""

    count = 0

    def read(self, size=-1):
        assert size >= 0
        self.count += size
        return super().read(size)


def seen(content, media=None):
    return look(io.BytesIO(content), len(content), media or sniff(content[:64]))


def test_a_film_says_its_codec_duration_and_size():
    assert seen(film()) == Tracks(3.0, 640, 360, "avc1")
    assert seen(film(b"hvc1", seconds=61, sound=b"mp4a")) == Tracks(61.0, 640, 360, "hvc1", "mp4a")
    assert seen(film(long=True)) == Tracks(3.0, 640, 360, "avc1")


def test_a_turned_film_says_its_size_as_it_is_shown():
    assert seen(film(width=1920, height=1080, turned=True))[1:3] == (1080, 1920)


def test_a_film_in_fragments_says_its_duration_where_it_is_written():
    assert seen(film(fragments=7)).seconds == 7.0
    index = (
        struct.pack(">IIIIIHH", 0, 1, 500, 0, 0, 0, 2)
        + struct.pack(">III", 9, 1000, 0)
        + struct.pack(">III", 9, 750, 0)
    )
    assert seen(film(seconds=0) + box(b"sidx", index)).seconds == 3.5


def test_an_index_at_the_end_of_two_gigabytes_is_found_by_a_few_bytes_of_reading(tmp_path):
    path = tmp_path / "large.mp4"
    index = film(b"hev1")
    with path.open("wb") as file:
        file.write(box(b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4sQ", 1, b"mdat", 2**31))
        file.seek(16 + 2**31)  # a sparse file: nothing is written
        file.write(index[16:])
    with path.open("rb") as file:
        assert look(file, path.stat().st_size, MP4) == Tracks(3.0, 640, 360, "hev1")


def test_sounds_say_how_long_they_are():
    assert seen(sound(2.5)).seconds == 2.5
    assert seen(sound(2.5).replace(struct.pack("<I", 40_000), b"\xff\xff\xff\xff")).seconds == 2.5  # a stream's header
    assert seen(render("mp3", "a/1", 0, 1, 1)).seconds == pytest.approx(3, abs=1)
    flac = b"fLaC" + bytes(14) + ((48_000 << 44) | 96_000).to_bytes(8, "big")
    assert seen(flac).seconds == 2.0
    frame = b"\xff\xfb\x90\x64"  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz
    assert seen(frame + bytes(16_000 - 4)).seconds == 1.0
    assert seen(frame + bytes(32) + b"Xing" + struct.pack(">II", 1, 441) + bytes(900)).seconds == 11.52
    page = b"OggS" + bytes(2) + (96_000).to_bytes(8, "little")
    assert seen(page + bytes(14) + b"OpusHead" + bytes(60) + page).seconds == 2.0


@pytest.mark.parametrize(
    ("codec", "sentence"),
    [
        (b"avc1", ""),
        (b"av01", ""),
        (b"vp09", ""),
        (b"hvc1", "HEVC (H.265) video: most browsers do not play it."),
        (b"hev1", "HEVC (H.265) video: most browsers do not play it."),
        (b"apch", "ProRes video: most browsers do not play it."),
        (b"ap4h", "ProRes video: most browsers do not play it."),
        (b"mp4v", "MPEG-4 part 2 video: most browsers do not play it."),
        (b"encv", "Encrypted video: most browsers do not play it."),
        (b"xy<1", '"xy<1" video: most browsers do not play it.'),
        (b"\0\xff\x1b1", '"???1" video: most browsers do not play it.'),
    ],
)
def test_what_browsers_do_not_play_is_said_in_a_sentence_and_no_player_is_shown(codec, sentence):
    content = film(codec)
    assert unplayed(MP4, seen(content)) == sentence
    shown = preview(content)
    assert ("<video" in shown.html) == (not sentence)
    assert sentence in repr(shown)


def test_a_matroska_that_is_not_webm_is_a_card_and_webm_is_played():
    webm = render("webm", "a/1", 0, 480, 270)
    assert seen(webm)[1:] == (480, 270, "V_VP9", "", "webm")
    assert seen(webm).seconds == pytest.approx(3, abs=0.1)
    other = webm.replace(b"\x42\x82\x84webm", b"\x42\x82\x84mkva", 1)
    assert "Video in a container unknown here: most browsers do not play it." in repr(preview(other))
    assert "<video" in preview(webm).html


def test_a_film_without_pictures_is_a_sound():
    shown = preview(film(b"", sound=b"mp4a", seconds=65))
    assert "<audio" in shown.html
    assert "<video" not in shown.html
    assert "MP4 · 1 min 05 s" in repr(shown)


def test_a_film_whose_sound_is_not_played_says_so():
    assert silent(seen(film(sound=b"ac-3"))) == "its AC-3 sound is not played by most browsers"
    assert silent(seen(film(sound=b"mp4a"))) == ""
    assert "AC-3" in repr(preview(film(sound=b"ac-3")))


@pytest.mark.parametrize("media", KINDS, ids=lambda media: media.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_are_looked_at_without_an_error(media, content):
    found = look(io.BytesIO(content), len(content), media)
    assert 0 <= found.seconds <= 100 * 24 * 3600


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 1500), st.binary(min_size=1, max_size=8)), max_size=6),
    end=st.integers(0, 3000),
)
def test_a_damaged_file_is_looked_at_without_an_error_and_within_bounds(seed, changes, end):
    content = bytearray(seed)
    for at, piece in changes:
        content[at : at + len(piece)] = piece
    content = bytes(content[:end] if end % 3 else content)
    file = Counting(content)
    found = look(file, len(content), sniff(content[:64]))
    assert file.count <= READ
    assert min(found.width, found.height) >= 0
    assert 0 <= found.seconds <= 100 * 24 * 3600
    assert found.video.isprintable()


@pytest.mark.parametrize(
    "content",
    [
        box(b"ftyp", b"isom") + b"\0\0\0\x08free" * 100_000,  # boxes of nothing
        box(b"ftyp", b"isom") + box(b"moov", *[track(b"soun", b"mp4a")] * 5000),
        b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * 300_000,  # void elements of nothing
        b"\x1aE\xdf\xa3\x80\x18\x53\x80\x67\xff" + b"\x16\x54\xae\x6b\xff" * 100_000,  # of unknown size, in each other
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 100_000,
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
    ],
    ids=["boxes", "tracks", "elements", "nested", "chunks", "tag"],
)
def test_a_file_made_to_be_read_for_ever_is_given_up(content):
    file = Counting(content)
    assert look(file, len(content), sniff(content[:64])).seconds == 0.0
    assert file.count <= READ


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p", ("avc1", "")),
        ("fast.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags +faststart", ("avc1", "")),
        ("dash.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags dash+frag_keyframe", ("avc1", "")),
        ("a.mkv", "-c:v libx264 -pix_fmt yuv420p", ("V_MPEG4/ISO/AVC", "matroska")),
        ("a.mov", "-c:v prores_ks", ("apch", "")),
        ("b.mp4", "-c:v mpeg4", ("mp4v", "")),
    ],
)
@pytest.mark.slow
def test_films_of_a_real_encoder_are_read(tmp_path, name, options, expected):
    content = encoded(tmp_path / name, *options.split()).read_bytes()
    found = seen(content)
    assert (found.video, found.form) == expected
    assert found[:3] == (pytest.approx(2, abs=0.1), 320, 180)


def test_a_picture_is_not_looked_at_as_a_film():
    assert seen(plain(3, 2)) == Tracks()
