"""Images made in code: plain shapes of many sizes, positions and colours on textured grounds, partly hidden and noisy.

The same generator gives the same images. A shape is a function of position in units of its radius, negative inside
and roughly a distance (after I. Quilez, 2D distance functions, https://iquilezles.org/articles/distfunctions2d).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Floats: TypeAlias = NDArray[np.floating[Any]]
Outline: TypeAlias = Callable[[Floats, Floats], Floats]
_CHUNK = 64
"""Images drawn at a time: bounds the memory in use."""
_TRIES = 24
"""Places tried for an object that must keep clear of the others."""


@dataclass(frozen=True, slots=True)
class Style:
    """How images look; lengths are shares of the image's side, colours and noise shares of full brightness."""

    objects: tuple[int, int] = (1, 1)
    """Fewest and most objects asked for; where no place is free, there are fewer, but always one."""
    radius: tuple[float, float] = (0.25, 0.42)
    ground: float = 0.6
    """Greatest brightness of the ground, the lines on it and the bars before the objects, in each colour."""
    bright: float = 0.4
    """Least brightness of an object, in each colour."""
    hidden: float = 0.3
    """Share of the objects that a bar crosses."""
    streaks: int = 2
    """Thin lines on the ground that belong to no object."""
    noise: float = 0.05
    """Standard deviation of the noise of a pixel."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Images and what is on them."""

    images: NDArray[np.uint8]
    """(count, 3, side, side)."""
    kinds: NDArray[np.int64]
    """(count, objects): the place of the shape in the list of names; −1: no object."""
    masks: NDArray[np.bool_]
    """(count, objects, side, side): the pixels of the whole object, also where another or a bar hides it."""

    def pixels(self) -> Tensor:
        """The images as networks take them, from 0 to 1."""
        import torch

        return torch.from_numpy(self.images).float() / 255


def scenes(seed: tuple[int, ...], count: int, side: int, names: tuple[str, ...], style: Style) -> Scenes:
    """`count` images of `side` × `side` pixels with shapes of these names; of one object, each name equally often."""
    generator = np.random.default_rng(seed)
    parts = [
        _scenes(generator, first, min(_CHUNK, count - first), side, names, style) for first in range(0, count, _CHUNK)
    ]
    images, kinds, masks = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Scenes(images, kinds, masks)


def train_and_test(
    seed: tuple[int, ...], train: int, test: int, side: int, names: tuple[str, ...], style: Style
) -> tuple[Scenes, Scenes]:
    """Scenes to learn from, and others to be tested with."""
    return scenes((*seed, 0), train, side, names, style), scenes((*seed, 1), test, side, names, style)


def _scenes(
    rng: np.random.Generator, first: int, count: int, side: int, names: tuple[str, ...], style: Style
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    dark = (0.0, style.ground)
    images = _surface(rng, count, side, dark)
    everywhere = np.arange(count)
    for _ in range(style.streaks):
        _paint(images, everywhere, _bar(rng, rng.random((count, 2)), 0.012, side), _surface(rng, count, side, dark))
    most = style.objects[1]
    wanted = rng.integers(style.objects[0], most + 1, count)
    kinds = np.full((count, most), -1)
    masks = np.zeros((count, most, side, side), dtype=bool)
    places = np.zeros((count, most, 3))
    for index in range(most):
        placed, free = _place(rng, places[:, :index], style)
        rows = np.flatnonzero(free & (index < wanted))
        chosen = (first + rows) % len(names) if most == 1 else rng.integers(0, len(names), len(rows))
        places[rows, index], kinds[rows, index] = placed[rows], chosen
        cover = _covers(names, chosen, placed[rows], rng.uniform(0, 2 * np.pi, len(rows)), side)
        masks[rows, index] = cover >= 0.5
        _paint(images, rows, cover, _surface(rng, len(rows), side, (style.bright, 1.0)))
        rows = rows[rng.random(len(rows)) < style.hidden]
        through = placed[rows, :2] + placed[rows, 2:] * rng.uniform(-0.8, 0.8, (len(rows), 2))
        _paint(images, rows, _bar(rng, through, 0.03, side), _surface(rng, len(rows), side, dark))
    images += np.float32(style.noise) * rng.standard_normal(images.shape, dtype=np.float32)
    levels = np.round(np.clip(images, 0.0, 1.0) * 255).astype(np.uint8)
    return levels, kinds, masks


def _place(
    rng: np.random.Generator, others: NDArray[np.float64], style: Style
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centre and radius (count, 3) clear of the others (count, objects, 3), and where there was such a place."""
    count = len(others)
    radius = rng.uniform(*style.radius, count)
    margin = 0.8 * radius[:, None, None]
    centre = margin + (1 - 2 * margin) * rng.random((count, _TRIES, 2))
    apart = np.linalg.norm(centre[:, :, None] - others[:, None, :, :2], axis=-1)
    clear = (apart >= 0.8 * (radius[:, None, None] + others[:, None, :, 2])) | (others[:, None, :, 2] == 0)
    fits = clear.all(axis=-1)
    best = fits.argmax(axis=1)
    return np.concatenate([centre[np.arange(count), best], radius[:, None]], axis=1), fits.any(axis=1)


def _axes(side: int) -> tuple[Floats, Floats]:
    """Positions of the pixels' centres, x and y, as shares of the side."""
    line = (np.arange(side, dtype=np.float32) + 0.5) / side
    return line[None, None, :], line[None, :, None]


def _covers(
    names: tuple[str, ...],
    kinds: NDArray[np.int64],
    places: NDArray[np.float64],
    angles: NDArray[np.float64],
    side: int,
) -> Floats:
    """How much of each pixel the shape covers, (count, side, side), from 0 to 1."""
    x, y = _axes(side)
    centre_x, centre_y, radius, cos, sin = (
        value.astype(np.float32)[:, None, None] for value in (*places.T, np.cos(angles), np.sin(angles))
    )
    radius = np.maximum(radius, 1e-3)
    u, v = (x - centre_x) / radius, (y - centre_y) / radius
    u, v = cos * u + sin * v, cos * v - sin * u
    cover = np.zeros(u.shape, dtype=np.float32)
    for kind, name in enumerate(names):
        here = kinds == kind
        cover[here] = np.clip(0.5 - SHAPES[name](u[here], v[here]) * radius[here] * side, 0.0, 1.0)
    return cover


def _bar(rng: np.random.Generator, points: NDArray[np.float64], half_width: float, side: int) -> Floats:
    """How much of each pixel a straight bar through the point covers."""
    x, y = _axes(side)
    angle = rng.uniform(0, np.pi, len(points))
    across, along, offset = (
        value.astype(np.float32)[:, None, None]
        for value in (np.cos(angle), np.sin(angle), points[:, 0] * np.cos(angle) + points[:, 1] * np.sin(angle))
    )
    cover: Floats = np.clip(0.5 + (half_width - np.abs(across * x + along * y - offset)) * side, 0.0, 1.0)
    return cover


def _surface(rng: np.random.Generator, count: int, side: int, brightness: tuple[float, float]) -> Floats:
    """Surfaces (count, 3, side, side), each of one colour with stripes of some width, direction and depth."""
    x, y = _axes(side)
    colours = rng.uniform(*brightness, (count, 3)).astype(np.float32)
    angle, phase = rng.uniform(0, 2 * np.pi, (2, count)).astype(np.float32)[:, :, None, None]
    waves = np.exp(rng.uniform(np.log(0.5), np.log(side / 5), (count, 1, 1))).astype(np.float32)
    wave = np.sin(2 * np.pi * waves * (np.cos(angle) * x + np.sin(angle) * y) + phase)
    depth = rng.uniform(-0.12, 0.12, (count, 3, 1, 1)).astype(np.float32)
    surface: Floats = colours[:, :, None, None] + depth * wave[:, None]
    return surface


def _paint(images: Floats, rows: NDArray[np.intp], cover: Floats, surface: Floats) -> None:
    before = images[rows]
    images[rows] = before + cover[:, None] * (surface - before)


def _polygon(corners: int) -> Outline:
    half = math.pi / corners

    def distance(u: Floats, v: Floats) -> Floats:
        edge = np.hypot(u, v) * np.cos(np.mod(np.arctan2(v, u), 2 * half) - half)
        return edge - math.cos(half)

    return distance


def _star(points: int, inner: float) -> Outline:
    half = math.pi / points
    run, rise = inner * math.cos(half) - 1, inner * math.sin(half)
    length = math.hypot(run, rise)

    def distance(u: Floats, v: Floats) -> Floats:
        folded = half - np.abs(np.mod(np.arctan2(v, u), 2 * half) - half)
        away = np.hypot(u, v)
        return (away * np.cos(folded) - 1) * (rise / length) - away * np.sin(folded) * (run / length)

    return distance


def _box(u: Floats, v: Floats, left: float, right: float, low: float, high: float) -> Floats:
    across, along = np.abs(u - (left + right) / 2), np.abs(v - (low + high) / 2)
    return _both(across - (right - left) / 2, along - (high - low) / 2)


def _ell(u: Floats, v: Floats) -> Floats:
    return _either(_box(u, v, -0.7, -0.15, -0.84, 0.84), _box(u, v, -0.7, 0.7, -0.84, -0.3))


def _tee(u: Floats, v: Floats) -> Floats:
    return _either(_box(u, v, -0.25, 0.25, -0.85, 0.75), _box(u, v, -0.8, 0.8, 0.25, 0.75))


def _cross(u: Floats, v: Floats) -> Floats:
    return _either(_box(u, v, -0.95, 0.95, -0.3, 0.3), _box(u, v, -0.3, 0.3, -0.95, 0.95))


def _heart(u: Floats, v: Floats) -> Floats:
    lobes = _either(np.hypot(u - 0.4, v - 0.3), np.hypot(u + 0.4, v - 0.3)) - 0.5
    return _either(lobes, (np.abs(u) + np.abs(v + 0.1)) * math.sqrt(0.5) - 0.57)


def _sector(u: Floats, v: Floats) -> Floats:
    return _both(np.hypot(u, v) - 0.95, math.sin(0.6) * u - math.cos(0.6) * np.abs(v))


def _both(one: Floats, other: Floats) -> Floats:
    """What lies in both."""
    both: Floats = np.maximum(one, other)
    return both


def _either(one: Floats, other: Floats) -> Floats:
    either: Floats = np.minimum(one, other)
    return either


SHAPES: dict[str, Outline] = {
    "disc": lambda u, v: np.hypot(u, v) - 0.85,
    "square": _polygon(4),
    "triangle": _polygon(3),
    "pentagon": _polygon(5),
    "star": _star(5, 0.45),
    "cross": _cross,
    "ring": lambda u, v: np.abs(np.hypot(u, v) - 0.7) - 0.22,
    "crescent": lambda u, v: _both(np.hypot(u, v) - 0.95, 0.75 - np.hypot(u - 0.5, v)),
    "half disc": lambda u, v: _both(np.hypot(u, v + 0.4) - 1.0, -(v + 0.4)),
    "ell": _ell,
    "hexagon": _polygon(6),
    "ellipse": lambda u, v: (np.hypot(u, v / 0.55) - 0.95) * 0.6,
    "bar": lambda u, v: _box(u, v, -0.95, 0.95, -0.35, 0.35),
    "rhombus": lambda u, v: (np.abs(u) + np.abs(v) / 0.6 - 1.0) * 0.514,
    "heart": _heart,
    "tee": _tee,
    "four-pointed star": _star(4, 0.35),
    "six-pointed star": _star(6, 0.55),
    "sector": _sector,
    "frame": lambda u, v: np.abs(_both(np.abs(u), np.abs(v)) - 0.57) - 0.2,
}
"""Distance to the outline in units of the radius, negative inside; the shapes stay within 1.1 radii."""
