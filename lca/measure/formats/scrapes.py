"""Two scrapes of a Prometheus metrics page: what its counters ran up between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lca.errors import Fault, TooLarge, UsageError
from lca.languages import gettext
from lca.measure.formats.draft import Options
from lca.measure.formats.faults import Damaged, OutOfOrder, TimesUnknown
from lca.measure.formats.foreign import Foreign, number

LONGEST = 10_000  # characters of a sample; with every label of Kubernetes a tenth of it
Series = tuple[str, frozenset[tuple[str, str]]]
"""Name of a metric and its labels."""


def interval(files: Sequence[Foreign], options: Options) -> float:
    """Seconds between two scrapes. Raises InvalidData or UsageError where their times are not given."""
    if len(files) != 2:
        raise UsageError(
            gettext("two scrapes are needed, one of before and one of after the run, not {count}", count=len(files))
        )
    if options.started is None or options.ended is None:
        raise files[0].refusal(0, "", TimesUnknown(gettext("the scrapes carry no time stamps")))
    if options.started.tzinfo is None or options.ended.tzinfo is None or options.ended <= options.started:
        raise UsageError(gettext("--started and --ended need a zone, such as 2026-01-31T12:00:00Z, and to be in order"))
    return (options.ended - options.started).total_seconds()


def counted(files: Sequence[Foreign], names: Sequence[str]) -> Mapping[Series, float]:
    """What the counters of these names grew by. Raises InvalidData for one that fell: it was reset."""
    before, after = (_values(file, names) for file in files)
    grown = {}
    for series, value in after.items():
        if series not in before:
            continue
        if value < before[series]:
            what = gettext(
                "{series} fell from {before:g} to {value:g}: it was reset, or the files are exchanged",
                series=series[0],
                before=before[series],
                value=value,
            )
            raise files[1].refusal(0, "", OutOfOrder(what))
        grown[series] = value - before[series]
    return grown


def _values(file: Foreign, names: Sequence[str]) -> dict[Series, float]:
    from prometheus_client.parser import text_string_to_metric_families

    file.must_end()
    values: dict[Series, float] = {}
    for line, text in file.lines():
        if not text.startswith(tuple(names)):
            continue
        if len(text) > LONGEST:  # the parser takes time by the square of the length
            raise file.refusal(
                line,
                "",
                TooLarge(
                    gettext(
                        "the sample has {count:,} characters; at most {longest:,}", count=len(text), longest=LONGEST
                    )
                ),
            )
        try:
            ((sample,),) = [family.samples for family in text_string_to_metric_families(text)]
        except (ValueError, IndexError):
            raise file.refusal(line, "", Damaged(gettext("no sample in Prometheus' text format"))) from None
        if sample.name not in names:
            continue
        key = sample.name, frozenset(sample.labels.items())
        if key in values:
            raise file.refusal(line, "", Damaged(gettext("the same sample occurs twice")))
        try:
            values[key] = number(repr(sample.value))
        except Fault as fault:
            raise file.refusal(line, sample.name, fault) from None
    return values
