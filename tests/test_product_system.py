"""Amounts of shipped scenarios follow from their printed inputs; arrays give what their numbers give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.quantities.values import Value
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

ROOT = folder("scenarios")
SHIPPED = sorted(
    path for path in ROOT.rglob("*.toml") if path.relative_to(ROOT).parts[0] not in ("validation", "campaigns")
)


def shipped(name: str) -> Scenario:
    return Scenario.load(ROOT / f"{name}.toml")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_amount_follows_from_its_inputs_and_from_what_is_printed(path: Path, built_in: Catalogue) -> None:
    system = product_system(Scenario.load(path), built_in)
    assert system.exchanges
    for exchange in system.exchanges:
        assert exchange.value.evaluate() == pytest.approx(exchange.amount, rel=1e-12, abs=0)
        assert printed(exchange.value) == pytest.approx(exchange.amount, rel=1e-4, abs=0), exchange.formula


def printed(value: Value) -> float:
    """The arithmetic of a formula, done on its text alone: the numbers of each stated value, and the signs."""
    text = value.formula()
    for leaf in sorted(value.leaves(), key=lambda leaf: -len(leaf.name)):
        text = re.sub(rf"{re.escape(leaf.name)} (?=-?\d)", "", text)
    bare = re.sub(r"(\d) [^\d\s()×/+−][^\s()]*", r"\1", text)
    return float(eval(bare.replace("×", "*").replace("−", "-"), {"__builtins__": {}}))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_stated_number_says_where_it_is_stated(path: Path, built_in: Catalogue) -> None:
    system = product_system(Scenario.load(path), built_in)
    for exchange in system.exchanges:
        for leaf in exchange.value.leaves():
            assumed = leaf.name.endswith(("not counted)", "(by definition)", "(no data centre)"))
            assumed |= leaf.name == "conversion"
            assert assumed or (leaf.file and leaf.field), leaf


def test_ranges_of_properties_records_and_scenarios_reach_the_foreground(built_in: Catalogue) -> None:
    system = product_system(shipped("digits-france"), built_in)
    ranged = {leaf.field for e in system.exchanges for leaf in e.value.leaves() if leaf.range}
    assert "server-1x-a100.lifetime" in ranged
    assert any(field.startswith("inference.measurement.energy.cpu") for field in ranged)


VARIED: dict[str, list[float]] = {
    "inference.utilisation": [0.1, 0.5, 1.0],
    "inference.serves": [1e5, 1e6, 1e7],
    "training.serves": [1e7, 1e8, 1e9],
    "functional_unit.amount": [1.0, 1e6, 2e6],
    "server-1x-a100.lifetime": [20_000.0, 40_000.0, 60_000.0],
    "development.factor": [0.0, 1.0, 2.0],
}


def test_arrays_give_what_their_numbers_give(built_in: Catalogue) -> None:
    quantity = {"value": "2 1", "source": "assumption"}
    scenario = shipped("digits-france").vary(development={"factor": quantity, "none": None})
    arrays: dict[str, Any] = {field: np.array(values) for field, values in VARIED.items()}
    together = product_system(scenario, built_in, arrays)
    for n in range(3):
        alone = product_system(scenario, built_in, {field: values[n] for field, values in VARIED.items()})
        assert amounts(together, n) == pytest.approx(amounts(alone, None), rel=1e-12, abs=0)


def amounts(system: ProductSystem, variant: int | None) -> dict[tuple[str, ...], float]:
    """Exchanges, gaps and energies, of one variant; what is zero there is left out."""
    parts: list[tuple[tuple[str, ...], Any]] = [
        *(((e.phase, e.stage, e.role, e.input, str(n)), e.amount) for n, e in enumerate_alike(system.exchanges)),
        *(((g.phase, g.name), g.amount) for g in system.gaps),
        *(((r.phase, r.component), r.amount) for r in system.energy),
    ]
    chosen = {
        key: float(amount if variant is None or np.ndim(amount) == 0 else amount[variant]) for key, amount in parts
    }
    return {key: amount for key, amount in chosen.items() if amount}


def enumerate_alike(exchanges: Any) -> Any:
    """Exchanges with the number of those before that have the same tags."""
    seen: dict[Any, int] = {}
    for exchange in exchanges:
        key = (exchange.phase, exchange.stage, exchange.role, exchange.input)
        seen[key] = seen.get(key, -1) + 1
        yield seen[key], exchange


def test_a_replaced_number_is_named_by_its_field_and_has_no_range(built_in: Catalogue) -> None:
    system = product_system(shipped("digits-france"), built_in, {"inference.utilisation": 0.25})
    leaves = [leaf for e in system.exchanges for leaf in e.value.leaves() if leaf.field == "inference.utilisation"]
    assert leaves and all(leaf.number == 0.25 and leaf.range is None for leaf in leaves)
