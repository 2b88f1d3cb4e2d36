"""Ways in which another tool's file cannot become a record."""

from __future__ import annotations

from lca.errors import Fault


class OtherLayout(Fault):
    """check that the tool named wrote this file, in a version that this importer knows, or name another format"""


class Damaged(Fault):
    """take the file from the tool again: it is cut off or was changed"""


class NoNumber(Fault):
    """correct it, or take the file from the tool again"""


class DecimalComma(Fault):
    """write the file with decimal points, as in an English or C locale (LC_ALL=C), and without thousands separators"""


class NoReading(Fault):
    """leave the row out, if the tool took no reading then; a gap that this leaves must be short"""


class CounterWrapped(Fault):
    """use another run: a counter turned inside the tool, and what it had counted cannot be told from its file"""


class ShiftedRow(Fault):
    """choose another run of the file, --run ID: which columns the cells of this row belong to is not known"""


class NoValue(Fault):
    """ask sacct for ConsumedEnergyRaw; if that holds the mark too, the cluster measured no energy of the job"""


class FixedWidth(Fault):
    """ask for the same fields again with `sacct --parsable2`"""


class NoZone(Fault):
    """write the times with their offset from UTC, such as 2026-01-31T13:00:00+01:00"""


class SeveralDevices(Fault):
    """give each device a column of power, and name them all: --column TIME --column POWER --column POWER"""


class SeveralSMI(SeveralDevices):
    """say of which GPU each row is: `nvidia-smi --query-gpu=timestamp,index,uuid,name,power.draw --format=csv -l 1`"""


class NotEveryDevice(Fault):
    """name the GPUs that the run used, --device INDEX, or log all of them"""


class SMITimeless(Fault):
    """log the time with the power: `nvidia-smi dmon -o DT`, or the field timestamp of `nvidia-smi --query-gpu`"""


class NoHeader(Fault):
    """log it with its header and power.draw, without noheader; or write the header that is missing as first line"""


class NoTime(Fault):
    """write it as ISO 8601, such as 2026-01-31T12:00:00Z"""


class LastTaskOnly(Fault):
    """import the file of its tasks instead: emissions_*_RUN.csv, beside it"""


class FormulaCell(Fault):
    """remove the formula: such a file holds text and numbers only"""


class OutOfOrder(Fault):
    """put the rows in the order of their time; a clock that was set back during the run makes it unusable"""


class SamplesMissing(Fault):
    """import the parts before and after it apart: what was drawn in between is not known"""


class PUEUnknown(Fault):
    """give the PUE that the tool multiplied its energy by: --pue 1.3, or --pue 1 if it used none"""


class ScopeUnknown(Fault):
    """say what the energy covers: --covers node (at its plug), cpu, gpu, memory or components (all of these)"""


class SeveralRuns(Fault):
    """choose one of them: --run ID"""


class StartUnknown(Fault):
    """give the time at which the run began: --started 2026-01-31T12:00:00Z"""


class TimesUnknown(Fault):
    """give the times of the two scrapes: --started 2026-01-31T12:00:00Z --ended 2026-01-31T13:00:00Z"""


class ColumnsUnknown(Fault):
    """name the columns of time and power: --column TIME --column POWER (several POWER are added)"""


class Timeless(Fault):
    """log it with its time: `tegrastats` of JetPack 5 or later does; `turbostat --enable Time_Of_Day_Seconds`,
    `perf stat -I 1000` and `amd-smi metric --power --energy --json --watch 1` do"""


class ReadingsWithoutTimes(Fault):
    """give the times of the first and the last: --started 2026-01-31T12:00:00Z --ended 2026-01-31T13:00:00Z; or read
    the counters before and after the run, `rocm-smi --showenergycounter --csv`, and import both files"""


class NoWhole(Fault):
    """log a rail that holds them, or import the rails as columns of a CSV: --column TIME --column RAIL --covers gpu"""


class UnitlessTime(Fault):
    """export the events of the run instead, whose `_timestamp` is in seconds: run.history(stream="system")"""


class SeveralNodes(Fault):
    """choose one of them: --run NODE; merge the records of the nodes afterwards"""


class NotUnderstood(Fault):
    """name the format; `lca record import --help` lists them"""
