"""No English is left in the local page: its layout, and what its callbacks answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from small_study import record, scenario
from test_translated import _WORD, MARKED, data_of, english, strings

from lca.app import bring, browse, compare, server, shown, write
from lca.app.assessing import Assessor, probable
from lca.app.figures import relative
from lca.app.levers import lists, sliders
from lca.app.window import Entry, shipped
from lca.exchange.excel.writing import EXAMPLE
from lca.inventory.activity import Properties
from lca.inventory.catalogue import Catalogue
from lca.languages import language
from lca.measure.formats import IMPORTERS
from lca.study.assess import assess
from lca.study.explanation import explain
from lca.study.layers import layers as drawn
from lca.study.study import Study

if os.environ.get("LCA_REQUIRE_ALL") != "1":
    pytest.importorskip("dash")
READ = ("title", "placeholder", "aria-label", "label", "alt")


def read(parts: Any) -> Iterator[str]:
    """What is read of parts of the page: those of Dash, and those that its script builds; but no manual of the file."""
    if isinstance(parts, str):
        yield parts
    elif isinstance(parts, dict):  # of Dash
        given = parts.get("props", parts)
        yield from (given[key] for key in READ if isinstance(given.get(key), str))
        for key in ("children", "options"):
            yield from read(given.get(key))
    elif isinstance(parts, list) and len(parts) == 3 and isinstance(parts[1], dict) and isinstance(parts[2], list):
        if parts[1].get("class") != "help":
            yield from (parts[1][key] for key in READ if isinstance(parts[1].get(key), str))
            yield from read(parts[2])
    elif isinstance(parts, (list, tuple)):
        for part in parts:
            yield from read(part)


def of(*given: Any) -> set[str]:
    """The words of data."""
    return set(_WORD.findall("\n".join(strings(given))))


def study_of(catalogue: Catalogue, *names: str) -> Study:
    """In all categories, as the page has them."""
    base = scenario({"inference": record()})
    study = assess([base.vary(name=name) for name in names], catalogue)
    return replace(study, layers=drawn(study, catalogue, 50))


def test_no_english_is_left_in_the_layout(small_catalogue: Catalogue) -> None:
    with language(MARKED):
        made = server._app(Assessor(small_catalogue), {"marked": "/", "en": "/en/", "fr": "/fr/"}, True)
    layout = json.loads(json.dumps(made.layout, default=lambda part: part.to_plotly_json()))
    data = of([s.name for s in shipped().values()], list(small_catalogue.activities), small_catalogue.kinds())
    texts = list(read(layout))
    assert any("⟦" in text for text in texts)
    assert english(texts, data | {"ai", "lca", "English", "fran", "ais", *of(list(IMPORTERS))}) == {}


def test_no_english_is_left_in_what_is_answered(small_catalogue: Catalogue) -> None:
    study, assessor = study_of(small_catalogue, "France", "Poland"), Assessor(small_catalogue)
    first = study.scenarios[0]
    one = Entry("one", {"name": "France"})
    with language(MARKED):
        answers = [
            shown.answer(study),
            shown.answer(study_of(small_catalogue, "France")),
            shown.chart_note(study),
            shown.numbers(study),
            shown.to_find_out(study),
            shown.explanation(explain(study, "France", "climate-change")),
            shown.explanation(explain(study, "France", "land-use")),
            shown.chips([one, replace(one, key="two")], 10),
            shown.levers("one", list(sliders(first, small_catalogue)), list(lists(first, small_catalogue, {}, ""))),
            compare._beginnings([]),
            compare._ways_to_keep(),
            [browse._list(assessor, kind, "") for kind in small_catalogue.kinds()],
            [browse._activity(assessor, id) for id in small_catalogue.activities],
            bring._told(record(), []),
            [trace["customdata"] for trace in relative(probable(study))["data"]],
            relative(probable(study))["layout"]["yaxis"]["ticktext"],
        ]
        form = write.form(EXAMPLE, [])
    data = of(record().model_dump(), [name.replace("_", " ") for name in Properties.model_fields])
    assert english(read(answers), data_of(study, small_catalogue) | data) == {}
    keys = [*write.KNOWN.values(), *(key for table in write._NAMED for key in write._inner(table).values())]
    named = of(
        EXAMPLE, [[str(part) for part in key.loc] for key in keys], [(key.unit, *map(str, key.choices)) for key in keys]
    )
    assert english(read(form), named | {word for name in named for word in name.split("_")}) == {}
