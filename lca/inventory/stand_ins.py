"""Stand-ins for what nobody has published: one of their own for every product that has them.

A gap that two scenarios have alike cancels in their difference. The unknown dies of two devices are not alike, so the
one activity that stands for both may not be one gap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from lca.inventory.activity import Activity, Input


def told_apart(activities: Mapping[str, Activity], unlike: Collection[str]) -> dict[str, Activity]:
    """The activities, with a copy `<id>-of-<product>` of each unlike one for each activity that has it as an input."""
    everything = dict(activities)
    for id, activity in activities.items():
        if any(input.activity in unlike for input in activity.inputs):
            inputs = tuple(_own(input, id, unlike) for input in activity.inputs)
            everything[id] = replace(activity, inputs=inputs)
            for old, new in zip(activity.inputs, inputs, strict=True):
                if old is not new:
                    stand_in = activities[old.activity]
                    name = f"{stand_in.name}: those of {activity.name}"
                    everything[new.activity] = replace(stand_in, id=new.activity, name=name, stands_in=True)
    return everything


def _own(input: Input, id: str, unlike: Collection[str]) -> Input:
    return replace(input, activity=f"{input.activity}-of-{id}") if input.activity in unlike else input
