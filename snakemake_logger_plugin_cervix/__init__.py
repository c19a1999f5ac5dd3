"""Snakemake finds the console of this project by the name of this module: `logger: cervix` in profiles/default."""

from workflow_scripts.console.handler import LogHandler

__all__ = ["LogHandler"]
