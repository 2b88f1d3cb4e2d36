"""MLflow system metrics: the history of `system/gpu_{i}_power_usage_watts`, as a run's files or its REST API's JSON."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, SampledEnergy, integrated, listed, others
from lca.measure.formats.faults import Damaged, OtherLayout, OutOfOrder, SamplesMissing
from lca.measure.formats.foreign import Answer, Foreign, number, since_1970
from lca.vocabulary import Component

TOOL = "MLflow"
USES = frozenset({"devices"})

_METRIC = re.compile(r"(?:system/)?(?:(.+)/)?gpu_(\d{1,4})_power_usage_watts")
_LINE = re.compile(r"(\d{1,16}) (\S+) (-?\d{1,12})(?: \S+)?")
_Points = dict[tuple[str, str], list[tuple[float, float]]]


class _Metric(Answer):
    key: str
    value: float
    timestamp: int


class _History(Answer):
    metrics: tuple[_Metric, ...]


def recognises(files: Sequence[Foreign]) -> bool:
    return all(
        '_power_usage_watts"' in file.text and '"timestamp"' in file.text
        if file.text.lstrip().startswith("{")
        else bool(_METRIC.fullmatch(file.path.name) and _LINE.match(file.text))
        for file in files
    )


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of every GPU of the host, or of `devices`, integrated."""
    points: _Points = defaultdict(list)
    for file in files:
        if file.text.lstrip().startswith("{"):
            _answer(file, points)
        else:
            _history(file, points)
    chosen = {key: series for key, series in points.items() if not options.devices or key[1] in options.devices}
    if not chosen:
        raise files[0].refusal(
            0,
            "",
            Damaged(
                gettext(
                    "no GPU {devices}; there are {value}",
                    devices=listed(options.devices),
                    value=listed(k[1] for k in points),
                )
            ),
        )
    times = [time for series in chosen.values() for time, _ in series]
    if max(times) == min(times):
        raise files[0].refusal(0, "", Damaged(gettext("one sample only: an energy needs two")))
    which = listed(f"{node} gpu_{index}".strip() for node, index in chosen)
    try:
        power = SampledEnergy.total(SampledEnergy.of(series) for series in chosen.values())
    except SamplesMissing as fault:
        raise files[0].refusal(0, "", fault) from None
    gpu = integrated(
        Component.GPU, power, f"{TOOL}, power of {which}; it logs every GPU of the host, whether the run used it or not"
    )
    return Draft(
        started=since_1970(min(times)),
        seconds=max(times) - min(times),
        findings=[gpu, *others([Component.GPU], f"{TOOL} logs no power of it")],
        facts={"comment": "from the first to the last sample; MLflow logs one at the end of each of its intervals"},
    )


def _history(file: Foreign, points: _Points) -> None:
    file.must_end()
    name = _METRIC.fullmatch(file.path.name)
    if not name:
        what = gettext("a history file is named gpu_0_power_usage_watts or the like; this one is not")
        raise file.refusal(0, "", OtherLayout(what))
    node = file.path.parent.name if file.path.parent.name not in ("system", "") else ""
    for line, text in file.lines():
        match = _LINE.fullmatch(text)
        if not match:
            raise file.refusal(line, "", Damaged(gettext("not a time stamp, a value and a step")))
        try:
            _add(points[node, name[2]], int(match[1]), number(match[2]))
        except Fault as fault:
            raise file.refusal(line, "", fault) from None


def _answer(file: Foreign, points: _Points) -> None:
    document = file.document()
    for index, metric in enumerate(document.load(_History, cited=False).metrics):
        loc = ("metrics", index)
        name = _METRIC.fullmatch(metric.key)
        try:
            if not name:
                raise OtherLayout(gettext("the metric {key!r} is no power of a GPU in watts", key=metric.key[:80]))
            _add(points[name[1] or "", name[2]], metric.timestamp, number(repr(metric.value)))
        except Fault as fault:
            raise file.refusal(document.line(loc), f"metrics[{index}]", fault) from None


def _add(series: list[tuple[float, float]], milliseconds: int, watts: float) -> None:
    time = milliseconds / 1000
    if series and time < series[-1][0]:
        raise OutOfOrder(
            gettext("{time:.3f} s comes after {series:.3f} s of the same GPU", time=time, series=series[-1][0])
        )
    since_1970(time)
    series.append((time, watts))
