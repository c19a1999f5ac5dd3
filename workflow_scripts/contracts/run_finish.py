"""The end of every run, whatever made it: its tables, what it cost, and last its record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.record import make_record, measured, write_record
from workflow_scripts.contracts.run_tables import UNITS, classes_of, write_predictions, write_units
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import LEDGER_FILE, PREDICTIONS_FILE, RECORD_FILE, UNITS_FILE

if TYPE_CHECKING:
    import pandas as pd

TABLES = (PREDICTIONS_FILE, UNITS_FILE)


@dataclass(frozen=True)
class RunOutput:
    """What one fold and seed of a run came to.

    samples: the columns of PREDICTIONS, and a probability of each of `classes`, for validation and test samples.
    units: the columns of UNITS, where what is judged does not follow from the samples; else None.
    inputs: files that were read. outputs: files that are there already and are vouched for by
    the run's record, relative to its folder; predictions.csv among them is left as it is. facts: what the record says
    besides; inputs_by_name: sha256 of files that are not among the results. cost: what the ledger says besides.
    """

    samples: "pd.DataFrame"
    classes: list[str]
    units: "pd.DataFrame | None" = None
    inputs: tuple[Path, ...] = ()
    outputs: tuple[str, ...] = ()
    inputs_by_name: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Combined:
    """What one fold and seed of a run of finished runs came to; units: the columns of UNITS; facts: as of RunOutput."""

    units: "pd.DataFrame"
    facts: Mapping[str, Any] = field(default_factory=dict)

    def output(self, inputs: tuple[Path, ...] = ()) -> RunOutput:
        """The same as a run whose predictions are its units: it scores what is judged."""
        samples = self.units.drop(columns="n_samples")
        return RunOutput(samples, classes_of(self.units), units=self.units, inputs=inputs, facts=self.facts)


def write_tables(folder: Path, output: RunOutput, aggregation: Aggregation) -> None:
    """Write predictions.csv and units.csv of a run; `aggregation`: how samples become units, see units_of."""
    if TABLES[0] not in output.outputs:
        write_predictions(folder, output.samples, output.classes)
    if output.units is None:
        write_units(folder, output.samples, output.classes, aggregation)
    else:
        columns = [column for column in output.units.columns if column != "n_samples"]
        UNITS.write(folder / TABLES[1], output.units[[*columns, "n_samples"]])


def finish_run(
    folder: Path,
    settings: dict[str, Any],
    code: str,
    study: Path,
    aggregation: Aggregation,
    make: Callable[[], RunOutput],
) -> None:
    """Make a run and leave what every run leaves: predictions.csv, units.csv, ledger.json and, last, record.json.

    `folder`: of the fold and seed; `settings`, `code`: of the step; `study`: the folder of the study's results, from
    which the record names its inputs; `make` does the work, which the ledger measures together with the tables.
    """
    with measured() as cost:
        output = make()
        write_tables(folder, output, aggregation)
        cost.update(output.cost)
    write_record(folder / LEDGER_FILE, cost)
    outputs = {name: digest_file(folder / name) for name in dict.fromkeys([*TABLES, *output.outputs])}
    inputs = input_digests(study, list(output.inputs)) | dict(output.inputs_by_name)
    write_record(folder / RECORD_FILE, make_record(settings, code, inputs, **output.facts, outputs=outputs))
