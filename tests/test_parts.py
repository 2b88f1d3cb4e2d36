"""Parts of a foreground add up, and an exchange knows the files of its numbers."""

from __future__ import annotations

import numpy as np

from lca import equations
from lca.quantities.values import Value, calculated
from lca.system.parts import ForegroundExchange, Gap, Parts, added, gap, merged
from lca.vocabulary import Phase, Stage


def test_parts_add_up_in_their_order_and_say_a_note_once() -> None:
    first = Parts(gaps=gap(Phase.TRAINING, "a", 1.0, "h"), modelling=frozenset({"location"}), notes=("n", "m"))
    second = Parts(gaps=gap(Phase.DATA, "b", 2.0, "h"), modelling=frozenset({"market"}), notes=("n",))
    total = added([first, second])
    assert [each.name for each in total.gaps] == ["a", "b"]
    assert total.notes == ("n", "m")
    assert total.modelling == {"location", "market"}
    assert added([]) == Parts()


def test_a_gap_of_nothing_is_none_and_one_of_some_variants_is_one() -> None:
    assert gap(Phase.TRAINING, "a", 0.0, "h") == ()
    assert gap(Phase.TRAINING, "a", -1.0, "h") == (Gap(Phase.TRAINING, "a", -1.0, "h"),)
    assert len(gap(Phase.TRAINING, "a", np.array([0.0, 1.0]), "h")) == 1  # type: ignore[arg-type]
    assert gap(Phase.TRAINING, "a", np.zeros(2), "h") == ()  # type: ignore[arg-type]


def test_gaps_of_several_runs_that_lack_the_same_are_one() -> None:
    one = Gap(Phase.TRAINING, "a", 1.0, "h", of="x")
    other = Gap(Phase.TRAINING, "a", 2.0, "h", of="y")
    assert merged([one, other, one]) == (Gap(Phase.TRAINING, "a", 2.0, "h", of="x"), other)


def test_an_exchange_names_every_file_that_states_a_number_of_it_once() -> None:
    share = calculated(
        equations.reserved_fraction,
        reserved=Value(1.0, "item", "reserved", file="scenario.toml"),
        installed=Value(8.0, "item", "installed", file="server.toml"),
    )
    exchange = ForegroundExchange(Phase.TRAINING, Stage.PRODUCTION, "equipment", "server", share)
    assert exchange.files == ("scenario.toml", "server.toml")
