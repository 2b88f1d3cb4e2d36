"""What every file is made of: strict records, quantities with ranges, and the sources they cite."""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema

from lca.errors import InconsistentRange, MissingKey, OutOfRange, Uncited, WrongType
from lca.languages import gettext, localised
from lca.quantities import units
from lca.quantities.units import Amount

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"

_WRITTEN_SCHEMA = {"type": ["string", "number"], "pattern": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[A-Za-z%1]"}
Written = Annotated[Amount, BeforeValidator(units.parse), PlainSerializer(str), WithJsonSchema(_WRITTEN_SCHEMA)]
Distribution = Literal["lognormal", "triangular", "uniform", "normal"]


class Record(BaseModel):
    """Frozen; unknown keys are refused; the docstring under a field is its manual."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        strict=False,
        allow_inf_nan=False,
        defer_build=True,  # of some seventy records a command reads a few
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """With the manual of its fields."""
        made = handler(schema)
        properties = handler.resolve_ref_schema(made).get("properties", {})
        for name, text in manual(cls).items():
            properties[cls.model_fields[name].alias or name]["description"] = text
        return made


@lru_cache(maxsize=256)
def manual(record: type[BaseModel]) -> Mapping[str, str]:
    """Field → the docstring under it: read from the source when it is asked for, for reading takes its time."""
    texts: dict[str, str] = {}
    for base in reversed(record.__mro__):
        if not issubclass(base, Record) or base is Record:
            continue
        [defined] = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(defined, ast.ClassDef)
        field = ""
        for line in defined.body:
            match line:
                case ast.AnnAssign(target=ast.Name(id=field)):
                    texts.pop(field, None)
                case ast.Expr(value=ast.Constant(value=str(text))) if field:
                    texts[field], field = inspect.cleandoc(text), ""
                case _:
                    field = ""
    return {name: texts[name] for name in record.model_fields if name in texts}


class Ranged(Record):
    """Numbers with a 95 % range."""

    low: Written | None = None
    """2.5 % quantile."""
    high: Written | None = None
    """97.5 % quantile."""
    distribution: Distribution | None = None
    """Shape between them; required with a range."""
    source: str | tuple[str, ...] | None = None
    """Id of one or more entries under [sources], or of shared sources."""
    note: str | None = None
    """How the number came out of the source."""

    def check_range(self, median: Amount, low: Amount | None, high: Amount | None) -> None:
        """Raise InconsistentRange unless low < median < high fits the stated distribution."""
        if low is None and high is None and self.distribution is None:
            return
        if low is None or high is None or self.distribution is None:
            raise InconsistentRange(gettext("low, high and distribution go together"))
        lo, mid, hi = low.number, units.convert(median, low.unit).number, units.convert(high, low.unit).number
        if not lo <= mid <= hi or lo == hi:
            raise InconsistentRange(
                gettext("low {low}, value {median}, high {high} are not in order", low=low, median=median, high=high)
            )
        centre = {"uniform": (lo + hi) / 2, "normal": (lo + hi) / 2}.get(self.distribution, mid)
        if self.distribution == "lognormal":
            if lo <= 0:
                raise InconsistentRange(gettext("a lognormal range is positive"))
            centre = (lo * hi) ** 0.5
        if abs(centre - mid) > 0.02 * abs(hi - lo) + 0.01 * abs(mid):
            raise InconsistentRange(
                gettext(
                    "the median of this {distribution} range is {centre:g} {unit}, not {mid:g}",
                    distribution=self.distribution,
                    centre=centre,
                    unit=low.unit,
                    mid=mid,
                )
            )


class Quantity(Ranged):
    """A number with its unit, and where known its range, kind and source."""

    value: Written
    """Median, as text with a unit."""
    kind: str | None = None
    """What the number is of (`HBM3`)."""
    basis: str | None = None
    """What the number counts, where more than one convention exists (WUE: `consumption` or `withdrawal`)."""

    @model_validator(mode="after")
    def _range_fits(self) -> Quantity:
        self.check_range(self.value, self.low, self.high)
        return self

    @property
    def amount(self) -> float:
        return self.value.number

    @property
    def unit(self) -> str:
        return self.value.unit

    def in_unit(self, unit: str) -> Quantity:
        """The same in another unit of its dimension. Raises WrongUnit or NotFinite."""
        numbers = {name: getattr(self, name) for name in ("value", "low", "high")}
        changes = {name: units.convert(amount, unit) for name, amount in numbers.items() if amount is not None}
        return self.model_copy(update=changes)


@dataclass(frozen=True)
class In:
    """Annotation of a Quantity field: the unit it is converted to, and its bounds in that unit.

    Written as `"700 W"`, or as a table with value, range and source; with `cited` the table must name a source.
    """

    unit: str
    low: float = float("-inf")
    high: float = float("inf")
    above: float = float("-inf")
    below: float = float("inf")
    cited: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            self._converted, core_schema.no_info_before_validator_function(self._table, handler(source))
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """A table that names a source; or where none is needed, a table or its value alone."""
        table = handler(schema)
        return {"allOf": [table, {"required": ["source"]}]} if self.cited else {"anyOf": [table, _WRITTEN_SCHEMA]}

    def _table(self, written: object) -> object:
        if isinstance(written, Mapping | Quantity):
            return written
        return {"value": written}

    def _converted(self, quantity: Quantity) -> Quantity:
        if self.cited and not quantity.source:
            raise Uncited(gettext("the number cites no source"))
        converted = quantity.in_unit(self.unit)
        for amount in (converted.value, converted.low, converted.high):
            if amount and not (self.low <= amount.number <= self.high and self.above < amount.number < self.below):
                raise OutOfRange(
                    gettext("{number:g} is outside {interval}", number=amount.number, interval=self.interval())
                )
        return converted

    def interval(self) -> str:
        """The bounds in words."""
        left = f"> {self.above:g}" if self.above > float("-inf") else f">= {self.low:g}"
        right = f"< {self.below:g}" if self.below < float("inf") else f"<= {self.high:g}"
        bounds = gettext(" and ").join(localised(bound) for bound in (left, right) if "inf" not in bound)
        return bounds if self.unit == "1" else f"{bounds} {units.written(self.unit)}"


@dataclass(frozen=True)
class OneOrMore:
    """Annotation of a tuple of records: a file may write a single one as a table, several as a list of tables."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            self._listed,
            handler(source),
            serialization=core_schema.wrap_serializer_function_ser_schema(self._as_written),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], {**listed, "minItems": 1}]}

    @staticmethod
    def _listed(written: object) -> object:
        if isinstance(written, Mapping | Record):
            return (written,)
        if written is None:
            return ()
        if not isinstance(written, list | tuple):
            raise WrongType(gettext("this is no table and no list of tables"))
        if isinstance(written, list) and not written:
            raise MissingKey(gettext("the list is empty"))
        return written

    @staticmethod
    def _as_written(records: tuple[Record, ...], handler: core_schema.SerializerFunctionWrapHandler) -> Any:
        written = handler(records)
        return written[0] if len(written) == 1 else written


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...`, or nothing."""
    close = difflib.get_close_matches(name, known, n=3)
    return gettext("; did you mean {names}?", names=", ".join(map(repr, close))) if close else ""
