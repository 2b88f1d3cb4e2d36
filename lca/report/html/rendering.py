"""The page's templates, in which every text is escaped: only what a template writes itself is markup."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lca.errors import MissingDependency
from lca.languages import gettext, ngettext
from lca.report import words
from lca.report.excel.cells import inert
from lca.report.html import models, tables, text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(template: str, **values: Any) -> str:
    """A template of the folder `templates` with these values.

    Raises MissingDependency where jinja2 is absent.
    """
    return environment().get_template(template).render(**values)


def markup(text: str) -> Markup:
    """Text that is written as it is: our own script and style, and packed data; never text of a file."""
    from markupsafe import Markup

    return Markup(text)


@cache
def environment() -> Environment:
    """Jinja with everything that the templates may call; made when the first page is written."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise MissingDependency(gettext("the page needs jinja2: pip install 'ai-lca[report]'")) from None
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters["bdi"] = _bdi
    made.tests["web_address"] = is_web_address
    made.globals.update(
        gettext=_sentence,
        ngettext=ngettext,
        missing=words.missing,
        joined=words.joined,
        part_of_life=words.part_of_life,
        said_phase=words.phase_word,
        number=words.number,
        verdict=words.difference,
        estimate=words.estimate,
        interval=words.interval,
        known_part=words.known_part,
        judgement=words.judgement,
        probability=words.probability,
        ground=words.ground,
        state=text.state,
        citation=text.citation,
        gaps_of=tables.gaps_of,
        difference=tables.difference,
        heat=tables.heat,
        statements=tables.statements,
        model_columns=models.model_columns,
        model_cells=models.model_cells,
        taking_part=words.taking_part,
    )
    return made


def _harmless(value: Any) -> Any:
    """Text without characters that HTML refuses or that turn the direction of what stands around them."""
    return inert(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _sentence(message: str, /, **values: Any) -> str:
    """A message; a value that is markup stays it, all others are escaped."""
    if any(hasattr(value, "__html__") for value in values.values()):
        return markup(gettext(message)).format(**values)
    return gettext(message, **values)


def _bdi(text: str) -> Markup:
    """A name out of a file, whose direction of writing does not reach what stands beside it."""
    return markup("<bdi>{}</bdi>").format(inert(text))


def is_web_address(url: str) -> bool:
    """Whether a text may be a link: http or https, and nothing that splits it."""
    return url.startswith(("https://", "http://")) and not any(character.isspace() for character in url)
