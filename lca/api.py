"""What `import lca` offers for scoring: arguments as a person writes them, one call of the study below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lca.errors import InvalidData, NotANumber, Problem, UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.recycling import formula_named
from lca.languages import gettext
from lca.methods import library
from lca.methods.categories import EF
from lca.quantities import units
from lca.quantities.units import Amount
from lca.study import assess as study
from lca.study.documented import under_background
from lca.study.layers import layers, with_layers
from lca.study.study import Study
from lca.system.product_system import Product
from lca.system.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from lca.engine.sweep import Axis, Plan, Sweep

Given: TypeAlias = Scenario | str | Path
"""A scenario, or the path of its file."""


def assess(
    scenarios: Given | Iterable[Given],
    catalogue: Catalogue | None = None,
    categories: str | Iterable[str] = EF,
    end_of_life: str = "cut-off",
    background: str = "",
    samples: int = 0,
    seed: int = 0,
) -> Study:
    """Score scenarios together, each per its functional unit, and say what each score does not cover.

    By matrices, as bw2calc: the supply s = A⁻¹ f of the functional unit f, its elementary flows B s, and the scores
    C B s with the factors C of the installed bw2io. What no inventory covers is a gap, never zero.

    `scenarios`: one scenario, the path of a scenario file, or several of either. `catalogue`: the inventories to link
    them with; by default the built-in ones. `categories`: ids of impact categories, by default the 16 of EF v3.1; one
    id, or ids joined by commas, may be given as text, and one given twice counts once. Scores are in the unit of their
    category, such as kg CO2-Eq. `end_of_life`: cut-off, circular-footprint or avoided-burden, for the whole study.
    `samples`: draws of all ranges and of estimates of the gaps, for `Study.layers`: intervals, verdicts and what to
    find out next, as the commands print them from 1,000; 0: what is known alone. `seed`: of the draws.
    `background`: a database of the user's own that mapped activities take their flows from, in place of the one that
    the scenarios state.

    Raises InvalidData with every problem of every scenario, UnknownCategory with near ids, and UsageError for an
    unknown end-of-life formula or background, no scenario or category at all, or two scenarios of one name.

    Example: `lca.assess("scenarios/digits-france.toml", categories="climate-change").scores()`
    """
    formula, ids = formula_named(end_of_life), category_ids(categories)
    given = loaded(scenarios)
    under = under_background(given, catalogue or Catalogue.load(), background)
    assessed = study.assess(given, under, ids, formula)
    if not samples:
        return assessed
    return with_layers(assessed, layers(assessed, under.under(formula), samples, seed))


def score(
    id: str,
    amount: float | str | Amount = 1.0,
    catalogue: Catalogue | None = None,
    categories: str | Iterable[str] = EF,
    samples: int = 0,
    seed: int = 0,
) -> Study:
    """Score an amount of one activity's product.

    `id`: an activity of the catalogue, by default of the built-in inventories. `amount`: text with a unit of the
    product's dimension, such as "2 item", or a number in the product's unit; by default one. `categories`: as of
    `assess`, and so are `samples` and `seed`. Scores are in the unit of their category, such as kg CO2-Eq.

    Raises UnknownActivity and UnknownCategory with near ids, UsageError for no category at all, and for an amount
    NotANumber, NotFinite, NoUnit, UnknownUnit or WrongUnit.

    Example: `lca.score("server-1x-a100", "2 item").scores()`
    """
    ids = category_ids(categories)
    catalogue = catalogue or Catalogue.load()
    number = _number(amount, catalogue.activity(id).unit)
    scored = study.score(id, number, catalogue, ids)
    if not samples:
        return scored
    return with_layers(scored, layers(scored, catalogue, samples, seed, products=[Product(id, number)]))


def sweep(
    scenario: Given,
    over: Mapping[str, Iterable[float] | Iterable[str]] | pd.DataFrame,
    catalogue: Catalogue | None = None,
    categories: str | Iterable[str] = EF,
    end_of_life: str = "cut-off",
    by: Iterable[str] = (),
    workers: int = 1,
) -> pd.DataFrame:
    """Score a scenario with some of its numbers, places or servers varied.

    `over`: field → its values, of which every combination is a variant (`{"facility.PUE": [1.1, 1.5], "electricity":
    ["electricity-fr", "electricity-pl"]}`), or a table with a column a field and a row a variant. Numbers are in the
    unit of their field, which `lca sweep SCENARIO --fields` lists; places and servers are ids. `by`: `phase`, `stage`
    or both, for scores by them too. Returns a row per variant, in order: the fields, `refused` (empty, or why a row has
    no scores), and a column per category, in its unit. The equations of one scenario take arrays, and the background is
    solved once.

    Raises UsageError for a field that the scenario does not have, with near names, InvalidData for a place or server
    that is not in the catalogue, UsageError for a table without rows or with text in place of a number, and as `assess`
    does. `lca.engine.sweep.Sweep` gives larger ones in chunks, `lca.engine.varied_scores.VariedScores` one variant
    after another in some hundredths of a millisecond.

    Example: `lca.sweep("scenarios/digits-france.toml", {"facility.PUE": [1.1, 1.3, 1.58]})`
    """
    import pandas as pd

    from lca.engine.sweep import Grid, Sweep

    tags = (by,) if isinstance(by, str) else tuple(by)
    if not set(tags) <= {"phase", "stage"}:
        raise UsageError(gettext("by {by}: give phase, stage, or both", by=", ".join(map(repr, tags))))
    [chosen], ids = loaded(scenario), category_ids(categories)
    known = (catalogue or Catalogue.load()).under(formula_named(end_of_life))

    def planned(plan: Plan, choices: Sequence[Axis]) -> Sweep:
        whole = Sweep(chosen, known, plan, tuple(choices), ids, tags)
        if not whole.size:
            raise UsageError(gettext("nothing to vary: a field has no values, or the table no rows"))
        return whole

    def scored(sweep: Sweep) -> pd.DataFrame:
        return pd.concat(list(sweep.run(workers=workers)), ignore_index=True)

    if not isinstance(over, pd.DataFrame):
        axes = _axes(over)
        whole = planned(Grid(tuple(a for a in axes if not a.chosen)), [a for a in axes if a.chosen])
        whole.check()
        return scored(whole)
    if over.empty:
        raise UsageError(gettext("nothing to vary: a field has no values, or the table no rows"))
    return _by_rows(over.reset_index(drop=True), planned, scored)


def _axes(over: Mapping[str, Iterable[float] | Iterable[str]]) -> list[Axis]:
    """The varied fields. Raises UsageError with every one that has no list, or no numbers where those belong."""
    import pandas as pd

    from lca.engine.sweep import Axis

    axes: list[Axis] = []
    wrong: list[str] = []
    for name, values in over.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            wrong.append(gettext("{name} is {values!r}: give a list of values", name=name, values=values))
            continue
        axis = Axis(str(name), tuple(values))  # type: ignore[arg-type]
        try:
            axes.append(
                axis
                if axis.chosen
                else Axis(axis.field, tuple(pd.Series(axis.values, dtype=object).to_numpy(float).tolist()))
            )
        except (TypeError, ValueError) as error:
            wrong.append(gettext("{name} has a value that is no number: {error}", name=name, error=str(error)))
    if wrong:
        raise UsageError("\n".join(wrong))
    return axes


def _by_rows(
    over: pd.DataFrame, planned: Callable[[Plan, Sequence[Axis]], Sweep], scored: Callable[[Sweep], pd.DataFrame]
) -> pd.DataFrame:
    """The variants that the rows of a table are, in their order; rows of the same places and servers together."""
    import pandas as pd

    from lca.engine.sweep import Axis, Grid, Table

    chosen = [name for name in over if Axis(str(name), ()).chosen]
    numbers = {str(name): _floats(over[name]) for name in over if name not in chosen}
    if not chosen:
        return scored(planned(Table(numbers), ()))
    empty = [(n + 1, name) for name in chosen for n in over.index[over[name].isna()]]
    if empty:
        raise UsageError(
            "\n".join(gettext("row {row} names no {name}: write its id", row=row, name=name) for row, name in empty)
        )
    sweeps: list[tuple[Sweep, pd.Index[Any]]] = []
    problems: list[Problem] = []
    for ids, rows in over.groupby(chosen, sort=False):
        plan = Table({name: column[rows.index] for name, column in numbers.items()}) if numbers else Grid(())
        sweeps.append(
            (planned(plan, [Axis(str(name), (str(id),)) for name, id in zip(chosen, ids, strict=True)]), rows.index)
        )
        try:
            sweeps[-1][0].check()
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    groups = []
    for each, index in sweeps:
        table = scored(each)
        groups.append((table if numbers else table.loc[[0] * len(index)]).set_axis(index))
    return pd.concat(groups).sort_index()


def _floats(column: pd.Series[Any]) -> Any:
    try:
        return column.to_numpy(float)
    except (TypeError, ValueError) as error:
        raise UsageError(
            gettext("the column {name!r} holds what is no number: {error}", name=column.name, error=str(error))
        ) from None


def _number(amount: object, unit: str) -> float:
    """The amount in this unit, finite."""
    if isinstance(amount, bool):
        raise NotANumber(gettext("{amount} is not an amount", amount=amount))
    written = Amount(units.parse(float(amount)).number, unit) if isinstance(amount, Real) else units.parse(amount)
    return units.convert(written, unit).number


def loaded(scenarios: Given | Iterable[Given]) -> list[Scenario]:
    """The scenarios, read where paths are given.

    Raises InvalidData with every problem of every file, and UsageError where there is none.
    """
    chosen: list[Scenario] = []
    problems: list[Problem] = []
    for given in [scenarios] if isinstance(scenarios, Scenario | str | Path) else scenarios:
        try:
            chosen.append(given if isinstance(given, Scenario) else Scenario.load(given))
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    if not chosen:
        raise UsageError(gettext("no scenario is given: give a Scenario, the path of a file, or several"))
    return chosen


def category_ids(categories: str | Iterable[str]) -> tuple[str, ...]:
    """Each id once, in order. Raises UnknownCategory with near ids, and UsageError where there is none."""
    ids = library.category_ids(categories)
    if not ids:
        raise UsageError(gettext("no impact category is given; see `lca list categories`"))
    return ids
