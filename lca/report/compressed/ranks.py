"""Fronts, winners and scores per right result of the variants of one service, and how they are said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lca.languages import gettext, named
from lca.report import words
from lca.report.compressed.variants import Service
from lca.report.view import View
from lca.study.comparison.reasons import Without
from lca.study.comparison.selection import Front, Tally, Winning, pairs, pareto, winners
from lca.study.comparison.variants import per_correct


@dataclass(frozen=True, slots=True)
class Ranking:
    """What holds of the variants of a service in every category."""

    labels: Mapping[str, str]
    fronts: Mapping[str, Front]
    """By category."""
    winners: Mapping[str, Mapping[str, Any]]
    """Category → a row of `winners`."""
    right: Mapping[tuple[str, str], Mapping[str, Any]]
    """(scenario, category) → a row of `per_correct`."""
    tally: str
    """How far the categories agree."""

    @classmethod
    def of(cls, view: View, service: Service) -> Ranking:
        study, compared = view.study, service.variants
        proven = pairs(study, service.names)
        best = winners(study, compared, proven)
        return cls(
            view.labels,
            {id: pareto(study, compared, id, service.metric, proven) for id in study.categories},
            {row["category"]: row for row in best},
            {(row["scenario"], row["category"]): row for row in per_correct(study, compared)},
            words.tally(Tally.of(best), view.labels),
        )

    @property
    def metric(self) -> str:
        """The share of right results; empty: none is common to the variants."""
        return str(next((row["metric"] for row in self.right.values()), ""))

    def winner(self, category: str) -> str:
        """Who has the lowest score, or why nobody is known to."""
        return words.winner(self.winners[category], self.labels)

    def front(self, category: str) -> str:
        """Who is on the front; `?`: gaps may hold that another is not better only in quality."""
        return words.front(self.fronts[category], self.labels)

    def place(self, scenario: str, category: str) -> str:
        """Where one variant stands, in a word or two: `lowest, front`, `front ?`, `behind`, `excluded`, `missing`."""
        front = self.fronts[category]
        lowest = named(Winning.LOWEST) if scenario in self.winners[category]["winners"] else ""
        excluded = front.left_out.get(scenario) == Without.QUALIFICATION
        if front.metric is None and not excluded:
            return lowest or "–"
        if scenario in front.left_out:
            return lowest or (words.reason(Without.QUALIFICATION) if excluded else words.missing())
        if scenario in front.dominated:
            return gettext("behind")
        on = gettext("front ?") if scenario in front.undecided else gettext("front")
        return f"{lowest}, {on}" if lowest else on

    def standing(self, scenario: str, category: str) -> str:
        """The same as a sentence: who is ahead, what leaves it open, why it takes no part."""
        front = self.fronts[category]
        if scenario in front.left_out:
            return gettext("left out: {reason}", reason=words.reason(front.left_out[scenario]))
        if scenario in front.dominated:
            return gettext("behind {scenario}", scenario=self.labels[front.dominated[scenario]])
        if scenario in front.undecided:
            rivals = [self.labels[name] for name in front.undecided[scenario]]
            return gettext("on the front, unless gaps put it behind {scenarios}", scenarios=words.several(rivals))
        return gettext("on the front")

    def reasons(self) -> Iterator[str]:
        """Why scores per right result are missing."""
        said: dict[str, list[str]] = {}
        for (scenario, _), row in self.right.items():
            if row["share"] != row["share"] or not row["share"]:
                names = said.setdefault(words.reason(row["reason"]), [])
                if self.labels[scenario] not in names:
                    names.append(self.labels[scenario])
        for reason, names in said.items():
            who = gettext("all") if len(names) == len({scenario for scenario, _ in self.right}) else ", ".join(names)
            yield gettext("Score per right result missing of {scenarios}: {reason}.", scenarios=who, reason=reason)
