"""Whether a study's number can be held against the paper's: what of its settings and data is not as the paper says."""

from typing import Any

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.numbers import setting_rows
from workflow_scripts.reporting.reproduced import answered_by, class_of
from workflow_scripts.reporting.results import Protocol, Results

# The largest part by which numbers of samples may differ.
TOLERANCE = 0.05
# Settings of how results are shown change none.
_SHOWN = ("evaluate.", "explain.")
_DATA = ("adapters", "ingest.", "protocols.")


def differences(results: Results, protocol: Protocol, claim: Claim, runs: list[str]) -> list[str]:
    """What is not the paper's, in words; empty where a verdict can be given. `runs`: those that the claim is about."""
    differing = _other_data(results, claim)
    if results.settings.scale != "paper":
        differing.append(f"scale {results.settings.scale}")
    differing += _settings(results, runs, only_data=not runs)
    if runs:
        differing += _samples(results, protocol, claim, runs[0])
        if protocol.reported != "test" and claim.subset in (None, "test"):
            differing.append("no test subset: the epoch was selected on the images that are reported")
    return differing


def _other_data(results: Results, claim: Claim) -> list[str]:
    """Whether the paper's number is about other data.

    Where the study has one of the paper's data sets as it is, sizes of that set and of its classes are about it.
    """
    own = results.paper.studies[claim.study]
    size = claim.metric in ("samples", "classes") and (claim.source or claim.class_name)
    if own.reference_study is None or (own.source and size):
        return []
    return [f"{own.title} instead of {results.paper.studies[own.reference_study].title}"]


def related(results: Results, runs: list[str]) -> list[str]:
    """The runs themselves and those that they are made of: members of a vote, what was compressed."""
    with_parts = []
    for run in runs:
        with_parts += [run, *results.kind(run).own_sources()]
    return list(dict.fromkeys(with_parts))


def _settings(results: Results, runs: list[str], only_data: bool) -> list[str]:
    """Settings that the paper states and that are others here; where it states two, either will do."""
    assert results.as_published is not None  # there is a number under it
    names, as_published = related(results, runs), results.as_published.name
    trained = next((name for name in names if results.settings.runs[name].trained), None)
    rows_by_setting: dict[str, list[Any]] = {}
    variants = [name for name in names if name in results.paper.variants]
    for row in [row for variant in ("", *variants) for row in setting_rows(results, trained, variant)]:
        if row.same is None or row.setting.startswith(_SHOWN):
            continue
        if row.setting.startswith("runs.") and row.setting.split(".")[1] not in names:
            continue
        if row.setting.startswith("protocols.") and row.setting.split(".")[1] != as_published:
            continue
        if only_data and not row.setting.startswith(_DATA):
            continue
        rows_by_setting.setdefault(row.setting, []).append(row)
    return [
        f"{rows[0].name} {formatting.plain(rows[0].used)} instead of {_brief(rows[0].paper)}"
        for rows in rows_by_setting.values()
        if not any(row.same for row in rows)
    ]


def _brief(value: object) -> str:
    text = formatting.plain(value)
    return text if len(text) < 50 else f"{text[:45]}…"


def _samples(results: Results, protocol: Protocol, claim: Claim, run: str) -> list[str]:
    """Numbers of samples that are off by more than TOLERANCE: of the subset, else of all, and of each class."""
    differing = []
    subset = answered_by(protocol, claim.subset)
    printed = printed_n(results, claim)
    if printed and subset in SUBSETS:
        here = judged(protocol, run, subset)
        if here and off(here, printed):
            differing.append(f"{formatting.grouped(here)} {subset} samples instead of {formatting.grouped(printed)}")
    counts = results.manifest["label"].value_counts()
    for count in _counts(results):
        if count.class_name is None:
            here, what = len(results.manifest), "samples"
        elif (name := class_of(results, count.class_name)) is not None:
            here, what = int(counts.get(name, 0)), f"of {name}"
        else:
            differing.append(f"class {count.class_name} is not among this study's")
            continue
        if off(here, count.value):
            differing.append(f"{formatting.grouped(here)} {what} instead of {formatting.grouped(int(count.value))}")
    return list(dict.fromkeys(differing))


def _counts(results: Results) -> list[Claim]:
    """What the paper prints of how many samples there are in all: of each class and together."""
    return [
        claim
        for claim in results.paper.claims
        if claim.study == results.settings.study
        and (claim.metric, claim.subset, claim.source, claim.run) == ("samples", "all", None, None)
        and not claim.against
    ]


def judged(protocol: Protocol, run: str, subset: str) -> int:
    """Units of a subset that a run judged, over all folds; training samples are judged by none."""
    return protocol.runs[run].units.subset(subset).n


def printed_n(results: Results, claim: Claim) -> int | None:
    """On how many samples the paper's number rests, as far as it says: itself, its counts, or a share of all."""
    if claim.n:
        return claim.n
    subset = claim.subset or "test"
    of_study = [count for count in results.paper.claims if count.study == claim.study and not count.against]

    def first(metric: str, subset: str) -> Claim | None:
        key = (metric, subset, None, None)
        return next((c for c in of_study if (c.metric, c.subset, c.class_name, c.source) == key), None)

    if count := first("samples", subset):
        return int(count.value)
    share, total = first("share", subset), first("samples", "all")
    return round(share.scaled * total.value) if share and total else None


def off(here: float, printed: float) -> bool:
    """Whether two numbers of samples differ by more than TOLERANCE of the printed one."""
    return abs(here - printed) > TOLERANCE * printed
