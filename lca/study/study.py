"""A study: scenarios assessed together, with every view of their results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lca.study import tables
from lca.study.comparison.cost_lines import Lines
from lca.study.comparison.differences import differences
from lca.study.results import Results
from lca.study.rows import TableRows

if TYPE_CHECKING:
    import pandas as pd


class Study(Results):
    """The results of `lca.assess` and `lca.score`. Tables are pandas DataFrames; a missing score is NaN, never 0.

    Scores are per functional unit, in the unit of their category. `study.table` has a row per tagged foreground
    exchange and emitting activity; its rows sum to the scores. `study.layers`, where samples were drawn, has what
    scores probably are. With pyarrow, every table goes to a file: `study.scores().to_parquet("scores.parquet")`.
    """

    def scores(self) -> pd.DataFrame:
        """scenario, category, method, unit, score, mark, completeness, gaps, bound, published_share.

        Scores are per functional unit, in `unit`. A missing score is NaN; `bound` is the largest contribution of all
        that counts as negligible, in the same unit.
        """
        return self.score_rows.frame()

    @cached_property
    def score_rows(self) -> TableRows:
        """`scores`, without pandas."""
        return tables.scores(self)

    def contributions(self, category: str | None = None, *by: str) -> pd.DataFrame:
        """Scores summed by columns of the table (default phase, stage, activity), largest first in each scenario.

        In the unit of their category. Categories whose score is missing are left out: their rows are not the whole of
        anything known. Raises UsageError for a category or column that the study does not have.
        """
        return tables.contributions(self, category, *by).frame()

    def elementary(self) -> pd.DataFrame:
        """scenario, flow, name, compartment, unit, amount: elementary flows of one functional unit, in `unit`."""
        return tables.elementary(self).frame()

    def flows(self) -> pd.DataFrame:
        """scenario, category, flow, name, compartment, unit, amount, score: contributions of elementary flows.

        Rows sum to the score, in the unit of the category; `unit` is that of the amount. Published results have no
        flows: they are one row, without flow and amount (NaN). Categories whose score is missing are left out.
        """
        return tables.flows(self).frame()

    def documented(self) -> pd.DataFrame:
        """scenario, category, background, activities, share: what of a score comes from which database of the user's.

        `share` is of the sum of all contributions by their absolute values, 0 to 1; ours are not listed.
        """
        return tables.documented(self).frame()

    def energy(self) -> pd.DataFrame:
        """scenario, phase, component, amount, unit, origin: the parts of the electricity per functional unit, kWh."""
        return tables.energy(self).frame()

    def foreground(self) -> pd.DataFrame:
        """scenario, phase, stage, role, input, name, amount, unit, formula, origin, file, sources: every foreground
        exchange per functional unit; `file` is the inventory's of its input, `sources` are ids joined by commas."""
        return tables.foreground(self).frame()

    def gaps(self) -> pd.DataFrame:
        """scenario, category, gap, state, amount, unit, reasons: everything that a score does not cover.

        `amount`: of the gap, in `unit`, that one functional unit takes.
        """
        return tables.gaps(self).frame()

    def variants(self) -> pd.DataFrame:
        """A row per scenario: `scenario`, then what the scenarios differ in, a column a field as `lca.sweep` takes it.

        Ids of electricity, facilities and servers are text, numbers floats in the unit that `table.attrs["units"]` has
        for their field; NaN where a scenario has no such field. Of a single scenario, all its fields.
        """
        return tables.variants(self)

    def set_aside(self) -> pd.DataFrame:
        """scenario, category, activity, value, times, reason: published values that no score counts, and why.

        `value`: for one functional unit, in the unit of the category; `times`: of the score beside which it stands.
        """
        return tables.set_aside(self).frame()

    def sources(self) -> pd.DataFrame:
        """file, source, title, authors, year, url, locator, licence, confidence, note: every source of a number, with
        the file that cites it."""
        return tables.sources(self).frame()

    def compare(self, baseline: str | None = None) -> pd.DataFrame:
        """Every scenario against the baseline (default the first), on the system of their difference.

        Gaps of equal amount on both sides cancel. Where one remains, or the difference is within the bounds of what
        counts as negligible, the verdict is `indeterminate`; else `lower`, `higher` or `equal`. Scenarios of another
        functional unit are `not comparable`, without a difference. `direction` is `lower` or `higher` also where the
        gaps that remain leave no doubt of that, whatever they hold; else it is empty. Neither says `lower` or `higher`
        where the repeats cannot tell the difference from none, which `told` says. Scores are per functional unit, in
        `unit`. Raises UsageError where there is no such baseline.
        """
        return self.differences(baseline).frame()

    def differences(self, baseline: str | None = None, names: Sequence[str] | None = None) -> TableRows:
        """`compare`, without pandas: of all scenarios, or of these alone."""
        return differences(self, self.cost_lines, self.score_rows, baseline, names)

    @cached_property
    def cost_lines(self) -> Lines:
        """The scores of the scenarios as lines against the service delivered."""
        return Lines(self)

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints; a missing score is null."""
        return {**tables.to_json(self), **(self.layers.to_json() if self.layers else {})}
