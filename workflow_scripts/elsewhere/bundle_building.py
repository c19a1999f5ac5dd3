"""One zip file with all that trainings need where neither this workflow nor a network is."""

import platform
import zipfile
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.elsewhere.asked_runs import AskedRun
from workflow_scripts.elsewhere.bundle_description import (
    BUNDLE_FILE,
    RESULTS,
    START,
    Bundle,
    BundledOriginals,
    BundledRun,
    StepCall,
    Travel,
)
from workflow_scripts.elsewhere.bundle_inputs import read_of, travelling
from workflow_scripts.elsewhere.needed_packages import needs
from workflow_scripts.runtime.files import atomic_path, digest_file, digest_text
from workflow_scripts.runtime.reservations import own_folder
from workflow_scripts.settings.code import PACKAGE
from workflow_scripts.settings.plan.rule_params import RuleParams
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import FINISH_RUN, TRAIN, Step
from workflow_scripts.settings.plan.workflow_plan import Plan

# What a user calls there, and the module that is copied to that name.
SCRIPT, SCRIPT_MODULE = "run.py", "elsewhere/bundled_script.py"


@dataclass(frozen=True)
class Contents:
    """Path in the bundle → file at home, and what is packed there."""

    files: dict[str, Path]
    originals: tuple[BundledOriginals, ...]

    @classmethod
    def of(cls, plan: Plan, runs: list[AskedRun], travel: Travel) -> "Contents":
        """Code, data and start weights of some runs."""
        package = plan.root / PACKAGE
        code = [path for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
        files = {path.relative_to(plan.root).as_posix(): path for path in code}
        files[SCRIPT] = package / SCRIPT_MODULE
        originals = []
        for run in runs:
            files |= {inside(plan, path): Path(path) for path in read_of(plan, run)}
        for study in dict.fromkeys(run.study for run in runs):
            array = inside(plan, plan.paths(study).array)
            if array in files:
                samples = travelling(plan, study, travel, array)
                del files[array]
                files |= samples.files
                originals += [samples.originals] if samples.originals else []
        return cls(files, tuple(originals))


def inside(plan: Plan, path: str | Path) -> str:
    """Where a file lies in a bundle: results below one folder of a fixed name, start weights in another."""
    results = Path(plan.config.results)
    if Path(path).is_relative_to(results):
        return f"{RESULTS}/{Path(path).relative_to(results).as_posix()}"
    return f"{START}/{digest_text(str(path))[:8]}/{Path(path).name}"


def write_bundle(plan: Plan, runs: list[AskedRun], travel: Travel, target: Path) -> Bundle:
    """Write the bundle of some runs, in the order in which they are worth training; UserError as `travelling`."""
    contents = Contents.of(plan, runs, travel)
    bundled = tuple(_bundled(plan, RuleParams(plan), run) for run in runs)
    bundle = Bundle(
        runs=bundled,
        originals=contents.originals,
        device=plan.config.device,
        at_once=plan.config.jobs_per_gpu,
        python=platform.python_version(),
        needs=needs(any(run.train.settings["resample"] != "none" for run in bundled)),
        files={name: digest_file(path) for name, path in sorted(contents.files.items())},
    )
    with own_folder("bundle") as folder, atomic_path(target) as temporary:
        bundle.write(folder / BUNDLE_FILE)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / BUNDLE_FILE, f"{target.stem}/{BUNDLE_FILE}")
            for name, path in sorted(contents.files.items()):
                archive.write(path, f"{target.stem}/{name}")
    return bundle


def _bundled(plan: Plan, params: RuleParams, run: AskedRun) -> BundledRun:
    names = StepNames(study=run.study, protocol=run.protocol, run=run.run)
    masks = plan.data.mask_records(run.study, run.run)
    origin = plan.runs.origin(run.study, run.protocol, run.run)
    return BundledRun(
        study=run.study,
        protocol=run.protocol,
        run=run.run,
        train=_call(plan, params, TRAIN, names),
        finish=_call(plan, params, FINISH_RUN, names),
        arrays=inside(plan, plan.data.arrays(run.study, run.run)),
        trainings=tuple(str(key) for key in plan.runs.fold_seeds(run.study, run.protocol)),
        masks=inside(plan, plan.paths(run.study).masks) if masks else None,
        origin=None if origin is None else inside(plan, origin),
        start={part: inside(plan, path) for part, path in plan.weights.files(run.study, run.run).items()},
    )


def _call(plan: Plan, params: RuleParams, step: Step, names: StepNames) -> StepCall:
    return StepCall(step.settings(plan, names), params.digest(step, names))
