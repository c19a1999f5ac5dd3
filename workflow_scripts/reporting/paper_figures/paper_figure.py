"""What the modules of a paper's figures list (figure_modules): figures that answer its own, and how to read them."""

from collections.abc import Callable
from dataclasses import dataclass

from workflow_scripts.contracts.arrays import MASKS, Arrays, open_arrays
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.reporting.results import Protocol, Results, Run


class NotDrawnError(Exception):
    """A figure cannot be drawn from these results; the message says what it would need."""


@dataclass(frozen=True)
class PaperFigure:
    """A figure in the sense of one of the paper's.

    file: name without suffix, figNN_what; place: the paper's name for it; studies: whose report shows it; draw: from a
    study's results to what is drawn, raises NotDrawnError where the results do not hold what it shows.
    """

    file: str
    place: str
    title: str
    how_to_read: str
    studies: tuple[str, ...]
    draw: Callable[[Results], Drawn]


def arrays_of(results: Results) -> Arrays:
    """The arrays of a study's samples, with the masks where it has them; UserError as open_arrays."""
    masked = results.settings.preprocess.mask != "none"
    return open_arrays(results.folder / "arrays", results.folder / "masks" / MASKS if masked else None)


def chosen_protocol(results: Results, protocol: str | None = None) -> Protocol:
    """The named protocol, or the one as published; NotDrawnError where the study has none."""
    if protocol is not None and protocol not in results.protocols:
        raise NotDrawnError(f"needs the protocol {protocol}")
    chosen = results.protocols[protocol] if protocol is not None else results.as_published
    if chosen is None:
        raise NotDrawnError("needs a protocol that splits as the paper did (role as_published)")
    return chosen


def chosen_runs(protocol: Protocol, runs: tuple[str, ...], trained: bool = False) -> dict[str, Run]:
    """The named runs under a protocol; NotDrawnError names the first that is missing, or is not trained."""
    for run in runs:
        if run not in protocol.runs:
            raise NotDrawnError(f"needs the run {run} under the protocol {protocol.name}")
        if trained and not protocol.runs[run].trained:
            raise NotDrawnError(f"needs the training of {run}, which is not a trained run")
    return {run: protocol.runs[run] for run in runs}
