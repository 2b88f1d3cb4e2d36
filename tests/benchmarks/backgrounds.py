"""A generated database of 20,000 activities, shaped like a licensed one: what adding it takes, and the first score.

    python tests/benchmarks/backgrounds.py FOLDER [bw2calc]

Markets over producers in several places, a core in which everything needs everything, waste with a negative
production, four distributions. It is written as the SQLite file of a Brightway project, added, and a score of it is
held against bw2calc on the joined matrices where that is asked for, which takes many minutes: it eliminates in an
order that fills. Prints seconds and peak memory.
"""

from __future__ import annotations

import os
import pickle
import resource
import sqlite3
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs

from lca.backgrounds.compiled import Compiled

ACTIVITIES, CORE, FLOWS = 20_000, 1_200, 24
PLACES = ("GLO", "RER", "US", "CN", "RoW")


def main(folder: Path, against: bool) -> None:
    platformdirs.user_data_path = lambda name: folder / "data"  # type: ignore[assignment,misc]
    from lca.backgrounds import store
    from lca.inventory.catalogue import Catalogue
    from lca.study.assess import score
    from lca.study.documented import under_background

    project = written(folder / "project")
    start = time.perf_counter()
    about = store.add("generated", project, "generated", version="1")
    print(f"add: {time.perf_counter() - start:.1f} s, {about.counts['exchanges']:,} exchanges, ", end="")
    print(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6:.2f} GB")
    (folder / "data" / "mappings").mkdir(parents=True, exist_ok=True)
    entries = "\n".join(
        f'[[mapped]]\nactivity = "{id}"\nname = "market for product {n}"\nlocations = ["GLO"]\nunit = "kg"'
        for n, id in enumerate(("steel", "cement", "aluminium-primary", "epoxy-resin", "polypropylene", "abs"))
    )
    (folder / "data" / "mappings" / "generated.toml").write_text(f'background = "generated"\n{entries}\n', "utf-8")
    catalogue = Catalogue.load()
    for what in ("first", "second"):
        start, worked = time.perf_counter(), time.process_time()
        joined = under_background((), replace(catalogue), "generated")  # as a new process would
        study = score("steel", 1.0, joined)
        spent = time.process_time() - worked
        print(f"{what} score: {time.perf_counter() - start:.2f} s, {spent:.2f} s of one processor")
    compiled = store.load(about)
    factors = catalogue.library.factors["climate-change"]
    [number] = [n for n, p in enumerate(compiled.products) if (p.name, p.location) == ("market for product 0", "GLO")]
    if against:
        ours = study.scores().set_index("category")["score"]["climate-change"]
        theirs = by_bw2calc(compiled, number, factors)
        print(f"bw2calc {theirs:.12g}, here {ours:.12g}, relative {abs(ours / theirs - 1):.1e}")
    start = time.perf_counter()
    compiled.drawn_scores([number], [factors], 0, 0, 5)
    print(f"draws: {(time.perf_counter() - start) / 5:.2f} s each, one category, the first factorised")


def by_bw2calc(compiled: Compiled, number: int, factors: Mapping[str, float]) -> float:
    """The score of one unit of a product."""
    import bw_processing

    from lca.engine.bw2calc import bw2calc

    package = bw_processing.create_datapackage()
    for name, part, offset in (("technosphere", compiled.technosphere, 0), ("biosphere", compiled.biosphere, 10**6)):
        indices = np.empty(len(part.rows), dtype=bw_processing.INDICES_DTYPE)
        indices["row"], indices["col"] = part.rows + offset, part.columns
        package.add_persistent_vector(
            matrix=f"{name}_matrix", name=name, indices_array=indices, data_array=part.amounts
        )
    rows = [(n + 10**6, factors[code]) for n, code in enumerate(compiled.flows) if code in factors]
    indices = np.empty(len(rows), dtype=bw_processing.INDICES_DTYPE)
    indices["row"], indices["col"] = [row for row, _ in rows], 0
    package.add_persistent_vector(
        matrix="characterization_matrix", name="c", indices_array=indices, data_array=np.array([f for _, f in rows])
    )
    lca = bw2calc().LCA({number: 1.0}, data_objs=[package])
    lca.lci()
    lca.lcia()
    return float(lca.score)


def written(folder: Path) -> Path:
    """The SQLite file of a Brightway project, with one database."""
    (folder / "lci").mkdir(parents=True)
    generator = np.random.default_rng(14)
    codes = sorted(__import__("lca.methods.library", fromlist=["Library"]).Library.load().flows)
    with sqlite3.connect(folder / "lci" / "databases.db") as opened:
        opened.execute("create table activitydataset (code, database, location, name, product, type, data)")
        opened.execute(
            "create table exchangedataset (input_code, input_database, output_code, output_database, type, data)"
        )
        for n in range(ACTIVITIES):
            market = n % len(PLACES) == 0
            name = f"market for product {n // 5}" if market else f"product {n // 5} production"
            place = "GLO" if market else PLACES[n % len(PLACES)]
            text = pickle.dumps({"unit": "kilogram"})
            row = (str(n), "generated", place, name, f"product {n // 5}", "process", text)
            opened.execute("insert into activitydataset values (?, ?, ?, ?, ?, ?, ?)", row)
            for key, database, kind, content in exchanges(n, market, generator, codes):
                line = (key, database, str(n), "generated", kind, pickle.dumps(content))
                opened.execute("insert into exchangedataset values (?, ?, ?, ?, ?, ?)", line)
    return folder


def exchanges(n: int, market: bool, generator: np.random.Generator, codes: list[str]):
    """Of one activity: production, inputs and emissions, with a distribution each."""
    waste = n % 97 == 96
    yield str(n), "generated", "production", {"amount": -1.0 if waste else 1.0}
    if market:
        for k, share in enumerate(generator.dirichlet(np.ones(4))):
            yield str(n + k + 1), "generated", "technosphere", uncertain(float(share), k)
    else:
        reach = CORE if n < CORE else n  # all below need what lies before them; the core needs itself
        for k, other in enumerate(generator.integers(0, reach, 11)):
            if other != n:
                amount = float(generator.lognormal(-4, 1)) * (-0.01 if other % 97 == 96 else 1.0)
                yield str(other), "generated", "technosphere", uncertain(amount, k)
        for k, flow in enumerate(generator.integers(0, len(codes), FLOWS)):
            yield codes[flow], "flows", "biosphere", uncertain(float(generator.lognormal(-5, 3)), k)


def uncertain(amount: float, k: int) -> dict[str, object]:
    match k % 4 if amount > 0 else 4:
        case 0:
            more = {"uncertainty type": 2, "loc": float(np.log(amount)), "scale": 0.1}
        case 1:
            more = {"uncertainty type": 3, "loc": amount, "scale": 0.05 * amount}
        case 2:
            more = {"uncertainty type": 4, "minimum": 0.9 * amount, "maximum": 1.1 * amount}
        case 3:
            more = {"uncertainty type": 5, "loc": amount, "minimum": 0.9 * amount, "maximum": 1.2 * amount}
        case _:
            more = {}
    return {"amount": amount, **more}


if __name__ == "__main__":
    os.environ.setdefault("BRIGHTWAY_NO_STRUCTLOG", "1")
    main(Path(sys.argv[1]).resolve(), "bw2calc" in sys.argv[2:])
