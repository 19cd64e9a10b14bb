"""A landscape as a function of a key, a size and a moment: sky, light, ridges, water, trees, a boat."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mh_notebook.sandbox.chance import chance
from mh_notebook.sandbox.palettes import PALETTES, Colour, Palette, mixed

_FINE = 2  # drawn twice as large, then reduced: that smooths all edges


def landscape(key: str, width: int, height: int, moment: float = 0.0) -> Image.Image:
    """Draw a landscape.

    Parameters
    ----------
    key : str
        Chooses palette and forms; the same key draws the same place.
    width, height : int
        Size in pixels.
    moment : float
        From 0 to 1: where in its endless loop the water, the boat and the clouds are.

    Returns
    -------
    Image.Image
        An RGB picture.

    Examples
    --------
    >>> landscape("c1/1", 96, 64).size
    (96, 64)
    """
    return _Scene(key, width * _FINE, height * _FINE, moment).drawn().reduce(_FINE)


class _Scene:
    def __init__(self, key: str, width: int, height: int, moment: float) -> None:
        rng = chance(key)
        self.key, self.size, self.moment = key, (width, height), moment
        self.palette: Palette = rng.choice(PALETTES)
        self.lake = rng.random() < 0.62
        self.horizon = int(height * (rng.uniform(0.58, 0.66) if self.lake else rng.uniform(0.5, 0.6)))
        self.sun = (int(width * rng.uniform(0.24, 0.76)), int(self.horizon * rng.uniform(0.42, 0.8)))
        self.radius = int(min(width, height) * rng.uniform(0.055, 0.085))

    def rng(self, part: str) -> Random:
        """Give each part its own chance, so that a change to one leaves the others alone."""
        return chance(self.key, part)

    def drawn(self) -> Image.Image:
        # Beyond the horizon the sky goes on, as a hill may leave a gap there.
        canvas = Image.new("RGB", self.size, self.palette.sky[-1])
        canvas.paste(gradient(self.size[0], self.horizon, self.palette.sky), (0, 0))
        if self.palette.night:
            self._stars(canvas)
        self._light(canvas)
        self._clouds(canvas)
        if self.lake:
            self._ridges(canvas, count=3, base=self.horizon)
            self._water(canvas)
            self._boat(canvas)
            self._shore(canvas)
        else:
            self._ridges(canvas, count=5, base=self.size[1])
        self._birds(canvas)
        return canvas

    def _stars(self, canvas: Image.Image) -> None:
        rng, draw = self.rng("stars"), ImageDraw.Draw(canvas)
        for _ in range(110):
            x, y = rng.uniform(0, self.size[0]), rng.random() ** 1.5 * self.horizon * 0.8
            glow = 0.35 + 0.5 * rng.random() * (0.7 + 0.3 * math.sin(math.tau * (self.moment + rng.random())))
            size = rng.choice((1.0, 1.0, 1.5, 2.4))
            under = canvas.getpixel((int(x), int(y)))
            draw.ellipse((x - size, y - size, x + size, y + size), mixed(under, (255, 255, 245), glow))  # type: ignore[arg-type]  # an RGB pixel is a tuple of three

    def _light(self, canvas: Image.Image) -> None:
        (x, y), night = self.sun, self.palette.night
        for reach, strength in ((9, 0.3), (4, 0.35)) if night else ((16, 0.5), (6, 0.5)):
            _glow(canvas, (x, y), self.radius * reach, self.palette.light, strength)
        disc = (x - self.radius, y - self.radius, x + self.radius, y + self.radius)
        ImageDraw.Draw(canvas).ellipse(disc, self.palette.light)

    def _clouds(self, canvas: Image.Image) -> None:
        rng, (width, height) = self.rng("clouds"), self.size
        mask = Image.new("L", self.size)
        draw = ImageDraw.Draw(mask)
        for _ in range(rng.randint(3, 7)):
            x, y = rng.uniform(-0.1, 1.0) * width, rng.uniform(0.1, 0.85) * self.horizon
            x += 0.015 * width * math.sin(math.tau * (self.moment + y / height))
            _cloud(draw, (x, y), rng.uniform(0.18, 0.42) * width, height, rng)
        mask = mask.filter(ImageFilter.GaussianBlur(height * 0.003))
        tint = mixed(self.palette.sky[2 if self.palette.night else -1], self.palette.light, 0.35)
        canvas.paste(Image.new("RGB", self.size, tint), (0, 0), mask)

    def _ridges(self, canvas: Image.Image, *, count: int, base: int) -> None:
        for number in range(count):
            share = number / max(count - 1, 1)
            rng = self.rng(f"ridge {number}")
            depth = 0.0 if self.lake else share * share * (self.size[1] - self.horizon) * 0.72
            rise = self.horizon * (0.34 - 0.2 * share if self.lake else 0.3 - 0.13 * share)
            near = mixed(self.palette.far, self.palette.near, 0.62) if self.lake else self.palette.near
            colour = mixed(mixed(self.palette.far, self.palette.sky[-1], 0.35), near, share**1.15)
            line = _ridge(rng, self.size[0], self.horizon + depth - rise * 0.35, rise, 0.5 - 0.06 * share)
            mist = mixed(colour, self.palette.sky[-1], 0.5 * (1 - share))
            self._ridge(canvas, line, base, colour, mist)
            if number == count - 1 and not self.lake:
                self._pines(canvas, line, rng)

    def _ridge(self, canvas: Image.Image, line: list[float], base: int, colour: Colour, mist: Colour) -> None:
        width, step = self.size[0], self.size[0] / (len(line) - 1)
        mask = Image.new("L", self.size)
        points = [(index * step, y) for index, y in enumerate(line)]
        ImageDraw.Draw(mask).polygon([(0, base), *points, (width, base)], 255)
        top = int(min(line))
        fill = gradient(width, max(base - top, 1), (colour, colour, mist))
        canvas.paste(fill, (0, top), mask.crop((0, top, width, top + fill.height)))

    def _pines(self, canvas: Image.Image, line: list[float], rng: Random) -> None:
        draw, (width, height) = ImageDraw.Draw(canvas), self.size
        x = -0.02 * width
        while x < width:
            ground = line[min(max(int(x / width * (len(line) - 1)), 0), len(line) - 1)]
            tall = height * rng.uniform(0.045, 0.13) * (0.6 + 0.6 * abs(math.sin(x / width * 5 + len(self.key))))
            _pine(draw, x, ground + tall * 0.12, tall, self.palette.near)
            x += width * rng.choice((0.008, 0.014, 0.02, 0.05))

    def _water(self, canvas: Image.Image) -> None:
        width, height = self.size
        deep = height - self.horizon
        mirror = canvas.crop((0, max(self.horizon - int(deep * 1.5), 0), width, self.horizon))
        mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((width, deep))
        tint = gradient(width, deep, (self.palette.sky[-2], mixed(self.palette.sky[0], self.palette.near, 0.35)))
        water = Image.blend(mirror, tint, 0.42)
        for y in range(0, deep, 2):
            swell = 1.0 + 9.0 * (y / deep) ** 1.2
            turn = math.tau * (self.moment + 9 * math.sqrt(y / deep))
            shift = int(swell * (math.sin(turn) + 0.5 * math.sin(2.7 * y + math.tau * self.moment)))
            row = water.crop((0, y, width, y + 2))
            canvas.paste(ImageChops.offset(row, shift, 0), (0, self.horizon + y))
        self._glitter(canvas, deep)

    def _glitter(self, canvas: Image.Image, deep: int) -> None:
        rng, mask = self.rng("glitter"), Image.new("L", self.size)
        draw = ImageDraw.Draw(mask)
        for _ in range(150):
            share = rng.random() ** 1.3
            y = self.horizon + 3 + share * (deep - 6)
            spread = self.radius * (0.7 + 1.6 * share)
            x = self.sun[0] + rng.gauss(0, 0.55) * spread
            long = self.radius * rng.uniform(0.15, 0.55) * (0.5 + share)
            bright = 0.5 + 0.5 * math.sin(math.tau * (self.moment + rng.random()))
            thick = 1 + 2.2 * share
            draw.rounded_rectangle((x - long, y - thick, x + long, y + thick), thick, int(210 * bright))
        canvas.paste(Image.new("RGB", self.size, self.palette.light), (0, 0), mask)

    def _boat(self, canvas: Image.Image) -> None:
        rng, (width, height) = self.rng("boat"), self.size
        if rng.random() < 0.3:
            return
        turn = math.tau * self.moment
        x = width * (rng.uniform(0.2, 0.8) + 0.01 * math.sin(turn))
        y = self.horizon + (height - self.horizon) * rng.uniform(0.2, 0.36) + 1.5 * math.sin(2 * turn)
        size = height * rng.uniform(0.045, 0.07)
        sail = mixed(self.palette.light, self.palette.sky[-1], 0.3)
        _boat(ImageDraw.Draw(canvas), x, y, size, self.palette.near, sail)

    def _shore(self, canvas: Image.Image) -> None:
        rng, (width, height) = self.rng("shore"), self.size
        left = rng.random() < 0.5
        line = _ridge(rng, width, height * 0.97, height * 0.05, 0.5)
        far = len(line) - 1
        rise = [height * 0.2 * max(0.0, 1 - 1.9 * (n if left else far - n) / far) ** 1.6 for n in range(far + 1)]
        line = [y - lift for y, lift in zip(line, rise, strict=True)]
        self._ridge(canvas, line, height, self.palette.near, self.palette.near)
        draw = ImageDraw.Draw(canvas)
        for _ in range(rng.randint(5, 9)):
            share = rng.random() ** 1.5 * 0.36
            spot = share if left else 1 - share
            tall = height * rng.uniform(0.12, 0.3) * (1.1 - 1.7 * share)
            _pine(draw, spot * width, line[int(spot * far)] + 3, tall, self.palette.near)

    def _birds(self, canvas: Image.Image) -> None:
        rng, draw = self.rng("birds"), ImageDraw.Draw(canvas)
        if rng.random() < 0.4 or self.palette.night:
            return
        x, y = rng.uniform(0.2, 0.7) * self.size[0], rng.uniform(0.15, 0.4) * self.horizon
        ink = mixed(self.palette.near, self.palette.sky[1], 0.25)
        for number in range(rng.randint(3, 6)):
            span = self.size[1] * rng.uniform(0.009, 0.015)
            flap = span * (0.35 + 0.3 * math.sin(math.tau * (2 * self.moment + number / 3)))
            bx, by = x + number * span * rng.uniform(1.8, 2.9), y + rng.uniform(-2, 2) * span
            wings = [(bx - span, by - flap), (bx - span * 0.4, by - flap * 0.9), (bx, by)]
            wings += [(2 * bx - px, py) for px, py in reversed(wings[:2])]
            draw.line(wings, ink, max(2, int(span * 0.2)), "curve")


def gradient(width: int, height: int, stops: tuple[Colour, ...]) -> Image.Image:
    """Return a vertical gradient through some colours.

    Examples
    --------
    >>> gradient(2, 3, ((0, 0, 0), (200, 200, 200))).getpixel((0, 1))
    (100, 100, 100)
    """
    column = Image.new("RGB", (1, height))
    for y in range(height):
        place = y / max(height - 1, 1) * (len(stops) - 1)
        first = min(int(place), len(stops) - 2)
        column.putpixel((0, y), mixed(stops[first], stops[first + 1], place - first))
    return column.resize((width, height), Image.Resampling.NEAREST)


def _glow(canvas: Image.Image, centre: tuple[int, int], reach: int, colour: Colour, strength: float) -> None:
    falloff = Image.radial_gradient("L").resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
    table = [int(255 * strength * max(0.0, 1 - value / 180) ** 2) for value in range(256)]
    corner = (centre[0] - reach, centre[1] - reach)
    canvas.paste(Image.new("RGB", falloff.size, colour), corner, falloff.point(table))


def _cloud(draw: ImageDraw.ImageDraw, place: tuple[float, float], long: float, height: int, rng: Random) -> None:
    (x, y), alpha = place, rng.randint(55, 115)
    for _ in range(4):
        left, wide = x + rng.uniform(0, 0.45) * long, rng.uniform(0.35, 0.8) * long
        thin = height * rng.uniform(0.006, 0.014)
        draw.ellipse((left, y - thin, left + wide, y + thin), alpha)
        y += rng.uniform(-0.7, 1.1) * thin


def _ridge(rng: Random, width: int, base: float, rise: float, rough: float) -> list[float]:
    points, step = [rng.uniform(-0.6, 0.6), rng.uniform(-1, 1), rng.uniform(-0.6, 0.6)], 0.9
    while len(points) < width / 5:
        middles = [(a + b) / 2 + rng.uniform(-step, step) for a, b in pairwise(points)]
        points = [value for pair in zip(points, middles, strict=False) for value in pair] + points[-1:]
        step *= rough
    return [base - rise * value * 0.6 for value in points]


def _pine(draw: ImageDraw.ImageDraw, x: float, ground: float, tall: float, colour: Colour) -> None:
    draw.rectangle((x - tall * 0.02, ground - tall * 0.3, x + tall * 0.02, ground), colour)
    for tier in range(6):
        top = ground - tall * (1 - tier * 0.14)
        wide, drop = tall * (0.045 + 0.026 * tier), tall * 0.25
        hem = top + drop
        draw.polygon([(x, top), (x - wide, hem), (x, hem - drop * 0.2), (x + wide, hem)], colour)


def _boat(draw: ImageDraw.ImageDraw, x: float, y: float, size: float, hull: Colour, sail: Colour) -> None:
    def shape(*corners: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + size * across, y - size * up) for across, up in corners]

    draw.polygon(shape((-0.62, 0.2), (0.7, 0.2), (0.45, 0), (-0.45, 0)), hull)
    draw.line(shape((0, 0.2), (0, 1.6)), hull, max(2, int(size * 0.05)))
    draw.polygon(shape((0.06, 1.55), (0.06, 0.32), (0.6, 0.32)), sail)
    draw.polygon(shape((-0.06, 1.4), (-0.06, 0.32), (-0.42, 0.32)), sail)
