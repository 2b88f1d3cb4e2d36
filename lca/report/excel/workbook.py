"""The workbook: its sheets in their order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from lca import languages
from lca.languages import gettext, gettext_noop
from lca.quantities.outputs import written_aside
from lca.report.compressed.variants import has_variants
from lca.report.excel.cells import inert
from lca.report.excel.contribution_rows import ContributionRows
from lca.report.excel.long_table import filled
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.by_stage import by_phase, by_stage
from lca.report.excel.sheets.completeness import completeness, gaps
from lca.report.excel.sheets.contributions import contrib_first_tier, contrib_flow, contrib_process
from lca.report.excel.sheets.costs import costs, has_prices
from lca.report.excel.sheets.data_long import data_long
from lca.report.excel.sheets.data_quality import data_quality, provenance
from lca.report.excel.sheets.disclosures import ON_SHEETS, applies, disclosure_sheet, sheet_name
from lca.report.excel.sheets.electricity_pue import electricity_pue
from lca.report.excel.sheets.elementary_flows import lci_elementary, sankey_edges
from lca.report.excel.sheets.foreground import lci_foreground, sources
from lca.report.excel.sheets.goal_scope import goal_scope
from lca.report.excel.sheets.hardware_bom import hardware_bom, has_equipment
from lca.report.excel.sheets.hotspots import hotspots
from lca.report.excel.sheets.known_scores import known_scores, lcia_results
from lca.report.excel.sheets.live import followed, live, live_amounts, unit_scores
from lca.report.excel.sheets.measurements import measurements
from lca.report.excel.sheets.model_compression import model_compression
from lca.report.excel.sheets.readme import readme, title
from lca.report.excel.sheets.scenarios import scenarios
from lca.report.excel.sheets.sensitivity import sensitivity
from lca.report.excel.sheets.summary import summary
from lca.report.excel.sheets.uncertainty import estimated_gaps, find_out_next, uncertainty
from lca.report.view import View
from lca.report.words import review
from lca.study.energy_chain import electricity_phases
from lca.study.study import Study

SCHEMA = 6
"""Version of the names, order and columns of the sheets."""
_CREATED = datetime(2000, 1, 1)  # of every workbook: the same study gives the same bytes


class Shown(Enum):
    """In which workbooks a sheet is."""

    ALWAYS = "always"
    FULL = "full"
    """In full ones only."""
    BEHIND = "behind"
    """Always, and hidden where the workbook is not full: what visible formulas calculate with."""
    WITHOUT_LAYERS = "without layers"
    """In full ones, and where nothing was drawn, so that no other sheet has the scores."""


class _Page(NamedTuple):
    name: str
    description: str
    write: Callable[[Book, View], None]
    needed: Callable[[Study], bool]
    shown: Shown = Shown.FULL

    def written(self, study: Study, full: bool) -> bool:
        drawn = study.layers is not None
        asked = self.shown in (Shown.ALWAYS, Shown.BEHIND) or (self.shown == Shown.WITHOUT_LAYERS and not drawn)
        return (full or asked) and self.needed(study)


def _has_phases(study: Study) -> bool:
    """A product scored alone has none."""
    return any(exchange.phase for system in study.systems for exchange in system.exchanges)


def _takes(study: Study) -> bool:
    return any(system.exchanges for system in study.systems)


def _has_layers(study: Study) -> bool:
    return study.layers is not None


_SHEETS = (
    _Page(
        "Summary",
        gettext_noop("The answer: who is lower, where, how sure, what makes it and what to find out next"),
        summary,
        _has_layers,
        Shown.ALWAYS,
    ),
    _Page(
        "Known_Scores",
        gettext_noop("The known part of scores side by side, differences with a verdict, and a chart"),
        known_scores,
        lambda study: True,
        Shown.WITHOUT_LAYERS,
    ),
    _Page(
        "Hotspots",
        gettext_noop("Why: scores by part (GPU, memory, delivery and so on), by phase and stage, and a chart"),
        hotspots,
        _takes,
        Shown.ALWAYS,
    ),
    _Page(
        "Uncertainty",
        gettext_noop(
            "How sure: every score with its 95 % interval and known part, and every verdict with its P and ground"
        ),
        uncertainty,
        _has_layers,
        Shown.ALWAYS,
    ),
    _Page(
        "Sensitivity",
        gettext_noop(
            "What decides: the numbers that move the difference most, at either end of their range, and a chart"
        ),
        sensitivity,
        lambda study: bool(study.scenarios) and _takes(study),
        Shown.ALWAYS,
    ),
    _Page(
        "Find_Out_Next",
        gettext_noop(
            "What would settle most: gaps and ranges by their share of the variance of scores and differences"
        ),
        find_out_next,
        _has_layers,
        Shown.ALWAYS,
    ),
    _Page(
        "Scenarios",
        gettext_noop("What is assumed: every parameter of every scenario, and which of them differ"),
        scenarios,
        lambda study: bool(study.scenarios),
        Shown.ALWAYS,
    ),
    _Page(
        "Live",
        gettext_noop(
            "Change PUE, utilisation, life, place or the amount of service: the known scores follow by formula"
        ),
        live,
        followed,
        Shown.ALWAYS,
    ),
    _Page(
        "Costs",
        gettext_noop("Money by run, by phase and in all, by the prices that the scenarios state"),
        costs,
        has_prices,
        Shown.ALWAYS,
    ),
    _Page(
        "Model_Compression",
        gettext_noop("What was done to each model: size, quality, speed, energy, break-even, fronts, winners"),
        model_compression,
        has_variants,
        Shown.ALWAYS,
    ),
    _Page(
        "Completeness",
        gettext_noop("What is not known: what every score does not cover, by name"),
        completeness,
        lambda study: True,
        Shown.ALWAYS,
    ),
    _Page(
        "Data_Quality",
        gettext_noop(
            "How good the data are that make the scores: pedigree, place, years, ranges, those that matter most first"
        ),
        data_quality,
        lambda study: len(study.activities) > 0,
        Shown.ALWAYS,
    ),
    _Page(
        "Goal_Scope",
        gettext_noop("Goal, functional unit, boundary, allocation and methods, under the headings of ISO 14044"),
        goal_scope,
        lambda study: True,
        Shown.ALWAYS,
    ),
    _Page(
        "Sources",
        gettext_noop("Every source that a file of the study cites"),
        sources,
        lambda study: len(study.sources()) > 0,
        Shown.ALWAYS,
    ),
    _Page(
        "LCIA_Results",
        gettext_noop("Every score in one row, with its completeness, published share and bound"),
        lcia_results,
        lambda study: True,
    ),
    _Page("By_Stage", gettext_noop("Scores by phase and stage of the life cycle, and a chart"), by_stage, _takes),
    _Page("By_Phase", gettext_noop("Scores by phase, and a chart"), by_phase, _has_phases),
    _Page(
        "Contrib_Process", gettext_noop("The activities that contribute most to every score"), contrib_process, _takes
    ),
    _Page(
        "Contrib_Flow",
        gettext_noop("The elementary flows that contribute most to every score"),
        contrib_flow,
        lambda study: len(study.flows()) > 0,
    ),
    _Page(
        "Contrib_FirstTier",
        gettext_noop("The exchanges of the foreground that contribute most, upstream folded in"),
        contrib_first_tier,
        _takes,
    ),
    _Page(
        "Sankey_Edges", gettext_noop("The links of the flow diagrams, from activities to scores"), sankey_edges, _takes
    ),
    _Page(
        "LCI_Foreground",
        gettext_noop("What one functional unit takes, and how each amount came about"),
        lci_foreground,
        _takes,
    ),
    _Page(
        "LCI_Elementary",
        gettext_noop("Elementary flows of one functional unit"),
        lci_elementary,
        lambda study: len(study.elementary()) > 0,
    ),
    _Page(
        "Hardware_BOM",
        gettext_noop("The parts of servers and facilities, and how much of each one functional unit occupies"),
        hardware_bom,
        has_equipment,
    ),
    _Page(
        "Measurements",
        gettext_noop("What ran, on what, when, and how each energy was obtained"),
        measurements,
        lambda study: any(scenario.measurements for scenario in study.scenarios),
    ),
    _Page(
        "Electricity_PUE",
        gettext_noop("From the energy of components to the grid: PUE, WUE, losses, shares of the mix"),
        electricity_pue,
        lambda study: any(electricity_phases(system) for system in study.systems),
    ),
    _Page(
        "Gaps_By_Score",
        gettext_noop("Every gap of every score: its id, its amount and what is not known of it"),
        gaps,
        lambda study: len(study.gaps()) > 0,
    ),
    _Page(
        "Gaps_Estimated",
        gettext_noop("What every gap probably holds, on what basis, and which stay open"),
        estimated_gaps,
        _has_layers,
    ),
    *(
        _Page(sheet_name(name), description, partial(disclosure_sheet, name=name), partial(applies, name=name))
        for name, description in ON_SHEETS.items()
    ),
    _Page(
        "Live_Amounts",
        gettext_noop("What Live takes, by the equation of each amount"),
        live_amounts,
        followed,
        Shown.BEHIND,
    ),
    _Page(
        "Unit_Scores",
        gettext_noop("Known scores of one unit of each product that Live takes"),
        unit_scores,
        followed,
        Shown.BEHIND,
    ),
    _Page(
        "Data_Long",
        gettext_noop("Every contribution in one row, for pivot tables; the sums of other sheets are over its rows"),
        data_long,
        lambda study: len(study.table) > 0,
    ),
    _Page(
        "Provenance",
        gettext_noop("Command, versions and hashes that repeat the study"),
        provenance,
        lambda study: len(study.provenance) > 0,
    ),
)


def workbook(study: Study, path: str | Path, full: bool = False, language: str | languages.Language = "") -> Path:
    """Write the study as an Excel workbook; an interrupted call leaves what was there before.

    `full`: with every table, down to each contribution, in place of the twelve sheets that answer.
    `language`: of its words and numbers, such as `fr`; empty: as the caller has it, which is English unless it was set.
    Raises UsageError where a sheet has too many rows or columns for Excel, UnknownLanguage where there are no such
    translations.
    """
    with languages.language(language):
        return _workbook(study, Path(path), full)


def _workbook(study: Study, path: Path, full: bool) -> Path:
    view = View.of(study)
    pages = [page for page in _SHEETS if page.written(study, full)]
    with written_aside(path) as aside, TemporaryDirectory() as folder:
        written = Path(folder) / "workbook.xlsx"
        file = xlsxwriter.Workbook(
            str(written),
            {"tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        book = Book(file, ContributionRows.of(study) if full else None)
        readme(
            book, view, [(page.name, gettext(page.description)) for page in pages if full or page.shown != Shown.BEHIND]
        )
        for page in pages:
            page.write(book, view)
            if page.shown == Shown.BEHIND and not full:
                file.get_worksheet_by_name(page.name).hide()
        _describe(file, view)
        try:
            file.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error
        filled(written, Path(aside), book.long_tables)
    return path


def _describe(file: xlsxwriter.Workbook, view: View) -> None:
    version = view.study.provenance.get("ai-lca", gettext("of unknown version"))
    file.set_properties(
        {
            "title": inert(title(view))[:255],
            "subject": gettext("Life-cycle assessment"),
            "author": "",
            "comments": gettext(
                "Written by ai-lca {version}, schema {schema}. {review}",
                version=version,
                schema=SCHEMA,
                review=review(view.study),
            )[:255],
            "created": _CREATED,
        }
    )
    file.set_custom_property("ai-lca workbook schema", SCHEMA, "number_int")
    file.set_custom_property("ai-lca version", version, "text")
