"""The stated numbers of a functional unit as Brightway's activity parameters, and its amounts as formulas of them."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping
from typing import Any

from lca.engine.sampling import key
from lca.quantities.values import Value
from lca.report.brightway.uncertainty import fields
from lca.system.parts import ProductSystem


class NamedNumbers:
    """The stated numbers of one product system, each under a name that a formula may use."""

    def __init__(self, system: ProductSystem) -> None:
        self.stated: dict[str, Value] = {}
        self._names: dict[str, str] = {}
        for exchange in system.exchanges:
            for leaf in exchange.value.leaves():
                if leaf.field and key(leaf) not in self._names:
                    name = _free(leaf.field, self.stated)
                    self._names[key(leaf)], self.stated[name] = name, leaf

    def formula(self, value: Value) -> str:
        """The amount as Python arithmetic of the names; numbers without a place in a file stand in it themselves."""
        if not value.expression:
            return self._names.get(key(value), repr(float(value.number))) if value.field else repr(float(value.number))
        return f"({ast.unparse(_Inserted(self, value.inputs).visit(ast.parse(value.expression, mode='eval')))})"

    def parameters(self, database: str, code: str) -> list[dict[str, Any]]:
        """For `bw2data.parameters.new_activity_parameters`."""
        return [
            {
                "name": name,
                "database": database,
                "code": code,
                "amount": float(leaf.number),
                "unit": leaf.unit,
                "comment": f"{leaf.name}, {leaf.file}: {leaf.field}",
                **fields(float(leaf.number), leaf.range),
            }
            for name, leaf in self.stated.items()
        ]


class _Inserted(ast.NodeTransformer):
    """An expression with its inputs in place of their names.

    The larger and the smaller of two are written as conditions: numpy's functions of these names, which Brightway
    takes, choose along an axis.
    """

    def __init__(self, names: NamedNumbers, inputs: Mapping[str, Value]) -> None:
        self.names, self.inputs = names, inputs

    def visit_Name(self, node: ast.Name) -> ast.expr:
        parsed: ast.expr = ast.parse(self.names.formula(self.inputs[node.id]), mode="eval").body
        return parsed

    def visit_Call(self, node: ast.Call) -> ast.expr:
        first: ast.expr
        first, *others = (self.visit(argument) for argument in node.args)
        assert isinstance(node.func, ast.Name)
        if node.func.id == "exp":
            return ast.Call(node.func, [first], [])
        for other in others:
            sign = ast.Gt() if node.func.id == "max" else ast.Lt()
            first = ast.IfExp(ast.Compare(first, [sign], [other]), first, other)
        return first


def _free(field: str, taken: Mapping[str, Value]) -> str:
    """A name of this field that is not taken yet."""
    name = re.sub(r"\W+", "_", field, flags=re.ASCII).strip("_") or "number"
    name = f"number_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
    number = 1
    while (free := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return free
