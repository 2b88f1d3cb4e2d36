"""Plausible first files that are wrong: each is answered with numbers and with what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_system import CATALOGUE, quantity, scenario
from workplace import Done

from lca import Catalogue, Scenario
from lca.builtin import folder
from lca.system.plausible import SERVICE_LIVES, implausible

YEAR = {"amount": "1e9 token", "service": "answer", "period": "1 year"}


def client(**changes: Any) -> Scenario:
    """16 H100 in two servers, a year of their mean power; what is wrong with it is in `changes`."""
    run = {
        "it_power": quantity("4.5 kW"),
        "power_of": "server",
        "device_time": quantity("1 year"),
        "serves": "1e9 token",
        "server": "server-dgx-h100",
        "count": 2,
        "utilisation": quantity("1 1"),
    }
    written = {key: value for key, value in {**run, **changes}.items() if value is not None}
    return Scenario.create(
        {
            "name": "client",
            "functional_unit": YEAR,
            "electricity": "electricity-fr",
            "facility": "facility-colocation",
            "inference": written,
            "sources": {"test": {"title": "test"}},
        }
    )


def said(scenario: Scenario, catalogue: Catalogue) -> list[str]:
    return [f"{each.field}: {each.what}" for each in implausible(scenario, catalogue)]


def test_what_is_meant_is_passed_in_silence(built_in: Catalogue) -> None:
    assert said(client(), built_in) == []


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        pytest.param(
            {"utilisation": quantity("55 %")},
            "inference.utilisation",
            r"8,766 h at 0\.55 are 15,938\.2 h powered within a period of 8,766 h, "
            r"with 23,5\d\d kWh of idle time added: of a mean over the whole period, "
            r"in which idle time is already, utilisation = 1",
            id="utilisation on a measured mean",
        ),
        pytest.param(
            {"it_power": None, "power": quantity("0.55 kW"), "power_of": None},
            "inference.power",
            r"kW on average for each server-dgx-h100 at work, which draws 1\.64 kW idle: "
            r'if the power is that of one of 16 accelerators, power_of = "accelerator"',
            id="power of one of sixteen GPUs",
        ),
        pytest.param(
            {"count": None, "device_time": quantity("2 year")},
            "inference.device_time",
            r"2 years of one server within a period of 1 years: if that is the time of several together, count = 2 and "
            r"8,766 h each",
            id="two years for two servers",
        ),
        pytest.param(
            {"it_power": quantity("500 kW")},
            "inference.it_power",
            r"500 kW on average for each server-dgx-h100, which draws at most 10\.2 kW: "
            r"1000 kW need 99 of them, count = 99",
            id="500 kW on a 10 kW server",
        ),
        pytest.param(
            {"device_time": quantity("1e9 h")},
            "inference.device_time",
            r"1e\+09 h at a utilisation of 1 keep one server-dgx-h100 powered for 114,\d{3}|1.141e\+05 years",
            id="1e9 hours",
        ),
    ],
)
def test_a_wrong_first_file_is_answered_with_its_remedy(
    changes: dict[str, Any], field: str, remedy: str, built_in: Catalogue
) -> None:
    sentences = said(client(**changes), built_in)
    assert any(line.startswith(f"{field}: ") and re.search(remedy, line) for line in sentences), sentences


def test_a_long_life_is_named_with_its_years() -> None:
    run = {
        "component_energy": quantity("30 kWh"),
        "device_time": quantity("40 h"),
        "serves": "1000 inference",
        "server": "server",
        "utilisation": quantity("50 %"),
        "lifetime": quantity("20 year"),
    }
    [sentence] = said(scenario(inference=run), CATALOGUE)
    assert sentence == (
        "inference.lifetime: a life of 20 years: operators write servers off over 3 to 6 years, and the longest that a "
        "host says to keep one is 15 (inventories/sources/operators-service-lives.toml)"
    )
    source = (folder("inventories") / "sources" / f"{SERVICE_LIVES}.toml").read_text(encoding="utf-8")
    assert "Infomaniak at most 15" in source and "three years" in source


def test_a_place_without_a_PUE_of_its_own_is_named() -> None:
    run = {"it_energy": quantity("10 kWh"), "serves": "1000 inference", "site": "there"}
    sites = {"there": {"electricity": "dirty-grid"}}
    [sentence] = said(scenario(inference=run, sites=sites), CATALOGUE)
    assert sentence == (
        "sites.there: no facility of its own for inference, so no PUE: the scenario's is taken; "
        "give facility, or 'none'"
    )


def test_the_commands_warn_and_go_on(command: Callable[..., Done], tmp_path: Path) -> None:
    from lca.exchange.toml import toml

    path = tmp_path / "client.toml"
    wrong = client(it_power=quantity("500 kW"))
    path.write_text(toml(wrong.file.model_dump(mode="json", by_alias=True, exclude_unset=True)), encoding="utf-8")
    for verb in ("check", "assess"):
        done = command(verb, str(path))
        assert done.code == 0
        assert "warning: " in done.err and "inference.it_power: 500 kW on average" in done.err
