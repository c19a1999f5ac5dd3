"""What Snakemake itself knows of the workflow, as JSON: `python asked.py FILE SNAKEMAKE-ARGUMENTS…`, a dry run.

Rules made in loops are among them, and every command is the one a job's shell would get.
"""

import json
import sys
from pathlib import Path

from snakemake import api, cli, parser


def main(target: Path, arguments: list[str]) -> None:
    """Write rules and planned jobs to `target`; exits with Snakemake's status if that fails."""
    workflows = []
    make = api.WorkflowApi._get_workflow

    def keep(self: api.WorkflowApi, **settings: object) -> object:
        workflows.append(make(self, **settings))
        return workflows[-1]

    api.WorkflowApi._get_workflow = keep
    try:
        cli.main([*arguments, "--dry-run", "--quiet", "all"])
    except SystemExit as done:
        if done.code:
            raise
    rules = [
        {
            "name": rule.name,
            "shell": rule.shellcmd,
            "log": list(rule.log),
            "benchmark": rule.benchmark and str(rule.benchmark),
            "message": rule.message,
            "conda": rule.conda_env and str(rule.conda_env),
            "params": list(rule.params.keys()),
        }
        for rule in workflows[-1].rules
    ]
    jobs = [
        {
            "rule": job.rule.name,
            "shell": job.shellcmd,
            "wildcards": dict(job.wildcards_dict),
            "params": {name: str(value) for name, value in job.params.items()},
            # Those that make Snakemake run the job again when they change.
            "triggers": [str(value) for value in job.non_derived_params],
            **{part: [str(path) for path in getattr(job, part)] for part in ("input", "output", "log")},
        }
        for job in workflows[-1].dag.jobs
        if job.shellcmd
    ]
    targets = [str(path) for job in workflows[-1].dag.jobs if not job.output for path in job.input]
    directives = {word for kind in vars(parser).values() for word in getattr(kind, "subautomata", None) or ()}
    told = {"rules": rules, "jobs": jobs, "targets": targets, "directives": sorted(directives)}
    target.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
