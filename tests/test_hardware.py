"""The built-in hardware and facilities: how many, how well cited, how far from published results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from math import exp, pi, sqrt

import pytest

from lca.builtin import folder
from lca.engine.background import Background
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.sources import read_shared
from lca.methods.categories import EF
from lca.quantities.documents import Document
from lca.quantities.records import Quantity
from lca.quantities.sources import Source, ids
from lca.study.assess import score
from lca.vocabulary import Stage

CATALOGUE = Catalogue.load()
HARDWARE = {id: a for id, a in CATALOGUE.activities.items() if a.kind == "hardware" and a.file.endswith(".toml")}
PARTS = {input.activity for a in HARDWARE.values() for input in a.inputs}


def known(activity: Activity) -> bool:
    """Whether anything at all is known of it: the rest is a named gap."""
    properties = activity.properties.model_dump(exclude_none=True)
    return bool(properties or activity.results or activity.inputs or activity.emissions)


def devices() -> dict[str, Activity]:
    """What a workload runs on, without the parts and the published parts of one."""
    prefix = re.compile(r"(gpu|cpu|tpu|accelerator|npu|fpga|board|phone)-")
    part = {x.activity for id, a in HARDWARE.items() if prefix.match(id) for x in a.inputs}
    return {id: a for id, a in HARDWARE.items() if prefix.match(id) and id not in part and known(a)}


def servers() -> dict[str, Activity]:
    """Machines: assemblies that no other hardware contains, and published ones."""
    prefix = re.compile(r"(server|workstation|laptop|box)-")
    return {id: a for id, a in HARDWARE.items() if prefix.match(id) and id not in PARTS and known(a)}


DEVICES, SERVERS = devices(), servers()
SHARED, _ = read_shared(folder("inventories"), Document.read)
FACILITIES = {id: a for id, a in CATALOGUE.activities.items() if id.startswith("facility-")}


@cache
def record(id: str) -> ActivityFile:
    file = HARDWARE[id].file.removeprefix("inventories/")
    return replace(Document.read(folder("inventories") / file), shared=SHARED).load(ActivityFile)


def of_the_device(names: str | tuple[str, ...] | None, sources: dict[str, Source]) -> bool:
    """Whether one of the sources says where in it this device is, and is more than an assumption."""
    cited = (sources[name] for name in ids(names or ()))
    return any(source.locator and source.confidence not in ("assumption", "calibrated") for source in cited)


def fully_cited(id: str) -> bool:
    """Power, mass, memory where it has any, and die and node (or the wafer area made of them) each cite a locator."""
    file = record(id)
    properties, parameters = file.properties, file.parameters

    def cited(*quantities: Quantity | None) -> bool:
        return any(q is not None and of_the_device(q.source, file.sources) for q in quantities)

    dies = [x for x in file.exchanges if (x.input or "").startswith("logic-wafer-")]
    die = cited(parameters.get("die_area")) and cited(parameters.get("node"))
    die = die or (bool(dies) and all(of_the_device(x.source, file.sources) for x in dies))
    has_memory = any("memory" in (x.input or "") for x in file.exchanges) or "memory" in parameters
    memory = cited(properties.memory) if properties.memory or has_memory else id.startswith("cpu-")
    return cited(properties.power, properties.plug_power) and cited(properties.mass) and memory and die


FULLY_CITED = sorted(id for id in DEVICES if fully_cited(id))


def test_counts() -> None:
    products = {a.product for a in DEVICES.values()}
    assert len(products) >= 60
    assert len({a.product for a in SERVERS.values()}) >= 10
    assert len(FACILITIES) >= 15
    assert len(FULLY_CITED) >= 15, FULLY_CITED


def test_every_family_is_there() -> None:
    families = "gpu-tesla-k80 gpu-b200 gpu-geforce-rtx-4090 gpu-amd-instinct-mi300x tpu-v6e accelerator-intel-gaudi-3 "
    families += "fpga-amd-alveo-u250 board-nvidia-jetson-agx-orin board-raspberry-pi-4b board-google-coral-dev-board "
    families += "phone-smartphone-published cpu-amd-epyc-9b14"
    assert set(families.split()) <= DEVICES.keys()
    machines = "server-dgx-h100 server-8x-b200 server-8x-mi300x server-4x-a100-pcie server-cpu-2u server-storage "
    machines += "server-4x-tpu-v6e box-jetson-agx-orin workstation-1x-rtx-4090 laptop-professional-published"
    assert set(machines.split()) <= SERVERS.keys()


def test_models_name_one_device_each() -> None:
    plain = [re.sub(r"[^a-z0-9]", "", model.lower()) for a in HARDWARE.values() for model in a.models]
    assert len(plain) == len(set(plain))


def test_facilities_state_pue_and_water_with_a_basis() -> None:
    for id, facility in FACILITIES.items():
        assert facility.properties.PUE is not None, id
        sources = [facility.sources[name] for name in ids(facility.properties.PUE.source or ())]
        assert id == "facility-edge" or any(source.year or source.url for source in sources), id
    with_water = [a for a in FACILITIES.values() if a.properties.WUE is not None]
    assert len(with_water) >= 15
    assert all(a.properties.WUE and a.properties.WUE.basis == "consumption" for a in with_water)


def leaves(id: str) -> Iterable[Activity]:
    """The activities below it that stand for themselves: not the assemblies and mixes on the way."""
    waiting, seen = [id], {id}
    while waiting:
        activity = CATALOGUE.activities[waiting.pop()]
        if activity.technology not in ("assembly", "mix"):
            yield activity
        below = {input.activity for input in activity.inputs} - seen
        seen |= below
        waiting += below


@pytest.mark.parametrize("id", sorted({**DEVICES, **SERVERS}))
def test_every_score_works_and_completeness_is_earned(id: str) -> None:
    rows = score(id, 1.0, CATALOGUE, EF).scores().set_index("category")
    assert len(rows) == len(EF)
    gaps = [a.id for a in leaves(id) if not (a.inputs or a.emissions or a.results)]
    for category, row in rows.iterrows():
        if row["completeness"] == "complete":
            assert not gaps, f"{category} is complete in spite of {gaps}"
        if row["completeness"] == "missing":
            assert row["score"] != row["score"]


def wafer_per_die(area: float) -> float:
    """Wafer of 300 mm per whole die, in mm2: rim of 3 mm, streets of 0.1 mm, as in the template `die`."""
    pitch, usable = sqrt(area) + 0.1, 294.0
    return pi * 300**2 / 4 / (pi * usable**2 / (4 * pitch**2) - pi * usable / (sqrt(2) * pitch))


@pytest.mark.parametrize("id", sorted(id for id in DEVICES if not record(id).template))
def test_wafer_areas_are_those_of_the_dies_in_their_notes(id: str) -> None:
    """Murphy's model with 0.1 defects per cm2, for the devices of several dies, which the template does not take."""
    for exchange in record(id).exchanges:
        if (exchange.input or "").startswith("logic-wafer-"):
            area = 0.0
            for number, size in re.findall(r"(?:(\d+) × )?([\d.]+) mm2", exchange.note or ""):
                defects = float(size) / 100 * 0.1
                area += int(number or 1) * wafer_per_die(float(size)) / ((1 - exp(-defects)) / defects) ** 2
            assert exchange.amount.number == pytest.approx(area / 1e6, rel=1e-3)


def carbon(id: str, amount: float = 1.0) -> float:
    return float(score(id, amount, CATALOGUE, ("climate-change",)).scores()["score"].iloc[0])


def amount(device: str, part: str) -> float:
    return sum(x.amount for x in HARDWARE[device].inputs if x.activity == part)


def modelled(device: str, part: str) -> float:
    """kg CO2-Eq of all inputs of a device of this name."""
    return carbon(part, amount(device, part))


def released(id: str, units: float = 1.0) -> float:
    """kg CO2-Eq of what the fabs of the memory in a product release themselves."""
    background = Background.of(CATALOGUE, ("climate-change",))
    return carbon("memory-process-gases", background.supply({id: units})[background.place["memory-process-gases"]])


# ± 25 % on climate change was expected of a modelled part beside the published one. Nothing is tuned: what lies outside
# is in the tests below, with its reason.
WITHIN = [  # device, its part, published part
    ("gpu-a100-sxm4-40gb-modelled", "logic-wafer-7-nm", "gpu-a100-sxm4-40gb-ademe-gpu"),
    ("gpu-a100-pcie-40gb", "logic-wafer-7-nm", "gpu-a100-pcie-40gb-ademe-gpu"),
    ("gpu-h100-pcie-80gb", "logic-wafer-5-nm", "gpu-h100-pcie-80gb-ademe-gpu"),
    ("gpu-l4", "logic-wafer-5-nm", "gpu-l4-ademe-gpu"),
    ("gpu-l4", "gddr6-memory", "gpu-l4-ademe-memory"),
    ("gpu-geforce-gtx-1080-ti", "logic-wafer-16-nm", "gpu-geforce-gtx-1080-ti-ademe-gpu"),
    ("gpu-gh200", "logic-wafer-5-nm", "gpu-gh200-ademe-gpu"),
]
CARDS = [  # modelled card, published card
    ("gpu-a100-sxm4-40gb-modelled", "gpu-a100-sxm4-40gb"),
    ("gpu-h100-pcie-80gb", "gpu-h100-pcie-80gb-ademe"),
    ("gpu-h100-sxm5-80gb", "gpu-h100-sxm5-80gb-published"),
    ("gpu-l4", "gpu-l4-ademe"),
    ("gpu-geforce-gtx-1080-ti", "gpu-geforce-gtx-1080-ti-ademe"),
]
MEMORY = ("ddr3-memory", "ddr4-memory", "ddr5-memory")
PUBLISHED_MEMORY = (0.065, 533 / 384)  # kg CO2-Eq per GB: dies of DDR4 (ACT), modules of DDR4 in the R740 (Dell)
HGX_H100 = {"memory": 546 / 8, "integrated circuits": 332 / 8, "thermal": 230 / 8}  # kg CO2-Eq per accelerator (NVIDIA)


@pytest.mark.parametrize("id", [id for id, a in SERVERS.items() if {x.activity for x in a.inputs} & set(MEMORY)])
def test_memory_of_a_server_is_of_its_generation_with_its_modules(id: str) -> None:
    """Per GB it lies between published figures, wide as they are: one factor for all generations lay above them."""
    generations = [x for x in HARDWARE[id].inputs if x.activity in MEMORY]
    total = sum(modelled(id, x.activity) for x in generations) + modelled(id, "memory-module")
    assert PUBLISHED_MEMORY[0] < total / sum(x.amount for x in generations) < PUBLISHED_MEMORY[1]


DELIVERED = [id for id, a in SERVERS.items() if any(x.activity == "freight-of-servers" for x in a.inputs)]


@pytest.mark.parametrize("id", DELIVERED)
def test_delivery_has_a_share_that_makers_publish(id: str) -> None:
    """Of all but use: from Dell's 0.03 % of a whole life to Lenovo's 2 % beside 14 %, with half of the last digit.

    Makers count every part: what is known here is taken with what the machine's named gaps are judged to hold.
    """
    delivery = sum(carbon(x.activity, x.amount) for x in HARDWARE[id].inputs if x.stage == Stage.DISTRIBUTION)
    parts = ((CATALOGUE.activities[x.activity], x.amount) for x in HARDWARE[id].inputs)
    gaps = sum(part.anchor.amount * amount for part, amount in parts if part.anchor)
    assert 0.0003 < delivery / (carbon(id) + gaps) < 2.5 / 13.5


PUBLISHED_PARTS = ["printed-circuit-board", "memory-module", "server-motherboard", "power-supply"]


@pytest.mark.parametrize("part", PUBLISHED_PARTS)
def test_climate_change_of_a_part_stands_as_published_beside_its_flows(part: str) -> None:
    """Materials, bare board and the rest sum to the published total, and no category is in it twice."""
    assert carbon(part) == pytest.approx(carbon(f"{part}-published"), rel=0.02)
    rest = HARDWARE[f"{part}-components"]
    acid = score(part, 1.0, CATALOGUE, ("acidification",)).scores()["score"].iloc[0]
    assert {result.category for result in rest.results}.isdisjoint({"acidification", "particulate-matter"})
    assert acid > 0


def test_a_drive_lies_between_its_makers_figures() -> None:
    """Seagate's own report is read with 6.21 and 17.3 g per GB, and others have more.

    What the flash fab releases puts ours above Seagate's.
    """
    assert 0.0173 < carbon("ssd") < carbon("ssd-published")
    assert 0.00621 < carbon("ssd") - released("ssd") < 0.0173


def test_delivery_lies_between_the_ship_and_the_aircraft() -> None:
    ship, aircraft = carbon("freight-ship-asia-us-west"), carbon("freight-aircraft")
    for goods in ("servers", "cards", "small-devices"):
        assert ship < carbon(f"freight-of-{goods}") < aircraft
    assert 0.5313 < aircraft < 1.2783  # the engines alone on long haul, and short haul with altitude (DESNZ 2025)


def test_no_two_factors_for_server_memory() -> None:
    assert {a.id for a in HARDWARE.values() if "server memory" in a.name.lower()} == set(MEMORY)
    assert carbon("ddr5-memory") < carbon("ddr4-memory") < carbon("ddr3-memory")


@pytest.mark.parametrize(("device", "part", "published"), WITHIN)
def test_a_modelled_part_is_within_a_quarter_of_the_published_one(device: str, part: str, published: str) -> None:
    assert modelled(device, part) == pytest.approx(carbon(published), rel=0.25)


@pytest.mark.parametrize(("device", "published"), CARDS)
def test_a_modelled_card_is_within_a_quarter_of_the_published_one(device: str, published: str) -> None:
    assert carbon(device) == pytest.approx(carbon(published), rel=0.25)


def test_what_memory_fabs_release_sets_memory_above_the_published_one() -> None:
    """Makers of memory report it, and the study does not say what it has of it."""
    ours, theirs = modelled("gpu-h100-pcie-80gb", "hbm2e-memory"), carbon("gpu-h100-pcie-80gb-ademe-memory")
    assert ours / theirs - 1 == pytest.approx(0.25, abs=0.1)
    assert ours - released("hbm2e-memory", amount("gpu-h100-pcie-80gb", "hbm2e-memory")) == pytest.approx(
        theirs, rel=0.25
    )


def test_an_a100_is_above_its_published_card_by_memory() -> None:
    """Of older density, which the study counts by footprint (below), and with what its fab releases."""
    ours, theirs = carbon("gpu-a100-pcie-40gb"), carbon("gpu-a100-pcie-40gb-ademe")
    assert ours / theirs - 1 == pytest.approx(0.32, abs=0.1)
    assert ours - released("gpu-a100-pcie-40gb") == pytest.approx(theirs, rel=0.25)


def test_a_card_whose_memory_misses_is_within_a_quarter_without_it() -> None:
    """Half of the GTX 1080 Ti is memory, which the study counts by package: see below."""
    card, memory = "gpu-geforce-gtx-1080-ti", "gddr5x-memory"
    published = carbon(f"{card}-ademe") - carbon(f"{card}-ademe-memory")
    assert carbon(card) - modelled(card, memory) == pytest.approx(published, rel=0.25)


@pytest.mark.parametrize(
    ("device", "part", "published", "deviation", "reference", "gigabytes"),
    [
        ("gpu-gh200", "hbm3-memory", "gpu-gh200-ademe-memory", 3.28, "h100", 96),
        ("gpu-geforce-gtx-1080-ti", "gddr5x-memory", "gpu-geforce-gtx-1080-ti-ademe-memory", -0.29, "l4", 11),
    ],
)
def test_memory_that_misses_is_counted_by_package_in_the_study(
    device: str, part: str, published: str, deviation: float, reference: str, gigabytes: float
) -> None:
    """The study takes the footprint of each stack once, and each package of graphics memory alike whatever it holds.

    So its memory differs per GB from card to card. By its own figure per GB of another card, ours is within a quarter
    without what memory fabs release.
    """
    ours, theirs = modelled(device, part), carbon(published)
    assert ours / theirs - 1 == pytest.approx(deviation, abs=0.15 * max(1.0, deviation))
    per_gb = {"h100": carbon("gpu-h100-pcie-80gb-ademe-memory") / 80, "l4": carbon("gpu-l4-ademe-memory") / 24}
    ours -= released(part, amount(device, part))
    assert ours == pytest.approx(per_gb[reference] * gigabytes, rel=0.25)


@pytest.mark.parametrize("card", ["gpu-a100-sxm4-40gb", "gpu-a100-pcie-40gb"])
def test_memory_of_the_older_density_is_more_than_the_published_footprints(card: str) -> None:
    """Eight dies of 1 GB in each of five stacks, 0.087 Gb/mm2, are 3,680 mm2; the study has six of 86.25.

    Thrice its figure, and more with what memory fabs release.
    """
    modelled_card = card if card in DEVICES and record(card).template else f"{card}-modelled"
    ours, theirs = modelled(modelled_card, "hbm2-memory"), carbon(f"{card}-ademe-memory")
    assert ours / theirs - 1 == pytest.approx(2.59, abs=0.3)
    assert (ours - released("hbm2-memory", 40)) / theirs - 1 == pytest.approx(1.90, abs=0.3)
    assert carbon(modelled_card) - ours + theirs == pytest.approx(carbon(f"{card}-ademe"), rel=0.25)


def test_the_study_counts_packages() -> None:
    """Its memory per footprint of a stack, and per package of graphics memory, is the same on both cards."""
    stacks = carbon("gpu-a100-sxm4-40gb-ademe-memory") / (6 * 86.25), carbon("gpu-gh200-ademe-memory") / (6 * 100)
    packages = carbon("gpu-geforce-gtx-1080-ti-ademe-memory") / 11, carbon("gpu-l4-ademe-memory") / 12
    assert stacks[0] == pytest.approx(stacks[1], rel=0.02)
    assert packages[0] == pytest.approx(packages[1], rel=0.01)


def test_an_h100_agrees_with_its_maker_in_memory_but_not_in_die() -> None:
    """Two published figures for the die differ by two, and ours is between them.

    The heatsink is no test: its shaping is taken from the very figure of the maker, which
    all of the 3 kg that the board has per accelerator would not reach at the metals' kg per kg.
    """
    die, memory = modelled("gpu-h100-sxm5-80gb", "logic-wafer-5-nm"), modelled("gpu-h100-sxm5-80gb", "hbm3-memory")
    assert memory == pytest.approx(HGX_H100["memory"], rel=0.25)
    assert HGX_H100["integrated circuits"] < die < carbon("gpu-h100-pcie-80gb-ademe-gpu")
    assert die / HGX_H100["integrated circuits"] - 1 == pytest.approx(0.75, abs=0.15)
    assert carbon("heatsink", 24 / 8) < HGX_H100["thermal"]
    assert modelled("gpu-h100-sxm5-80gb", "heatsink-module") == pytest.approx(HGX_H100["thermal"], rel=0.01)


def test_a_gh200_is_above_its_published_card_by_memory() -> None:
    """The study's board is at nine times the area factor of its other boards: the CPU's memory may be in it.

    Without that excess, without our 512 GB of LPDDR5X, and with its own count of the stacks, both are within a quarter.
    """
    ours, theirs = carbon("gpu-gh200"), carbon("gpu-gh200-ademe")
    assert ours / theirs - 1 == pytest.approx(0.94, abs=0.15)
    usual = carbon("gpu-a100-pcie-40gb-ademe-board") / 234.36 * 280
    excess = carbon("gpu-gh200-ademe-board") - usual
    assert excess > 7 * usual
    stacks = modelled("gpu-gh200", "hbm3-memory") - carbon("gpu-gh200-ademe-memory")
    assert ours - modelled("gpu-gh200", "lpddr5x-memory") - stacks == pytest.approx(theirs - excess, rel=0.25)
