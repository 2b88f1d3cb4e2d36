"""The three layers of every score: what is known, what is bounded, what is estimated; with verdicts, and what to find
out next.

Known is what inventory and published results give. A gap is bounded where the most that it can hold is a thousandth of
the score; else it is estimated, where its kind has a ratio, or open. The layers are drawn together, and never summed
without saying so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from math import isnan, nan, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.estimate.gap import Basis
from lca.inventory.catalogue import Catalogue
from lca.study.comparison.drawn import CROSSINGS, STANDINGS, crossings, standings
from lca.study.comparison.judgement import LIKELY, SURE, Judgement, judged
from lca.study.comparison.minimum_quality import Floor
from lca.study.comparison.variants import variants
from lca.study.estimated import Estimates, drawable, estimates
from lca.study.results import KNOWN_ONLY
from lca.study.rows import TableRows
from lca.study.study import Study
from lca.study.uncertainty import SHARES, Samples, error_of_median, sample
from lca.system.parts import Gap
from lca.system.product_system import Product

if TYPE_CHECKING:
    import pandas as pd

SMALL = 1e-3
"""Part of a score below which the most that a gap can hold is a bound, not a gap."""
MOSTLY = 0.8
"""Estimated part from which a score is a screening: it ranks uses of the same thing, and claims nothing by itself."""
TELLING = 0.01
"""Share of a variance from which a gap is worth finding out."""
KNOWN = ""
"""In place of a gap's name: the ranges of all that is known."""


class GapState(StrEnum):
    """What is known of a gap."""

    BOUNDED = "bounded"
    ESTIMATED = "estimated"
    OPEN = "open"


SCORES = (
    "scenario",
    "category",
    "known",
    "median",
    "low",
    "high",
    "known_share",
    "error",
    "open",
    "screening",
    "persons",
)
PARTS = ("scenario", "category", "phase", "stage", "known", "estimated", "low", "high")
GAPS = ("scenario", "category", "gap", "state", "amount", "unit", "median", "low", "high", "basis", "group", "source")
NEXT = ("scenario", "baseline", "category", "gap", "share", "factor")


class LayerRows(NamedTuple):
    """The tables of `Layers`, without pandas."""

    scores: TableRows
    parts: TableRows
    gaps: TableRows
    next: TableRows
    crossings: TableRows = TableRows(CROSSINGS)
    standings: TableRows = TableRows(STANDINGS)


@dataclass(frozen=True)
class Layers:
    """What the scores of a study probably are. Numbers are in the unit of their category."""

    draws: int
    seed: int
    rows: LayerRows = field(repr=False)
    judgements: tuple[Judgement, ...] = ()
    """Of every other scenario against the baseline, by category."""

    @cached_property
    def scores(self) -> pd.DataFrame:
        """SCORES. median, low and high: of known and estimated together, low and high the ends of the 95 % interval;
        `error`: standard error of the median by the number of draws; NaN in a study that was saved without it.
        `open`: gaps that are in neither, so that all are at least so much; NaN where nothing is in either.
        `screening`: more than MOSTLY is estimated.
        `persons`: the median over the impact of one person in one year; NaN where that is not known."""
        return self.rows.scores.frame()

    @cached_property
    def parts(self) -> pd.DataFrame:
        """PARTS. known and estimated are medians; the stage of a gap of the foreground is empty."""
        return self.rows.parts.frame()

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """GAPS. median, low and high: of what the whole gap holds in the score; NaN where it is open."""
        return self.rows.gaps.frame()

    @cached_property
    def next(self) -> pd.DataFrame:
        """NEXT, the most telling first. Of a score (`baseline` empty) or of a difference: the gaps, and KNOWN for the
        ranges of what is known, by their share of its variance; `factor` turns the verdict, else NaN."""
        return self.rows.next.frame()

    @cached_property
    def crossings(self) -> pd.DataFrame:
        """CROSSINGS: break-even of every other scenario against the baseline, by the draws."""
        return self.rows.crossings.frame()

    @cached_property
    def standings(self) -> pd.DataFrame:
        """STANDINGS: in how many draws a scenario has the lowest score, and in how many it is on the front."""
        return self.rows.standings.frame()

    @property
    def error(self) -> float:
        """The largest standard error of a median, as a share of the 95 % interval of its score; NaN: not known."""
        widths = [(row["error"], row["high"] - row["low"]) for row in self.rows.scores]
        return max((error / width for error, width in widths if width > 0 and error == error), default=nan)

    @property
    def unsettled(self) -> tuple[Judgement, ...]:
        """Judgements whose probability lies so near a limit that more draws may word them otherwise: within 1.96
        standard errors √(P (1 − P) / draws) of it."""
        return tuple(j for j in self.judgements if j.drawn and self._near(max(j.probability, 1 - j.probability)))

    def _near(self, probability: float) -> bool:
        return any(abs(probability - p) < 1.96 * sqrt(p * (1 - p) / self.draws) for p in (SURE, LIKELY))

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints of them; NaN is null."""
        tables = {"scores": self.rows.scores, "parts": self.rows.parts, "gaps": self.rows.gaps, "next": self.rows.next}
        written = {name: table.to_json() for name, table in tables.items()}
        return {
            "uncertainty": {
                "samples": self.draws,
                "seed": self.seed,
                "convergence": {
                    "error_of_median_per_interval": None if isnan(self.error) else self.error,
                    "unsettled": [[j.scenario, j.category] for j in self.unsettled],
                },
                **written,
            },
            "judgements": [judgement.to_json() for judgement in self.judgements],
            "break_even_drawn": self.rows.crossings.to_json(),
            "standings": self.rows.standings.to_json(),
        }


def layers(
    study: Study,
    catalogue: Catalogue,
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda drawn: None,
    workers: int = 1,
    cluster: str = "",
    baseline: str | None = None,
    floors: Iterable[Floor] = (),
    products: Sequence[Product] = (),
) -> Layers:
    """Draw all ranges and estimates of a study of scenarios, or of the `products` it scored alone. Raises as `sample`.

    `catalogue`: the one that the study was assessed with, under its end-of-life formula. `baseline`: the scenario that
    all others are held against, by default the first. `floors`: below which a scenario is no winner.
    """
    own = {id: activity for system in study.systems for id, activity in system.own.items()}
    background = Background.of(catalogue, study.categories, own)
    likely = estimates(background, catalogue)
    studied, estimated = study.scenarios or products, drawable(likely)
    drawn = sample(studied, catalogue, study.categories, draws, seed, progress, workers, cluster, estimated)
    verdicts = judged(study, drawn, baseline, likely) if len(study.names) > 1 else ()
    base = baseline or study.names[0]
    taken = list(_scores(study, drawn))
    gaps = list(_gaps(study, likely, drawn, {key: score[1] for key, score in taken}))
    open_gaps = Counter((name, category) for name, category, _, state, *_ in gaps if state == GapState.OPEN)
    rows = LayerRows(
        TableRows(SCORES, [_layered(key, score, open_gaps[key], catalogue.normalisation) for key, score in taken]),
        TableRows(PARTS, list(_parts(study, drawn))),
        TableRows(GAPS, gaps),
        TableRows(NEXT, list(_next(study, drawn, likely, base, verdicts))),
    )
    if len(study.scenarios) > 1:
        standing = standings(study, drawn, variants(study, floors), base)
        rows = rows._replace(crossings=crossings(study, drawn, base), standings=standing)
    return Layers(draws, seed, rows, verdicts)


def _layered(
    key: tuple[str, str], score: Sequence[float], open_gaps: int, normalisation: Mapping[str, float]
) -> tuple[Any, ...]:
    """A row of SCORES, of a score of `_scores`."""
    known, median, low, high, share, error = score
    if isnan(known) and median == 0 and open_gaps:
        median = low = high = share = error = nan
    yearly = normalisation.get(key[1], nan)
    return *key, known, median, low, high, share, error, open_gaps, share < 1 - MOSTLY, median / yearly


def with_layers(study: Study, drawn: Layers) -> Study:
    """The study with what its scores probably are, and with the words that draw it again in its command."""
    command = study.provenance.get("Command", "").removesuffix(KNOWN_ONLY)
    if command == study.provenance.get("Command"):
        return replace(study, layers=drawn)
    again = f"{command}--samples {drawn.draws} --seed {drawn.seed}"
    return replace(study, layers=drawn, provenance={**study.provenance, "Command": again})


def _scores(study: Study, drawn: Samples) -> Iterator[tuple[tuple[str, str], tuple[float, ...]]]:
    """(scenario, category) → known, median, low, high, known_share and error."""
    known = {(row["scenario"], row["category"]): row["score"] for row in study.score_rows}
    for name in study.names:
        low, median, high = np.quantile(drawn.whole(name), SHARES, axis=0)
        certain, error = np.median(drawn.scores[name], axis=0), error_of_median(drawn.whole(name))
        for n, category in enumerate(study.categories):
            whole = float(median[n])
            share = float(np.clip(certain[n] / whole, 0.0, 1.0)) if whole else 1.0
            key, ends = (name, category), (float(low[n]), float(high[n]))
            yield key, (known[key], whole, *ends, share, float(error[n]))


def _gaps(
    study: Study, likely: Estimates, drawn: Samples, medians: Mapping[tuple[str, str], float]
) -> Iterator[tuple[Any, ...]]:
    cited = {(system.name, gap.name): _cited(gap) for system in study.systems for gap in system.gaps}
    for (name, category), cover in study.coverage.items():
        size = abs(medians[name, category])
        for item in cover.items:
            if (name, item.name) in drawn.held:
                low, middle, high = np.quantile(
                    drawn.held[name, item.name][:, study.categories.index(category)], SHARES
                )
                state = GapState.BOUNDED if abs(high) <= SMALL * size else GapState.ESTIMATED
                key = (name, category, item.name, state, item.amount, item.unit)
                ends = float(middle), float(low), float(high)
                yield *key, *ends, Basis.TYPICAL, "", cited.get((name, item.name), "")
                continue
            estimate = likely.get((item.name, category))
            most = abs(item.amount) * estimate.ends[1] if estimate else np.nan
            state = GapState.OPEN
            if estimate and most <= SMALL * size:
                state = GapState.BOUNDED
            elif estimate and estimate.basis != Basis.CLASS_BOUND:
                state = GapState.ESTIMATED
            key = (name, category, item.name, state, item.amount, item.unit)
            if not estimate:
                yield *key, np.nan, np.nan, np.nan, "", "", ""
                continue
            low, high = estimate.ends
            ends = (estimate.missing * item.amount, low * item.amount, high * item.amount)
            yield *key, *ends, estimate.basis, estimate.group, estimate.source


def _cited(gap: Gap) -> str:
    """Ids of the sources of the typical numbers that a gap is held against."""
    leaves = [leaf for each in gap.held for leaf in each.value.leaves() if leaf.field.startswith("typical.")]
    return " ".join(dict.fromkeys(id for leaf in leaves for id in leaf.sources))


def _parts(study: Study, drawn: Samples) -> Iterator[tuple[Any, ...]]:
    for (name, phase, stage), (known, estimated) in drawn.parts.items():
        low, high = np.quantile(known + estimated, (SHARES[0], SHARES[2]), axis=0)
        middle, guessed = np.median(known, axis=0), np.median(estimated, axis=0)
        for n, category in enumerate(study.categories):
            if known[:, n].any() or estimated[:, n].any():
                yield name, category, phase, stage, *(float(column[n]) for column in (middle, guessed, low, high))


def _next(
    study: Study, drawn: Samples, likely: Estimates, base: str, verdicts: tuple[Judgement, ...]
) -> Iterator[tuple[Any, ...]]:
    """Shares of the variance of scores, and of differences from the baseline: they sum to about one.

    That of a term in a sum is its covariance with it.
    """
    turning = {(j.scenario, j.category): j.turning for j in verdicts}
    pairs = [(name, against) for name in study.names for against in dict.fromkeys(("", base)) if name != against]
    shares = {category: _shares(study, drawn, likely, pairs, category) for category in study.categories}
    for name in study.names:
        for category in study.categories:
            for against in (against for one, against in pairs if one == name):
                turned = turning.get((name, category)) if against else None
                for share, gap in sorted(shares[category][name, against], reverse=True):
                    factor = turned.factor if turned and turned.gap == gap else np.nan
                    if share >= TELLING or factor == factor:
                        yield name, against, category, gap, share, factor


def _shares(
    study: Study, drawn: Samples, likely: Estimates, pairs: Sequence[tuple[str, str]], category: str
) -> dict[tuple[str, str], list[tuple[float, str]]]:
    """(scenario, the one it is held against) → the share of the variance that a gap has, and the gap.

    The gaps of activities are the same draws for all scenarios: their covariances are one product of matrices.
    """
    column = study.categories.index(category)
    amounts = {n: {item.name: item.amount for item in study.coverage[n, category].items} for n in study.names}
    foreground = {gap for _, gap in drawn.held}
    listed = dict.fromkeys(gap for of in amounts.values() for gap in of if gap not in foreground)
    units = [gap for gap in listed if (gap, category) in likely]
    units = [gap for gap in units if likely[gap, category].basis != Basis.CLASS_BOUND]
    taken = {name: np.array([of.get(gap, 0.0) for gap in units]) for name, of in amounts.items()}

    def less(of: Mapping[str, NDArray[np.float64]], name: str, against: str) -> NDArray[np.float64]:
        return of[name] - of[against] if against else of[name]

    wholes = {name: drawn.whole(name)[:, column] for name in study.names}
    apart = np.stack([less(wholes, *pair) for pair in pairs])
    apart -= apart.mean(axis=1, keepdims=True)
    unit = np.array([drawn.gap(gap, category, likely[gap, category]) for gap in units]).reshape(-1, drawn.draws)
    covariances, nothing = apart @ unit.T, np.zeros(drawn.draws)
    shares: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for pair, deviation, covariance in zip(pairs, apart, covariances, strict=True):
        known = {name: drawn.scores[name][:, column] for name in pair if name}
        terms = [(float(less(known, *pair) @ deviation), KNOWN)]
        for gap in dict.fromkeys(gap for name in known for gap in amounts[name] if gap in foreground):
            sides = {name: drawn.held[name, gap][:, column] if (name, gap) in drawn.held else nothing for name in known}
            terms.append((float(less(sides, *pair) @ deviation), gap))
        of_units = less(taken, *pair) * covariance
        terms += [(float(of_units[number]), units[number]) for number in np.flatnonzero(of_units).tolist()]
        variance = float(deviation @ deviation)
        shares[pair] = [(term / variance if variance else 0.0, gap) for term, gap in terms]
    return shares
