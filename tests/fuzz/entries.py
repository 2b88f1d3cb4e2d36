"""Every way into the package, with something hostile on it: the arguments of a command, and what it may say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hostile import TEXTS, spoil
from workplace import TINY

from lca.measurement.record import Measurement

FORMATS = Path(__file__).parent.parent / "measure/formats/fixtures"
CLIMATE = ("--categories", "climate-change")


@dataclass(frozen=True)
class Attempt:
    """One command on hostile input."""

    arguments: tuple[str, ...]
    done: str
    """What was done to the input."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    same: bool = False
    """Whether the result must be that of input which is in order."""


Entry = Callable[[Path, Random], Attempt]


def _spoilt(folder: Path, names: str, random: Random) -> str:
    chosen = random.choice(sorted(path for path in folder.glob(names) if path.is_file()))
    return f"{chosen.name} {spoil(chosen, random)}"


def _scenario_verb(random: Random) -> tuple[str, ...]:
    return random.choice(
        [
            ("assess", "scenario.toml", "-i", "inventory", *CLIMATE),
            ("assess", "scenario.toml", "-i", "inventory", *CLIMATE, "--json"),
            ("compare", "scenario.toml", "scenario-2.toml", "-i", "inventory", *CLIMATE),
            ("explain", "scenario.toml", "climate-change", "-i", "inventory"),
            ("check", "inventory", "scenario.toml"),
            ("assess", "scenario.toml", "-i", "inventory", *CLIMATE, "--samples", "8"),
        ]
    )


def nothing(folder: Path, random: Random) -> Attempt:
    return Attempt(("assess", "scenario.toml", "-i", "inventory", *CLIMATE, "--json"), "nothing", same=True)


def scenario(folder: Path, random: Random) -> Attempt:
    done = _spoilt(folder, "scenario.toml", random)
    return Attempt(_scenario_verb(random), done)


def inventory(folder: Path, random: Random) -> Attempt:
    done = _spoilt(folder, "inventory/**/*.toml", random)
    return Attempt((*_scenario_verb(random),), done)


def mixes(folder: Path, random: Random) -> Attempt:
    done = _spoilt(folder, "inventory/electricity/mixes.*", random)
    return Attempt(_scenario_verb(random), done)


def record(folder: Path, random: Random) -> Attempt:
    (folder / "runs/run.json").write_text(full_record())
    done = _spoilt(folder, "runs/run.json", random)
    verbs = [
        *(
            ("record", "export", format, "runs/run.json")
            for format in ("boamps", "codecarbon", "prometheus", "model-card")
        ),
        ("record", "costs", "runs/run.json"),
        ("record", "costs", "runs/run.json", "--json"),
        ("record", "merge", "runs/run.json", "-o", "merged.json"),
    ]
    return Attempt(random.choice([_scenario_verb(random), random.choice(verbs)]), done)


@cache
def full_record() -> str:
    """A record with nearly everything in it that one may hold."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    energy = [
        {
            "component": "gpu",
            "energy": {"value": "0.3 kWh", "low": "0.2 kWh", "high": "0.4 kWh", "distribution": "normal"},
        }
        | {"origin": "counter", "method": "counter"},
        {"component": "cpu", "energy": "0.2 kWh", "origin": "modelled", "method": "a model"},
    ]
    windows = [
        {"name": f"repeat {i}", "start": f"{i * 600} s", "duration": "600 s", "amount": "100 inference"}
        | {"energy": [{"component": "cpu", "energy": "0.01 kWh", "origin": "modelled", "method": "m"}]}
        for i in range(3)
    ]
    content = {
        "schema": 1,
        "name": "a run",
        "phase": "inference",
        "amount": "1000 inference",
        "started": start,
        "ended": start + timedelta(hours=1),
        "duration": "1 h",
        "energy": energy,
        "unmeasured": [{"component": "memory", "reason": "none was seen"}],
        "windows": windows,
        "quality": {"accuracy": 0.97},
        "model_parameters": 100,
        "profile": {"nonzero": 50, "stored": "400 byte", "computation": "2000 FLOP/inference", "steps": ["half"]},
        "throughput": {"value": "0.2777777777777778 inference/s"},
        "latency": {"p50": "1 ms", "p99": "2 ms"},
        "devices": [{"kind": "gpu", "name": "NVIDIA A100", "count": 2}],
        "software": {"python": "3.11"},
        "comment": "a comment",
    }
    record = Measurement.model_validate(content)
    return record.model_dump_json(by_alias=True, exclude_none=True, indent=1)


def journal(folder: Path, random: Random) -> Attempt:
    path = folder / "run.json.journal"
    path.write_text(written_journal())
    done = _spoilt(folder, "run.json.journal", random)
    return Attempt(("record", "recover", path.name, "-o", "out.json"), done)


@cache
def written_journal() -> str:
    """What a run of a sleep leaves when it is killed."""
    import tempfile

    from lca.inventory.catalogue import Catalogue
    from lca.inventory.completeness import RequiredFlows
    from lca.measure.meter.meter import EnergyMeter

    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "run.json"
        empty = Catalogue({}, RequiredFlows(), None)  # type: ignore[arg-type]
        text = ""
        with EnergyMeter("a run", "inference", output=output, catalogue=empty) as meter:
            with meter.window("first"):
                sum(range(100_000))
            meter.delivers("10 inference")
            with meter.window("second"):
                sum(range(100_000))
            text = Path(f"{output}.journal").read_text()
    return text


def study(folder: Path, random: Random) -> Attempt:
    path = folder / "study.json"
    path.write_text(saved_study())
    done = _spoilt(folder, "study.json", random)
    verbs = [
        (
            "--disclosure",
            random.choice(["ghg-protocol", "sci", "sci-ai", "eu-ai-act", "ademe", "model-card", "ml-costs"]),
        ),
        ("--excel", "out.xlsx"),
        ("--html", "out.html"),
    ]
    return Attempt(("report", path.name, *random.choice([*verbs[:1] * 3, *verbs])), done)


@cache
def saved_study() -> str:
    import tempfile

    from lca.inventory.catalogue import Catalogue
    from lca.methods.categories import EF
    from lca.study.assess import assess
    from lca.study.stored import save
    from lca.system.scenario import Scenario

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(TINY, folder / "t")
        scenario = Scenario.load(folder / "t/scenario.toml")
        made = assess([scenario], Catalogue.load(folder / "t/inventory"), EF[:2])
        save(made, folder / "study.json")
        return (folder / "study.json").read_text()


def campaign(folder: Path, random: Random) -> Attempt:
    from lca.campaign.plan import CampaignPlan
    from lca.campaign.run import _settings

    out = folder / "out"
    out.mkdir()
    (folder / "plan.toml").write_text(PLAN)
    plan = CampaignPlan.load(folder / "plan.toml")
    text = full_record()
    for cell in plan.cells:
        (out / f"{cell.id}.json").write_text(text)
    (out / "settings.json").write_text(json.dumps(_settings(plan)))
    (out / "refused.json").write_text('{"a-variant": "a reason"}')
    where = random.choice(["plan.toml", "out/*.json", "out/settings.json", "out/refused.json"])
    done = _spoilt(folder, where, random)
    return Attempt(("campaign", "plan.toml", "-o", "out", "--table"), done)


PLAN = """name = "p"
repeats = 3
duration = "1 s"
warm_up = "0 s"
[[grids]]
workload = ["digits"]
technique = ["magnitude-pruning"]
level = [0.5]
"""


def imports(samples: list[tuple[str, list[str], dict[str, Any]]]) -> Entry:
    """Damage to a file of one of the formats."""

    def attempt(folder: Path, random: Random) -> Attempt:
        format, files, options = random.choice(samples)
        names = []
        for file in files:
            path = folder / "foreign" / Path(file).relative_to(file.split("/")[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(FORMATS / file, path)
            names.append(str(path.relative_to(folder)))
        done = spoil(folder / random.choice(names), random)
        words = [
            word
            for name, value in options.items()
            for each in (value if isinstance(value, list) else [value])
            for word in (
                f"--{name.removesuffix('s') if isinstance(value, list) else name}",
                f"{each}".replace(" ", "T"),
            )
        ]
        words = [word.replace("+00:00", "") for word in words]
        form = random.choice([format, format, "auto"])
        return Attempt(("record", "import", form, *names, "-o", "out.json", *words), f"{format} {done}")

    return attempt


def caches(folder: Path, random: Random) -> Attempt:
    done = _spoilt(folder.parent / "cache", "**/*.json", random)
    return Attempt(("assess", "scenario.toml", "-i", "inventory", *CLIMATE, "--json"), done, same=True)


OPTIONS: dict[str, tuple[str, ...]] = {
    "assess": ("--excel", "--html", "-o", "-i", "--categories", "--end-of-life", "--samples", "--seed", "--workers"),
    "compare": ("-i", "--categories", "--end-of-life", "--excel", "--html", "-o"),
    "explain": ("-i", "--end-of-life"),
    "check": (),
    "sensitivity": ("-i", "--category"),
    "sweep": ("-i", "--vary", "-o", "--categories"),
    "record costs": (),
    "record import csv": ("--pue", "--amount", "--phase", "--covers", "--started", "--column", "--name", "-o"),
    "record export boamps": ("-o", "--intensity"),
    "record merge": ("-o",),
    "score": ("-a", "-i", "--categories"),
    "list": ("-i",),
    "new": ("-i", "--template"),
    "schema": (),
    "report": ("--disclosure", "--excel", "--html", "--option"),
}
PATHS = (
    ".",
    "/",
    "",
    "..",
    "runs",
    "nothing/at/all",
    "a" * 250,
    "a" * 300,
    "out.xlsx",
    "out",
    "scenario.toml",
    "-",
    "--",
)
VALUES = (*PATHS, "1", "0", "-1", "1e999", "nan", "climate-change", "climate-change,climate-change", "2 item", "x=y")


def options(folder: Path, random: Random) -> Attempt:
    (folder / "runs").mkdir(exist_ok=True)
    verb = random.choice(list(OPTIONS))
    words = verb.split()
    if random.random() < 0.8:
        words.append(random.choice(["scenario.toml", "runs/run.json", "wind", "card", "electricity"]))
    else:
        words.append(random.choice([*PATHS, *(text for text in TEXTS if text.isprintable())]))
    for option in random.sample(OPTIONS[verb], k=random.randint(0, min(2, len(OPTIONS[verb])))):
        words += [
            option,
            random.choice([*VALUES, *(text for text in TEXTS if "\n" not in text and text.isprintable())]),
        ]
    return Attempt(tuple(words), "options")


NAMES = ("HOME", "XDG_CACHE_HOME", "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "LANG", "LC_ALL", "TZ")
NAMES += ("MPLBACKEND", "BRIGHTWAY2_DIR", "SOURCE_DATE_EPOCH", "PYTHONWARNINGS", "CUDA_VISIBLE_DEVICES", "TMPDIR")
NAMES += ("RANK", "WORLD_SIZE", "LOCAL_RANK", "SLURM_JOB_ID", "SLURM_PROCID", "MASTER_ADDR", "TORCHELASTIC_RUN_ID")


def environment(folder: Path, random: Random) -> Attempt:
    wild = [None, *(text for text in TEXTS if "\x00" not in text and "\ud800" not in text), "-5", "65536", *PATHS]
    changed = {name: random.choice(wild) for name in random.sample(NAMES, k=random.randint(1, 3))}
    return Attempt(("assess", "scenario.toml", "-i", "inventory", *CLIMATE, "--json"), f"{changed}", changed, same=True)
