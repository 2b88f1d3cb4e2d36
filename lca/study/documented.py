"""What a background of the user's own makes of scenarios: its part of scores, and how far it agrees with ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lca.engine.background import Background
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.recycling import Formula
from lca.languages import gettext
from lca.methods.categories import CATEGORIES, EF
from lca.study.assess import assess
from lca.system.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

OWN = "own"
"""Name under which our own inventories are compared with backgrounds."""


def under_background(scenarios: Sequence[Scenario], catalogue: Catalogue, name: str = "") -> Catalogue:
    """The catalogue under the background of this name, else under the one that the scenarios state; or as it is.

    Raises UsageError where there is no such background, or scenarios state several, and InvalidData for its mapping.
    """
    stated = sorted({scenario.file.background or "" for scenario in scenarios})
    if not name and len(stated) > 1:
        raise UsageError(
            gettext("a study has one background, these scenarios state {stated}", stated=", ".join(map(repr, stated)))
        )
    chosen = name or (stated[0] if stated else "")
    if not chosen or chosen == OWN:
        return catalogue
    from lca.backgrounds.mapping import Mapped
    from lca.backgrounds.store import background

    about = background(chosen)
    key = ("under", about.name, about.content)
    return catalogue.kept(key, lambda: Mapped.of(about, catalogue).joined(catalogue))


def disagreement(
    scenarios: Sequence[Scenario],
    catalogue: Catalogue,
    names: Sequence[str],
    categories: Sequence[str] = EF,
    end_of_life: Formula = "cut-off",
) -> pd.DataFrame:
    """scenario, category, unit, a column per background, ratio, `gaps of NAME` for each: known scores of the same
    scenarios under several backgrounds.

    `own` names our inventories alone. `ratio` is the largest score over the smallest; NaN where one is missing, or
    their signs differ. Raises UsageError for fewer than two backgrounds.
    """
    if len(set(names)) < 2:
        raise UsageError(
            gettext("name two backgrounds: --background A --background B; `own` is the built-in inventories")
        )
    scores = {}
    for name in names:
        study = assess(scenarios, under_background((), catalogue, name), categories, end_of_life)
        scores[name] = study.scores().set_index(["scenario", "category"])[["score", "gaps"]]
    rows = []
    for key in scores[names[0]].index:
        values = np.array([scores[name]["score"][key] for name in names], dtype=float)
        gaps = [len(scores[name]["gaps"][key]) for name in names]
        alike = np.isfinite(values).all() and ((values > 0).all() or (values < 0).all())
        ratio = float(np.abs(values).max() / np.abs(values).min()) if alike else float("nan")
        rows.append((*key, CATEGORIES[key[1]].unit, *values.tolist(), ratio, *gaps))
    import pandas as pd

    columns = ["scenario", "category", "unit", *names, "ratio", *(f"gaps of {name}" for name in names)]
    return pd.DataFrame(rows, columns=columns)


def against(catalogue: Catalogue, name: str, categories: Sequence[str] = EF) -> pd.DataFrame:
    """activity, partner, category, unit, ours, theirs, ratio: mapped activities, the farthest apart first.

    Scores of one unit of our product. `ratio` is theirs over ours; categories in which either has a gap are left out.
    """
    import pandas as pd

    from lca.backgrounds.mapping import Mapped
    from lca.backgrounds.store import background

    mapped = Mapped.of(background(name), catalogue)
    joined = under_background((), catalogue, name)
    ids = tuple(categories)
    own, theirs = Background.of(catalogue, ids), Background.of(joined, ids)
    rows = []
    for match in mapped.matches:
        ours, other = own.totals(match.activity), theirs.totals(match.activity)
        product = str(mapped.compiled.products[match.product])
        for number, category in enumerate(ids):
            counted = own.upstream([match.activity], own.cut(category))
            known = not any(catalogue.state(id, category).open for id in counted)
            if known and ours[number] and not joined.state(match.activity, category).open:
                unit, ratio = CATEGORIES[category].unit, float(other[number] / ours[number])
                rows.append((match.activity, product, category, unit, float(ours[number]), float(other[number]), ratio))
    table = pd.DataFrame(rows, columns=["activity", "partner", "category", "unit", "ours", "theirs", "ratio"])
    apart = np.abs(np.log(table["ratio"].where(table["ratio"] > 0))).fillna(np.inf)
    return (
        table.assign(apart=apart)
        .sort_values("apart", ascending=False, kind="stable")
        .drop(columns="apart")
        .reset_index(drop=True)
    )
