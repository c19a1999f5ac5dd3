"""What Snakemake itself knows of the workflow, as JSON: `python asked.py FILE SNAKEMAKE-ARGUMENTS…`, a dry run.

Rules made in loops are among them, and every command is the one a job's shell would get.
"""

import json
import sys
from pathlib import Path

from snakemake import api, cli


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
            **{part: [str(path) for path in getattr(job, part)] for part in ("input", "output", "log")},
        }
        for job in workflows[-1].dag.jobs
        if job.shellcmd
    ]
    target.write_text(json.dumps({"rules": rules, "jobs": jobs}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
