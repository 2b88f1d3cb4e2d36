"""One class per way to be wrong; its docstring is the remedy that the user reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lca.languages import gettext, pgettext

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal may obey: control characters but the tabulator, ends of lines, changes of the writing's direction."""


def visible(text: str) -> str:
    """The text in one line, in which nothing is obeyed by a terminal: an escape is written as `\\x1b`."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


class LcaError(Exception):
    """Anything this package refuses to do; the command line exits with `exit_code`."""

    exit_code = 1


class UsageError(LcaError):
    """See `lca --help`."""

    exit_code = 2


class MissingDependency(LcaError):
    """Install the extra that the message names."""

    exit_code = 4


class Fault(ValueError):
    """What is wrong with one value, without its place in a file."""

    @property
    def remedy(self) -> str:
        """What to do, in the reader's language."""
        english = " ".join((type(self).__doc__ or "").split())
        return pgettext("remedy", english)


class Unreadable(Fault):
    """check that the path exists and that you may read it"""


class TooLarge(Fault):
    """split the file, or check that it is the one you meant"""


class TooManyProblems(Fault):
    """correct those that are listed first"""


class EmptyFile(Fault):
    """write at least the required keys; `lca list` shows files to start from"""


class NotText(Fault):
    """save the file as UTF-8 text"""


class Syntax(Fault):
    """correct the syntax at this line"""


class UnknownKey(Fault):
    """remove it or correct its spelling"""


class RepeatedKey(Fault):
    """write it once"""


class MissingKey(Fault):
    """add it"""


class Placeholder(Fault):
    """write what it stands for; where that is unknown, remove the line: absent means missing, never zero"""


class NotTOML(Fault):
    """write it as TOML, in a file whose name ends in .toml, or keep it outside the inventory"""


class WrongType(Fault):
    """write it as the manual of this field says"""


class NotANumber(Fault):
    """write one finite decimal number followed by a unit, such as "700 W" """


class NotFinite(Fault):
    """write a finite number; leave the key out where the value is unknown"""


class NoUnit(Fault):
    """write the number as text with its unit, such as "700 W" """


class UnknownLocation(Fault):
    """write the ISO 3166 code of a country ("FR") or of a part of one ("US-CA"), or a region such as GLO, RER or RoW"""


class UnknownUnit(Fault):
    """use units of WHITELIST in lca/quantities/units.py, joined by * / ^"""


class WrongUnit(Fault):
    """write the value in a unit of the dimension that this field holds"""


class OutOfRange(Fault):
    """correct the value"""


class InconsistentRange(Fault):
    """give low < value < high as the 2.5 %, 50 % and 97.5 % quantiles of the stated distribution"""


class Contradiction(Fault):
    """correct the one that is wrong, or leave it out"""


class Uncited(Fault):
    """name a source that is defined under [sources] in the same file, or shared by the files of its inventory"""


class UnknownSource(Fault):
    """define it under [sources] in the same file; what many files of an inventory cite, in sources/<id>.toml"""


class Unlocated(Fault):
    """state the licence and the url or locator, so that a reader can find the figure again"""


class UnknownActivity(Fault):
    """use an id that `lca list` shows, or add its file"""


class UnknownFlow(Fault):
    """give the name and the compartment exactly as bw2io's elementary flows have them"""


class UncharacterisedCompartment(Fault):
    """use one of the compartments in which the impact category has a factor"""


class UnknownCategory(Fault):
    """use an id that `lca list categories` shows"""


class UnknownName(Fault):
    """use a class or a sector that inventories/estimates/ratios.toml describes, or describe it in a file of your own"""


class UnknownSite(Fault):
    """define it as a table [sites.NAME] in the same file"""


class UnknownTemplate(Fault):
    """use a template of inventories/templates"""


class DuplicateId(Fault):
    """rename one of the files: within one inventory root an id is used once"""


class Misplaced(Fault):
    """move it into an inventory folder, such as inventory/hardware, and name that folder with -i"""


class ExchangesAndImpacts(Fault):
    """an activity has exchanges or published impacts, never both: make two activities of it"""


class SharesNotOne(Fault):
    """let the shares of the mix sum to one"""


class PathEscapes(Fault):
    """keep the file in the folder of the scenario or below it"""


class NewerSchema(Fault):
    """update ai-lca, or write the record again with this version"""


class MixedModelling(Fault):
    """use electricity of one modelling tag throughout a study"""


class NoFunctionalUnit(Fault):
    """add functional_unit = { amount = "1e6 inference", service = "..." }"""


class DifferentUnits(Fault):
    """compare scenarios that deliver the same service, of the same amount, quality and period"""


class NoConversion(Fault):
    """state it in either: functional_unit.conversions = [{ rate = { value = "300 token/request", source = "..." } }]"""


class Suspicious(Fault):
    """correct the number, or state under `explained` why it is right"""


class Implausible(Fault):
    """correct it; where it is so, nothing need be done"""


class NotAWorkbook(Fault):
    """save it as an Excel workbook (.xlsx); the verbs of `lca exchange` write one to start from"""


class ActiveContent(Fault):
    """save it as a plain .xlsx, with values in place of macros, links and connections"""


class FormulaGiven(Fault):
    """write its value in its place: formulas are not calculated here"""


class UnsafeFormula(Fault):
    """use numbers, parameters, + - * / **, exp, min and max only"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place: `file:line: field: what is wrong; what to do`."""

    file: str
    line: int
    field: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        field, ending = f"{self.field}: " if self.field else "", gettext("; ") + self.remedy
        return visible(f"{place}: {field}{self.what}{ending}")


class InvalidData(LcaError):
    """Correct the files at the places named; all problems found are listed at once."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.field, p.what)))
        super().__init__("\n".join(map(str, self.problems)))
