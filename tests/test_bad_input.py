"""Every way in which a file can be wrong, through the command line: the exact place, exit code 3, nothing written.

Each row spoils a copy of tests/tiny. The built-in inventories are left out where the command runs in this process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workplace import Done, Workplace

Spoil = Callable[[Workplace], None]
CHECK = ("check", "inventory", "scenario.toml")
ASSESS = ("assess", "scenario.toml", "--inventory", "inventory", "--excel", "out.xlsx", "--json")

PLANT = "inventory/electricity/plant.toml"
MIXES = "inventory/electricity/mixes.toml"
TABLE = "inventory/electricity/mixes.csv"
CARD = "inventory/hardware/card.toml"
DRIVE = "inventory/hardware/drive.toml"
SERVER = "inventory/hardware/server.toml"
HALL = "inventory/facilities/hall.toml"
TEMPLATE = "inventory/templates/card.toml"
REQUIRED = "inventory/required-flows.toml"
NORMALISATION = "inventory/normalisation.toml"
SCENARIO = "scenario.toml"
RECORD = "runs/run.json"

EXCHANGE = '[[exchanges]]\ninput = "truck"\namount = "1 t*km"\nsource = "book"\n'
PEDIGREE = "[pedigree]\nreliability = 2\ncompleteness = 2\ntemporal = 2\ngeographical = 2\ntechnological = 2\n"
PUBLISHED = """electricity = { intensity = { value = "50 g/kWh", source = "book" }, boundary = "generated", \
scope = "direct", loss = { value = LOSS, source = "book" }, \
modelling = { approach = "average", accounting = "location", perimeter = "production" } }"""


def edit(file: str, old: str, new: str) -> Spoil:
    return lambda tiny: tiny.edit(file, old, new)


def write(file: str, content: str | bytes) -> Spoil:
    return lambda tiny: void(tiny.write(file, content))


def copy(file: str, to: str, old: str = "", new: str = "") -> Spoil:
    return lambda tiny: void(tiny.write(to, tiny.read(file).replace(old, new)))


def enlarge(file: str) -> Spoil:
    return lambda tiny: os.truncate(tiny.folder / file, 200_000_000)


def link(file: str, to: str) -> Spoil:
    return lambda tiny: (tiny.folder / file).symlink_to(to)


def void(value: object) -> None:
    """A row's step returns nothing."""


def row(id: str, *steps: Any) -> Any:
    """Steps that spoil the files, then the problems that must be listed, and no other."""
    spoils = tuple(step for step in steps if callable(step))
    return pytest.param(spoils, tuple(step for step in steps if isinstance(step, str)), id=id)


ROWS = [
    # keys, ids and sources
    row("misspelt key", edit(PLANT, "stage", "stge"), f"{PLANT}:5: stge: unknown key"),
    row(
        "misspelt key in a table",
        edit(CARD, "lifetime", "lifetme"),
        f"{CARD}:14: properties.lifetme: unknown key; did you mean 'lifetime'?",
    ),
    row(
        "misspelt key of a scenario",
        edit(SCENARIO, "[training]", "[trainin]"),
        f"{SCENARIO}:9: trainin: unknown key; did you mean 'training'",
    ),
    row(
        "misspelt key of a record",
        edit(RECORD, "origin", "orign"),
        f"{RECORD}:13: energy[0].orign: unknown key",
        f"{RECORD}:10: energy[0].origin: required key is absent",
    ),
    row("absent key", edit(PLANT, "product =", "# product ="), f"{PLANT}:1: product: required key is absent"),
    row(
        "unknown device",
        edit(SCENARIO, '"server"', '"sever"'),
        f"{SCENARIO}:13: training.server: no activity 'sever'; did you mean 'server'?",
    ),
    row(
        "unknown electricity",
        edit(SCENARIO, "electricity-xx", "electricity-zz"),
        f"{SCENARIO}:2: electricity: no activity 'electricity-zz'; did you mean 'electricity-",
    ),
    row(
        "electricity that is none",
        edit(SCENARIO, '"electricity-xx"', '"truck"'),
        f"{SCENARIO}:2: electricity: 'truck' is no electricity: its product is in t*km",
    ),
    row(
        "unknown input",
        edit(SERVER, '"card"', '"cart"'),
        f"{SERVER}:15: exchanges[0].input: no activity 'cart'; did you mean 'card'?",
    ),
    row(
        "unknown input of a mix",
        edit(MIXES, 'wind = "wind"', 'wind = "wynd"'),
        f"{MIXES}:9: inputs: no activity 'wynd'; did you mean 'wind'?",
    ),
    row(
        "unknown elementary flow",
        edit(PLANT, "Methane, fossil", "Methane, fosil"),
        f"{PLANT}:18: exchanges[1].flow: no flow 'Methane, fosil' in 'air/non-urban air or from high stacks'; did you",
    ),
    row(
        "unknown compartment",
        edit(PLANT, "air/non-urban", "air/nonurban"),
        f"{PLANT}:9: exchanges[0].flow: no flow 'Carbon dioxide, fossil' in 'air/nonurban air or from high stacks'",
    ),
    row(
        "unknown category",
        edit(DRIVE, '"acidification"', '"acidity"'),
        f"{DRIVE}:15: impacts[1].value: no impact category 'acidity'; did you mean 'acidification'?",
    ),
    row(
        "citation of no source",
        edit(PLANT, '"book"', '"bok"'),
        f"{PLANT}:15: exchanges[0].source: no source 'bok' in this file",
    ),
    row(
        "one of two citations of no source",
        edit(PLANT, '["book"]', '["book", "bok"]'),
        f"{PLANT}:21: exchanges[1].source: no source 'bok' in this file",
    ),
    row(
        "empty list of sources",
        edit(PLANT, '["book"]', "[]"),
        f"{PLANT}:21: exchanges[1].source: the list of sources is empty",
    ),
    row(
        "number without a source",
        edit(CARD, '"700 W", source = "book"', '"700 W"'),
        f"{CARD}:13: properties.power: the number cites no source",
    ),
    row(
        "parameter without a source",
        edit(CARD, '"7 nm", source = "book"', '"7 nm"'),
        f"{CARD}:10: parameters.node: the number cites no source",
    ),
    row(
        "citation of no source in a scenario",
        edit(SCENARIO, '"book"', '"bok"'),
        f"{SCENARIO}:10: training.component_energy.source: no source 'bok' in this file",
    ),
    row(
        "two files with one id",
        copy(PLANT, "inventory/materials/plant.toml"),
        f"inventory/materials/plant.toml:1: the id 'plant' is already that of {PLANT}",
    ),
    row(
        "a file and a mix with one id",
        copy(PLANT, "inventory/materials/electricity-xx.toml"),
        "inventory/materials/electricity-xx.toml:1: the id 'electricity-xx' is already that of " + TABLE + ":2",
    ),
    row(
        "two mixes with one id",
        edit(TABLE, "electricity-yy", "electricity-xx"),
        f"{TABLE}:3: the id 'electricity-xx' is already that of {TABLE}:2",
    ),
    row(
        "file name that is no id",
        copy(PLANT, "inventory/materials/Plant_2.toml"),
        "inventory/materials/Plant_2.toml:1: 'Plant_2' is no id",
    ),
    row(
        "exchanges and impacts",
        edit(DRIVE, "[sources.book]", f"{EXCHANGE}[sources.book]"),
        f"{DRIVE}:1: the activity has exchanges and published impacts",
    ),
    # numbers and units
    row(
        "a location that is code",
        edit(PLANT, '"GLO"', "\"__import__('os').getcwd() or 'TW'\""),
        f"{PLANT}:4: location: no place \"__import__('os').getcwd() or 'TW'\"",
    ),
    row("unknown location of a mix", edit(TABLE, ",XX,", ",Atlantis,"), f"{TABLE}:2: location: no place 'Atlantis'"),
    row("unknown unit", edit(PLANT, "800 g", "800 grams"), f"{PLANT}:11: exchanges[0].amount: unknown unit 'grams'"),
    row("number without unit", edit(CARD, '"700 W"', '"700"'), f"{CARD}:13: properties.power.value: '700' has no unit"),
    row("bare number", edit(CARD, '"700 W"', "700"), f"{CARD}:13: properties.power: '1' where 'kW' belongs"),
    row(
        "kW for kWh",
        edit(SCENARIO, '"100 kWh"', '"100 kW"'),
        f"{SCENARIO}:10: training.component_energy: 'kW' where 'kWh' belongs",
    ),
    row(
        "unit of another flow",
        edit(PLANT, "0.001 kg", "0.001 kWh"),
        f"{PLANT}:20: exchanges[1].amount: 'kWh' where 'kg' belongs",
    ),
    row(
        "bytes for a share",
        edit(SCENARIO, "0.5", '"0.1 byte"'),
        f"{SCENARIO}:15: training.utilisation: 'byte' where '1' belongs",
    ),
    row(
        "unit of another category",
        edit(DRIVE, "0.4 mol H+", "0.4 mol N"),
        f"{DRIVE}:15: impacts[1].value: '0.4 mol N-Eq' is not in 'mol H+-Eq'",
    ),
    row("unit of a product", edit(DRIVE, '"item"', '"piece"'), f"{DRIVE}:3: unit: unknown unit 'piece'"),
    row("empty unit of a product", edit(DRIVE, '"item"', '""'), f"{DRIVE}:3: unit: the unit is empty"),
    row(
        "unit of a bound",
        edit(SERVER, "0.5 m3 world", "0.5 L world"),
        f"{SERVER}:18: exchanges[0].negligible[0].bound: '0.5 L world eq. deprived' is not in 'm3 world eq. deprived'",
    ),
    row(
        "unit of a bound in a table of tables",
        edit(
            SERVER,
            "negligible = [",
            '[[exchanges.negligible]]\ncategory = "acidification"\nbound = "1 kg"\n'
            'source = "book"\n[[exchanges]]\ninput = "card"\namount = "1 item"\nsource = "book"\nnegligible = [',
        ),
        f"{SERVER}:20: exchanges[0].negligible[0].bound: '1 kg' is not in 'mol H+-Eq'",
    ),
    row(
        "a power of powers",
        edit(PLANT, "0.001 kg", "9**9**9 kg"),
        f"{PLANT}:20: exchanges[1].amount: '9**9**9 kg' is not one number with a unit",
    ),
    row("too large", edit(PLANT, "0.001 kg", "1e9999 kg"), f"{PLANT}:20: exchanges[1].amount: 1e9999 kg is not finite"),
    row(
        "too large in the unit of its flow",
        edit(PLANT, "0.001 kg", "1e308 t"),
        f"{PLANT}:18: exchanges[1].flow: 1e+308 t in 'kg' is not finite",
    ),
    row(
        "a whole number of 400 digits",
        edit(SCENARIO, "0.5", "1" + 400 * "0"),
        f"{SCENARIO}:15: training.utilisation.value: the whole number is too large",
    ),
    row(
        "a whole number of 5000 digits",
        edit(SCENARIO, "0.5", "1" + 5000 * "0"),
        f"{SCENARIO}:1: Exceeds the limit (4300 digits) for integer string conversion",
    ),
    row("not a number", edit(CARD, '"700 W"', "nan"), f"{CARD}:13: properties.power.value: nan is not finite"),
    row(
        "not a number, as text",
        edit(CARD, "700 W", "nan W"),
        f"{CARD}:13: properties.power.value: 'nan W' is not a number with a unit",
    ),
    row("infinite", edit(SCENARIO, "0.5", "-inf"), f"{SCENARIO}:15: training.utilisation.value: -inf is not finite"),
    row("not a number in a record", edit(RECORD, "0.97", "NaN"), f"{RECORD}:1: NaN is not finite"),
    row(
        "too large in a record",
        edit(RECORD, "0.97", "1e9999"),
        f"{RECORD}:18: quality.accuracy: Input should be a finite number",
    ),
    row(
        "negative lifetime",
        edit(CARD, '"4 year", low = "3 year", high = "6 year", distribution = "triangular"', '"-4 year"'),
        f"{CARD}:14: properties.lifetime: -35064 is outside > 0 h",
    ),
    row("negative duration of a record", edit(RECORD, '"1 h"', '"-1 h"'), f"{RECORD}:8: duration: -1 is outside > 0 h"),
    row("PUE below one", edit(HALL, "1.5 kWh", "0.9 kWh"), f"{HALL}:7: properties.PUE: 0.9 is outside >= 1"),
    row(
        "utilisation of zero",
        edit(SCENARIO, "0.5", "0"),
        f"{SCENARIO}:15: training.utilisation: 0 is outside > 0 and <= 1",
    ),
    row(
        "loss of one",
        edit(SCENARIO, 'electricity = "electricity-xx"', PUBLISHED.replace("LOSS", "1")),
        f"{SCENARIO}:2: electricity.loss: 1 is outside >= 0 and < 1",
    ),
    row("loss of one in a mix", edit(TABLE, "20,10,30", "100,10,30"), f"{TABLE}:2: loss: a loss of 100 %"),
    row("range of a loss that reaches one", edit(TABLE, "20,10,30", "20,10,100"), f"{TABLE}:2: loss: a loss of 100 %"),
    row(
        "range of a loss out of order",
        edit(TABLE, "20,10,30", "20,25,30"),
        f"{TABLE}:2: loss: low 0.25, loss 0.2, high 0.3 are not in order",
    ),
    row(
        "distribution of a loss",
        edit(TABLE, "triangular", "trianguler"),
        f"{TABLE}:2: loss: loss, low, high and a known distribution go together",
    ),
    row("shares beyond one", edit(TABLE, "75,25", "75,26"), f"{TABLE}:2: id: the shares sum to 1.0100"),
    row(
        "negative share",
        edit(TABLE, "75,25", "-75,175"),
        f"{TABLE}:2: burnt: -75 % is outside 0 to 100 %",
        f"{TABLE}:2: wind: 175 % is outside 0 to 100 %",
    ),
    row(
        "range out of order",
        edit(PLANT, '"1600 g"', '"600 g"'),
        f"{PLANT}:8: exchanges[0]: low 400.0 g, value 800.0 g, high 600.0 g are not in order",
    ),
    row(
        "range of another median",
        edit(PLANT, '"1600 g"', '"3200 g"'),
        f"{PLANT}:8: exchanges[0]: the median of this lognormal range is 1131.37 g, not 800",
    ),
    row(
        "range of a published value",
        edit(DRIVE, "0.2 mol", "0.6 mol"),
        f"{DRIVE}:15: impacts[1].value: low 0.6, value 0.4, high 0.8 are not in order",
    ),
    row(
        "reserved more than there is",
        edit(SCENARIO, '"1 item"', '"3 item"'),
        f"{SCENARIO}:14: training.reserved: 3 reserved, but server has 2 accelerators",
    ),
    row(
        "nothing served",
        edit(SCENARIO, '"1e6 inference"', '"0 inference"'),
        f"{SCENARIO}:12: training.serves: serves 0.0 inference: nothing is served",
    ),
    row(
        "service of another kind",
        edit(SCENARIO, '"1e6 inference"', '"1e6 token"'),
        f"{SCENARIO}:12: training.serves: 'token' where 'inference' belongs",
    ),
    # scenarios and records
    row(
        "no functional unit",
        edit(SCENARIO, '[functional_unit]\namount = "1e3 inference"\nservice = "question answered"\n', ""),
        f"{SCENARIO}:1: functional_unit: the scenario states no functional unit",
    ),
    row(
        "functional unit of nothing",
        edit(SCENARIO, '"1e3 inference"', '"0 inference"'),
        f"{SCENARIO}:6: functional_unit.amount: 0.0 inference is not a positive amount",
    ),
    row(
        "two energies",
        edit(SCENARIO, "serves =", 'it_energy = { value = "1 kWh", source = "book" }\nserves ='),
        f"{SCENARIO}:9: training: give one of measurement, component_energy, it_energy, building_energy, power, "
        "it_power, fleet, transfer, stored; here: component",
    ),
    row(
        "record of a newer schema",
        edit(RECORD, '"schema": 1', '"schema": 2'),
        f"{RECORD}:2: schema: the record has schema 2; this version of ai-lca reads up to 1",
    ),
    row(
        "record that is not there",
        edit(SCENARIO, "runs/run.json", "runs/ran.json"),
        f"{SCENARIO}:18: inference.measurement: no file 'runs/ran.json'",
    ),
    row(
        "record with a name that no file can have",
        edit(SCENARIO, "run.json", "\\u0000"),
        f"{SCENARIO}:18: inference.measurement: no file 'runs/\\x00'",
    ),
    row(
        "record with a name that is too long",
        edit(SCENARIO, "run.json", "x" * 5000),
        f"{SCENARIO}:18: inference.measurement: no file 'runs/xxxx",
    ),
    # paths that leave their folder
    row(
        "record above the scenario",
        edit(SCENARIO, "runs/run.json", "../../x.json"),
        f"{SCENARIO}:18: inference.measurement: '../../x.json' leaves the folder",
    ),
    row(
        "record elsewhere",
        edit(SCENARIO, "runs/run.json", "/etc/passwd"),
        f"{SCENARIO}:18: inference.measurement: '/etc/passwd' leaves the folder",
    ),
    row(
        "record that is a link out",
        link("runs/out.json", "/etc/passwd"),
        edit(SCENARIO, "run.json", "out.json"),
        f"{SCENARIO}:18: inference.measurement: 'runs/out.json' leaves the folder",
    ),
    row(
        "table above the inventory",
        edit(MIXES, '"mixes.csv"', '"../x.csv"'),
        f"{MIXES}:1: table: '../x.csv' is no file beside this one",
    ),
    row(
        "table with a name that no file can have",
        edit(MIXES, '"mixes.csv"', '"\\u0000"'),
        f"{MIXES}:1: table: '\\x00' is no file beside this one",
    ),
    row("table without a name", edit(MIXES, '"mixes.csv"', '""'), f"{MIXES}:1: table: '' is no file beside this one"),
    row(
        "table that is a link out",
        link("inventory/electricity/out.csv", "/etc/passwd"),
        edit(MIXES, "mixes.csv", "out.csv"),
        f"{MIXES}:1: table: 'out.csv' is no file beside this one",
    ),
    row(
        "file that is a link onto itself",
        link("inventory/materials/loop.toml", "loop.toml"),
        "inventory/materials/loop.toml: a link that leads to no file",
    ),
    row(
        "table that is a link onto itself",
        link("inventory/electricity/loop.csv", "loop.csv"),
        edit(MIXES, "mixes.csv", "loop.csv"),
        "inventory/electricity/loop.csv: a link that leads to no file",
    ),
    row(
        "record that is a link onto itself",
        link("runs/loop.json", "loop.json"),
        edit(SCENARIO, "run.json", "loop.json"),
        f"{SCENARIO}:18: inference.measurement: no file 'runs/loop.json'",
    ),
    row(
        "file that is a pipe",
        lambda tiny: os.mkfifo(tiny.folder / "inventory/materials/pipe.toml"),
        "inventory/materials/pipe.toml: a pipe or a device, not a file",
    ),
    row(
        "table that is a pipe",
        lambda tiny: os.mkfifo(tiny.folder / "inventory/electricity/pipe.csv"),
        edit(MIXES, "mixes.csv", "pipe.csv"),
        "inventory/electricity/pipe.csv: a pipe or a device, not a file",
    ),
    row("table that is not there", edit(MIXES, "mixes.csv", "mix.csv"), "inventory/electricity/mix.csv: no such file"),
    row(
        "file that is a link out",
        write("outside.toml", "secret = 1"),
        link("inventory/materials/out.toml", "../../outside.toml"),
        "inventory/materials/out.toml: the link leaves the inventory folder",
    ),
    # files that are no such files
    row("empty file", write(PLANT, ""), f"{PLANT}:1: the file is empty"),
    row("blank file", write(PLANT, " \n\n"), f"{PLANT}:1: the file is empty"),
    row("empty scenario", write(SCENARIO, ""), f"{SCENARIO}:1: the file is empty"),
    row("empty record", write(RECORD, ""), f"{RECORD}:1: the file is empty"),
    row("empty table", write(TABLE, ""), f"{TABLE}:1: the file is empty"),
    row("200 MB", enlarge(PLANT), f"{PLANT}: 200,000,000 bytes; at most 1,000,000 are read"),
    row("200 MB of a scenario", enlarge(SCENARIO), f"{SCENARIO}: 200,000,000 bytes; at most 1,000,000 are read"),
    row("200 MB of a table", enlarge(TABLE), f"{TABLE}: 200,000,000 bytes; at most 5,000,000 are read"),
    row("200 MB of a record", enlarge(RECORD), f"{RECORD}: 200,000,000 bytes; at most 50,000,000 are read"),
    row("binary junk", write(PLANT, bytes(range(256))), f"{PLANT}: not UTF-8 text"),
    row("binary record", write(RECORD, bytes(range(256))), f"{RECORD}: not UTF-8 text"),
    row("UTF-16", write(PLANT, 'name = "x"'.encode("utf-16")), f"{PLANT}: not UTF-8 text"),
    row("invalid UTF-8", write(PLANT, b'name = "\xff"'), f"{PLANT}: not UTF-8 text"),
    row("invalid UTF-8 of a table", write(TABLE, b"\xff"), f"{TABLE}: not UTF-8 text"),
    row("TOML syntax", edit(PLANT, '"use"', "use"), f"{PLANT}:5: Invalid value"),
    row("TOML text without an end", edit(PLANT, '"use"', '"use'), f"{PLANT}:5: Illegal character '\\n'"),
    row("TOML key given twice", edit(PLANT, 'stage = "use"', 'unit = "kg"'), f"{PLANT}:5: Cannot overwrite a value"),
    row("TOML syntax of a scenario", edit(SCENARIO, "[training]", "[training"), f"{SCENARIO}:9: Expected ']'"),
    row("JSON syntax", edit(RECORD, '"inference",', '"inference"'), f"{RECORD}:5: Expecting ',' delimiter"),
    row("JSON without an end", edit(RECORD, "\n}\n", ""), f"{RECORD}:19: Expecting ',' delimiter"),
    row("JSON that is no table", write(RECORD, "[]"), f"{RECORD}:1: not a table of keys and values"),
    row("deep nesting", edit(PLANT, '"use"', "[" * 3000 + "]" * 3000), f"{PLANT}:1: nested more than 30 deep"),
    row("deep nesting by dots", edit(PLANT, "stage", ".".join("a" * 1000)), f"{PLANT}:1: nested more than 30 deep"),
    row(
        "array of half a million",
        edit(PLANT, "stage", "x = [" + "1," * 499_000 + "]\nstage"),
        f"{PLANT}:5: x: unknown key",
    ),
    row(
        "300 unknown keys",
        edit(PLANT, "stage", "\n".join(f"k{n} = 1" for n in range(300)) + "\nstage"),
        *(f"{PLANT}:{5 + n}: k{n}: unknown key" for n in range(200)),
        f"{PLANT}:1: and 100 more; correct those that are listed first",
    ),
    row(
        "key of a record twice",
        edit(RECORD, '"name"', '"name": "a",\n"name"'),
        f"{RECORD}:4: name: the key occurs twice",
    ),
    row(
        "half a character of a record",
        edit(RECORD, '"a run"', r'"\ud800"'),
        rf"{RECORD}:1: the character \ud800 is half of a pair",
    ),
    row(
        "deep nesting of a record",
        edit(RECORD, '"a run"', '{"a":' * 900 + "1" + "}" * 900),
        f"{RECORD}:1: nested more than 30 deep",
    ),
    row(
        "table with an unknown column",
        edit(TABLE, "wind [%]", "wynd [%]"),
        f"{TABLE}:1: wind: required column is absent",
        f"{TABLE}:1: wynd: unknown column",
    ),
    row(
        "table in error that others link to",
        edit(TABLE, "wind [%]", "wynd [%]"),
        edit(SERVER, 'input = "card"\namount = "2 item"', 'input = "electricity-xx"\namount = "2 kWh"'),
        f"{TABLE}:1: wind: required column is absent",
        f"{TABLE}:1: wynd: unknown column",
    ),
    row("table with a row too short", edit(TABLE, ",,,,,,,", ",,,,,,"), f"{TABLE}:3: note: 12 cells, not 13"),
    row("table with a row too long", edit(TABLE, ",,,,,,,", ",,,,,,,,"), f"{TABLE}:3: 14 cells, not 13"),
    row(
        "table with a column that occurs twice",
        edit(TABLE, "loss high [%]", "loss [1],loss high [%]"),
        f"{TABLE}:1: loss: the column occurs twice",
    ),
    row(
        "table with units of other dimensions",
        edit(TABLE, "loss [%],loss low [%],loss high [%]", "loss [kWh],loss low,loss high []"),
        f"{TABLE}:1: loss: 'kWh' where '1' belongs",
        f"{TABLE}:1: loss low: the heading has no unit in brackets, such as [%]",
        f"{TABLE}:1: loss high: the heading has no unit in brackets, such as [%]",
    ),
    row(
        "table with a unit that there is not",
        edit(TABLE, "wind [%]", "wind [percent]"),
        f"{TABLE}:1: wind: unknown unit 'percent'",
    ),
    row(
        "table with a unit of words",
        edit(TABLE, "source,burnt", "source [kg],burnt"),
        f"{TABLE}:1: source: the column holds text, and has no unit 'kg'",
    ),
    row(
        "column in another unit than the others, out of bounds in its own",
        edit(TABLE, "loss [%],loss low [%],loss high [%]", "loss [1],loss low [1],loss high [1]"),
        f"{TABLE}:2: loss: 20 1 is outside 0 to 100 %",
        f"{TABLE}:2: loss low: 10 1 is outside 0 to 100 %",
        f"{TABLE}:2: loss high: 30 1 is outside 0 to 100 %",
    ),
    row("table of a byte order mark", write(TABLE, b"\xef\xbb\xbf\n"), f"{TABLE}:1: the file is empty"),
    row("file of a byte order mark", write(PLANT, b"\xef\xbb\xbf"), f"{PLANT}:1: the file is empty"),
    row(
        "table with a cell too large",
        edit(TABLE, "losses not known", "x" * 200_000),
        f"{TABLE}:3: field larger than field limit (131072)",
    ),
    row(
        "table with a stray carriage return", edit(TABLE, "losses not", "losses\rnot"), f"{TABLE}:3: new-line character"
    ),
    row(
        "table without a source",
        edit(TABLE, "2023,book,75", "2023,,75"),
        f"{TABLE}:2: source: the shares cite no source",
    ),
    row(
        "table with a citation of no source",
        edit(TABLE, "2023,book,75", "2023,bok,75"),
        f"{TABLE}:2: source: no source 'bok' in the table's TOML file",
    ),
    # templates
    row("unknown template", edit(CARD, '"card"\n\n', '"cart"\n\n'), f"{CARD}:6: template: no template 'cart'"),
    row(
        "unknown template parameter",
        edit(CARD, "[parameters]", "[parameters]\nmode = { value = '7 nm', source = 'book' }"),
        f"{CARD}:9: parameters.mode: the template has no such parameter",
    ),
    row(
        "missing template parameter",
        edit(CARD, "node =", "# node ="),
        f"{CARD}:8: parameters.node: the template needs it: Process node.",
    ),
    row(
        "template parameter beyond what is plausible",
        edit(CARD, "500 mm^2", "50 cm^2"),
        f"{CARD}:9: parameters.die_area: 50.0 cm^2 is beyond the plausible 10 cm^2",
    ),
    row(
        "template parameter of another dimension",
        edit(CARD, "500 mm^2", "500 mm"),
        f"{CARD}:9: parameters.die_area: 'mm' where 'cm^2' belongs",
    ),
    row(
        "template that leads to no activity",
        edit(CARD, '"7 nm"', '"8 nm"'),
        f"{CARD}:6: template: no activity 'wafer-8-nm'; did you mean 'wafer-7-nm'?",
    ),
    row(
        "unsafe formula",
        edit(TEMPLATE, "die_area / good_share", "__import__('os').remove('x')"),
        f"{CARD}:6: template: \"__import__('os').remove('x')\" is not a formula that a template may hold",
    ),
    row(
        "unsafe formula of an intermediate result",
        edit(TEMPLATE, "exp(-defect_density * die_area)", "open('x')"),
        f"{CARD}:6: template: \"open('x')\" is not a formula that a template may hold",
    ),
    row(
        "formula of another dimension",
        edit(TEMPLATE, "die_area / good_share", "die_area ** 2"),
        f"{CARD}:6: template: 'die_area ** 2': Cannot convert from 'centimeter ** 4'",
    ),
    row(
        "name in a template that is no parameter",
        edit(TEMPLATE, "wafer-{node}", "wafer-{node.__class__}"),
        f"{CARD}:6: template: no activity 'wafer-{{node.__class__}}'",
    ),
    row(
        "template in error",
        edit(TEMPLATE, "about", "abot"),
        f"{TEMPLATE}:7: parameters.die_area.abot: unknown key",
        f"{TEMPLATE}:3: parameters.die_area.about: required key is absent",
    ),
    # the lists beside the activities
    row(
        "list of required flows for no category",
        edit(REQUIRED, "acidification", "acidity"),
        f"{REQUIRED}:3: burning.acidity: no impact category 'acidity'",
    ),
    row(
        "list of required flows with no such flow",
        edit(REQUIRED, "Methane, fossil | air", "Methane | air"),
        f"{REQUIRED}:2: burning.climate-change.flows: no elementary flow 'Methane | air'",
    ),
    row(
        "normalisation in another unit",
        edit(NORMALISATION, "1000 kg", "1000 g"),
        f"{NORMALISATION}:4: factors.climate-change: '1000 g CO2-Eq' is not in 'kg CO2-Eq'",
    ),
    # what is well-formed, but cannot be so
    row(
        "exchange without a range or a pedigree",
        edit(PLANT, PEDIGREE, ""),
        f"{PLANT}:8: exchanges: exchanges without a range, in an activity without a [pedigree]",
    ),
    row(
        "assembly of nothing",
        edit("inventory/electricity/network.toml", "unit", "technology = 'assembly'\nunit"),
        "inventory/electricity/network.toml:1: an activity of technology 'assembly' has inputs",
    ),
    row(
        "negative emission",
        edit(PLANT, '"0.001 kg"', '"-0.001 kg"'),
        f"{PLANT}:8: exchanges: 'Methane, fossil' has the negative amount -0.001",
    ),
    row(
        "assembly of itself",
        edit(SERVER, '"card"', '"server"'),
        f"{SERVER}:5: technology: the assembly is part of itself",
    ),
]


def listing(folder: Path) -> dict[str, int]:
    """Every file below a folder with the time it was written."""
    return {str(path): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def refuses(done: Done, problems: tuple[str, ...]) -> None:
    """The command said these problems and nothing else."""
    lines = done.err.splitlines()
    assert [line for line in lines if not line.startswith(problems)] == []
    assert [problem for problem in problems if not any(line.startswith(problem) for line in lines)] == []
    assert len(lines) == len(problems)
    assert all("; " in line for line in lines)
    assert (done.code, done.out) == (3, "")


@pytest.mark.parametrize(("spoils", "problems"), ROWS)
def test_bad_input(
    spoils: tuple[Spoil, ...], problems: tuple[str, ...], tiny: Workplace, command: Callable[..., Done]
) -> None:
    for spoil in spoils:
        spoil(tiny)
    before = listing(tiny.folder.parent)
    refuses(command(*CHECK), problems)
    refuses(command(*ASSESS), problems)
    assert listing(tiny.folder.parent) == before


SAMPLED = {"misspelt key", "200 MB", "JSON syntax", "deep nesting", "a power of powers", "binary junk"}


@pytest.mark.parametrize(("spoils", "problems"), [param for param in ROWS if param.id in SAMPLED])
def test_bad_input_in_a_process_of_its_own(
    spoils: tuple[Spoil, ...], problems: tuple[str, ...], tiny: Workplace
) -> None:
    for spoil in spoils:
        spoil(tiny)
    ran = subprocess.run([sys.executable, "-m", "lca", *CHECK], cwd=tiny.folder, capture_output=True, text=True)
    refuses(Done(ran.returncode, ran.stdout, ran.stderr), problems)


def test_the_rows_are_spoilt_copies_of_good_files(tiny: Workplace, command: Callable[..., Done]) -> None:
    done = command(*CHECK)
    assert (done.code, done.err) == (0, "")
    done = command(*ASSESS)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["schema"] == 1
    assert (tiny.folder / "out.xlsx").is_file()


def test_mixed_electricity_in_one_study(tiny: Workplace, command: Callable[..., Done]) -> None:
    copy(MIXES, "inventory/electricity/marginal.toml", "average", "marginal")(tiny)
    tiny.edit("inventory/electricity/marginal.toml", "mixes.csv", "marginal.csv")
    copy(TABLE, "inventory/electricity/marginal.csv", "electricity-", "marginal-")(tiny)
    copy(SCENARIO, "other.toml", '"electricity-xx"', '"marginal-xx"')(tiny)
    tiny.edit("other.toml", '"Answers"', '"Other answers"')
    mixed = (
        "electricity: electricity is modelled as average, location, production and as marginal, location, production"
    )
    refuses(
        command("assess", "scenario.toml", "other.toml", "-i", "inventory"),
        (f"other.toml:2: {mixed}", f"scenario.toml:2: {mixed}"),
    )
    tiny.edit(SCENARIO, "serves =", 'electricity = "marginal-xx"\nserves =')
    refuses(command(*ASSESS), (f"scenario.toml:2: {mixed}",))


def test_problems_are_in_the_language_of_each_reader(tiny: Workplace, command: Callable[..., Done]) -> None:
    tiny.edit(DRIVE, '"acidification"', '"acidity"')
    tiny.edit(SERVER, '"card"', '"cart"')
    french = command(*CHECK, "--language", "fr").err
    assert f"{DRIVE}:15: impacts[1].value: aucune catégorie d'impact 'acidity'\u00a0; vouliez-vous dire" in french
    assert f"{SERVER}:15: exchanges[0].input: aucune activité 'cart'\u00a0; vouliez-vous dire 'card'" in french
    english = command(*CHECK).err
    assert f"{SERVER}:15: exchanges[0].input: no activity 'cart'; did you mean 'card'" in english


def test_problems_of_several_files_are_listed_at_once(tiny: Workplace, command: Callable[..., Done]) -> None:
    """An error in one file hides none in another, and is none of the files that link to it."""
    tiny.edit(PLANT, "stage", "stge")
    tiny.edit(PLANT, "800 g", "800 grams")
    tiny.edit(CARD, '"500 mm^2"', '"50 cm^2"')
    tiny.edit(CARD, 'input = "truck"', 'input = "lorry"')
    tiny.edit(TABLE, "75,25", "75,26")
    tiny.edit(TABLE, "100,,", "-1,,")
    tiny.edit(REQUIRED, "Methane, fossil | air", "Methane | air")
    tiny.edit(SCENARIO, '"book"', '"bok"')
    tiny.edit(SCENARIO, "0.5", "0")
    tiny.edit(RECORD, '"0.5 kWh"', '"0.5 W"')
    tiny.write("second.toml", 'name = "x')
    done = command("check", "inventory", "scenario.toml", "second.toml", "third.toml")
    problems = (
        f"{TABLE}:2: id: the shares sum to 1.0100",
        f"{TABLE}:3: burnt: -1 % is outside 0 to 100 %",
        f"{PLANT}:5: stge: unknown key",
        f"{PLANT}:11: exchanges[0].amount: unknown unit 'grams'",
        f"{CARD}:9: parameters.die_area: 50.0 cm^2 is beyond the plausible 10 cm^2",
        f"{CARD}:19: delivery[0].input: no activity 'lorry'",
        f"{REQUIRED}:2: burning.climate-change.flows: no elementary flow 'Methane | air'",
        f"{RECORD}:12: energy[0].energy: 'W' where 'kWh' belongs",
        f"{SCENARIO}:10: training.component_energy.source: no source 'bok' in this file",
        f"{SCENARIO}:15: training.utilisation: 0 is outside > 0 and <= 1",
        "second.toml:1: Unterminated string",
        "third.toml: no such file",
    )
    refuses(done, problems)
    assert [line.startswith(problem) for line, problem in zip(done.err.splitlines(), problems, strict=True)] == [
        True
    ] * 12


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_name_that_a_spreadsheet_would_obey_is_data(
    start: str, tiny: Workplace, command: Callable[..., Done]
) -> None:
    name = f'{start}HYPERLINK("http://x")'
    written = json.dumps(name)
    tiny.edit(SCENARIO, '"Answers"', written)
    tiny.edit(DRIVE, '"Drive, as published"', written)
    done = command("assess", "scenario.toml", "-i", "inventory", "--categories", "climate-change", "--json")
    assert (done.code, json.loads(done.out)["scores"][0]["scenario"]) == (0, name)
    listed = json.loads(command("list", "hardware", "-i", "inventory", "--json").out)["items"]
    assert {"id": "drive", "name": name, "unit": "item", "location": "GLO"} in listed


def test_markup_in_a_name_is_printed_and_not_obeyed(tiny: Workplace, command: Callable[..., Done]) -> None:
    tiny.edit(DRIVE, "Drive, as published", "[red]Drive[/red] [bold]")
    assert "[red]Drive[/red] [bold]" in command("list", "hardware", "-i", "inventory").out
