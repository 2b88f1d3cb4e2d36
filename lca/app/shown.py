"""What the rooms show, as parts of the page: every text of a file is a text node, never markup."""

from __future__ import annotations

from collections.abc import Sequence

from lca.app.figures import COLOURS, short
from lca.app.levers import Choice, Slider
from lca.app.nodes import Node, button, node, select
from lca.app.window import Entry
from lca.builtin import folder
from lca.errors import InvalidData, LcaError
from lca.languages import gettext, named, translated
from lca.methods.categories import CATEGORIES, EF
from lca.quantities.sources import Source
from lca.report import words
from lca.report.excel.cells import inert
from lca.report.html.rendering import is_web_address
from lca.report.html.text import citation, share
from lca.report.terminal.explanation import described, facts
from lca.report.view import View
from lca.report.words import number
from lca.study.comparison.judgement import Judgement
from lca.study.explanation import Explanation, Step
from lca.study.study import Study
from lca.vocabulary import Verdict

_NEXT = 3
"""Things to find out next that are named."""
ARROWS = {Verdict.LOWER: "▼ ", Verdict.HIGHER: "▲ "}


def clean(text: str) -> str:
    """The text without the folders of this machine, and inert."""
    for name in ("inventories", "scenarios"):
        text = text.replace(f"{folder(name).parent}/", "")
    return inert(text)


def problems(error: LcaError) -> list[Node]:
    """What is wrong, in the words that the command line has."""

    lines = [str(problem) for problem in error.problems] if isinstance(error, InvalidData) else [str(error)]
    return [node("ul", [node("li", clean(line)) for line in lines], class_="problems")]


def chips(present: Sequence[Entry], most: int) -> list[Node]:
    """The scenarios that are compared, each with what can be done to it."""
    made: list[Node] = []
    for order, entry in enumerate(present):
        name = clean(entry.name)
        parts = [mark(order), node("span", name)]
        if order == 0 and len(present) > 1:
            parts.append(node("small", gettext("the others are compared with it")))
        if len(present) < most:
            parts.append(
                button(
                    gettext("copy"),
                    "copy",
                    entry.key,
                    title=gettext("To change beside it"),
                    aria_label=gettext("Copy {name}", name=name),
                )
            )
        parts.append(
            button("×", "remove", entry.key, title=gettext("Remove"), aria_label=gettext("Remove {name}", name=name))
        )
        made.append(node("li", parts))
    return made


def mark(order: int) -> Node:
    """The colour of a scenario in the chart."""
    return node("span", "● ", data_colour=COLOURS[order % len(COLOURS)], aria_hidden="true")


def levers(key: str, sliders: Sequence[Slider], choices: Sequence[Choice]) -> list[Node]:
    made: list[Node] = []
    for slider in sliders:
        id = f"lever-{slider.name}"
        numbers = {"min": f"{slider.low:g}", "max": f"{slider.high:g}", "step": f"{slider.step:g}"}
        logarithmic = "yes" if slider.logarithmic else None
        moves = {"data_lever": slider.name, "data_of": key, "data_logarithmic": logarithmic, "data_unit": slider.unit}
        made.append(
            node(
                "div",
                [
                    node("label", slider.label, for_=id),
                    node("output", data_of=slider.name),
                    node("input", id=id, type="range", **numbers, value=f"{slider.value:g}", **moves),
                ],
                class_="lever",
            )
        )
    for choice in choices:
        id = f"lever-{choice.name}"
        options = [] if choice.value else [("", "–")]
        chosen = select([*options, *choice.options.items()], choice.value, id=id, data_lever=choice.name, data_of=key)
        made.append(node("div", [node("label", choice.label, for_=id), chosen], class_="lever"))
    return made


def answer(study: Study) -> list[Node]:
    """Who is lower, in sentences; of one scenario, how much of it is known."""
    view = View.of(study)
    if len(study.names) > 1:
        return [node("p", clean(text)) for text in words.answers(view)]
    screening = sum(bool(row["screening"]) for row in view.probable.values())
    text = gettext(
        "Of {name}, {count} of {total} categories are mostly estimated. Compare it: copy it and change the copy, or "
        "add another.",
        name=clean(study.names[0]),
        count=screening,
        total=len(EF),
    )
    return [node("p", text)]


def chart_note(study: Study) -> list[Node]:
    """What the chart shows."""
    first = clean(short(study.names)[study.names[0]])
    return [
        gettext(
            "Each score over that of {name}, estimates of its gaps included, with its 95 % interval, on a logarithmic "
            "scale. Left is lower.",
            name=first,
        )
    ]


def numbers(study: Study) -> list[Node]:
    """A row a category: every score with its interval and what it lacks, and every verdict with its ground."""
    view, labels = View.of(study), short(study.names)
    base = study.names[0]
    head = [node("th", gettext("impact category"), scope="col")]
    head += [node("th", [mark(n), clean(labels[name])], scope="col") for n, name in enumerate(study.names)]
    for name in study.names[1:]:
        against = gettext("{name}, against {other}", name=labels[name], other=labels[base])
        head.append(node("th", clean(against), scope="col"))
    rows: list[Node] = []
    for id in EF:
        category = CATEGORIES[id]
        why = button(category.title, "why", id, title=gettext("Why? See below."), class_="because")
        cells: list[Node] = [node("th", [why, node("small", category.unit)], scope="row")]
        cells += [_score(view, name, id) for name in study.names]
        cells += [node("td", _verdict(view, view.judgements[name, id])) for name in study.names[1:]]
        rows.append(node("tr", cells))
    note = gettext(
        "Per functional unit, estimates of what gaps hold included, with the ends of the 95 % interval; known: what "
        "inventories and published results give alone. P: share of the draws in which the verdict holds."
    )
    return [node("table", [node("caption", note), node("thead", node("tr", head)), node("tbody", rows)])]


def _score(view: View, name: str, id: str) -> Node:
    row, score = view.probable[name, id], view.scores[name, id]
    below = [words.interval(row), gettext("known {part}", part=words.known(row, score.mark)), words.standing(row)]
    parts = [node("span", words.estimate(row)), *(node("small", text) for text in below if text)]
    return node("td", parts, class_=f"number {'missing' if row['screening'] else score.completeness}")


def _verdict(view: View, judged: Judgement) -> list[Node]:
    sure = f"P {words.probability(judged)}; " if judged.verdict in ARROWS else ""
    words_ = f"{ARROWS.get(judged.verdict, '')}{words.judgement(judged)}"
    return [node("b", words_), node("small", f"{sure}{words.ground(judged, view.study.gap_names)}")]


def to_find_out(study: Study) -> list[Node]:
    """What would settle most, as sentences."""
    if not study.layers:
        return []
    sentences = words.to_find_out(study, study.layers, len(study.names) > 1)[:_NEXT]
    return (
        [node("ol", [node("li", clean(text)) for text in sentences])]
        if sentences
        else [node("p", gettext("Nothing: all is told."))]
    )


def explanation(explained: Explanation) -> list[Node]:
    """From a score down to its sources, each step opened when it is asked for."""

    category = CATEGORIES[explained.category]
    if explained.score is None:
        return [
            node("p", gettext("{category}: missing. Nothing of it is known; it is not zero.", category=category.title)),
            *_gaps(explained),
        ]
    score = f"{number(explained.score, explained.mark)} {explained.unit}"
    head = gettext(
        "{category} of {name}, what inventories and published results give: {score}",
        category=category.title,
        name=clean(explained.scenario),
        score=score,
    )
    return [node("p", head), *(_step(step, explained.score) for step in explained.steps), *_gaps(explained)]


def _step(step: Step, score: float) -> Node:

    width = f"{min(abs(step.score / score), 1) * 100:.1f}%" if score else "0"
    row = [
        node("span", number(step.score, step.mark), class_="value"),
        node("span", f" {share(step.score, score)} ", class_="share"),
        clean(described(step)),
        node("span", class_="bar", data_width=width),
    ]
    lines = [part for label, text in facts(step) for part in (node("dt", label), node("dd", clean(text)))]
    if step.sources:
        lines += [node("dt", gettext("sources")), node("dd", [node("div", source(s)) for s in step.sources])]
    below = [_step(inner, score) for inner in step.steps]
    if not lines and not below:
        return node("div", row, class_="leaf")
    return node("details", [node("summary", row), *([node("dl", lines)] if lines else []), *below])


def _gaps(explained: Explanation) -> list[Node]:

    if not explained.gaps:
        return []
    items = [
        node("li", clean(f"{translated(gap.name)}: {number(gap.amount)} {gap.unit} ({named(gap.kind)})"))
        for gap in explained.gaps
    ]
    return [
        node(
            "details",
            [node("summary", gettext("Not in the score: {gaps}", gaps=words.gaps(len(items)))), node("ul", items)],
        )
    ]


def source(cited: Source) -> list[Node]:
    """A source with its address as a link: it is followed only where somebody clicks."""

    parts: list[Node] = [clean(citation(cited, address=False))]
    if cited.url and is_web_address(cited.url):
        parts += [" ", node("a", cited.url, href=cited.url, target="_blank", rel="noopener noreferrer")]
    elif cited.url:
        parts.append(f" {clean(cited.url)}")
    if cited.note:
        parts.append(node("small", clean(cited.note)))
    return parts
