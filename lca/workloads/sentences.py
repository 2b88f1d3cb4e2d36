"""Text made in code: short English sentences of a small grammar, with agreement and sums to be learnt.

The text is self-made and under the licence of this package. The same generator gives the same text.
"""

from __future__ import annotations

import numpy as np

ALPHABET = "abcdefghijklmnopqrstuvwxyz .,"
"""Every character that occurs; a token is its place in it."""

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NOUNS = [
    "baker",
    "boat",
    "bird",
    "child",
    "cloud",
    "dancer",
    "engine",
    "farmer",
    "garden",
    "horse",
    "island",
    "lamp",
    "miller",
    "river",
    "sailor",
    "train",
]
_PLACES = ["by the harbour", "in the valley", "under the bridge", "near the old mill", "behind the station"]
_ADJECTIVES = ["small", "quiet", "heavy", "green", "early", "distant", "broken", "patient", "bright", "narrow"]
_VERBS = ["sees", "follows", "hears", "remembers", "passes", "warns", "carries", "answers"]


def text(seed: tuple[int, ...], length: int) -> str:
    """At least `length` characters of sentences, ended by a full stop and a space each."""
    rng = np.random.default_rng(seed)
    parts: list[str] = []
    written = 0
    while written < length:
        parts.append(_sum(rng) if rng.random() < 0.25 else _scene(rng))
        written += len(parts[-1])
    return "".join(parts)


def tokens(written: str) -> list[int]:
    """The places of its characters in the alphabet."""
    place = {character: number for number, character in enumerate(ALPHABET)}
    return [place[character] for character in written]


def _sum(rng: np.random.Generator) -> str:
    first = int(rng.integers(0, len(_NUMBERS)))
    second = int(rng.integers(0, len(_NUMBERS) - first))
    return f"{_NUMBERS[first]} and {_NUMBERS[second]} are {_NUMBERS[first + second]}. "


def _scene(rng: np.random.Generator) -> str:
    """One or many do something to another, somewhere: the verb agrees with who does."""

    def chosen(words: list[str]) -> str:
        return words[int(rng.integers(0, len(words)))]

    number, verb = int(rng.integers(1, len(_NUMBERS))), chosen(_VERBS)
    who = chosen(_NOUNS) if number == 1 else _plural(chosen(_NOUNS))
    does = verb if number == 1 else _plain(verb)
    place = f", {chosen(_PLACES)}" if rng.random() < 0.5 else ""
    return f"{_NUMBERS[number]} {chosen(_ADJECTIVES)} {who} {does} the {chosen(_NOUNS)}{place}. "


def _plural(noun: str) -> str:
    return "children" if noun == "child" else f"{noun}s"


def _plain(verb: str) -> str:
    """The verb as many do it."""
    return f"{verb[:-3]}y" if verb.endswith("ies") else verb[:-2] if verb.endswith("sses") else verb[:-1]
