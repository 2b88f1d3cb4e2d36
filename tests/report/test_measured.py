from __future__ import annotations

import pytest

from lca.measurement.record import Measurement
from lca.report.terminal.measured import figures, measured, sentence
from lca.report.words import energy, power

RUN = {
    "schema": 1,
    "name": "a run",
    "phase": "inference",
    "started": "2026-03-01T00:00:00Z",
    "ended": "2026-03-01T01:00:00Z",
    "duration": "1 h",
    "amount": "36000 token",
    "energy": [
        {"component": "gpu", "energy": {"value": "9 kWh", "low": "8 kWh", "high": "10 kWh", "distribution": "normal"}}
        | {"origin": "counter", "method": "m"},
        {"component": "cpu", "energy": "1 kWh", "origin": "modelled", "method": "m"},
    ],
}


def run(**changes: object) -> Measurement:
    return Measurement.model_validate({**RUN, **changes})


@pytest.mark.parametrize(
    ("kwh", "text"),
    [
        (0.0, "0 kWh"),
        (1.2, "1.20 kWh"),
        (0.035, "35.0 Wh"),
        (1 / 3.6e6, "1.00 J"),
        (4.2e-3 / 3.6e6, "4.20 mJ"),
        (5e-6 / 3.6e6, "5.00 µJ"),
    ],
)
def test_an_energy_is_printed_in_the_unit_that_suits_it(kwh: float, text: str) -> None:
    assert energy(kwh) == text


def test_a_power_is_too() -> None:
    assert [power(kw) for kw in (0.0, 1.5, 0.3, 2e-6, 2e-9)] == ["0 W", "1.50 kW", "300 W", "2.00 mW", "2.00 µW"]


def test_the_energy_of_a_token_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """10 kWh over 36,000 tokens are 1 kJ each."""
    measured([run()])
    out = capsys.readouterr().out
    assert "9.00 kWh" in out and "8.00 kWh to 10.0 kWh" in out and "counter 90 %, modelled 10 %" in out
    last = "a run all 10.0 kWh 10.0 kW 1,000 J / token counter 90 %, modelled 10 %"
    assert " ".join(out.splitlines()[-1].split()) == last
    assert figures(run())["energy per service"] == pytest.approx(10 / 36000)


def test_what_is_missing_makes_it_at_least_that() -> None:
    gap = {"component": "memory", "reason": "none was seen"}
    assert sentence(run()) == "10.0 kWh (counter 90 %, modelled 10 %), 1,000 J per token"
    text = sentence(run(unmeasured=[gap]))
    assert text.startswith("at least 10.0 kWh (counter 90 %, modelled 10 %; memory missing), at least ")
    assert sentence(run(energy=[], unmeasured=[gap])) == "no energy is known: none was seen"
    assert figures(run(energy=[], unmeasured=[gap]))["energy"] is None


def test_the_node_stands_for_its_parts() -> None:
    node = run(energy=[], it_energy="3.6 kWh")
    assert sentence(node) == "3.60 kWh (node), 360 J per token"
    assert figures(node)["parts"] == [{"part": "node", "energy": 3.6, "origin": None}]
