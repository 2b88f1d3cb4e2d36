"""`python -m lca.languages`: bring every NAME.po up to date with the code; `... NAME`: begin another."""

from __future__ import annotations

import sys

from lca.languages.catalogue import update

update(*sys.argv[1:])
