"""Colours that colour-blind readers can tell apart: Okabe and Ito's for kinds of things, cividis for amounts.

A stage has one colour and a phase one hatch in every chart and figure, so that a part is known by both.
"""

from __future__ import annotations

from lca.vocabulary import Phase, Stage

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
"""Okabe and Ito, Color Universal Design, 2008; the order is that of the workbook's charts."""
CIVIDIS = ("#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369", "#E1CC55", "#FEE838")
"""Ten steps of cividis (Nuñez, Anderton and Renslow 2018), from the least to the most."""
DASHES = ("solid", "dash", "dot", "dashdot")
GREY = "#8C8C8C"
HATCHES = ("", "/", ".", "\\", "+", "-", "|")


def colour_of_stage(stage: str) -> str:
    """`#0072B2` for production, and so on in the order of a life."""
    return OKABE_ITO[tuple(Stage).index(stage)]


def colour_of_phase(phase: str) -> str:
    """Where no stage is told apart."""
    return OKABE_ITO[tuple(Phase).index(phase)] if phase else GREY


def hatch_number(phase: str, present: tuple[str, ...]) -> int:
    """0, no hatch, for the first phase that is present."""
    return present.index(phase) % len(HATCHES)


def hatch_of_phase(phase: str, present: tuple[str, ...]) -> str:
    """`/`, in the words that Plotly and Matplotlib share."""
    return HATCHES[hatch_number(phase, present)]


def step(relative: float) -> int:
    """The step of cividis for a share of the largest, from 0 to 9."""
    return min(int(abs(relative) * len(CIVIDIS)), len(CIVIDIS) - 1)


def ink(colour: str) -> str:
    """Black or white, whichever is read more easily on a colour (relative luminance of WCAG 2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if luminance > 0.179 else "#FFFFFF"
