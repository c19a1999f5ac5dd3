"""Train what this bundle holds, on a machine that has neither the workflow nor a network: `python3 run.py --help`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    from workflow_scripts.elsewhere.run_bundle import arguments, main
    from workflow_scripts.runtime import entry

    entry.run(main, arguments(HERE))
