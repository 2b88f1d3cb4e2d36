from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.errors import Fault, NotANumber, NotFinite, NoUnit, UnknownUnit, UnsafeFormula, WrongUnit
from lca.quantities import units
from lca.quantities.units import Amount

DIMENSIONS = (
    ("µW", "mW", "W", "kW", "MW", "J/s", "kWh/h"),
    ("mWh", "Wh", "kWh", "MWh", "GWh", "J", "µJ", "mJ", "kJ", "MJ", "GJ", "W*s"),
    ("µs", "ms", "s", "min", "h", "day", "year"),
    ("mg", "g", "kg", "t", "lb"),
    ("nm", "mm", "cm", "m", "km"),
    ("m2", "mm^2", "mm2", "cm2", "km2", "m*km"),
    ("m3", "L", "mL", "cm3", "cm^3"),
    ("Bq", "kBq"),
    ("byte", "kB", "MB", "GB", "TB"),
    ("%", "1", "kg/t", "h/year"),
    ("1/h", "%/year"),
    ("kg/kWh", "g/MJ"),
    ("t*km", "kg*m"),
    ("item",),
    ("inference",),
    ("token",),
    ("FLOP",),
    ("Sm3",),
)
ALIKE = st.sampled_from(DIMENSIONS).flatmap(lambda group: st.tuples(st.sampled_from(group), st.sampled_from(group)))
NUMBERS = st.floats(-1e9, 1e9).filter(lambda number: number == 0 or abs(number) > 1e-9)


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("700 W", 700.0, "W"),
        ("700W", 700.0, "W"),
        ("  -1.5e-3\tkg ", -0.0015, "kg"),
        ("+.5 h", 0.5, "h"),
        ("5. m2*year", 5.0, "m2*year"),
        ("9 %/year", 9.0, "%/year"),
        ("0.1 1/cm^2", 0.1, "1/cm^2"),
        ("1E6 inference", 1e6, "inference"),
        ("2 1", 2.0, "1"),
        ("3 µJ", 3.0, "µJ"),
        (40, 40.0, "1"),
        (0.4, 0.4, "1"),
        (Amount(3.0, "kg"), 3.0, "kg"),
    ],
)
def test_a_number_and_its_unit_are_told_apart(written: object, number: float, unit: str) -> None:
    assert units.parse(written) == (number, unit)


@pytest.mark.parametrize(
    ("written", "fault", "message"),
    [
        ("700", NoUnit, "'700' has no unit"),
        ("W", NotANumber, "'W' is not a number with a unit"),
        ("", NotANumber, "'' is not a number with a unit"),
        ("9**9**9 kg", NotANumber, "'9**9**9 kg' is not one number with a unit"),
        ("1,5 kg", UnknownUnit, "unknown unit ',5 kg'"),
        ("5 6 kg", UnknownUnit, "unknown unit '6 kg'"),
        ("1e9999 kg", NotFinite, "1e9999 kg is not finite"),
        ("-1e999 kg", NotFinite, "-1e999 kg is not finite"),
        ("nan kg", NotANumber, "'nan kg' is not a number with a unit"),
        ("inf kg", NotANumber, "'inf kg' is not a number with a unit"),
        ("0x10 kg", UnknownUnit, "unknown unit 'x1'"),
        ("5 kilograms", UnknownUnit, "unknown unit 'kilograms'"),
        ("5 KWh", UnknownUnit, "unknown unit 'KWh'"),
        ("5 kWh_it", UnknownUnit, "unknown unit 'kWh_it'"),
        ("5 kg kg", UnknownUnit, "unknown unit 'kg kg'"),
        ("5 /h", UnknownUnit, "unknown unit '/h'"),
        ("5 kg/", UnknownUnit, "unknown unit 'kg/'"),
        ("5 m^0", UnknownUnit, "unknown unit 'm^0'"),
        ("5 " + "m" * 200, NotANumber, f"'5 {'m' * 78}' is not a number with a unit"),
        (True, NotANumber, "'True' is not a number with a unit"),
        (None, NotANumber, "'None' is not a number with a unit"),
        ([1], NotANumber, "'[1]' is not a number with a unit"),
        (math.nan, NotFinite, "nan is not finite"),
        (math.inf, NotFinite, "inf is not finite"),
        pytest.param(10**400, NotFinite, "the whole number is too large", id="401 digits"),
        pytest.param(10**5000, NotFinite, "the whole number is too large", id="5001 digits"),
    ],
)
def test_what_is_no_number_with_a_unit_is_refused(written: object, fault: type[Fault], message: str) -> None:
    with pytest.raises(fault) as refused:
        units.parse(written)
    assert type(refused.value) is fault
    assert str(refused.value) == message


@given(
    st.one_of(st.text(), st.text("0123456789.eE+-*/^ %()Wkmhgt"), st.floats(), st.integers(), st.none(), st.binary())
)
def test_parsing_raises_nothing_but_a_fault(written: Any) -> None:
    try:
        amount = units.parse(written)
    except Fault as fault:
        assert fault.remedy
    else:
        assert math.isfinite(amount.number)
        assert amount.unit


@given(NUMBERS, st.sampled_from([unit for group in DIMENSIONS for unit in group]))
def test_what_is_written_is_read_back(number: float, unit: str) -> None:
    assert units.parse(str(Amount(number, unit))) == (number, unit)


@pytest.mark.parametrize(
    ("written", "target", "number"),
    [
        ("1 kWh", "MJ", 3.6),
        ("1 year", "h", 8766.0),
        ("1 day", "min", 1440.0),
        ("814 mm^2", "m2", 8.14e-4),
        ("1 L", "m3", 0.001),
        ("1 lb", "kg", 0.45359237),
        ("1 GB", "byte", 1e9),
        ("9 %/year", "1/h", 0.09 / 8766),
        ("50 g/kWh", "kg/MWh", 50.0),
        ("2 t*km", "kg*km", 2000.0),
        ("0.1 1/cm^2", "1/m2", 1000.0),
        ("3 1", "%", 300.0),
        ("700 W", "kW_component", 0.7),
        ("2 MJ", "kWh_it", 2 / 3.6),
        ("1.2 kWh/kWh", "kWh/kWh_it", 1.2),
        ("1800 mL/kWh", "L/kWh_it", 1.8),
    ],
)
def test_conversions_by_hand(written: str, target: str, number: float) -> None:
    converted = units.convert(units.parse(written), target)
    assert converted.unit == target
    assert converted.number == pytest.approx(number, rel=1e-12)


@given(ALIKE)
def test_there_and_back_is_one(pair: tuple[str, str]) -> None:
    there, back = pair
    assert units.factor(there, back) * units.factor(back, there) == pytest.approx(1.0, rel=1e-12)


@given(ALIKE, NUMBERS, NUMBERS)
def test_conversion_is_linear(pair: tuple[str, str], first: float, second: float) -> None:
    unit, target = pair

    def converted(number: float) -> float:
        return units.convert(Amount(number, unit), target).number

    size = abs(converted(first)) + abs(converted(second))
    assert converted(first) + converted(second) == pytest.approx(converted(first + second), abs=1e-9 * size)


@pytest.mark.parametrize(("first", "second"), [*combinations([group[0] for group in DIMENSIONS], 2)])
def test_other_dimensions_do_not_convert(first: str, second: str) -> None:
    with pytest.raises(WrongUnit, match=r"where .* belongs"):
        units.factor(first, second)


def test_a_refused_conversion_names_both_units_as_a_file_writes_them() -> None:
    with pytest.raises(WrongUnit) as refused:
        units.convert(Amount(1.0, "kW"), "kWh_component")
    assert str(refused.value) == "'kW' where 'kWh' belongs"


def test_a_conversion_stays_finite() -> None:
    with pytest.raises(NotFinite, match=r"1e\+308 t in 'kg' is not finite"):
        units.convert(Amount(1e308, "t"), "kg")


ENERGIES = ("kWh_component", "kWh_it", "kilowatt_hour")


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in ENERGIES for b in ENERGIES if a != b])
def test_the_three_energies_are_three_dimensions(first: str, second: str) -> None:
    with pytest.raises(pint.DimensionalityError):
        units.registry().Quantity(1.0, first).to(second)


def test_PUE_leads_from_IT_energy_to_electricity_and_no_further() -> None:
    quantity = units.registry().Quantity
    PUE = quantity(1.5, "kilowatt_hour / kWh_it")
    assert (quantity(2.0, "kWh_it") * PUE).m_as("megajoule") == pytest.approx(2 * 1.5 * 3.6)
    for wrong in (quantity(2.0, "kWh_it") * PUE * PUE, quantity(2.0, "kWh_component") * PUE):
        with pytest.raises(pint.DimensionalityError):
            wrong.to("kilowatt_hour")


def test_an_annotated_unit_is_written_as_files_write_it() -> None:
    assert units.written("kWh_it/kWh_component") == "kWh/kWh"
    assert units.written("L/kWh_it") == "L/kWh"
    assert units.written("m2*year") == "m2*year"


@pytest.mark.parametrize("text", ["", "kg**2", "kg^", "_", "item\u00b2", "1kg", "2"])
def test_units_outside_the_whitelist_are_refused(text: str) -> None:
    with pytest.raises(UnknownUnit):
        units.unit(text)


VALUES = {"area": Amount(500.0, "mm^2"), "density": Amount(0.1, "1/cm^2"), "mass": Amount(2.0, "kg")}


@pytest.mark.parametrize(
    ("formula", "unit", "number"),
    [
        ("area", "cm^2", 5.0),
        ("area * density", "1", 0.5),
        ("exp(-area * density)", "1", math.exp(-0.5)),
        ("mass * (1 + 0.5) / 3 - mass", "g", -1000.0),
        ("area ** 2", "mm^4", 250_000.0),
        ("min(mass, 3 * mass, mass / 4)", "kg", 0.5),
        ("max(mass, area * density * mass)", "kg", 2.0),
        ("-mass", "kg", -2.0),
    ],
)
def test_formulas_by_hand(formula: str, unit: str, number: float) -> None:
    assert units.evaluate(formula, VALUES, unit) == pytest.approx(number, rel=1e-12)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_the_first_device_has_the_number_that_it_would_have_as_another(area: float, density: float) -> None:
    values = {"area": Amount(area, "mm^2"), "density": Amount(density, "1/cm^2")}
    units._checked.clear()
    first, later = (units.evaluate("area * (1 - exp(-area * density)) / 3", values, "mm^2") for _ in range(2))
    assert first == later


@pytest.mark.parametrize(
    ("formula", "fault", "message"),
    [
        ("__import__('os').system('x')", UnsafeFormula, "is not a formula that a template may hold"),
        ("mass.__class__", UnsafeFormula, "is not a formula that a template may hold"),
        ("[mass for x in mass]", UnsafeFormula, "is not a formula that a template may hold"),
        ("(lambda: mass)()", UnsafeFormula, "is not a formula that a template may hold"),
        ("exp(mass, 2)", UnsafeFormula, "is not a formula that a template may hold"),
        ("9**9**9", UnsafeFormula, "is not a formula that a template may hold"),
        ("mass**99", UnsafeFormula, "is not a formula that a template may hold"),
        ("mass if mass else mass", UnsafeFormula, "is not a formula that a template may hold"),
        ("True * mass", UnsafeFormula, "is not a formula that a template may hold"),
        ("'a' * 9", UnsafeFormula, "is not a formula that a template may hold"),
        ("mas", UnsafeFormula, "unknown parameter 'mas' in 'mas'"),
        ("mass +", UnsafeFormula, "'mass +': invalid syntax"),
        ("mass / 0", UnsafeFormula, "'mass / 0': float division by zero"),
        ("exp(1000)", UnsafeFormula, "'exp(1000)': math range error"),
        ("1" + " + 1" * 200, UnsafeFormula, "the formula is longer than 500 characters"),
        ("mass + area", WrongUnit, "'mass + area': Cannot convert from 'kilogram'"),
        ("exp(mass)", WrongUnit, "'exp(mass)': Cannot convert from 'kilogram'"),
        ("max(mass, area)", WrongUnit, "'max(mass, area)': Cannot"),
        ("area", WrongUnit, "'area': Cannot convert from 'millimeter ** 2'"),
        ("1e400 * mass", NotFinite, "1e400 * mass is not finite"),
    ],
)
def test_formulas_that_are_refused(formula: str, fault: type[Fault], message: str) -> None:
    with pytest.raises(fault) as refused:
        units.evaluate(formula, VALUES, "kg")
    assert type(refused.value) is fault
    assert message in str(refused.value)


@given(st.one_of(st.text(), st.text("0129.*/+-() ,massexpin\x00'[]{}:=<")))
def test_a_formula_raises_nothing_but_a_fault(formula: str) -> None:
    try:
        number = units.evaluate(formula, VALUES, "kg")
    except Fault as fault:
        assert fault.remedy
    else:
        assert math.isfinite(number)


def test_both_signs_of_micro_are_one() -> None:
    assert units.convert(Amount(3e6, "\u03bcJ"), "J").number == pytest.approx(3.0)
    assert units.convert(Amount(3e6, "\u00b5W*s"), "J").number == pytest.approx(3.0)
