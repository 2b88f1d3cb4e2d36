"""Which of our activities is which product of another database: files that a person confirms, and proposals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, NamedTuple

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
from lca.languages import gettext
from lca.quantities.documents import Document
from lca.quantities.records import Record, near
from lca.quantities.sources import Source
from lca.vocabulary import Stage

HARDWARE = "hardware"
MOST_NAMED = 10  # near names are looked for among all names of a database, which takes its time


class VanishedTarget(Fault):
    """correct the name as the database has it, or remove the entry"""


class TargetName(Record):
    """What an activity of another database is called there."""

    name: str
    """Name of theirs."""
    product: str = ""
    """Its reference product, where several activities of one name differ by it."""
    locations: tuple[str, ...] = ()
    """Places in the order in which they are preferred; none: any, where there is only one."""


class Target(TargetName):
    """One of our activities, and what stands for it."""

    activity: str
    """Id of our activity; with `places`, `{}` in it is the place."""
    places: tuple[str, ...] = ()
    """One entry for each of these places: `{}` in `activity` is the place in lower case, and it is the location."""
    alternatives: tuple[TargetName, ...] = ()
    """What other versions of the database call it, tried in this order where the name is not there."""
    unit: str = ""
    """Unit of theirs, to be checked."""
    code: str = ""
    """Code of theirs, where name, product and place are those of several."""
    factor: float | None = None
    """Amount of theirs, in its unit, per unit of ours; default: as the units convert."""
    confirmed: bool = True
    """Whether a person has said that it is right: a proposal is not, and is not used. In a file of your own, false
    also sets aside what a shipped file says of the activity: ours is kept."""
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
    """Amount of it per unit of ours; negative where the activity takes waste, for it makes a negative amount."""


@dataclass(frozen=True)
class Mapped:
    """A background with what it stands for."""

    about: About
    compiled: Compiled
    matches: tuple[Match, ...]
    files: tuple[str, ...]
    """The mapping files, as messages name them."""
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Activity → codes of flows of its product that are out of all proportion, and left out; once it is joined."""

    @classmethod
    def of(cls, about: About, catalogue: Catalogue) -> Mapped:
        """The background under its mapping files. Raises InvalidData with all that is wrong in them, UsageError."""
        compiled = load(about)
        documents = [Document.read(path, shown(path)) for path in mapping_files(about.name) if path.is_file()]
        if not documents:
            raise UsageError(
                gettext("nothing says what stands for what in {name!r}: lca background map {name}", name=about.name)
            )
        entries: dict[str, MappingEntry] = {}
        problems: list[Problem] = []
        for document in documents:
            record, wrong = document.validate(MappingFile)
            stated, twice = entries_of(document, record) if record else ({}, [])
            entries |= stated  # a later file, the user's own, overrides by activity
            problems += [*wrong, *twice]
        matches, unmatched = matched(entries.values(), compiled, catalogue)
        problems += unmatched
        if problems:
            raise InvalidData(problems)
        return cls(about, compiled, tuple(matches), tuple(document.shown for document in documents))

    def joined(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue in which what is mapped has the flows of the background, and no inputs."""
        inventories = self.compiled.inventories((match.product for match in self.matches), self.about.folder)
        refused, changed = {}, {}
        for match in self.matches:
            ours, inventory = catalogue.activity(match.activity), inventories[match.product]
            refused[ours.id] = _out_of_proportion(ours, match.factor, inventory, catalogue)
            theirs = self.compiled.products[match.product]
            changed[ours.id] = _documented(
                ours, self.about, theirs, match.factor, inventory, refused[ours.id], catalogue
            )
        foreign = replace(self, refused={id: codes for id, codes in refused.items() if codes})
        return replace(catalogue, activities={**catalogue.activities, **changed}, foreign=foreign)

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

    def drawn_of(self, ids: Iterable[str]) -> str:
        """What the draws of these activities are made of."""
        chosen = sorted(
            (m.activity, m.product, m.factor, sorted(self.refused.get(m.activity, ()))) for m in self._of(ids)
        )
        return repr((self.about.content, chosen))

    def _of(self, ids: Iterable[str]) -> list[Match]:
        wanted = set(ids)
        return [match for match in self.matches if match.activity in wanted]

    def drawn(
        self, ids: Sequence[str], factors: Sequence[Mapping[str, float]], seed: int, number: int, size: int
    ) -> Mapping[str, NDArray[np.float64]]:
        """Activity → draws × categories: scores of one unit, the background's own distributions drawn.

        `factors`: of each category, by code of flow. A block of draws is the same whoever asks.
        """
        chosen = self._of(ids)
        if not chosen:
            return {}
        products = [match.product for match in chosen]
        left_out = list(dict.fromkeys(self.refused.get(match.activity, frozenset()) for match in chosen))
        known = [{c: n for c, n in each.items() if c not in codes} for codes in left_out for each in factors]
        scores = self.compiled.drawn_scores(products, known, number, seed, size)
        parts = np.split(scores, len(left_out), axis=2)
        return {
            match.activity: match.factor * parts[left_out.index(self.refused.get(match.activity, frozenset()))][:, n]
            for n, match in enumerate(chosen)
        }


def mapping_files(name: str) -> tuple[Path, Path]:
    """The shipped one, of the longest name that this one is or begins with, and the user's own; either may lack."""
    shipped = folder("inventories") / BACKGROUNDS
    parts = name.split("-")
    stems = ["-".join(parts[:number]) for number in range(len(parts), 0, -1)]
    known = next((stem for stem in stems if (shipped / f"{stem}.toml").is_file()), name)
    return shipped / f"{known}.toml", data_folder() / "mappings" / f"{name}.toml"


class MappingEntry(NamedTuple):
    """What one file says of one activity."""

    document: Document
    loc: tuple[str | int, ...]
    target: Target


def entries_of(document: Document, record: MappingFile) -> tuple[dict[str, MappingEntry], list[Problem]]:
    """Activity → what a file says of it, each of its places an entry of its own; and what it says twice."""
    entries: dict[str, MappingEntry] = {}
    problems = []
    for index, target in enumerate(record.mapped):
        for place in target.places or ("",):
            stated = target
            if place:
                id = target.activity.replace("{}", place.lower())
                stated = target.model_copy(update={"activity": id, "locations": (place,)})
            if stated.activity in entries:
                problems.append(
                    document.problem(
                        ("mapped", index),
                        Contradiction(gettext("{activity!r} is mapped twice", activity=stated.activity)),
                    )
                )
            entries[stated.activity] = MappingEntry(document, ("mapped", index), stated)
    return entries, problems


def matched(
    entries: Iterable[MappingEntry], compiled: Compiled, catalogue: Catalogue
) -> tuple[list[Match], list[Problem]]:
    """The matches of the entries that are confirmed; and what is wrong with them."""
    matches: list[Match] = []
    problems: list[Problem] = []
    named: dict[str, list[int]] = {}
    for number, product in enumerate(compiled.products):
        named.setdefault(product.name, []).append(number)
    makes = compiled.matrix.diagonal()
    for document, loc, target in entries:
        if not target.confirmed:
            continue
        try:
            ours = catalogue.activity(target.activity)
            if ours.is_assembly and ours.kind == HARDWARE:
                raise Contradiction(
                    gettext("{activity!r} is opened into its parts: map these", activity=target.activity)
                )
            number = _target(target, compiled, named, len(problems) < MOST_NAMED)
            factor = _factor(target, ours, compiled.products[number])
            matches.append(Match(target.activity, number, -factor if makes[number] < 0 else factor))
        except Fault as fault:
            problems.append(document.problem(loc, fault))
    return matches, problems


def _target(target: Target, compiled: Compiled, named: Mapping[str, Sequence[int]], search: bool) -> int:
    """The product that one of the names is, in their order."""
    names = (target, *target.alternatives)
    for name in names:
        candidates = _of_name(name, target.code, compiled, named)
        if len(candidates) == 1:
            return candidates[0]
    known = next((name for name in names if name.name in named), None)
    if known is None:
        hint = near(target.name, named) if search else ""
        other = gettext(", nor of {more} other names", more=len(names) - 1) if len(names) > 1 else ""
        raise VanishedTarget(
            gettext("no activity {name!r} in this background{other}{hint}", name=target.name, other=other, hint=hint)
        )
    there = [compiled.products[n] for n in named[known.name]]
    listed = "; ".join(f"{product}, code {product.code}" for product in there[:5])
    more = gettext(" and {more} more", more=len(there) - 5) if len(there) > 5 else ""
    count = len(_of_name(known, target.code, compiled, named))
    raise VanishedTarget(
        gettext(
            "{count} activities fit {name!r}; of this name there are {listed}{more}",
            count=count,
            name=known.name,
            listed=listed,
            more=more,
        )
    )


def _of_name(name: TargetName, code: str, compiled: Compiled, named: Mapping[str, Sequence[int]]) -> list[int]:
    """Those of a name, product and code, in the first of the places where there are any."""
    candidates = list(named.get(name.name, ()))
    if name.product:
        candidates = [n for n in candidates if compiled.products[n].product == name.product]
    if code:
        candidates = [n for n in candidates if compiled.products[n].code == code]
    if not name.locations:
        return candidates
    by_place = ([n for n in candidates if compiled.products[n].location == place] for place in name.locations)
    return next((there for there in by_place if there), [])


def _factor(target: Target, ours: Activity, theirs: BackgroundProduct) -> float:
    if target.unit and flows.unit(target.unit) != theirs.unit:
        raise WrongUnit(
            gettext("{name!r} is in {unit}, not in {wanted}", name=theirs.name, unit=theirs.unit, wanted=target.unit)
        )
    if target.factor is not None:
        return target.factor
    factor = flows.factor(ours.unit, theirs.unit)
    if factor is None:
        raise WrongUnit(
            gettext(
                "{id!r} is in {own_unit}, {name!r} in {unit}: state a factor",
                id=ours.id,
                own_unit=ours.unit,
                name=theirs.name,
                unit=theirs.unit,
            )
        )
    return factor


def _documented(
    ours: Activity,
    about: About,
    theirs: BackgroundProduct,
    factor: float,
    inventory: Mapping[str, float],
    refused: frozenset[str],
    catalogue: Catalogue,
) -> Activity:
    flows = catalogue.library.flows
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
        if id in done or ours.stands_in or ours.kind == HARDWARE:
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
        document = Document.read(shipped, shown(shipped))
        known = list(entries_of(document, document.load(MappingFile))[0])
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
