"""Text on its way out: no control characters of a name or a key, and nothing that the terminal's encoding lacks."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lca.errors import visible
from lca.languages import gettext

_SPELLED = {
    "≥": ">=",
    "≤": "<=",
    "≈": "~",
    "×": "x",
    "·": "*",
    "÷": "/",
    "±": "+-",
    "−": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "←": "<-",
    "…": "...",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "µ": "u",
    "μ": "u",
    "η": "eta",
    "Σ": "sum",
    "Δ": "delta",
    "∞": "inf",
    "█": "#",
    "⁻": "^-",
}
"""ASCII for what this package prints; of other characters the letter below the accent is left, or a question mark."""
_HANDLER = "lca-spelled"


def spelled(text: str) -> str:
    """The text in ASCII."""
    return "".join(map(_ascii, text))


def _ascii(character: str) -> str:
    if character in _SPELLED:
        return _SPELLED[character]
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def _spelled_part(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return spelled(error.object[error.start : error.end]), error.end


class _Plain:
    """A stream on which control characters are shown and not obeyed; a failure to write names it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _named():
            self._stream.write("\n".join(map(visible, text.split("\n"))))
        return len(text)

    def flush(self) -> None:
        with _named():
            self._stream.flush()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, gettext("standard output")) from None


@contextmanager
def plain_output() -> Iterator[None]:
    """Standard output and standard error take any text while this lasts; output is flushed at its end."""
    codecs.register_error(_HANDLER, _spelled_part)
    output = sys.stdout
    if output is None:
        raise OSError(None, gettext("it is closed; redirect it to a file or to /dev/null"), gettext("standard output"))
    for stream in (output, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
    sys.stdout = _Plain(output)
    try:
        yield
        sys.stdout.flush()
    except OSError:
        _abandon(output)
        raise
    finally:
        sys.stdout = output


def _abandon(output: Any) -> None:
    """What is left in the buffer goes nowhere, or Python would fail on it once more at its end."""
    try:
        output.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)
