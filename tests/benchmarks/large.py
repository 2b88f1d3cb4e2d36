"""A generated background of the shape of a licensed one: 20,000 activities, one cycle of some 1,200, 24 flows each."""

from __future__ import annotations

import numpy as np

from lca.inventory.activity import Activity, Emission, Input
from lca.methods.library import Library
from lca.quantities.values import Range
from lca.vocabulary import Stage

CYCLE = 0.06
"""Part of the activities that need each other."""
INPUTS, FLOWS = 10, 24
SIGMA = 0.15
"""Of the logarithm of every amount."""


def generated(library: Library, size: int, seed: int = 0) -> dict[str, Activity]:
    """Activities of the cycle, and others that take from it and from one before them; every amount has a range.

    What takes from many others outside the cycle fills bw2calc's factors for minutes, which real ones do not.
    """
    random = np.random.default_rng(seed)
    flows = [library.flows[code] for code in sorted({code for factors in library.factors.values() for code in factors})]
    cycle, ratio = max(int(CYCLE * size), 2), float(np.exp(1.96 * SIGMA))

    def spread(amount: float) -> Range:
        return Range(amount / ratio, amount * ratio, "lognormal")

    activities: dict[str, Activity] = {}
    for number in range(size):
        if number < cycle:
            near = (number - random.integers(1, 30, INPUTS - 2)) % cycle
        else:
            near = np.maximum(number - random.integers(1, 200, random.integers(0, 2)), 0)
        chosen = np.concatenate([near, random.integers(0, cycle, INPUTS - len(near))])
        taken = [int(n) for n in dict.fromkeys(chosen.tolist()) if n != number]
        parts = random.dirichlet(np.ones(len(taken))) * random.uniform(0.3, 0.8)
        inputs = tuple(
            Input(f"g-{n}", float(part), Stage.PRODUCTION, spread(float(part)))
            for n, part in zip(taken, parts, strict=True)
        )
        emitted = random.choice(len(flows), FLOWS, replace=False).tolist()
        amounts = (10.0 ** random.uniform(-8, -2, FLOWS)).tolist()
        emissions = tuple(
            Emission(flows[n], amount, Stage.PRODUCTION, spread(amount))
            for n, amount in zip(emitted, amounts, strict=True)
        )
        id = f"g-{number}"
        activities[id] = Activity(
            id, "generated", id, id, "kg", "GLO", f"{id}.toml", inputs=inputs, emissions=emissions
        )
    return activities
