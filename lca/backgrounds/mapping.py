"""Which of our activities is which product of another database: files that a person confirms, and proposals."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lca.backgrounds import flows
from lca.backgrounds.compiled import BackgroundProduct, Compiled
from lca.backgrounds.store import About, background, load
from lca.builtin import data_folder, folder, shown
from lca.errors import Contradiction, Fault, InvalidData, Problem, UsageError, WrongUnit
from lca.inventory.activity import Activity, Documented, Emission
from lca.inventory.catalogue import Catalogue
from lca.inventory.checks.plausibility import MOST_PERSON_YEARS
from lca.inventory.files.readers import BACKGROUNDS
from lca.quantities.documents import Document
from lca.quantities.outputs import written_aside
from lca.quantities.records import Record, near
from lca.quantities.sources import Source
from lca.vocabulary import Stage

DRAWS = 250
"""Of a large background; a block of the sampling is no larger."""
MOST_NAMED = 10  # near names are looked for among all names of a database, which takes its time


class VanishedTarget(Fault):
    """correct the name as the database has it, or remove the entry"""


class Target(Record):
    """One of our activities, and what stands for it."""

    activity: str
    """Id of our activity."""
    name: str
    """Name of theirs."""
    product: str = ""
    """Its reference product, where several activities of one name differ by it."""
    locations: tuple[str, ...] = ()
    """Places in the order in which they are preferred; none: any, where there is only one."""
    unit: str = ""
    """Unit of theirs, to be checked."""
    code: str = ""
    """Code of theirs, where name, product and place are those of several."""
    factor: float | None = None
    """Amount of theirs, in its unit, per unit of ours; default: as the units convert."""
    confirmed: bool = True
    """Whether a person has said that it is right: a proposal is not, and is not used."""
    note: str | None = None
    source: str | tuple[str, ...] | None = None


class MappingFile(Record):
    """inventories/backgrounds/<background>.toml, or one of the user's own."""

    background: str
    """Name and version of the database, in words."""
    mapped: Annotated[tuple[Target, ...], Field(max_length=100_000)] = ()
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """An activity of ours and the product that stands for it."""

    activity: str
    product: int
    """Its number in the background."""
    factor: float
    """Amount of it per unit of ours."""


@dataclass(frozen=True)
class Mapped:
    """A background with what it stands for."""

    about: About
    compiled: Compiled
    matches: tuple[Match, ...]
    files: tuple[str, ...]
    """The mapping files, as messages name them."""

    @classmethod
    def of(cls, about: About, catalogue: Catalogue) -> Mapped:
        """The background under its mapping files. Raises InvalidData with all that is wrong in them, UsageError."""
        compiled = load(about)
        documents = [Document.read(path, shown(path)) for path in mapping_files(about.name) if path.is_file()]
        if not documents:
            raise UsageError(f"nothing says what stands for what in {about.name!r}: lca background map {about.name}")
        matches: dict[str, Match] = {}
        problems: list[Problem] = []
        for document in documents:  # a later file, the user's own, overrides by activity
            record, wrong = document.validate(MappingFile)
            matched_here, unmatched = matched(document, record, compiled, catalogue) if record else ({}, [])
            matches |= matched_here
            problems += [*wrong, *unmatched]
        if problems:
            raise InvalidData(problems)
        return cls(about, compiled, tuple(matches.values()), tuple(document.shown for document in documents))

    def joined(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue in which what is mapped has the flows of the background, and no inputs."""
        inventories = self.compiled.inventories((match.product for match in self.matches), self.about.folder)
        changed = {
            match.activity: _documented(
                catalogue.activity(match.activity),
                self.about,
                self.compiled.products[match.product],
                match.factor,
                inventories[match.product],
                catalogue,
            )
            for match in self.matches
        }
        return replace(catalogue, activities={**catalogue.activities, **changed}, foreign=self)

    @property
    def name(self) -> str:
        """By which commands name it."""
        return self.about.name

    @property
    def provenance(self) -> Mapping[str, str]:
        """What repeats a study with it."""
        return {
            "Background": self.about.label,
            f"content of the background {self.about.name!r}": self.about.content,
            "Mapping": ", ".join(self.files),
        }

    def drawn(
        self, ids: Sequence[str], factors: Sequence[Mapping[str, float]], seed: int, number: int, size: int
    ) -> Mapping[str, NDArray[np.float64]]:
        """Activity → draws × categories: scores of one unit, the background's own distributions drawn.

        `factors`: of each category, by code of flow. A block of draws is the same whoever asks. Of a large background
        the draws of the first block serve for all: they are taken to first order, and kept.
        """
        wanted = set(ids)
        chosen = [match for match in self.matches if match.activity in wanted]
        products = [match.product for match in chosen]
        if not self.compiled.large:
            scores = self.compiled.drawn_scores(products, factors, number, seed, size)
        else:
            scores = self._kept_draws(products, factors, seed)[:size]
        return {match.activity: match.factor * scores[:, n] for n, match in enumerate(chosen)}

    def _kept_draws(
        self, products: Sequence[int], factors: Sequence[Mapping[str, float]], seed: int
    ) -> NDArray[np.float64]:
        asked = repr((seed, products, [sorted(each.items()) for each in factors]))
        path = self.about.folder / f"draws-{hashlib.sha256(asked.encode()).hexdigest()[:24]}.npy"
        try:
            kept: NDArray[np.float64] = np.load(path, allow_pickle=False)
            return kept
        except (OSError, ValueError):
            drawn = self.compiled.drawn_scores(products, factors, 0, seed, DRAWS)
            with contextlib.suppress(OSError), written_aside(path, own=True) as aside, aside.open("wb") as file:
                np.save(file, drawn)
            return drawn


def mapping_files(name: str) -> tuple[Path, Path]:
    """The shipped one and the user's own, which may not be there."""
    shipped = folder("inventories") / BACKGROUNDS / f"{name}.toml"
    return shipped, data_folder() / "mappings" / f"{name}.toml"


def matched(
    document: Document, record: MappingFile, compiled: Compiled, catalogue: Catalogue
) -> tuple[dict[str, Match], list[Problem]]:
    """Activity → its match, of the entries that are confirmed; and what is wrong with them."""
    matches: dict[str, Match] = {}
    problems: list[Problem] = []
    named: dict[str, list[int]] = {}
    for number, product in enumerate(compiled.products):
        named.setdefault(product.name, []).append(number)
    for index, target in enumerate(record.mapped):
        if not target.confirmed:
            continue
        loc = ("mapped", index)
        try:
            ours = catalogue.activity(target.activity)
            if target.activity in matches:
                raise Contradiction(f"{target.activity!r} is mapped twice")
            if ours.is_assembly:
                raise Contradiction(f"{target.activity!r} is opened into its parts: map these")
            number = _target(target, compiled, named, len(problems) < MOST_NAMED)
            matches[target.activity] = Match(target.activity, number, _factor(target, ours, compiled.products[number]))
        except Fault as fault:
            problems.append(document.problem(loc, fault))
    return matches, problems


def _target(target: Target, compiled: Compiled, named: Mapping[str, Sequence[int]], search: bool) -> int:
    candidates = list(named.get(target.name, ()))
    if not candidates:
        hint = near(target.name, named) if search else ""
        raise VanishedTarget(f"no activity {target.name!r} in this background{hint}")
    if target.product:
        candidates = [n for n in candidates if compiled.products[n].product == target.product]
    if target.code:
        candidates = [n for n in candidates if compiled.products[n].code == target.code]
    for place in target.locations:
        there = [n for n in candidates if compiled.products[n].location == place]
        if there:
            candidates = there
            break
    else:
        if target.locations:
            candidates = []
    if len(candidates) != 1:
        known = [compiled.products[n] for n in named[target.name]]
        listed = "; ".join(f"{product}, code {product.code}" for product in known[:5])
        more = f" and {len(known) - 5} more" if len(known) > 5 else ""
        raise VanishedTarget(f"{len(candidates)} activities fit {target.name!r}; of this name there are {listed}{more}")
    return candidates[0]


def _factor(target: Target, ours: Activity, theirs: BackgroundProduct) -> float:
    if target.unit and flows.unit(target.unit) != theirs.unit:
        raise WrongUnit(f"{theirs.name!r} is in {theirs.unit}, not in {target.unit}")
    if target.factor is not None:
        return target.factor
    factor = flows.factor(ours.unit, theirs.unit)
    if factor is None:
        raise WrongUnit(f"{ours.id!r} is in {ours.unit}, {theirs.name!r} in {theirs.unit}: state a factor")
    return factor


def _documented(
    ours: Activity,
    about: About,
    theirs: BackgroundProduct,
    factor: float,
    inventory: Mapping[str, float],
    catalogue: Catalogue,
) -> Activity:
    flows = catalogue.library.flows
    refused = _out_of_proportion(ours, factor, inventory, catalogue)
    emissions = tuple(
        Emission(flows[code], factor * amount, Stage.PRODUCTION)
        for code, amount in inventory.items()
        if code not in refused
    )
    licence = about.licence.strip().partition("\n")[0][:80] or "your own copy"
    source = Source(title=about.label, locator=f"{theirs}, code {theirs.code}", licence=licence)
    return replace(
        ours,
        technology=None,
        inputs=(),
        emissions=emissions,
        results=(),
        negligible={},
        gaps=(),
        pedigree=None,
        network="",
        sources={about.name: source},
        documented=Documented(
            about.label, str(theirs), theirs.code, factor, tuple(flows[code] for code in inventory if code in refused)
        ),
    )


def _out_of_proportion(
    ours: Activity, factor: float, inventory: Mapping[str, float], catalogue: Catalogue
) -> frozenset[str]:
    """Codes of flows of which one unit holds the impact of many people in a year: dioxin at 1e15 kg is one."""
    most = MOST_PERSON_YEARS.get(ours.unit, float("inf"))
    telling = set()
    for category, normal in catalogue.normalisation.items():
        factors = catalogue.library.factors[category]
        telling |= {c for c, n in inventory.items() if abs(n * factor * factors.get(c, 0.0)) > most * normal}
    return frozenset(telling)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may stand for one of our activities."""

    activity: Activity
    product: BackgroundProduct
    score: float
    """0 to 1: how many of the words of both names are the same, and whether the places are."""


def proposals(
    catalogue: Catalogue, compiled: Compiled, known: Iterable[str] = (), least: float = 0.3
) -> list[Proposal]:
    """The best product for each activity that is not mapped yet, by words of the names among those of its unit."""
    done = set(known)
    words: dict[str, list[int]] = {}
    texts = [_words(f"{p.name} {p.product}") for p in compiled.products]
    for number, text in enumerate(texts):
        for word in text:
            words.setdefault(word, []).append(number)
    proposed = []
    for id, ours in sorted(catalogue.activities.items()):
        if id in done or ours.is_assembly or ours.stands_in or ours.kind == "hardware":
            continue
        own_words = _words(f"{ours.name} {ours.product}")
        shared: dict[int, float] = {}
        for word in own_words:
            for number in words.get(word, ()):
                shared[number] = shared.get(number, 0.0) + 1 / (1 + len(words[word])) ** 0.5  # rare words tell more
        best = max(
            (
                (_alike(own_words, texts[n], ours, compiled.products[n]), n)
                for n in sorted(shared, key=shared.__getitem__)[-50:]
            ),
            default=(0.0, 0),
        )
        if best[0] >= least:
            proposed.append(Proposal(ours, compiled.products[best[1]], best[0]))
    return sorted(proposed, key=lambda proposal: -proposal.score)


def _alike(own: frozenset[str], theirs: frozenset[str], ours: Activity, product: BackgroundProduct) -> float:
    if flows.factor(ours.unit, product.unit) is None:
        return 0.0
    common = len(own & theirs) / len(own | theirs) if own | theirs else 0.0
    places = {"GLO": {"GLO", "RoW"}, "RER": {"RER", "Europe without Switzerland"}}.get(ours.location, {ours.location})
    return round(0.9 * common + 0.1 * (product.location in places), 3)


_STOP = frozenset(
    ("at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "and", "market", "production", "plant")
)


def _words(text: str) -> frozenset[str]:
    words = (word.rstrip("s") for word in re.findall(r"[a-z0-9]{2,}", text.lower()) if word not in _STOP)
    return frozenset(words) - {""}


def proposal_text(name: str, catalogue: Catalogue) -> tuple[Path, str, int]:
    """The user's own mapping file of a background, what to write into it, and how many proposals that holds."""
    about = background(name)
    shipped, own = mapping_files(name)
    known: list[str] = []
    if shipped.is_file():
        known = [target.activity for target in Document.read(shipped, shown(shipped)).load(MappingFile).mapped]
    offered = proposals(catalogue, load(about), known)
    return own, "\n".join(proposed(about, offered)) + "\n", len(offered)


def proposed(about: About, offered: Iterable[Proposal]) -> Iterator[str]:
    """The text of a mapping file with these proposals, each to be confirmed."""
    yield f"# What may stand for what in {about.label}, by the words of names. None of it is used before you say"
    yield "# confirmed = true: compare what both are, then delete what is wrong."
    yield f"background = {_quoted(about.label)}"
    for proposal in offered:
        product = proposal.product
        yield ""
        yield "[[mapped]]"
        ours = proposal.activity
        yield f"activity = {_quoted(ours.id)}  # {' '.join(ours.name.split())}, {ours.unit}"
        yield f"name = {_quoted(product.name)}"
        if product.product != product.name:
            yield f"product = {_quoted(product.product)}"
        if product.location:
            yield f"locations = [{_quoted(product.location)}]"
        yield f"unit = {_quoted(product.unit)}"
        yield f"code = {_quoted(product.code)}"
        yield f"confirmed = false  # score {proposal.score:g}"


def _quoted(text: str) -> str:
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text)
    return f'"{escaped}"'
