"""Values: the number and its explanation come from one object; units are checked; formulas give their number."""

from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca import equations
from lca.errors import WrongUnit
from lca.quantities.records import Quantity
from lca.quantities.sources import Source
from lca.quantities.values import Moved, Range, Value, calculated, converted, fraction, moved_by, product, stated, total

positive = st.floats(1e-3, 1e6)
BOOK, TABLE = Source(title="book"), Source(title="table")


def value(number: float, unit: str, name: str = "x") -> Value:
    return Value(number, unit, name)


def share(allocated: float, lifetime: float, utilisation: float) -> Value:
    return calculated(
        equations.equipment_share,
        "share of the server",
        allocated=value(allocated, "h", "allocated"),
        lifetime=value(lifetime, "h", "life"),
        utilisation=value(utilisation, "1", "utilisation"),
    )


def test_a_formula_is_that_of_the_equation_with_its_numbers() -> None:
    assert share(3.0, 100.0, 0.5).formula() == "allocated 3 h / (life 100 h × utilisation 0.5)"
    assert share(3.0, 100.0, 0.5).number == 0.06
    assert share(3.0, 100.0, 0.5).unit == "1"


def test_a_calculation_inside_another_keeps_its_brackets() -> None:
    loss = value(0.1, "1", "loss")
    delivered = calculated(
        equations.delivered_electricity, it_energy=value(2.0, "kWh_it", "IT"), PUE=value(1.5, "kWh/kWh_it", "PUE")
    )
    generated = calculated(equations.generated_electricity, delivered=delivered, loss=loss)
    assert generated.formula() == "IT 2 kWh × PUE 1.5 kWh/kWh / (1 − loss 0.1)"
    summed = total([delivered, value(1.0, "kWh", "more")])
    doubled = product(summed, value(2.0, "1", "twice"), "kWh")
    assert doubled.formula() == "(IT 2 kWh × PUE 1.5 kWh/kWh + more 1 kWh) × twice 2"
    assert doubled.number == doubled.evaluate() == 8.0


def test_a_PUE_is_not_applied_twice_nor_to_component_energy() -> None:
    PUE = value(1.5, "kWh/kWh_it")
    delivered = calculated(equations.delivered_electricity, it_energy=value(2.0, "kWh_it"), PUE=PUE)
    for energy in (delivered, value(2.0, "kWh_component")):
        with pytest.raises(WrongUnit, match="it_energy of delivered_electricity"):
            calculated(equations.delivered_electricity, it_energy=energy, PUE=PUE)


def test_a_share_of_service_is_of_any_one_unit() -> None:
    inputs = {"delivered": value(1.0, "token"), "served": value(4.0, "token")}
    assert calculated(equations.service_share, **inputs).number == 0.25
    with pytest.raises(WrongUnit):
        calculated(equations.service_share, **{**inputs, "served": value(4.0, "inference")})


def test_ranges_and_sources_of_what_is_stated_are_kept() -> None:
    quantity = Quantity.model_validate(
        {"value": "0.5 h", "low": "0.4 h", "high": "0.6 h", "distribution": "uniform", "source": "book"}
    )
    life = stated(quantity, "life", {"book": BOOK, "other": TABLE}, "server.toml")
    assert (life.number, life.unit, life.range, life.file) == (0.5, "h", Range(0.4, 0.6, "uniform"), "server.toml")
    assert life.sources == {"book": BOOK}
    rate = Value(0.1, "1/h", "rate", sources={"table": TABLE})
    factor = calculated(equations.replacements, annual_rate=rate, lifetime=life)
    assert list(factor.leaves()) == [rate, life] and factor.citations() == (
        ("", "table", TABLE),
        ("server.toml", "book", BOOK),
    )
    assert list(product(factor, factor, "1").leaves()) == [rate, life]  # each once


def test_a_sum_is_of_one_unit_and_of_one_value_the_value() -> None:
    one = value(1.0, "h")
    assert total([one]) is one
    for wrong in ([one, value(1.0, "kg")], []):
        with pytest.raises(WrongUnit):
            total(wrong)


def test_a_conversion_shows_its_factor() -> None:
    water = converted(value(3.0, "L", "water"), "m3")
    assert water.number == pytest.approx(0.003) and water.formula() == "water 3 L × conversion 0.001 m3/L"
    assert converted(water, "m3") is water


@given(positive, positive, st.floats(0.01, 0.9), positive, st.floats(1, 5))  # six digits of 1 − 1e-16 are 1: no idle
def test_the_number_follows_from_the_printed_one(
    allocated: float, lifetime: float, utilisation: float, power: float, factor: float
) -> None:
    idle = calculated(
        equations.idle_energy,
        idle_power=value(power, "kW_it", "idle power"),
        utilisation=value(utilisation, "1", "utilisation"),
        allocated=value(allocated, "h", "allocated"),
    )
    amount = product(
        total([idle, value(lifetime, "kWh_it", "rest")]), share(allocated, lifetime, utilisation), "kWh_it"
    )
    amount = product(amount, value(factor, "1", "times"), "kWh_it")
    assert amount.evaluate() == pytest.approx(amount.number, rel=1e-12)
    assert printed(amount.formula()) == pytest.approx(amount.number, rel=1e-4)


def printed(formula: str) -> float:
    """The arithmetic of a formula, done on its text alone."""
    bare = re.sub(r"[A-Za-z_][\w ]*?(?= -?[\d.])|(?<=\d) [A-Za-z]\w*(/\w+)?", "", formula)
    return float(eval(bare.replace("×", "*").replace("−", "-"), {"__builtins__": {}}))


@given(st.lists(positive, min_size=1, max_size=5), st.floats(0.01, 1))
def test_an_array_gives_what_its_numbers_give(hours: list[float], utilisation: float) -> None:
    many = share(np.array(hours), 1000.0, utilisation)  # type: ignore[arg-type]
    alone = [share(each, 1000.0, utilisation).number for each in hours]
    assert np.array_equal(np.asarray(many.number), alone)
    assert np.array_equal(np.asarray(many.evaluate()), alone)


def test_what_one_stated_number_moves_has_its_range() -> None:
    rising = Moved(8.0, 15.0, "lognormal", "area")
    falling = Moved(15.0, 8.0, "triangular", "yield")
    still = Moved(10.0, 10.0, "uniform", "node")
    assert moved_by(10.0, [still]) is None
    assert moved_by(10.0, [still, rising]) == Range(8.0, 15.0, "lognormal", "area", falls=False)
    assert moved_by(10.0, [falling]) == Range(8.0, 15.0, "triangular", "yield", falls=True)


def test_several_that_move_a_number_add_their_squared_widths_and_it_goes_the_way_of_the_widest() -> None:
    doubling, falling = Moved(5.0, 20.0, "lognormal", "area"), Moved(90.0, 10.0 / 9.0, "uniform", "yield")
    found = moved_by(10.0, [doubling, falling])
    ratio = math.exp(math.hypot(math.log(2.0), math.log(9.0)))
    assert found and (found.distribution, found.of, found.falls) == ("lognormal", "yield", True)
    assert (found.low, found.high) == pytest.approx((10.0 / ratio, 10.0 * ratio))
    rising = moved_by(10.0, [Moved(5.0, 20.0, "lognormal", "area"), Moved(9.0, 11.0, "uniform", "yield")])
    assert rising and (rising.of, rising.falls) == ("area", False)


def test_a_range_across_zero_is_that_of_the_widest_alone() -> None:
    found = moved_by(1.0, [Moved(-1.0, 3.0, "uniform", "credit"), Moved(0.9, 1.1, "uniform", "yield")])
    assert found == Range(-1.0, 3.0, "uniform", "credit", falls=False)


def test_what_is_more_than_all_of_something_is_no_number() -> None:
    reserved, installed = value(np.array([2.0, 9.0]), "item"), value(8.0, "item")  # type: ignore[arg-type]
    part = fraction(calculated(equations.reserved_fraction, reserved=reserved, installed=installed))
    for number in (part.number, part.evaluate(), pickle.loads(pickle.dumps(part)).evaluate()):
        assert np.array_equal(number, [0.25, np.nan], equal_nan=True)
