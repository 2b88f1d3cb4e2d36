"""What the shipped scenarios find today: the text of scenarios/FINDINGS.md.

`python -m lca.validate.findings` prints it; with `--write` it writes the file, which is never edited by hand.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence

from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.progress import progress
from lca.quantities.outputs import write_text
from lca.report import words
from lca.report.view import View
from lca.study.assess import assess
from lca.study.comparison.services import same_service
from lca.study.layers import layers, with_layers
from lca.study.study import Study
from lca.system.scenario import Scenario

FILE = "FINDINGS.md"
CLIMATE = "climate-change"
SAMPLES = 1000
GROUPS: Mapping[str, Sequence[str]] = {
    "Where: France and Poland": ("digits-france", "digits-poland"),
    "Busier servers, longer lives": ("digits-france", "digits-france-busier", "digits-france-longer-life"),
    "An ASIC and a GPU of one time": ("mlp0-gpu-k80", "mlp0-asic-tpu-v1"),
    "An FPGA and an embedded GPU": ("resnet50-gpu-jetson-tx2", "resnet50-fpga-zcu104"),
    "Cloud and edge": ("resnet50-cloud-dgx-h100", "resnet50-edge-agx-orin"),
    "One network on five kinds of processor": tuple(
        f"resnet50/{kind}" for kind in ("gpu", "asic", "cpu", "fpga", "edge")
    ),
    "A language model in three places and two precisions": tuple(
        f"llm-8b/{place}-{bits}" for place in ("france", "germany", "sweden") for bits in ("bfloat16", "float8")
    ),
    "The same service at three utilisations": ("utilisation/20", "utilisation/40", "utilisation/80"),
    "A wake word on the device and in the cloud": ("wake-word/cloud", "wake-word/on-device"),
    "Development with a search and with a transfer": ("vision-development/search", "vision-development/transfer"),
    "Federated and central": ("federated/central", "federated/clients"),
    "A training moved": ("moved-training/france", "moved-training/germany"),
    "Original, compressed, compiled": (
        "compression-original",
        "compression-magnitude-pruning-50",
        "compression-channel-pruning-50",
        "compression-int8-static-compiled",
        "compression-channels-and-int8",
        "compression-student",
    ),
    "A student of a shared teacher": ("shapes-original", "shapes-student"),
    "From scratch and transferred": ("shapes-few-scratch", "shapes-few-transfer"),
    "A service with much storage and network": ("video-search",),
    "A research project of three years": ("research-project",),
    "A service by its scopes": ("scopes",),
}
"""Question → scenarios, the baseline first."""


def findings(catalogue: Catalogue, groups: Mapping[str, Sequence[str]] = GROUPS) -> Iterator[str]:
    """The text of each group: climate change with its interval, and every comparison in a sentence."""
    for title, files in groups.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is doubtful in a file is said where the file is assessed
            study = _drawn([Scenario.load(folder("scenarios") / f"{file}.toml") for file in files], catalogue)
        yield f"## {title}\n\n{_table(study, files)}{_sentences(study)}"


def _drawn(scenarios: Sequence[Scenario], catalogue: Catalogue) -> Study:
    alike, _ = same_service(scenarios)
    study = assess(alike, catalogue)
    return with_layers(study, layers(study, catalogue, SAMPLES))


def _table(study: Study, files: Sequence[str]) -> str:
    view = View.of(study)
    lines = ["| scenario | climate change, kg CO2-Eq | 95 % interval | known |", "|---|---|---|---|"]
    for name, file in zip(study.names, files, strict=True):
        row, mark = view.probable[name, CLIMATE], view.scores[name, CLIMATE].mark
        lines.append(f"| `{file}` | {words.estimate(row)} | {words.interval(row)} | {words.known(row, mark)} |")
    return "\n".join(lines) + "\n"


def _sentences(study: Study) -> str:
    said = list(words.answers(View.of(study)))
    return "\n" + "\n".join(f"- {sentence}" for sentence in said) + "\n" if said else ""


HEAD = f"""# What the scenarios find

Written by `python -m lca.validate.findings --write`; README.md says what each scenario asks. Scores are of the
functional unit of each file, with estimates of what gaps hold; *known* is what inventories and published results give
alone. {SAMPLES:,} draws of all stated ranges and estimates, which the scenarios of a group share. `lower` and `higher`
are said where P is 0.95 or more and no single estimate that is wrong by ten turns it. `lca compare` repeats each group
with its grounds, for every category.
"""


def main() -> None:
    """Print the text, or write it into the folder of the scenarios."""
    with progress("findings") as report:
        parts = [HEAD]
        for done, part in enumerate(findings(Catalogue.load())):
            report(done + 1, len(GROUPS), "comparing")
            parts.append(part)
    text = "\n".join(parts)
    if "--write" in sys.argv[1:]:
        write_text(folder("scenarios") / FILE, text, own=True)
    else:
        print(text)


if __name__ == "__main__":
    main()
