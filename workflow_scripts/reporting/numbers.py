"""Numbers of a study in the form its pages show: claims against results, leaks, costs, settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.protocol_roles import named_protocol
from workflow_scripts.contracts.run_record import Ledger
from workflow_scripts.reporting.formatting import LEAK_NAMES
from workflow_scripts.reporting.reproduced import Value, obtained
from workflow_scripts.reporting.results import Protocol, Results, Run


@dataclass(frozen=True)
class ClaimRow:
    """A claim and what each protocol gave."""

    claim: Claim
    obtained: dict[str, Value]


def claim_rows(results: Results, claims: list[Claim]) -> list[ClaimRow]:
    """Each claim with every protocol's value."""
    return [
        ClaimRow(claim, {name: obtained(results, protocol, claim) for name, protocol in results.protocols.items()})
        for claim in claims
    ]


def printed_claim(results: Results, run: str, metric: str, subset: str = "test") -> Claim | None:
    """A number that the paper prints for a run of this study as a whole, or None; no difference.

    Of several the first headline claim, else the first one.
    """
    if results.published is None:
        return None
    wanted = (results.settings.study, run, metric, subset, None)
    for claim in (*results.published.headline(results.settings.study), *results.published.claims):
        if (claim.study, claim.run, claim.metric, claim.subset, claim.class_name) == wanted and not claim.against:
            return claim
    return None


@dataclass(frozen=True)
class Leaks:
    """What a protocol leaves on both sides, over all folds. pairs: why → n; leaking of tested: reported samples.

    synthetic_leaking of synthetic: training samples, over folds and seeds, that are made of reported samples.
    """

    protocol: Protocol
    pairs: dict[str, int]
    leaking: int
    tested: int
    synthetic_leaking: int
    synthetic: int


def leaks(protocol: Protocol) -> Leaks:
    """The leak audit of a protocol, summed over its folds."""
    split = protocol.record
    tested = sum(sum(fold[protocol.reported].values()) for fold in split.counts.values())
    counted, order = split.pairs(protocol.reported), list(LEAK_NAMES)
    pairs = {why: counted[why] for why in sorted(counted, key=lambda why: (order.index(why), why))}
    return Leaks(protocol, pairs, split.leaking(protocol.reported), tested, *_synthetic(protocol))


def _synthetic(protocol: Protocol) -> tuple[int, int]:
    """Synthetic training samples that are made of reported samples, and all; of one run, because all share them."""
    for run in protocol.runs.values():
        if reports := [record.resampled for record in run.records if record.resampled]:
            leaking = sum(report.with_parent_in.get(protocol.reported, 0) for report in reports)
            return leaking, sum(report.synthetic for report in reports)
    return 0, 0


@dataclass(frozen=True)
class Cost:
    """What all folds and seeds of a run cost together; None where nothing was trained or no ledger says.

    Times in seconds, memory in MiB (the largest), speeds in images per second (means), energy in joules.
    """

    jobs: int
    train_seconds: float | None
    predict_seconds: float
    cpu_seconds: float
    train_speed: float | None
    predict_speed: float | None
    peak_memory: float
    parameters: int | None
    joules: float | None
    devices: tuple[str, ...]


def cost(run: Run) -> Cost:
    """Sum of the ledgers of a run; a trained run's ledger holds that of its training under `train`."""
    training = [ledger.train for ledger in run.ledgers if ledger.train]
    everything = [*run.ledgers, *training]
    return Cost(
        jobs=len(run.ledgers),
        train_seconds=sum(ledger.wall_seconds for ledger in training) if training else None,
        predict_seconds=sum(ledger.wall_seconds for ledger in run.ledgers),
        cpu_seconds=sum(ledger.cpu_seconds for ledger in everything),
        train_speed=_mean([ledger.images_per_second for ledger in training]),
        predict_speed=_mean([ledger.predict_images_per_second for ledger in run.ledgers]),
        peak_memory=max(ledger.peak_memory_mib for ledger in everything),
        parameters=next((ledger.parameters for ledger in [*training, *run.ledgers] if ledger.parameters), None),
        joules=_joules(everything),
        devices=tuple(sorted({ledger.device for ledger in everything if ledger.device})),
    )


@dataclass(frozen=True)
class Spent:
    """What a kind of job cost over all protocols, runs, folds and seeds of a study; None: the machine cannot tell.

    Times in seconds (of a GPU: while a job held one), memory in MiB (the largest), energy in joules.
    """

    step: str
    jobs: int
    wall: float
    cpu: float
    gpu: float
    memory: float
    device_memory: float | None
    joules: float | None


def spent(results: Results) -> list[Spent]:
    """What the runs of a study cost by step, and together, from their ledgers.

    Data, evaluation and report are left out: only Snakemake measures them, in logs/, which is not part of the results
    and is gone after a restore or in an archive.
    """
    runs = [run for protocol in results.protocols.values() for run in protocol.runs.values()]
    trained = [ledger.train for run in runs for ledger in run.ledgers if ledger.train]
    finished = [ledger for run in runs if run.trained for ledger in run.ledgers]
    untrained = [ledger for run in runs if not run.trained for ledger in run.ledgers]
    steps = {"training": trained, "finishing trained runs": finished, "votes and other runs": untrained}
    rows = [_spent(step, ledgers) for step, ledgers in steps.items() if ledgers]
    return [*rows, _spent("together", [ledger for ledgers in steps.values() for ledger in ledgers])]


def _joules(ledgers: list[Ledger]) -> float | None:
    """Energy of all jobs together; None where one of them was not metered."""
    metered = [ledger.joules for ledger in ledgers if ledger.joules is not None]
    return sum(metered) if metered and len(metered) == len(ledgers) else None


def _spent(step: str, ledgers: list[Ledger]) -> Spent:
    on_devices = [ledger.peak_device_memory_mib for ledger in ledgers if ledger.peak_device_memory_mib is not None]
    return Spent(
        step=step,
        jobs=len(ledgers),
        wall=sum(ledger.wall_seconds for ledger in ledgers),
        cpu=sum(ledger.cpu_seconds for ledger in ledgers),
        gpu=sum(ledger.gpu_seconds or 0.0 for ledger in ledgers),
        memory=max((ledger.peak_memory_mib for ledger in ledgers), default=0.0),
        device_memory=max(on_devices, default=None),
        joules=_joules(ledgers),
    )


def _mean(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


@dataclass(frozen=True)
class SettingRow:
    """A setting as the paper says it and as the study had it.

    setting: where it stands in the study's settings, empty where none corresponds; in_study: whether the study has it;
    same: None where the two cannot be compared.
    """

    name: str
    place: str
    setting: str
    paper: Any
    unit: str | None
    note: str
    in_study: bool
    used: Any
    same: bool | None


def setting_rows(results: Results, run: str | None, variant: str = "") -> list[SettingRow]:
    """The paper's settings compared with the study's; empty without a paper.

    run: a trained run, whose training is compared where the paper speaks of training in general; None: of none.
    variant: a run that is compared in place of the one that it is a variant of.
    """
    if results.published is None:
        return []
    settings, ingested = results.settings, plain(results.dataset.settings)
    used = {
        **{key: plain(settings)[key] for key in ("preprocess", "protocols", "seeds", "evaluate", "explain")},
        "adapters": ingested["adapters"],
        "train": plain(settings.runs[run].train) if run else {},
        "runs": {name: {**plain(chosen.spec), **plain(chosen)} for name, chosen in settings.runs.items()},
        "ingest": ingested["ingest"] or {},
    }
    rows = []
    for setting in results.published.settings:
        if setting.studies and results.settings.study not in setting.studies:
            continue
        where = setting.setting or ""
        if variant and where.startswith(base := f"runs.{results.published.variants[variant]}."):
            where = f"runs.{variant}.{where.removeprefix(base)}"
        if results.as_published:
            where = named_protocol(where, results.as_published.name)
        value = _lookup(used, where) if where else _ABSENT
        in_study = value is not _ABSENT
        same = value == setting.expected if in_study and setting.value is not None else None
        name = setting.id.replace("_", " ")
        shown = value if in_study else None
        rows.append(
            SettingRow(name, setting.place, where, setting.value, setting.unit, setting.note, in_study, shown, same)
        )
    return [*rows, *_left_open(results, run, rows)]


# Hardly any paper says how exactly it calculated, and it is part of what was done.
_PRECISION = "train.precision"


def _left_open(results: Results, run: str | None, rows: list[SettingRow]) -> Iterator[SettingRow]:
    """The precision of a trained run where the paper states none."""
    train = results.settings.runs[run].train if run else None
    if train and not any(row.setting.endswith(_PRECISION) for row in rows):
        where, used = f"runs.{run}.{_PRECISION}", train.precision
        yield SettingRow("numerical precision", "not stated", where, None, None, "", True, used, None)


_ABSENT = object()


def _lookup(tree: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return _ABSENT
        tree = tree[key]
    return tree


def mean_history(histories: list[pd.DataFrame]) -> pd.DataFrame:
    """Mean over folds and seeds of the training curves (contract HISTORY), epoch by epoch.

    Returns the columns epoch, then each measured quantity, then `trainings`: how many reached that epoch.
    """
    table = pd.concat(histories, ignore_index=True)
    grouped = table.groupby("epoch", sort=True)
    mean = grouped.mean(numeric_only=True)
    mean["trainings"] = grouped.size()
    return mean.reset_index()
