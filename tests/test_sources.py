"""Shared sources: cited by their id from every kind of file, looked up in the file first."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from workplace import Workplace

from lca.builtin import folder
from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.sources import cited, read_shared
from lca.quantities.documents import SHARED, Document
from lca.quantities.sources import Source
from lca.report.catalogue.sources import credits

SURVEY = 'title = "Survey"\nurl = "https://x.invalid/survey"\nlicence = "CC0-1.0"\n'
PLANT = "inventory/electricity/plant.toml"
MIXES = "inventory/electricity/mixes.csv"


def share(tiny: Workplace, text: str = SURVEY) -> None:
    tiny.write("inventory/sources/doe-2020.toml", text)


def problems(tiny: Workplace) -> list[str]:
    with pytest.raises(InvalidData) as raised:
        tiny.catalogue()
    return [str(problem) for problem in raised.value.problems]


def test_a_file_cites_a_shared_source_beside_its_own(tiny: Workplace) -> None:
    share(tiny)
    tiny.edit(PLANT, 'source = "book"', 'source = ["book", "doe-2020"]')
    plant = tiny.catalogue().activity("plant")
    assert plant.emissions[0].sources == ("book", "doe-2020")
    assert plant.sources["doe-2020"] == Source(title="Survey", url="https://x.invalid/survey", licence="CC0-1.0")


def test_an_activity_holds_no_shared_source_that_it_does_not_cite(tiny: Workplace) -> None:
    share(tiny)
    assert "doe-2020" not in tiny.catalogue().activity("plant").sources


def test_a_source_of_the_file_comes_before_a_shared_one(tiny: Workplace) -> None:
    tiny.write("inventory/sources/book.toml", SURVEY)
    assert tiny.catalogue().activity("plant").sources["book"].title == "Figures for mental arithmetic"


def test_a_folder_of_the_user_cites_the_built_in_shared_sources(tiny: Workplace) -> None:
    tiny.write("../nothing/sources/doe-2020.toml", SURVEY)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2020"')
    assert tiny.catalogue().activity("plant").sources["doe-2020"].title == "Survey"


def test_a_folder_does_not_see_the_shared_sources_of_another_folder_of_the_user(tiny: Workplace) -> None:
    tiny.write("other/sources/doe-2020.toml", SURVEY)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2020"')
    with pytest.raises(InvalidData, match="no source 'doe-2020'"):
        Catalogue.load("other", "inventory")


def test_a_row_of_a_table_cites_a_shared_source(tiny: Workplace) -> None:
    share(tiny)
    text = tiny.read(MIXES)
    tiny.write(MIXES, text.replace("book", "doe-2020"))
    id = text.splitlines()[1].split(",")[0]
    mix = tiny.catalogue().activity(id)
    assert {source for input in mix.inputs for source in input.sources} == {"doe-2020"}
    assert mix.sources["doe-2020"].title == "Survey"


def test_required_flows_a_template_and_normalisation_cite_shared_sources(tiny: Workplace) -> None:
    share(tiny)
    for path in (tiny.folder / "inventory").rglob("*.toml"):
        if path.name in ("required-flows.toml", "normalisation.toml") or path.parent.name == "templates":
            text = path.read_text(encoding="utf-8").replace('source = "book"', 'source = "doe-2020"')
            assert "doe-2020" in text, path
            path.write_text(text, encoding="utf-8")
    assert tiny.catalogue().activity("card").sources["card/doe-2020"].title == "Survey"


def test_an_unknown_id_is_an_error_with_near_names(tiny: Workplace) -> None:
    share(tiny)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2021"')
    [problem] = problems(tiny)
    assert (
        "exchanges[0].source: no source 'doe-2021' in this file or below sources/; did you mean 'doe-2020'" in problem
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title = 7\n", "doe-2020.toml:1: title: Input should be a valid string"),
        ('title = "T"\nyaer = 1\n', "doe-2020.toml:2: yaer: unknown key"),
        ('title = "T"\nlicence = "CC0-1.0"\n', "doe-2020.toml:1: its licence, or where to find it, is not stated"),
        ("title = ", "doe-2020.toml:1: "),
    ],
)
def test_a_shared_source_in_error_is_the_only_problem(tiny: Workplace, text: str, expected: str) -> None:
    share(tiny, text)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2020"')
    [problem] = problems(tiny)
    assert expected in problem


def test_a_shared_source_that_is_edited_is_read_again(tiny: Workplace) -> None:
    share(tiny)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2020"')
    assert tiny.catalogue().activity("plant").sources["doe-2020"].title == "Survey"
    share(tiny, SURVEY.replace("Survey", "Census"))
    assert tiny.catalogue().activity("plant").sources["doe-2020"].title == "Census"


def test_credits_name_the_files_that_cite_a_shared_source(tiny: Workplace) -> None:
    share(tiny)
    tiny.edit(PLANT, 'source = "book"', 'source = "doe-2020"')
    tiny.write(MIXES, tiny.read(MIXES).replace("book", "doe-2020"))
    text = credits(Path("inventory"))
    assert "- **Survey**. https://x.invalid/survey. Licence: CC0-1.0.\n" in text
    assert "  Cited by `electricity/mixes.toml`, `electricity/plant.toml`." in text


def built_in_documents() -> list[Document]:
    root = folder("inventories")
    shared, wrong = read_shared(root, Document.read)
    assert wrong == []
    paths = [path for path in sorted(root.rglob("*.toml")) if path.relative_to(root).parts[0] != SHARED]
    return [replace(Document.read(path), shared=shared) for path in paths]


def test_every_built_in_shared_source_is_cited_by_two_files() -> None:
    documents = built_in_documents()
    times = Counter(id for document in documents for id in cited(document) - document.content.get("sources", {}).keys())
    assert [id for id in documents[0].shared if times[id] < 2] == []


def test_no_built_in_file_defines_a_source_that_it_does_not_cite() -> None:
    unused = [(d.shown, id) for d in built_in_documents() for id in d.content.get("sources", {}).keys() - cited(d)]
    assert unused == []


def test_no_source_is_defined_twice_in_the_built_in_inventories() -> None:
    documents = built_in_documents()
    blocks = [json.dumps(source, sort_keys=True) for d in documents for source in d.content.get("sources", {}).values()]
    blocks += [
        json.dumps(source.model_dump(exclude_unset=True), sort_keys=True) for source in documents[0].shared.values()
    ]
    assert [block for block, times in Counter(blocks).items() if times > 1] == []
