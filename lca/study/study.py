"""A study: scenarios assessed together. Every view is made of one table whose rows sum to the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from lca.engine.background import Background
from lca.inventory.activity import Activity
from lca.methods.categories import CATEGORIES
from lca.methods.library import Flow
from lca.quantities.values import Citation
from lca.study.coverage import NOISE, Coverage, direction, remaining
from lca.study.repeats import tabulated
from lca.system.parts import ProductSystem
from lca.system.scenario import Scenario
from lca.vocabulary import Verdict

if TYPE_CHECKING:
    from lca.study.comparison.cost_lines import Lines

SCHEMA = 1
PUBLISHED = "published results, no flows"
"""Name of the row that stands for them among the elementary flows."""


@dataclass(frozen=True)
class Study:
    """The results of `assess`."""

    scenarios: tuple[Scenario, ...]
    """Empty for a study of single activities."""
    systems: tuple[ProductSystem, ...]
    categories: tuple[str, ...]
    table: pd.DataFrame = field(repr=False)
    """scenario, category, phase, stage, role, input, activity, score, published: one row per tagged foreground
    exchange and emitting activity."""
    coverage: Mapping[tuple[str, str], Coverage] = field(repr=False)
    """(scenario, category) → how complete the score is."""
    activities: Mapping[str, Activity] = field(repr=False)
    """Every activity that a scenario reaches, and the equipment that it opened into parts."""
    provenance: Mapping[str, str] = field(repr=False)
    """Versions and hashes that repeat the study."""
    supply: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    """Scenario → activity → the amount of it that one functional unit takes, upstream included."""
    factors: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    """Category → code of an elementary flow → characterisation factor."""
    repeats: pd.DataFrame = field(default_factory=tabulated, repr=False)
    """scenario, phase, repeat, category, score: of the phase per functional unit, for every repeated measurement."""

    @cached_property
    def background(self) -> Background:
        """What the scenarios take from, as the study holds it."""
        return Background(self.activities, self.categories, self.factors)

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is scored, in order: scenarios, or the activity that is scored alone."""
        return tuple(system.name for system in self.systems)

    def scores(self) -> pd.DataFrame:
        """scenario, category, method, unit, score, mark, completeness, gaps, bound, published_share.

        A missing score is NaN; `bound` is the largest contribution of all that counts as negligible.
        """
        keys = ["scenario", "category"]
        sizes = self.table.assign(
            size=self.table["score"].abs(), known=self.table["score"].abs() * self.table["published"]
        )
        sums = sizes.groupby(keys)[["score", "size", "known"]].sum().to_dict("index")
        rows = []
        for name in self.names:
            for id in self.categories:
                cover, category = self.coverage[name, id], CATEGORIES[id]
                found = sums.get((name, id), {"score": 0.0, "size": 0.0, "known": 0.0})
                rows.append(
                    {
                        "scenario": name,
                        "category": id,
                        "method": category.method,
                        "unit": category.unit,
                        "score": float("nan") if cover.completeness == "missing" else float(found["score"]),
                        "mark": cover.mark,
                        "completeness": cover.completeness,
                        "gaps": tuple(item.name for item in cover.items),
                        "bound": cover.bound,
                        "published_share": float(found["known"] / found["size"]) if found["size"] else 0.0,
                    }
                )
        return pd.DataFrame(rows)

    def contributions(self, category: str | None = None, *by: str) -> pd.DataFrame:
        """Scores summed by columns of the table (default phase, stage, activity), largest first in each scenario.

        Categories whose score is missing are left out: their rows are not the whole of anything known.
        """
        keys = ["scenario", "category", *(by or ("phase", "stage", "activity"))]
        known = [(s, c) for (s, c), cover in self.coverage.items() if cover.completeness != "missing"]
        rows = self.table[pd.MultiIndex.from_frame(self.table[["scenario", "category"]]).isin(known)]
        if category is not None:
            rows = rows[rows["category"] == category]
        summed = rows.groupby(keys, sort=False, as_index=False, observed=True)["score"].sum()
        order = summed.assign(
            size=summed["score"].abs(),
            first=summed["scenario"].map({n: i for i, n in enumerate(self.names)}),
            second=summed["category"].map({c: i for i, c in enumerate(self.categories)}),
        ).sort_values(["first", "second", "size"], ascending=[True, True, False], kind="stable")
        return pd.DataFrame(order[[*keys, "score"]].reset_index(drop=True))

    def elementary(self) -> pd.DataFrame:
        """scenario, flow, name, compartment, unit, amount: the elementary flows of one functional unit."""
        rows = []
        for scenario, supply in self.supply.items():
            amounts: dict[str, float] = {}
            flows: dict[str, Flow] = {}
            for id, amount in supply.items():
                for emission in self.activities[id].emissions:
                    flows[emission.flow.code] = emission.flow
                    amounts[emission.flow.code] = amounts.get(emission.flow.code, 0.0) + amount * emission.amount
            rows += [(scenario, f.code, f.name, f.compartment, f.unit, amounts[f.code]) for f in flows.values()]
        return pd.DataFrame(rows, columns=["scenario", "flow", "name", "compartment", "unit", "amount"])

    def flows(self) -> pd.DataFrame:
        """scenario, category, flow, name, compartment, unit, amount, score: contributions of elementary flows.

        Rows sum to the score. Published results have no flows: they are one row, without flow and amount (NaN).
        Categories whose score is missing are left out.
        """
        inventory = list(self.elementary().itertuples(index=False, name=None))
        columns = ["scenario", "category", "flow", "name", "compartment", "unit", "amount", "score"]
        rows = []
        for (scenario, id), cover in self.coverage.items():
            factors = self.factors.get(id, {}) if cover.completeness != "missing" else {}
            found = [row for row in inventory if row[0] == scenario and factors.get(row[1])]
            rows += [(scenario, id, *row[1:], row[5] * factors[row[1]]) for row in found]
            published = self.table[self.table["published"] & (self.table["scenario"] == scenario)]
            known = published[published["category"] == id]["score"]
            if len(known) and cover.completeness != "missing":
                rows.append((scenario, id, "", PUBLISHED, "–", "–", float("nan"), float(known.sum())))
        return pd.DataFrame(rows, columns=columns)

    def energy(self) -> pd.DataFrame:
        """scenario, phase, component, amount, unit, origin: the parts of the electricity per functional unit."""
        rows = [(s.name, e.phase, e.component, e.amount, e.unit, e.origin) for s in self.systems for e in s.energy]
        return pd.DataFrame(rows, columns=["scenario", "phase", "component", "amount", "unit", "origin"])

    def foreground(self) -> pd.DataFrame:
        """Every foreground exchange with its formula, the inventory file of its input and its sources."""
        rows = [
            (
                s.name,
                e.phase,
                e.stage,
                e.role,
                e.input,
                self.activities[e.input].name,
                e.amount,
                e.unit,
                e.formula,
                e.origin,
                self.activities[e.input].file,
                ", ".join(dict.fromkeys(cited.id for cited in e.citations)),
            )
            for s in self.systems
            for e in s.exchanges
        ]
        columns = [
            "scenario",
            "phase",
            "stage",
            "role",
            "input",
            "name",
            "amount",
            "unit",
            "formula",
            "origin",
            "file",
            "sources",
        ]
        return pd.DataFrame(rows, columns=columns)

    def gaps(self) -> pd.DataFrame:
        """scenario, category, gap, state, amount, unit, reasons: everything that a score does not cover."""
        rows = [
            (scenario, category, item.name, item.kind, item.amount, item.unit, "; ".join(item.reasons))
            for (scenario, category), cover in self.coverage.items()
            for item in cover.items
        ]
        return pd.DataFrame(rows, columns=["scenario", "category", "gap", "state", "amount", "unit", "reasons"])

    def sources(self) -> pd.DataFrame:
        """Every source of a number of the study, with the file that cites it."""
        cited = [Citation(a.file, id, s) for a in self.activities.values() for id, s in a.sources.items()]
        cited += [citation for system in self.systems for e in system.exchanges for citation in e.citations]
        cited += [Citation(sc.shown, id, s) for sc in self.scenarios for id, s in sc.file.sources.items()]
        fields = ("title", "authors", "year", "url", "locator", "licence", "confidence", "note")
        rows = [(file, id, *(getattr(source, field) for field in fields)) for file, id, source in cited]
        table = pd.DataFrame(rows, columns=["file", "source", *fields])
        return table.drop_duplicates(["file", "source"]).reset_index(drop=True)

    def compare(self, baseline: str | None = None) -> pd.DataFrame:
        """Every scenario against the baseline (default the first), on the system of their difference.

        Gaps of equal amount on both sides cancel. Where one remains, or the difference is within the bounds of what
        counts as negligible, the verdict is `indeterminate`; else `lower`, `higher` or `equal`. Scenarios of another
        functional unit are `not comparable`, without a difference. `direction` is `lower` or `higher` also where the
        gaps that remain leave no doubt of that, whatever they hold; else it is empty. Neither says `lower` or `higher`
        where the repeats cannot tell the difference from none.
        """
        table = self.scores()
        keys = zip(table["scenario"], table["category"], strict=True)
        scores = dict(zip(keys, table["score"].astype(float), strict=True))
        base = baseline or self.names[0]
        rows: list[dict[str, Any]] = []
        for name in self.names:
            alike = self.functional_unit(name) == self.functional_unit(base)
            for id in self.categories if name != base else ():
                here, there = self.coverage[name, id], self.coverage[base, id]
                score, reference = scores[name, id], scores[base, id]
                difference = score - reference if alike else float("nan")
                left = remaining(here, there)
                size = max(abs(score), abs(reference))
                verdict = _verdict(difference, here.bound + there.bound, left, size, alike)
                sure = direction(difference, size, here, there)
                if sure and not self._told(name, base, id, difference):
                    verdict, sure = Verdict.INDETERMINATE, None
                rows.append(
                    {
                        "scenario": name,
                        "baseline": base,
                        "category": id,
                        "unit": CATEGORIES[id].unit,
                        "score": score,
                        "reference": reference,
                        "difference": difference,
                        "ratio": score / reference if alike and reference else float("nan"),
                        "verdict": verdict,
                        "gaps": left,
                        "direction": sure or "",
                    }
                )
        return pd.DataFrame(rows)

    def _told(self, name: str, base: str, category: str, difference: float) -> bool:
        if not len(self.repeats):
            return True
        [unit] = [scenario.file.functional_unit for scenario in self.scenarios if scenario.name == name]
        return self._lines.tell(name, base, category, difference, unit.amount.number)

    @cached_property
    def _lines(self) -> Lines:
        from lca.study.comparison.cost_lines import Lines  # it reads a study

        return Lines(self)

    def functional_unit(self, name: str) -> tuple[object, ...]:
        """What a scenario delivers, for telling whether two deliver the same; empty for a single activity."""
        for scenario in self.scenarios:
            if scenario.name == name:
                unit = scenario.file.functional_unit
                return unit.amount, unit.service, unit.quality, unit.period
        return ()

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints; a missing score is null."""
        scores = self.scores()[
            ["scenario", "category", "method", "unit", "score", "completeness", "gaps", "published_share"]
        ]
        rows = scores.astype(object).where(scores.notna(), None).to_dict("records")
        for row in rows:
            row["gaps"] = list(row["gaps"])
        return {
            "schema": SCHEMA,
            "scores": rows,
            "contributions": self.contributions().to_dict("records"),
            "energy": self.energy().to_dict("records"),
        }


def _verdict(difference: float, bound: float, gaps: tuple[str, ...], size: float, alike: bool) -> str:
    if not alike:
        return "not comparable"
    if gaps or difference != difference:
        return "indeterminate"
    if abs(difference) <= NOISE * size:
        return "equal"
    if abs(difference) <= bound:
        return "indeterminate"
    return "lower" if difference < 0 else "higher"
