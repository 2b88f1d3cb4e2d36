"""Every equation: its dimension under pint, the same physical result in other units, limit cases, no hidden numbers."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca import equations
from lca.quantities.units import registry

OTHER_UNITS = {
    "kWh": "MJ",
    "kWh_it": "kWh_it",
    "kWh_component": "kWh_component",
    "kW_it": "kW_it",
    "kW_component": "kW_component",
    "h": "year",
    "kg": "metric_ton",
    "km": "meter",
    "item": "item",
    "1": "percent",
    "service": "service",
    "1/h": "1/year",
    "kWh/kWh_it": "MJ/kWh_it",
    "L/kWh_it": "meter**3/kWh_it",
    "kWh_it/kWh_component": "kWh_it/kWh_component",
    "byte": "megaoctad",
    "kWh_it/byte": "kWh_it/gigaoctad",
    "kW_it/byte": "kW_it/teraoctad",
    "FLOP": "FLOP",
    "FLOP/h": "FLOP/second",
    "token": "token",
    "FLOP/token": "FLOP/token",
}


def functions(module: types.ModuleType) -> dict[str, Any]:
    found = inspect.getmembers(module, inspect.isfunction)
    return {name: function for name, function in found if function.__module__ == module.__name__}


def unit_of(hint: Any) -> str:
    return str(typing.get_args(hint)[1])


def problems(module: types.ModuleType, source: str) -> list[str]:
    """Everything that is wrong with a module of equations."""
    found = [f"the number {node.value}" for node in ast.walk(ast.parse(source)) if hidden_number(node)]
    for name, function in functions(module).items():
        hints = typing.get_type_hints(function, include_extras=True)
        promised = unit_of(hints.pop("return"))
        values = {
            key: quantity(0.25 + 0.5 * i / len(hints), unit_of(hint)) for i, (key, hint) in enumerate(hints.items())
        }
        result = registry().Quantity(1.0, "dimensionless") * function(**values)
        wanted = registry().Unit(pint_name(promised))
        if not result.check(wanted.dimensionality):
            found.append(f"{name} promises {promised}, returns {result.units}")
            continue
        rescaled = {key: value.to(OTHER_UNITS[unit_of(hints[key])]) for key, value in values.items()}
        again = registry().Quantity(1.0, "dimensionless") * function(**rescaled)
        if again.m_as(wanted) != pytest.approx(result.m_as(wanted), rel=1e-9):
            found.append(f"{name} depends on the units it is called with")
    return found


def hidden_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value not in (0, 1, 2)


def quantity(number: float, unit: str) -> Any:
    return registry().Quantity(number, pint_name(unit))


def pint_name(unit: str) -> str:
    return "dimensionless" if unit == "1" else unit.replace("byte", "octad")


def test_every_equation_keeps_its_dimension_and_holds_in_any_units() -> None:
    assert len(functions(equations)) >= 12
    assert problems(equations, inspect.getsource(equations)) == []


@pytest.mark.parametrize(
    ("written", "planted", "caught"),
    [
        ("it_energy * WUE", "it_energy * WUE / 1000", "the number 1000"),
        ("it_energy * PUE", "it_energy * PUE * PUE", "delivered_electricity promises kWh"),
        ("component_energy * rest_of_node", "component_energy", "it_energy promises kWh_it"),
        ("/ (lifetime * utilisation)", "/ (lifetime + utilisation)", "dimension"),
    ],
)
def test_a_planted_mistake_is_caught(written: str, planted: str, caught: str) -> None:
    source = inspect.getsource(equations)
    assert source.count(written) == 1
    source = source.replace(written, planted)
    mutant = types.ModuleType("mutant")
    exec(compile(source, "mutant", "exec"), mutant.__dict__)
    try:
        found = "; ".join(problems(mutant, source))
    except Exception as error:  # pint refuses to add a time and a number
        found = f"dimension: {error}"
    assert caught in found


@pytest.mark.slow
def test_mypy_keeps_the_three_energies_apart(tmp_path: Path) -> None:
    from mypy import api

    lines = [
        "from lca.equations import ComponentEnergy, ITEnergy, delivered_electricity, it_energy",
        "delivered_electricity(it_energy(ComponentEnergy(1.0), 1.2), 1.5)",
        "delivered_electricity(delivered_electricity(ITEnergy(1.0), 1.5), 1.5)",
        "delivered_electricity(ComponentEnergy(1.0), 1.5)",
        "it_energy(ITEnergy(1.0), 1.2)",
    ]
    options = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "--config-file", ""]
    output, errors, _ = api.run([*options, "-c", "\n".join(lines)])
    refused = [int(line.split(":")[1]) for line in output.splitlines() if "[arg-type]" in line]
    assert refused == [3, 4, 5], output + errors


def test_limits_that_can_be_done_in_the_head() -> None:
    assert equations.it_energy(equations.ComponentEnergy(2.0), 1.5) == 3.0
    assert equations.delivered_electricity(equations.ITEnergy(2.0), 1.0) == 2.0
    assert equations.generated_electricity(equations.Electricity(9.0), 0.1) == 10.0
    assert equations.generated_electricity(equations.Electricity(9.0), 0.0) == 9.0
    assert equations.idle_energy(1.0, 1.0, 5.0) == 0.0  # always allocated: never idle
    assert equations.idle_energy(0.2, 0.5, 10.0) == 2.0  # ten idle hours beside ten allocated ones
    assert equations.equipment_share(10.0, 100.0, 1.0) == 0.1
    assert equations.equipment_share(10.0, 100.0, 0.5) == 0.2
    assert equations.replacements(0.0, 5.0) == 1.0
    assert equations.replacements(0.1, 10.0) == 2.0
    assert equations.facility_share(2.0, 10.0, 100.0, 0.5) == 0.4
    assert equations.powered_time(10.0, 0.5) == 20.0
    assert equations.evaporated_water(equations.ITEnergy(3.0), 2.0) == 6.0
    assert equations.freight(20.0, 3.0) == 60.0
    assert equations.treated_mass(10.0, 0.25) + equations.uncollected_mass(10.0, 0.25) == 10.0
    assert equations.service_share(1e6, 1e7) == 0.1
    assert equations.reserved_fraction(2.0, 8.0) == 0.25
    assert equations.component_energy(0.4, 10.0) == 4.0
    assert equations.recovered_mass(10.0, 0.5, 0.2) == 1.0
    assert equations.recycled_at_end(4.0, 0.25) == 3.0  # three quarters are carried at the end
    assert equations.virgin_avoided(4.0, 0.25, 0.5) == 1.5
    assert equations.virgin_in_production(0.0, 0.5, 0.9) == 1.0
    assert equations.virgin_in_production(0.5, 1.0, 0.9) == 0.5  # the cut-off: what is recycled comes free
    assert equations.virgin_in_production(0.5, 0.0, 1.0) == 1.0  # the avoided burden: recycled content gains nothing
    assert equations.recycled_in_production(0.5, 0.4) == 0.2
    assert equations.trapezoid_error(-2.0, 3.0, 0.0) == 3.0  # a step at one of the edges
    assert equations.trapezoid_error(0.0, 3.0, 1.0) == 0.0
    assert equations.trapezoid_error(2.0, 3.0, 1.0) == 8.0


positive = st.floats(1e-6, 1e6)
share = st.floats(0.01, 0.99)


@given(positive, share, positive)
def test_powered_time_is_allocated_and_idle_time(power: float, utilisation: float, hours: float) -> None:
    idle = equations.idle_energy(power, utilisation, hours) / power
    assert idle + hours == pytest.approx(equations.powered_time(hours, utilisation), rel=1e-9)


@given(positive, share, st.lists(positive, min_size=1, max_size=20))
def test_the_shares_of_all_jobs_of_a_life_sum_to_one(lifetime: float, utilisation: float, jobs: list[float]) -> None:
    scale = lifetime * utilisation / sum(jobs)
    shares = [equations.equipment_share(job * scale, lifetime, utilisation) for job in jobs]
    assert sum(shares) == pytest.approx(1, rel=1e-9)


@given(positive, st.floats(1, 3), share)
def test_what_is_lost_and_what_arrives_is_what_is_generated(energy: float, PUE: float, loss: float) -> None:
    delivered = equations.delivered_electricity(equations.ITEnergy(energy), PUE)
    generated = equations.generated_electricity(delivered, loss)
    assert generated - loss * generated == pytest.approx(energy * PUE, rel=1e-9)
    assert generated >= delivered >= energy
