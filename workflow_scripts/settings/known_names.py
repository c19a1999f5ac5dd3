"""Names that settings give: of studies, protocols and runs, of the results folder, of papers, of added metrics."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from workflow_scripts.contracts.metric_names import METRICS
from workflow_scripts.data.adapters.adapter_registry import PACKAGE
from workflow_scripts.evaluation.metric_registry import added_metrics
from workflow_scripts.runtime.wording import nearest

# Names stand in those of files, which have more in them and end at 255 bytes.
LONGEST = 100
_ENDLESS = re.compile(r"(.+)\1{19}$")
NAME = re.compile(r"[a-z][a-z0-9_]*")
RUN_NAME = re.compile(NAME.pattern + r"(-[a-z0-9_]+)*(@[a-z0-9_]+)?")
# Rules and targets of the workflow: Snakemake takes a name once.
_TARGETS = (
    "all",
    "data",
    "runs",
    "reports",
    "prepare",
    "consistency",
    "index",
    "report_study",
    "paper_figures",
    "verdict",
)
_DATA_RULES = (
    "synthesise",
    "download",
    "fetch_weights",
    "ingest",
    "preprocess",
    "segment",
    "examples",
    "examples_of_slides",
    "embed",
    "split",
    "ground_truth",
)
_RUN_RULES = (
    "train",
    "finish_run",
    "make_run",
    "make_run_with_model",
    "make_run_with_attention",
    "make_run_with_linked",
    "make_run_with_rounds",
    "make_run_with_training_copies",
    "combine_runs",
    "evaluate",
    "explain",
    "track",
)
RULES = frozenset((*_TARGETS, *_DATA_RULES, *_RUN_RULES))
# What else lies beside the studies' folders, or is a word of `dvc_stage`.
TAKEN = {
    "mlflow": "the tracking database lies in results/mlflow",
    "settings": "dvc.yaml has a stage of that name",
}
PHASES = ("data", "runs", "report")
# Rules of job batches begin so.
_BATCH = "train_batch_"
# Letters of any script, digits, white space between them, and these signs.
_RESULTS = re.compile(r"[\w .+@=,()~/-]+")
# Folders of the working copy that are something else.
_HIDDEN_FOLDERS = (".ci", ".dvc", ".git", ".snakemake", ".venv", ".work")
_OWN_FOLDERS = (
    *_HIDDEN_FOLDERS,
    "data",
    "docs",
    "envs",
    "logs",
    "profiles",
    "rules",
    "site",
    "tests",
    "workflow_scripts",
)


def results_folder(given: str) -> str:
    """The results folder as the rules name it: `~` expanded, without `./` and a slash at the end.

    Raises ValueError for what is no folder of its own or holds signs that Snakemake or a shell would read as theirs.
    """
    example = "name a folder, such as results: results-mine"
    if not given.strip():
        raise ValueError(f"empty; {example}")
    if given != given.strip():
        raise ValueError(f"{given!r} begins or ends with white space; {example}")
    if signs := sorted(set(re.sub(_RESULTS, "", given))):
        raise ValueError(f"{given!r} has the sign {signs[0]!r}; use letters, digits, spaces and . _ - + @ = , ( ) ~ /")
    if given.startswith("-"):
        raise ValueError(
            f"{given!r} begins with a dash, which commands read as an option; write ./{given} or {example}"
        )
    try:
        folder = Path(given).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{given!r}: no home folder is known for {given.split('/')[0]}; write the path in full"
        ) from None
    if any(len(part.encode()) > 200 for part in folder.parts):
        raise ValueError(f"'{given[:30]}…' has a name of more than 200 bytes; shorten it")
    if folder in (Path(), Path("/"), Path.home()) or folder.name == "..":
        raise ValueError(f"{given!r} is no folder of its own; {example}")
    first, *rest = folder.parts
    if first in _OWN_FOLDERS and not (first == "data" and rest):
        raise ValueError(f"{given!r} lies in the working copy's own folder {first}; {example}")
    return str(folder)


def papers(package: Path = PACKAGE) -> list[str]:
    """Every paper whose numbers are here, whether its studies are in the settings or not."""
    return sorted(path.parent.name for path in (package / "studies").glob("*/published.yaml"))


def known_paper(name: str) -> str:
    """The name of a paper; ValueError with the nearest one where there is none of that name."""
    if not name or name in papers():
        return name
    if NAME.fullmatch(name) and (PACKAGE / "studies" / name).is_dir():
        raise ValueError(
            f"workflow_scripts/studies/{name} has no published.yaml; docs/how-to/add_a_study.md says what is in it"
        )
    raise ValueError(f'no paper is called {name!r}; {nearest(name, papers())}; without a paper write paper: ""')


def added_metric(name: str) -> str:
    """The name of a metric that can be added; ValueError with the nearest one where there is none of that name."""
    if name in added_metrics():
        return name
    if name in METRICS:
        raise ValueError(f"{name} is measured anyway; take it out of the list")
    raise ValueError(f"no metric is called {name!r}; {nearest(name, added_metrics())}")


def unfit(name: str) -> str:
    """What is said of the name of a study, protocol or run that files or Snakemake do not take; else empty."""
    if len(name) > LONGEST:
        return f"{len(name)} letters, more than {LONGEST}; shorten it"
    if _ENDLESS.search(name):
        return "it ends in 20 repetitions, which Snakemake takes for a file that needs itself; choose another"
    return ""


def name_mistakes(studies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Study and words for every study that cannot be called so."""
    rules: dict[str, str] = {}
    for study in studies:
        if not NAME.fullmatch(study):
            yield study, f"a study cannot be called {study!r}; use a-z, 0-9 and _, a letter first"
        elif words := unfit(study):
            yield study, f"a study cannot be called {study[:30]}…: {words}"
        elif study in RULES or study in TAKEN or study.startswith(_BATCH):
            why = TAKEN.get(study, "a rule or target of the workflow has that name, or begins so")
            yield study, f"a study cannot be called {study!r}: {why}; call it my_{study}"
        else:
            own = {study: "", **{f"{study}_{phase}": f" ({study}_{phase} is a target)" for phase in PHASES}}
            for rule, what in own.items():
                if rule in RULES or rule in rules:
                    holder = f"the study {rules[rule]!r}" if rule in rules else f"the rule {rule!r}"
                    yield study, f"its name and that of {holder} give two rules called {rule!r}{what}; rename the study"
                    break
                rules[rule] = study
