"""Text: a small transformer reads characters and predicts the next one; `text-generation` writes with the same network.

The sentences are made in code (`lca.workloads.sentences`): nothing is downloaded.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from lca.errors import UsageError
from lca.languages import gettext
from lca.workloads.sentences import ALPHABET, text, tokens
from lca.workloads.workload import SIZES, Data, Workload, needed, seeded

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

CONTEXT = 64
"""Characters that the network sees at once."""
WRITTEN = 16
"""Characters that one request of `text-generation` asks for."""
_PROMPT = CONTEXT - WRITTEN


class _Size(NamedTuple):
    width: int
    blocks: int
    heads: int
    train: int
    """Sequences to learn from."""
    test: int
    epochs: int


_SIZES = {
    "small": _Size(64, 2, 2, 1024, 256, 12),
    "medium": _Size(96, 3, 3, 4096, 512, 16),
    "large": _Size(128, 4, 4, 8192, 1024, 24),
}


def define(name: str, size: str) -> Workload:
    """The workload `text`, whose inference is a context read, or `text-generation`, whose inference is one character.

    A character is the token of both.
    """
    from torch.nn.functional import cross_entropy

    chosen, writes = _SIZES[size], name == "text-generation"
    read = f"context of {CONTEXT} characters read, each next one predicted"
    return Workload(
        name=name,
        size=size,
        service="character written, one token after the other" if writes else read,
        metric="accuracy",
        correct="accuracy",
        network=partial(_network, chosen),
        data=partial(_data, size),
        loss=cross_entropy,
        quality=_quality,
        epochs=chosen.epochs,
        rate=3e-3,
        batch=32,
        answer=_written if writes else None,
        results=WRITTEN if writes else 1,
    )


def generate(model: Module, prompt: Tensor, count: int) -> Tensor:
    """The prompt (items, characters) and `count` characters more, each the most likely one after all before it.

    Every character takes a whole forward pass over the context, for no state is kept between them: what a compressed
    or exported network offers. The network sees CONTEXT characters at each, so that one exported for that shape can
    write too. Raises UsageError where the prompt is empty, or it and the count do not fit into the context.
    """
    torch = needed("torch")
    given = prompt.shape[1]
    if not given or given + count > CONTEXT:
        raise UsageError(
            gettext(
                "a prompt of {given} and {count} characters to write: at least 1, and {context} together",
                given=given,
                count=count,
                context=CONTEXT,
            )
        )
    written = torch.zeros((len(prompt), CONTEXT), dtype=prompt.dtype, device=prompt.device)
    written[:, :given] = prompt
    for place in range(given, given + count):
        written[:, place] = model(written)[:, :, place - 1].argmax(1)
    whole: Tensor = written[:, : given + count]
    return whole


def spelled(sequence: Tensor) -> str:
    """The characters of one sequence of tokens."""
    return "".join(ALPHABET[int(token)] for token in sequence)


def _written(model: Module, requests: Tensor) -> None:
    generate(model, requests[:, :_PROMPT], WRITTEN)


def _network(size: _Size, seed: int = 0, width: float = 1.0) -> Module:
    if not 0 < width < float("inf"):
        raise UsageError(gettext("a network cannot be {width:g} times as wide: give a width above 0", width=width))
    needed("torch")
    from lca.workloads.networks import Transformer

    each = max(1, round(width * size.width / size.heads))
    with seeded(seed):
        return Transformer(len(ALPHABET), CONTEXT, each * size.heads, size.blocks, size.heads)


def _quality(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    """The share of next characters that are right, and e to the mean negative logarithm of what they were given."""
    import math

    from torch.nn.functional import cross_entropy

    from lca.workloads.metrics import accuracy

    return {
        "accuracy": accuracy(outputs, targets),
        "perplexity": math.exp(float(cross_entropy(outputs.float(), targets))),
    }


@cache
def _data(size: str) -> Data:
    """Sequences of CONTEXT characters, and the same ones a character later; the test text is another one."""
    torch, chosen = needed("torch"), _SIZES[size]
    parts = []
    for part, count in enumerate((chosen.train, chosen.test)):
        length = count * CONTEXT + 1
        written = torch.tensor(tokens(text((5, SIZES.index(size), part), length)[:length]))
        parts += [written[:-1].reshape(count, CONTEXT), written[1:].reshape(count, CONTEXT)]
    return Data(*parts)
