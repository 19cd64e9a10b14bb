"""What a picture of the page shows, where the page itself cannot say it."""

import io
import time

from PIL import Image, ImageChops


def travel(page, selector, seconds=2.5):
    """How far along an element of the page changes within some seconds: the share of its columns that do.

    An indeterminate bar has no value to ask for. One that is drawn anew again and again starts from its left end each
    time, and only the first columns of it ever change.
    """
    pictures, deadline = [], time.monotonic() + seconds
    box = page.locator(selector).first.bounding_box()
    while time.monotonic() < deadline:  # the condition is what happens within this time
        pictures.append(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("L"))
    changed = [ImageChops.difference(pictures[0], picture) for picture in pictures[1:]]
    columns = {x for picture in changed for x in range(picture.width) if max(_column(picture, x)) > 40}
    return len(columns) / pictures[0].width


def _column(picture, x):
    return picture.crop((x, 0, x + 1, picture.height)).tobytes()
