"""Text made in code, a transformer that reads it, and the same one writing."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from lca.compress import prune
from lca.errors import UsageError
from lca.workloads.sentences import ALPHABET, text, tokens
from lca.workloads.text import CONTEXT, WRITTEN, generate, spelled
from lca.workloads.training import evaluate, fit
from lca.workloads.workload import SIZES, Workload, workload


def test_the_text_repeats_itself_adds_rightly_and_agrees() -> None:
    written = text((1,), 20_000)
    assert written == text((1,), 20_000) != text((2,), 20_000)
    assert set(written) <= set(ALPHABET)
    numbers = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    sentences = [sentence.split() for sentence in written.rstrip(". ").split(". ")]
    sums = [words for words in sentences if words[1] == "and"]
    assert len(sums) > 50
    assert all(numbers.index(a) + numbers.index(b) == numbers.index(c) for a, _, b, _, c in sums)
    for number, _, noun, verb, *_ in (words for words in sentences if words[1] != "and"):
        one = verb.endswith("s") and verb != "pass"
        assert (number == "one") == one, (number, noun, verb)


def test_every_target_is_the_next_character() -> None:
    data = workload("text").data()
    assert data.train_inputs.shape == data.train_targets.shape and data.test_inputs.shape[1] == CONTEXT
    assert torch.equal(data.train_inputs.flatten()[1:], data.train_targets.flatten()[:-1])
    assert spelled(data.train_inputs[0]) == text((5, 0, 0), CONTEXT)[:CONTEXT]
    assert tokens(spelled(data.test_inputs[3])) == data.test_inputs[3].tolist()


def test_a_score_depends_on_nothing_after_it() -> None:
    model = workload("text").network(seed=0).eval()
    sequence = workload("text").data().test_inputs[:1]
    changed = sequence.clone()
    changed[0, 40:] = 3
    one, other = (model(each) for each in (sequence, changed))
    assert torch.allclose(one[:, :, :40], other[:, :, :40], atol=1e-5)
    assert not torch.allclose(one[:, :, 40:], other[:, :, 40:], atol=1e-2)


def test_quality_of_no_knowledge_is_the_size_of_the_alphabet() -> None:
    task, count = workload("text"), len(ALPHABET)
    known = task.quality(torch.zeros(2, count, 5), torch.zeros(2, 5, dtype=torch.int64))
    assert known == {"accuracy": 1.0, "perplexity": pytest.approx(count)}


def test_networks_grow_with_size_and_width() -> None:
    def parameters(task: Workload, width: float = 1.0) -> int:
        return sum(p.numel() for p in task.network(width=width).parameters())

    sizes = [parameters(workload("text", size)) for size in SIZES]
    assert sizes == sorted(set(sizes))
    assert parameters(workload("text"), 0.5) < sizes[0] / 3
    with pytest.raises(UsageError, match="cannot be 0 times as wide"):
        workload("text").network(width=0.0)


def test_a_network_learns_and_writes_the_most_likely_characters(few: Callable[[str], Workload]) -> None:
    task = few("text")
    model = task.network(seed=0)
    before = evaluate(task, model)["perplexity"]
    fit(task, model, epochs=3)
    assert evaluate(task, model)["perplexity"] < before
    prompt = task.data().test_inputs[:2, :10]
    written = generate(model, prompt, 5)
    assert torch.equal(written[:, :10], prompt)
    for place in range(10, 15):
        assert torch.equal(model(written[:, :place])[:, :, -1].argmax(1), written[:, place])
    smaller = prune.magnitude(model, 0.5).model
    assert generate(smaller, prompt, 5).shape == (2, 15)
    for wrong in (prompt[:, :0], task.data().test_inputs[:1]):
        with pytest.raises(UsageError, match="characters to write"):
            generate(model, wrong, 1)


def test_a_request_of_generation_delivers_as_many_tokens_as_it_writes(few: Callable[[str], Workload]) -> None:
    task, seen = few("text-generation"), []

    def model(sequences: torch.Tensor) -> torch.Tensor:
        seen.append(sequences.shape)
        return torch.zeros(len(sequences), len(ALPHABET), CONTEXT)

    assert task.answer and task.results == WRITTEN and math.isclose(task.results, 16)
    task.answer(model, task.data().test_inputs[:3])  # type: ignore[arg-type]
    assert seen == [(3, CONTEXT)] * WRITTEN
