from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from importing import Changed, Refused, Take, Written

from lca.errors import UsageError

BEFORE, AFTER = "dcgm/before.prom", "dcgm/after.prom"
AT = {"started": datetime(2026, 3, 1, tzinfo=UTC), "ended": datetime(2026, 3, 1, 1, tzinfo=UTC)}
ENERGY, POWER = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_POWER_USAGE"


def test_counters_of_two_scrapes(take: Take) -> None:
    record = take("dcgm", BEFORE, AFTER, **AT)
    (gpu,) = record.energy
    assert gpu.energy.amount == pytest.approx((360_000 + 180_000) / 3.6e6, rel=1e-12) and gpu.origin == "imported"
    assert record.duration.amount == 1.0 and record.started == AT["started"]
    assert [(d.name, d.count, len(d.identifiers)) for d in record.devices] == [("NVIDIA A100-SXM4-80GB", 2, 2)]
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]


def test_one_card_by_index_or_uuid(take: Take, refused: Refused) -> None:
    for name in ("1", "GPU-00000000-0000-0000-0000-000000000001"):
        record = take("dcgm", BEFORE, AFTER, devices=[name], **AT)
        assert record.energy[0].energy.amount == pytest.approx(0.05) and record.devices[0].count == 1
    assert "no GPU of 7" in refused("dcgm", BEFORE, AFTER, devices=["7"], **AT).what


def test_times_are_asked_for(take: Take, refused: Refused) -> None:
    problem = refused("dcgm", BEFORE, AFTER)
    assert problem.line == 6 and "--started" in problem.remedy and "--ended" in problem.remedy
    with pytest.raises(UsageError, match="give both times and two files"):
        take("dcgm", BEFORE, AFTER, started=AT["started"])
    with pytest.raises(UsageError, match="in order"):
        take("dcgm", BEFORE, AFTER, started=AT["ended"], ended=AT["started"])


def test_time_stamps_in_the_text(take: Take, written: Written) -> None:
    paths = [
        written(f"{ms}.prom", f'{ENERGY}{{gpu="0",Hostname="n"}} {value} {ms}\n')
        for ms, value in ((1773600000000, 1000), (1773600010000, 3_601_000))
    ]
    record = take("dcgm", *paths)
    assert record.energy[0].energy.amount == pytest.approx(0.001) and record.duration.amount * 3600 == pytest.approx(10)


def test_a_label_may_hold_any_text(take: Take, written: Written) -> None:
    label = r'pod="a}, {b=\"c\" # \\ é"'
    paths = [
        written(f"{ms}.prom", f"{ENERGY}{{{label},}} {value} {ms}\n{ENERGY}_other 7 {ms}\n")
        for ms, value in ((1773600000000, 1000), (1773600010000, 3_601_000))
    ]
    assert take("dcgm", *paths).energy[0].energy.amount == pytest.approx(0.001)


def test_files_in_the_wrong_order_are_refused(refused: Refused) -> None:
    problem = refused("dcgm", AFTER, BEFORE, **AT)
    assert problem.field == ENERGY and "wrong order" in problem.what


def test_a_range_with_a_reset_and_a_card_without_counter(take: Take) -> None:
    record = take("dcgm", "dcgm/range.json")
    counted, sampled = record.energy
    assert counted.energy.amount == pytest.approx(3400 / 3.6e6)  # 1.5e6, then from 0 to 0.4e6 and on to 1.9e6 mJ
    assert counted.origin == "imported" and "resets: 1" in counted.method
    assert sampled.energy.amount == pytest.approx((1500 + 2250 + 3000) / 3.6e6) and sampled.origin == "integrated"
    assert sampled.energy.high.number - sampled.energy.amount == pytest.approx(750 / 3.6e6)
    assert "sampling error" in sampled.method
    assert record.duration.amount * 3600 == pytest.approx(45)


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> str:
    result = [{"metric": labels, "values": values} for labels, values in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}, indent=1)


def test_a_card_that_several_pods_had_is_one_card(take: Take, written: Written) -> None:
    a, b = ({"__name__": ENERGY, "UUID": "GPU-a", "gpu": "0", "pod": pod} for pod in "ab")
    text = matrix((b, [(120.0, "3000000"), (180.0, "4000000")]), (a, [(0.0, "1000000"), (60.0, "2000000")]))
    assert take("dcgm", written("r.json", text)).energy[0].energy.amount == pytest.approx(3000 / 3.6e6)


def test_slices_of_a_card_repeat_its_figure(take: Take, written: Written) -> None:
    a, b = ({"__name__": ENERGY, "UUID": "GPU-a", "GPU_I_ID": slice} for slice in "35")
    text = matrix(*((labels, [(0.0, "1000000"), (60.0, "2000000")]) for labels in (a, b)))
    assert take("dcgm", written("r.json", text)).energy[0].energy.amount == pytest.approx(1000 / 3.6e6)


def test_blanks_and_still_counters_are_not_measured(take: Take, written: Written) -> None:
    a, b = ({"__name__": ENERGY, "UUID": f"GPU-{x}"} for x in "ab")
    blank = {"__name__": POWER, "UUID": "GPU-b"}
    text = matrix(
        (a, [(0.0, "5"), (60.0, "5")]),
        (b, [(0.0, "9223372036854775794"), (60.0, "9223372036854775794")]),
        (blank, [(0.0, "140737488355328"), (60.0, "100")]),
    )
    record = take("dcgm", written("r.json", text))
    assert record.energy == ()
    reasons = [gap.reason for gap in record.unmeasured if gap.component == "gpu"]
    assert reasons == ["the energy counter of GPU-a did not move", "fewer than two samples of GPU-b"]


@pytest.mark.parametrize(
    "old, new, field, what",
    [
        ('"2500000"', '"NaN"', "data.result[0].values[1]", "not finite"),
        ('"2500000"', '"-2500000"', "data.result[0].values[1]", "outside"),
        ('"2500000"', '"=1+1"', "data.result[0].values[1]", "not a decimal number"),
        ("1773600015", "1773599999", "data.result[0].values[1]", "not after"),
        ('"200"', '"2e7"', "data.result[1].values[2]", "more than a GPU can have"),
        ('"resultType": "matrix"', '"resultType": "vector"', "data.resultType", "answers with a matrix"),
        (f'"__name__": "{POWER}", ', "", "data.result[1].metric", "without a function"),
    ],
)
def test_an_answer_is_refused_by_field(
    refused: Refused, changed: Changed, old: str, new: str, field: str, what: str
) -> None:
    problem = refused("dcgm", changed("dcgm/range.json", old, new))
    assert problem.field == field and what in problem.what and problem.line >= 1


@pytest.mark.parametrize(
    "text, line, what",
    [
        (f'{ENERGY}{{gpu="0"}} 5 1000\n{ENERGY}{{gpu="0",UU', 2, "cut off"),
        (f'{ENERGY}{{gpu="0"}} 5 1000\n{ENERGY}{{gpu="0",UU\n', 2, "no sample"),
        (f"{ENERGY}{{gpu=0}} 5 1000\n", 1, "no sample"),
        (f'{ENERGY}{{gpu="0"}} -5 1000\n', 1, "outside"),
        (f'{ENERGY}{{gpu="0"}} Inf 1000\n', 1, "not finite"),
        (f'{ENERGY}{{gpu="0"}} 5 1000\n{ENERGY}{{gpu="0"}} 6 900\n', 2, "not after"),
        (f'{ENERGY}{{gpu="0"}} 5 1000\n', 0, "one time only"),
        (f'{ENERGY}{{gpu="0"}} 5 1e300\n', 1, "no seconds since 1970"),
        (f'{ENERGY}{{gpu="0"}} 5 NaN\n', 1, "no seconds since 1970"),
        (f'{ENERGY}{{pod="{"x" * 20_000}"}} 5 1000\n', 1, "characters"),
    ],
)
def test_a_scrape_is_refused_by_line(refused: Refused, written: Written, text: str, line: int, what: str) -> None:
    problem = refused("dcgm", written("s.prom", text))
    assert problem.line == line and what in problem.what
