"""The manual of the scenario file, from the docstrings of its model and the first scenarios: docs/scenarios.md."""

from __future__ import annotations

from collections.abc import Iterator

from lca.builtin import folder
from lca.exchange.first import KINDS, text
from lca.exchange.keys import Key, keys
from lca.inventory.files.readers import TYPICAL
from lca.inventory.files.typical import TypicalFile
from lca.quantities.documents import Document
from lca.quantities.sources import ids
from lca.system.scenario import PHASES, ScenarioFile

_INTRODUCTION = """\
# Scenarios

A scenario is one TOML file: what is delivered, what ran for it, where, on what, and which sources say so. `lca new
scenario NAME --of serving` writes a first one; `lca check FILE` says what is wrong with it, and warns of what is hardly
meant. This page is made from the model of the file (`lca schema scenario --manual`); what is required says so.

A phase is a table, `[training]`, or a list of runs, `[[training]]`; a sweep and a message name one of several as
`training[1]`. Every number is text with its unit, or a table `{ value, low, high, distribution, source }`.
"""

_ELECTRICITY = """\
## Electricity of your own

A mix by the shares of activities of the catalogue stands in the scenario itself, under a name that `electricity` of the
scenario, a site or a run states. Shares sum to one; a part with an `efficiency` comes out of a storage.

```toml
electricity = "campus"

[mixes.campus]
loss = { value = "2 %", source = "meters" }
location = "FR"
modelling = { approach = "average", accounting = "location", perimeter = "production" }

[[mixes.campus.parts]]
activity = "electricity-fr"
share = { value = "60 %", source = "meters" }

[[mixes.campus.parts]]
activity = "electricity-solar-roof"
share = { value = "30 %", source = "meters" }

[[mixes.campus.parts]]
activity = "electricity-solar-roof"
share = { value = "10 %", source = "meters" }
efficiency = { value = "88 %", source = "meters" }
```

A mix for many scenarios is a table in a folder of yours, which `--inventory FOLDER` adds; a scenario, a site or a run
names it as any other, and it carries its modelling tags. What passes through a battery is an activity of its own,
whose losses are in its input. Shares are of what is generated or taken, and a loss is what of that does not arrive.

`mine/electricity/campus.toml`:

```toml
table = "campus.csv"  # beside this file; no `network`: the grid brings its own, the roof needs none

[modelling]
approach = "average"
accounting = "location"
perimeter = "production"  # as the built-in mixes: a study has one combination

[inputs]
grid = "electricity-fr"
roof = "electricity-solar-roof"
battery = "electricity-campus-battery"

[sources.meters]
title = "Meters of the campus, 2025"
locator = "sums of the year: grid, roof, battery"
licence = "own data"
```

`mine/electricity/campus.csv`:

```csv
id,name,location,year,source,grid [%],roof [%],battery [%],loss [%],loss low [%],\
loss high [%],loss distribution,loss source,note
electricity-campus,"Electricity of the campus, behind its meters",FR,2025,meters,60,30,10,2,1,3,triangular,meters,
```

`mine/electricity/electricity-campus-battery.toml`:

```toml
name = "Electricity of the roof, out of the battery of the campus"
product = "electricity, stored"
unit = "kWh"
location = "FR"
stage = "use"
technology = "mix"
comment = "88 % of what is charged comes out. The making of the battery is not in it."

[[exchanges]]
input = "electricity-solar-roof"
amount = "1.136 kWh"
low = "1.087 kWh"
high = "1.19 kWh"
distribution = "triangular"
source = "meters"
note = "1 / 0.88"

[sources.meters]
title = "Meters of the battery, 2025"
locator = "sums of the year: charged, discharged"
licence = "own data"
```
"""


def manual() -> str:
    """The page, as Markdown."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield _INTRODUCTION
    known = [key for key in keys(ScenarioFile) if not key.detail]
    yield from _table("The file", [key for key in known if len(key.loc) == 1 and key.loc[0] not in PHASES])
    for table in ("functional_unit", "electricity", "facility", "development", "report"):
        yield from _table(f"[{table}]", [key for key in known if key.loc[0] == table and len(key.loc) > 1])
        if table == "development":
            yield from _anchors()
    for key in known:
        if key.kind == "named" and key.record and key.loc[0] != "sources":
            yield from _table(f"[{key.loc[0]}.NAME]", [k for k in keys(key.record) if not k.detail], key.manual)
    run = [key for key in known if key.loc[0] == "training" and len(key.loc) > 1]
    about = f"The same keys for {', '.join(f'`[{table}]`' for table in PHASES)}."
    yield from _table("A run", [_without_head(key) for key in run], about)
    yield _ELECTRICITY
    yield "## First scenarios"
    yield ""
    yield "What `lca new scenario NAME --of KIND` writes without an answer, `--set KEY=VALUE` for each of its own."
    yield ""
    for kind in KINDS:
        yield from (f"### {kind}", "", "```toml", text(kind, {}).rstrip(), "```", "")


def _anchors() -> Iterator[str]:
    """What the estimate of a development that is not stated was put between."""
    path = folder("inventories") / "estimates" / TYPICAL
    file, _ = Document.read(path, path.name).validate(TypicalFile, cited=False)
    if file is None or file.development is None:
        return
    stated = file.development
    low, middle, high = (f"{end.number:g}" for end in (stated.low, stated.value, stated.high) if end)
    yield (
        "A scenario that trains and states neither this nor `[[experiments]]` has a gap. It is estimated at "
        f"{middle} times the training ({low} to {high}), in the estimated layer alone, between published figures:"
    )
    yield from ("", "| of | what | figure | source |", "|---|---|---|---|")
    for anchor in file.anchors:
        named = [file.sources[id].title for id in ids(anchor.value.source or ()) if id in file.sources]
        yield f"| {anchor.of.replace('_', ' ')} | {anchor.what} | {anchor.value.amount:g} | {', '.join(named)} |"
    yield ""


def _without_head(key: Key) -> tuple[str, Key]:
    return ".".join(str(part) for part in key.loc[1:]), key


def _table(title: str, listed: list[Key] | list[tuple[str, Key]], about: str = "") -> Iterator[str]:
    if not listed:
        return
    yield from (f"## {title}", "")
    if about:
        yield from (about, "")
    yield from ("| key | what it holds | unit or choices |", "|---|---|---|")
    for item in listed:
        name, key = item if isinstance(item, tuple) else (item.name, item)
        holds = ("**Required.** " if key.required else "") + key.manual.replace("|", "\\|")
        yield f"| `{name}` | {holds} | {key.unit or ', '.join(f'`{choice}`' for choice in key.choices)} |"
    yield ""
