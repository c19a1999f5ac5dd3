"""Runs that were trained where the workflow is not: where, with which versions, and whether their weights came."""

from workflow_scripts.contracts.run_record import Ledger, RunRecord
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.runtime.wording import listed

# Versions that a reader asks for first.
NAMED = ("python", "torch")


def trained_elsewhere(results: Results) -> list[str]:
    """A sentence for every run of a protocol that has trainings from elsewhere."""
    return [
        f"{run.name} ({protocol.name}): {sentence}"
        for protocol in results.protocols.values()
        for run in protocol.runs.values()
        if (sentence := _sentence(run))
    ]


def _sentence(run: Run) -> str:
    came = [(record, ledger) for record, ledger in zip(run.records, run.ledgers, strict=True) if record.taken_in]
    if not came:
        return ""
    stayed = sum(record.taken_in is not None and record.taken_in.weights_elsewhere is not None for record, _ in came)
    weights = f"; the weights of {stayed} stayed there" if stayed else ""
    devices = listed(sorted({_device(ledger) for _, ledger in came}))
    versions = listed(sorted({_versions(record) for record, _ in came}))
    trainings = f"{len(came)} of {len(run.records)} trainings ran"
    return f"{trainings} elsewhere and were taken in: on {devices}, with {versions}{weights}"


def _device(ledger: Ledger) -> str:
    trained = ledger.train or ledger
    return trained.device or ledger.device or "an unnamed device"


def _versions(record: RunRecord) -> str:
    used = record.made_with.versions
    return ", ".join(f"{name} {used[name]}" for name in NAMED if name in used)
