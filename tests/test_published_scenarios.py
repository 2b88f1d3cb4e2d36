"""Scenarios made of published throughput and power: their arithmetic, what they contain, how they compare."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.quantities.sources import ids
from lca.study.study import Study

HOURS = 8760.0
CATEGORIES = ("climate-change", "water-use")


class Published(NamedTuple):
    """What the cited work states of one run, and of the machine when it idles."""

    served: float
    """Inferences over which the effort is shared."""
    rate: float
    """Inferences per second of the whole machine."""
    power: float
    """W of the whole machine at that rate."""
    idle: float
    """W; of the DGX H100 the catalogue's, as the work does not state it."""
    accuracy: float | None
    """Per cent; None: the work states a response time instead."""
    server: str
    count: int = 1
    """Of them; rate and powers are of one."""


PUBLISHED = {
    "mlp0-gpu-k80": Published(1e12, 8 * 13461, 991, 357, None, "server-4x-k80"),
    "mlp0-asic-tpu-v1": Published(1e12, 4 * 225000, 384, 290, None, "server-4x-tpu-v1"),
    "resnet50-gpu-jetson-tx2": Published(1e9, 74.5107, 9.71, 4.7, 75.142, "box-jetson-tx2"),
    "resnet50-fpga-zcu104": Published(1e9, 122.665, 26.8338, 15.72, 72.53, "fpga-amd-zcu104"),
    "resnet50-cloud-dgx-h100": Published(1e9, 474849, 4063.98321, 1640, 76.076, "server-dgx-h100"),
    "resnet50-edge-agx-orin": Published(1e9, 3526.29, 23.5669340, 5.5, 76.018, "box-jetson-agx-orin"),
    "resnet50-edge-agx-orin-busy": Published(1e11, 3526.29, 23.5669340, 5.5, 76.018, "box-jetson-agx-orin"),
    "resnet50/gpu": Published(1e9, 474849, 4063.98321, 1640, 76.076, "server-dgx-h100"),
    "resnet50/asic": Published(1e9, 169969, 686.113090, 240.9, 75.936, "server-8x-cloud-ai-100-pro"),
    "resnet50/cpu": Published(1e9, 3.12482, 5.81450833, 2.5, 76.442, "box-raspberry-pi-4b", 11),
    "resnet50/fpga": Published(1e9, 122.665, 26.8338, 15.72, 72.53, "fpga-amd-zcu104"),
    "resnet50/edge": Published(1e9, 3526.29, 23.5669340, 5.5, 76.018, "box-jetson-agx-orin"),
}
ALL_YEAR = ("resnet50-edge-agx-orin", "resnet50-edge-agx-orin-busy", "resnet50/edge")
"""Boxes allocated for the whole year: their idle energy is in the energy they state."""
GROUPS = (
    ("mlp0-gpu-k80", "mlp0-asic-tpu-v1"),
    ("resnet50-gpu-jetson-tx2", "resnet50-fpga-zcu104"),
    ("resnet50-cloud-dgx-h100", "resnet50-edge-agx-orin", "resnet50-edge-agx-orin-busy"),
    ("resnet50/gpu", "resnet50/asic", "resnet50/cpu", "resnet50/fpga", "resnet50/edge"),
)
SHARED = {"mlp0-gpu-k80", "mlp0-asic-tpu-v1", "resnet50-cloud-dgx-h100", "resnet50/gpu", "resnet50/asic"}
"""Servers of a data centre; the others are of one place, and on all year."""
SCENARIOS = {id: Scenario.load(folder("scenarios") / f"{id}.toml") for id in PUBLISHED}


def hours(run: Published) -> float:
    """Hours in which each machine serves what is published, at the published rate."""
    return run.served / run.rate / 3600 / run.count


@pytest.fixture(scope="module")
def studies(built_in: Catalogue) -> dict[str, Study]:
    """Scenario → the study of its group, against the first of the group."""
    made = [(group, assess([SCENARIOS[id] for id in group], built_in, CATEGORIES)) for group in GROUPS]
    return {id: study for group, study in made for id in group}


def energy(studies: dict[str, Study], id: str) -> dict[str, float]:
    """Component → kWh of the functional unit."""
    table = studies[id].energy()
    own = table[table["scenario"] == SCENARIOS[id].name]
    return dict(own.groupby("component")["amount"].sum())


@pytest.mark.parametrize("id", PUBLISHED)
def test_stated_energy_and_time_are_those_of_the_published_power_and_rate(id: str) -> None:
    run, effort = PUBLISHED[id], SCENARIOS[id].file.inference[0]
    assert effort and effort.it_energy and effort.device_time and effort.serves and effort.utilisation
    computing = run.power / 1000 * hours(run) * run.count
    assert float(effort.serves.number) == run.served
    assert effort.server == run.server
    assert (effort.count.amount if effort.count else 1) == run.count
    if id in ALL_YEAR:
        assert effort.it_energy.amount == pytest.approx(computing + run.idle / 1000 * (HOURS - hours(run)), rel=1e-6)
        assert (effort.device_time.amount, effort.utilisation.amount) == (HOURS, 1.0)
    else:
        assert effort.it_energy.amount == pytest.approx(computing, rel=1e-6)
        assert effort.device_time.amount == pytest.approx(hours(run), rel=1e-6)


@pytest.mark.parametrize("id", PUBLISHED)
def test_every_number_cites_a_source_that_says_where_or_admits_to_be_an_assumption(id: str) -> None:
    file = SCENARIOS[id].file
    [inference] = file.inference
    assert file.comment and file.report.limitations
    for name in ("it_energy", "device_time", "utilisation", "lifetime"):
        quantity = getattr(inference, name)
        for source in ids(quantity.source or ()) if quantity else ():
            cited = file.sources[source]
            assert cited.confidence == "assumption" or (cited.confidence == "read" and cited.url and cited.locator)
    stated = inference.it_energy
    assert stated and [file.sources[source].confidence for source in ids(stated.source or ())] == ["read"]


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_delivers_the_same_at_the_quality_that_all_of_it_reach(group: tuple[str, ...]) -> None:
    files = [SCENARIOS[id].file for id in group]
    assert all(file.functional_unit == files[0].functional_unit for file in files)
    assert all(file.electricity == files[0].electricity for file in files)
    quality = files[0].functional_unit.quality or ""
    wanted = re.search(r"accuracy >= ([\d.]+) %", quality)
    accuracies = [accuracy for id in group if (accuracy := PUBLISHED[id].accuracy)]
    if wanted:
        assert len(accuracies) == len(group) and min(accuracies) >= float(wanted[1])
    else:
        assert "response time <= 7 ms" in quality and not accuracies


@pytest.mark.parametrize("id", PUBLISHED)
def test_idle_time_is_that_of_the_catalogue_and_counted_once(id: str, studies: dict[str, Study]) -> None:
    run, parts, effort = PUBLISHED[id], energy(studies, id), SCENARIOS[id].file.inference[0]
    assert effort and effort.utilisation
    if id in ALL_YEAR:
        assert "idle time" not in parts
        return
    powered = hours(run) / effort.utilisation.amount
    assert parts["idle time"] == pytest.approx(run.count * run.idle / 1000 * (powered - hours(run)), rel=1e-5)
    assert id in SHARED or powered == pytest.approx(HOURS, rel=1e-6)  # on all year


@pytest.mark.parametrize("id", PUBLISHED)
def test_what_it_contains(id: str, studies: dict[str, Study]) -> None:
    table = studies[id].foreground()
    own = table[table["scenario"] == SCENARIOS[id].name]
    assert set(own["phase"]) == {"inference"}
    assert {"use", "production", "distribution", "end-of-life"} == set(own["stage"])
    at_the_edge = SCENARIOS[id].file.facility == "facility-edge"
    assert at_the_edge == (id not in SHARED)
    assert ("datacentre-shell" in set(own["input"])) != at_the_edge
    assert (own[own["role"] == "cooling water"]["amount"].sum() == 0.0) == at_the_edge
    gaps = studies[id].coverage[SCENARIOS[id].name, "climate-change"].items
    assert any(gap.name.startswith("building and its equipment") for gap in gaps) == at_the_edge


@pytest.mark.parametrize("group", GROUPS)
def test_comparisons_stay_open_and_name_why(group: tuple[str, ...], studies: dict[str, Study]) -> None:
    study = studies[group[0]]
    scores = study.scores().set_index(["scenario", "category"])
    assert set(scores["completeness"]) == {"partial"}
    assert set(scores["mark"]) == {"≥"}
    table = study.compare()
    assert set(table["scenario"]) == {SCENARIOS[id].name for id in group[1:]}
    assert set(table["verdict"]) == {"indeterminate"}
    assert all("memory-packaging-and-test" in gaps for gaps in table["gaps"])


def electricity(studies: dict[str, Study], id: str) -> float:
    """kWh at the meter of the building."""
    return sum(energy(studies, id).values())


def test_the_asic_takes_a_twentieth_of_the_energy_while_it_computes(studies: dict[str, Study]) -> None:
    gpu, asic = (energy(studies, id) for id in GROUPS[0])
    assert gpu["node"] / asic["node"] == pytest.approx((991 / (8 * 13461)) / (384 / (4 * 225000)), rel=1e-5)
    assert 21 < gpu["node"] / asic["node"] < 22
    # Idle energy follows the hours that a server is kept on, which fall less than its energy: 8.4 times.
    assert gpu["idle time"] / asic["idle time"] == pytest.approx(357 / 290 * (4 * 225000) / (8 * 13461), rel=1e-5)


def test_the_faster_board_of_the_two_takes_more_energy(studies: dict[str, Study]) -> None:
    gpu, fpga = (energy(studies, id) for id in GROUPS[1])
    assert PUBLISHED[GROUPS[1][1]].rate > PUBLISHED[GROUPS[1][0]].rate
    assert fpga["node"] / gpu["node"] == pytest.approx((26.8338 / 122.665) / (9.71 / 74.5107), rel=1e-5)
    assert fpga["idle time"] > fpga["node"] and gpu["idle time"] < gpu["node"]


def test_the_board_is_frugal_only_if_it_works(studies: dict[str, Study]) -> None:
    cloud, own, busy = (electricity(studies, id) for id in GROUPS[2])
    assert cloud == pytest.approx(1.58 * (4063.98321 + 1640 * (1 / 0.4 - 1)) / 474849 * 1e9 / 3.6e6, rel=1e-4)
    assert busy < cloud < own
    # Each image alone takes less on the board; a box that waits for the next one does not.
    assert 23.5669340 / 3526.29 < 4063.98321 / 474849


def test_every_row_of_the_subject_names_files_that_are_shipped() -> None:
    """And every scenario that is shipped as one is named by the page."""
    root = folder("scenarios")
    page = (root / "README.md").read_text(encoding="utf-8")
    subject = page.split("## Which file shows what", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[2] for line in subject.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 12

    def shipped(name: str) -> bool:
        return bool([*root.glob(f"{name}.toml"), *root.glob(name)])

    for row in rows:
        named = [name.rstrip("/") for name in re.findall(r"`([a-z0-9][\w./*-]*)`", row)]
        assert [name for name in named if re.search(r"[-/]", name) and not shipped(name)] == [], row
        assert any(map(shipped, named)) or "every scenario" in row, row
    files = [path.relative_to(root) for path in root.rglob("*.toml")]
    apart = {"campaigns", "runs", "validation"}
    assert [
        str(path)
        for path in files
        if path.parts[0] not in apart and f"`{path.parts[0].removesuffix('.toml')}" not in page
    ] == []
