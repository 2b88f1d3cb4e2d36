"""Published results that this package must be able to reproduce: cases as data, run and judged.

A case states its inputs, what was published, and a tolerance with its reason. A deviation beyond it is a failure,
unless explanations.toml explains a deviation of that size; nothing is tuned.
"""

from lca.validate.run import Case, CaseComparison, validate
from lca.validate.show import show

__all__ = ["Case", "CaseComparison", "show", "validate"]
