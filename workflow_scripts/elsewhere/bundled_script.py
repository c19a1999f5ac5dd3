"""Train what this bundle holds, on a machine that has neither the workflow nor a network: `python3 run.py --help`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    # Before anything is imported: what an older Python says of a newer one's modules helps nobody.
    if sys.version_info < (3, 11):  # noqa: UP036
        here = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"error: this is Python {here}, and trainings need 3.11 or newer; call run.py with a newer one")
    sys.path.insert(0, str(HERE))
    from workflow_scripts.elsewhere.bundle_description import Bundle
    from workflow_scripts.elsewhere.needed_packages import require_packages
    from workflow_scripts.runtime.errors import UserError

    try:
        # What follows imports them.
        require_packages(Bundle.read(HERE)[0].needs)
    except UserError as error:
        sys.exit(f"error: {error}")
    from workflow_scripts.elsewhere.run_bundle import arguments, main
    from workflow_scripts.runtime import entry

    entry.run(main, arguments(HERE))
