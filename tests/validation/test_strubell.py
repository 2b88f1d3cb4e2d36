"""Table 3 of Strubell, Ganesh and McCallum 2019: electricity and carbon dioxide of five trainings.

Tolerance, set before comparing: the larger of 0.5 % and half of the last printed digit, since the paper rounds its
hours (BERT) and its results.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.units import factor

PUBLISHED = list(csv.DictReader((Path(__file__).parent / "strubell-2019.csv").open()))
TOLERANCE, HALF_A_DIGIT = 0.005, 0.5


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["scenario"])
def test_a_row_of_the_table_is_reproduced(row: dict[str, str], built_in: Catalogue) -> None:
    scenario = Scenario.load(folder("scenarios") / "strubell-2019" / f"{row['scenario']}.toml")
    study = assess([scenario], built_in, ["climate-change", "acidification"])
    electricity, carbon = float(row["kWh"]), float(row["lb"])
    assert study.energy()["amount"].sum() == pytest.approx(electricity, rel=TOLERANCE, abs=HALF_A_DIGIT)
    climate, acidification = study.scores().to_dict("records")
    assert climate["score"] * factor("kg", "lb") == pytest.approx(carbon, rel=TOLERANCE, abs=HALF_A_DIGIT)


def test_what_the_paper_leaves_out_is_named(built_in: Catalogue) -> None:
    scenario = Scenario.load(folder("scenarios") / "strubell-2019" / "bert-base.toml")
    climate, acidification = (
        assess([scenario], built_in, ["climate-change", "acidification"]).scores().to_dict("records")
    )
    assert climate["completeness"] == "partial"
    assert climate["published_share"] == 1.0
    assert acidification["completeness"] == "missing"
    assert acidification["score"] != acidification["score"]
    gaps = " | ".join(climate["gaps"])
    for left_out in ("equipment", "rest of the node", "electricity-0-4327"):
        assert left_out in gaps
