"""Do the printed numbers of a paper fit each other? `python -m workflow_scripts.check_paper FILE`; see commands."""

from workflow_scripts.commands.one_paper import entry_point

if __name__ == "__main__":
    entry_point()
