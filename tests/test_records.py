from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from lca.errors import InvalidData
from lca.languages import language
from lca.quantities.documents import Document, dotted
from lca.quantities.positions import Loc
from lca.quantities.records import In, Quantity, Record, near
from lca.quantities.sources import Source, ids


def walked(value: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """Every key of a document with what is written under it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*loc, key), child
        yield from walked(child, (*loc, key))


class Device(Record):
    """A record with one field of each kind."""

    name: str
    power: Annotated[Quantity, In("kW_component", above=0)] | None = None
    loss: Annotated[Quantity, In("1", low=0, below=1)] | None = None
    amount: Annotated[Quantity, In("kg", cited=False)] | None = None
    supply: str | Source | None = None
    shares: dict[str, float] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)


def problems(text: str, model: type[Record] = Device) -> list[str]:
    """Problems of a TOML text as `line: field: what`."""
    content = tomllib.loads(text)
    found = Document(Path("f.toml"), "f.toml", text, content, "toml").validate(model)[1]
    return [f"{problem.line}: {problem.field}: {problem.what}" for problem in found]


def device(**content: Any) -> Device:
    content = {"name": "x", "sources": {"book": {"title": "Book"}}, **content}
    return Document(Path("f.toml"), "f.toml", "", content, "toml").load(Device)


def quantity(value: str, **more: str) -> Quantity:
    return Quantity.model_validate({"value": value, **more})


POSITIVE = st.floats(1e-3, 1e3)
FACTORS = st.floats(1.1, 5.0)


@given(POSITIVE, FACTORS)
def test_a_lognormal_range_has_its_median_at_the_geometric_mean(median: float, factor: float) -> None:
    low, high = f"{median / factor!r} kg", f"{median * factor!r} kg"
    accepted = quantity(f"{median!r} kg", low=low, high=high, distribution="lognormal")
    assert accepted.amount == median
    with pytest.raises(ValueError, match="the median of this lognormal range is"):
        quantity(f"{median!r} kg", low=low, high=f"{1.5 * median * factor!r} kg", distribution="lognormal")


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
@given(st.floats(-1e3, 1e3), POSITIVE)
def test_a_symmetric_range_has_its_median_in_the_middle(distribution: str, centre: float, more: float) -> None:
    half = 0.1 * abs(centre) + more  # wide enough for a median elsewhere to be told from rounding
    low, high = f"{centre - half!r} kg", f"{centre + half!r} kg"
    accepted = quantity(f"{centre!r} kg", low=low, high=high, distribution=distribution)
    assert accepted.amount == centre
    with pytest.raises(ValueError, match=f"the median of this {distribution} range is"):
        quantity(f"{centre + 0.9 * half!r} kg", low=low, high=high, distribution=distribution)


@given(st.floats(-1e3, 1e3), POSITIVE, st.floats(0, 1))
def test_a_triangular_range_has_its_median_inside(low: float, width: float, part: float) -> None:
    median = min(low + part * width, low + width)
    accepted = quantity(f"{median!r} kg", low=f"{low!r} kg", high=f"{low + width!r} kg", distribution="triangular")
    assert accepted.amount == median
    for outside in (low - 0.1 * width, low + 1.1 * width):
        with pytest.raises(ValueError, match="are not in order"):
            quantity(f"{outside!r} kg", low=f"{low!r} kg", high=f"{low + width!r} kg", distribution="triangular")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"low": "1 kg"}, "low, high and distribution go together"),
        ({"low": "1 kg", "high": "4 kg"}, "low, high and distribution go together"),
        ({"distribution": "uniform"}, "low, high and distribution go together"),
        ({"low": "4 kg", "high": "1 kg", "distribution": "lognormal"}, "low 4.0 kg, value 2.0 kg, high 1.0 kg are not"),
        ({"low": "2 kg", "high": "2 kg", "distribution": "uniform"}, "low 2.0 kg, value 2.0 kg, high 2.0 kg are not"),
        ({"low": "-2 kg", "high": "4 kg", "distribution": "lognormal"}, "a lognormal range is positive"),
        ({"low": "0 kg", "high": "4 kg", "distribution": "lognormal"}, "a lognormal range is positive"),
        ({"low": "1 kg", "high": "5 kg", "distribution": "uniform"}, "the median of this uniform range is 3 kg, not 2"),
        ({"low": "1 kg", "high": "4 m", "distribution": "lognormal"}, "'m' where 'kg' belongs"),
        ({"low": "1 kg", "high": "4 kg", "distribution": "gamma"}, "Input should be 'lognormal', 'triangular'"),
    ],
)
def test_ranges_that_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError) as refused:
        quantity("2 kg", **given)
    assert message in str(refused.value)


def test_a_range_may_be_in_other_units_than_its_value() -> None:
    accepted = device(amount={"value": "2 kg", "low": "1000 g", "high": "4000 g", "distribution": "lognormal"}).amount
    assert accepted is not None and accepted.low is not None and accepted.high is not None
    assert [(n.number, n.unit) for n in (accepted.low, accepted.value, accepted.high)] == [
        (1.0, "kg"),
        (2.0, "kg"),
        (4.0, "kg"),
    ]


def test_a_quantity_is_converted_to_the_unit_of_its_field() -> None:
    found = device(power={"value": "700 W", "source": "book"}, amount="3 t")
    assert found.power is not None and found.amount is not None
    assert (found.power.unit, found.power.source) == ("kW_component", "book")
    assert found.power.amount == pytest.approx(0.7, rel=1e-15)
    assert (found.amount.amount, found.amount.unit) == (3000.0, "kg")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("power = { value = '700 W' }", "2: power: the number cites no source"),
        ("power = '700 W'", "2: power: the number cites no source"),
        ("power = { value = '700 W', source = [] }", "2: power.source: the list of sources is empty"),
        ("power = { value = '700 W', source = 'b' }", "2: power.source: no source 'b' in this file"),
        ("power = { value = '700 W', source = ['book', 'b'] }", "2: power.source: no source 'b' in this file"),
        ("power = { value = '700 kWh', source = 'book' }", "2: power: 'kWh' where 'kW' belongs"),
        ("power = { value = '0 W', source = 'book' }", "2: power: 0"),
        ("loss = { value = '100 %', source = 'book' }", "2: loss: 1"),
        ("loss = { value = -0.1, source = 'book' }", "2: loss: -0.1"),
        ("loss = { value = nan, source = 'book' }", "2: loss.value: nan is not finite"),
        ("amount = {}", "2: amount.value: required key is absent"),
        ("amount = [1]", "2: amount: '[1]' is not a number with a unit"),
        ("amount = '1 kg'\nammount = '1 kg'", "3: ammount: unknown key"),
        ("str = 1", "2: str: unknown key"),
        ("'a[0]' = 1", "2: a[0]: unknown key"),
        ("supply = { titel = 'x' }", "2: supply.titel: unknown key"),
        ("shares = { a = inf }", "2: shares.a: Input should be a finite number"),
    ],
)
def test_problems_of_a_field(line: str, problem: str) -> None:
    found = problems(f"name = 'x'\n{line}\n[sources.book]\ntitle = 'Book'\n")
    assert any(text.startswith(problem) for text in found), found


def test_of_a_union_only_the_branch_that_was_written_is_reported() -> None:
    assert problems("name = 'x'\nsupply = { year = 2026 }") == ["2: supply.title: required key is absent"]


def test_all_problems_of_a_file_are_listed() -> None:
    assert sorted(problems("shares.a = 'x'\nshares.b = 'y'\n[power]\nvalue = '7'\nsource = 'b'\n[sources]\n")) == [
        "1: name: required key is absent",
        "1: shares.a: Input should be a valid number, unable to parse string as a number",
        "2: shares.b: Input should be a valid number, unable to parse string as a number",
        "4: power.value: '7' has no unit",
        "5: power.source: no source 'b' in this file",
    ]


def test_records_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        device().name = "y"


class _Writer:
    """Writes a TOML document that is drawn at random, and remembers the line on which each key comes first."""

    KEYS = st.sampled_from(
        [
            ("a", "a"),
            ("b-1", "b-1"),
            ("7", "7"),
            ('"c d"', "c d"),
            ('"e.f"', "e.f"),
            (r'"\"g\"\u00e9"', '"g"é'),
            ("'h\\'", "h\\"),
            ("'\"i'", '"i'),
            ('"str"', "str"),
            ("'j[0]'", "j[0]"),
        ]
    )
    SCALARS = st.sampled_from(["1", "-2.5e3", "true", "'x # y'", '"[z]\\n"', "2026-01-01", "nan", '"""p"""'])

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.where: dict[Loc, int] = {}

    def keys(self, fewest: int, most: int, taken: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
        keys = self.draw(st.lists(self.KEYS, min_size=fewest, max_size=most, unique=True))
        return [key for key in keys if key[1] not in taken]

    def noise(self) -> None:
        self.lines += self.draw(st.lists(st.sampled_from(["", "# a = 1", "  # [b]"]), max_size=2))

    def add(self, line: str, *locs: Loc) -> None:
        self.lines.append(line)
        for loc in locs:
            self.where.setdefault(loc, len(self.lines))

    def inline(self, loc: Loc, depth: int = 0) -> tuple[str, list[Loc]]:
        """An inline value on one line, and the locations in it."""
        kind = self.draw(st.sampled_from(["scalar", "table", "array"] if depth < 2 else ["scalar"]))
        if kind == "scalar":
            return self.draw(self.SCALARS), []
        texts, locs = [], []
        items = self.keys(0, 2) if kind == "table" else [("", index) for index in range(self.draw(st.integers(0, 2)))]
        for written, key in items:
            text, inner = self.inline((*loc, key), depth + 1)
            texts.append(f"{written} = {text}" if kind == "table" else text)
            locs += [(*loc, key), *inner]
        return ("{ %s }" if kind == "table" else "[%s]") % ", ".join(texts), locs

    def pairs(self, loc: Loc) -> frozenset[str]:
        keys = self.keys(0, 3)
        for written, key in keys:
            self.noise()
            here = (*loc, key)
            match self.draw(st.sampled_from(["inline", "dotted", "text", "array"])):
                case "inline":
                    text, inner = self.inline(here)
                    self.add(f"{written}= {text} # = 1", here, *inner)
                case "dotted":
                    for sub, name in self.keys(1, 2):
                        text, inner = self.inline((*here, name))
                        self.add(f"{written} . {sub} = {text}", here, (*here, name), *inner)
                case "text":
                    self.add(f'{written} = """', here)
                    self.lines += ["k = 1", '[m]"""']
                case "array":
                    self.add(f"{written} = [", here)
                    for index in range(self.draw(st.integers(0, 3))):
                        self.noise()
                        text, inner = self.inline((*here, index))
                        self.add(f"  {text},", (*here, index), *inner)
                    self.lines.append("]")
        return frozenset(key for _, key in keys)

    def tables(self, loc: Loc, header: tuple[str, ...], taken: frozenset[str], depth: int = 0) -> None:
        for written, key in self.keys(0, 2, taken) if depth < 3 else []:
            here, path = (*loc, key), (*header, written)
            if self.draw(st.booleans()):
                self.noise()
                self.add(f"[{'.'.join(path)}]", here)
                self.tables(here, path, self.pairs(here), depth + 1)
                continue
            for index in range(self.draw(st.integers(1, 3))):
                self.noise()
                self.add(f"[[{' . '.join(path)}]]", here, (*here, index))
                self.tables((*here, index), path, self.pairs((*here, index)), depth + 1)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Loc, int]]:
    writer = _Writer(draw)
    writer.tables((), (), writer.pairs(()))
    return "\n".join(writer.lines) + "\n", writer.where


@given(documents())
def test_every_key_of_a_TOML_document_is_found_on_its_line(drawn: tuple[str, dict[Loc, int]]) -> None:
    text, where = drawn
    content = tomllib.loads(text)
    assert {loc for loc, _ in walked(content)} == where.keys()
    document = Document(Path("f.toml"), "f.toml", text, content, "toml")
    assert {loc: document.line(loc) for loc in where} == where


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans())
def test_every_key_of_a_JSON_document_is_found_on_its_line(content: dict[str, Any], ascii: bool) -> None:
    """Indented JSON has one key or element per line, in the order of a walk through it; the rest are brackets."""
    text = json.dumps(content, indent=1, ensure_ascii=ascii)
    written = [n for n, line in enumerate(text.split("\n"), 1) if n > 1 and line.strip(" ,") not in ("}", "]")]
    document = Document(Path("f.json"), "f.json", text, content, "json")
    assert [document.line(loc) for loc, _ in walked(content)] == written


def test_a_key_that_is_absent_is_reported_at_its_nearest_parent() -> None:
    text = "a = 1\n[b]\nc = 2\n[[d]]\n[[d]]\ne = 3\n"
    document = Document(Path("f.toml"), "f.toml", text, tomllib.loads(text), "toml")
    lines = {(): 1, ("x",): 1, ("b", "x"): 2, ("b", "c", "x"): 3, ("d", 1, "x"): 5, ("d", 1, "e"): 6, ("d", 7): 4}
    assert {loc: document.line(loc) for loc in lines} == lines


def refused(path: Path) -> str:
    with pytest.raises(InvalidData) as error:
        Document.read(path, path.name)
    return str(error.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    document = Document.read(path)
    assert document.content == {"a": 1, "b": 2}
    assert document.line(("b",)) == 2


@pytest.mark.parametrize(("depth", "accepted"), [(30, True), (31, False), (100_000, False)])
@pytest.mark.parametrize(("suffix", "form"), [("toml", "a = {}"), ("json", '{{"a": {}}}')])
def test_files_nest_thirty_deep_at_most(suffix: str, form: str, depth: int, accepted: bool, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text(
        form.format("[" * (depth - 1) + "1" + "]" * (depth - 1)) if depth < 1000 else form.format("[" * depth)
    )
    if accepted:
        assert Document.read(path).content["a"] is not None
    else:
        assert refused(path) == f"a.{suffix}:1: nested more than 30 deep; correct the syntax at this line"


def test_dotted_keys_nest_too(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(".".join("a" * 5000) + " = 1")
    assert refused(path) == "a.toml:1: nested more than 30 deep; correct the syntax at this line"


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("[" + ".".join("a" * 32) + "]", True),
        (". ".join("a" * 250_000) + " = 1", True),
        ("x = {" + ".".join(["'a.b'"] * 32) + " = 1}", True),
        ('x = "' + ".".join("a" * 40) + '"', False),
        ("# " + ".".join("a" * 40), False),
        ('x = """\n' + ".".join("a" * 40) + '"""', False),
        ("x = '''\n" + ".".join("a" * 40) + "'''", False),
    ],
)
def test_dots_count_where_they_make_tables(text: str, deep: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    if deep:
        assert "nested more than 30 deep" in refused(path)
    else:
        Document.read(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1,\n"a": 1}', "a.json:2: a: the key occurs twice; write it once"),
        ('{"a": [{}, {"b": {"c": 1},\n\n"b": 2}]}', "a.json:3: a[1].b: the key occurs twice; write it once"),
        (r'{"a": 1, "\u0061": 2}', "a.json:1: a: the key occurs twice; write it once"),
    ],
)
def test_a_JSON_key_occurs_once(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert refused(path) == problem


@pytest.mark.parametrize("text", ["[1]", '"a"', "3", "null"])
def test_JSON_that_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert refused(path).startswith("a.json:1: not a table of keys and values; ")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path.name}: no such file; check that the path exists and that you may read it"


def test_small_texts() -> None:
    assert dotted(("exchanges", 0, "negligible", 2, "bound")) == "exchanges[0].negligible[2].bound"
    assert dotted(()) == ""
    assert ids("a") == ("a",)
    assert ids(("a", "b")) == ("a", "b")
    assert near("serfer", ["surfer", "server", "gpu"]) == "; did you mean 'surfer', 'server'?"
    assert near("zzz", ["server"]) == ""


def test_what_pydantic_finds_is_said_in_its_words_and_in_the_readers() -> None:
    class Odd(Record):
        count: Annotated[int, Field(ge=1)]
        share: Annotated[float, Field(lt=0.5)]
        stage: Literal["use", "production"]
        name: str

    text = 'count = 0\nshare = 2.0\nstage = "x"\nname = 1\nmore = 1\n'
    assert problems(text, Odd) == [
        "1: count: Input should be greater than or equal to 1",
        "2: share: Input should be less than 0.5",
        "3: stage: Input should be 'use' or 'production'",
        "4: name: Input should be a valid string",
        "5: more: unknown key",
    ]
    with language("fr"):
        assert problems(text, Odd) == [
            "1: count: la valeur doit être supérieure ou égale à 1",
            "2: share: la valeur doit être inférieure à 0,5",
            "3: stage: la valeur doit être 'use' ou 'production'",
            "4: name: la valeur doit être un texte",
            "5: more: clé inconnue",
        ]
        assert problems('name = "x"\npower = "2 W"') == ["2: power: le nombre ne cite aucune source"]
