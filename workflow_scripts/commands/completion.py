"""Print what makes a shell complete `cervix`: commands, their options, and files.

For bash, in ~/.bashrc: eval "$(cervix completion bash)". For zsh, once: cervix completion zsh > FOLDER/_cervix, with a
FOLDER of fpath.
"""

import argparse
from pathlib import Path

import shtab

from workflow_scripts.commands import cervix


def arguments() -> argparse.ArgumentParser:
    """Command line: the shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shell", choices=("bash", "zsh"))
    return parser


def main(shell: str) -> None:
    """Print the script."""
    print(shtab.complete(whole_parser(), shell))


def whole_parser() -> argparse.ArgumentParser:
    """One parser of all commands; where a path is wanted, the shell completes files and folders."""
    whole = argparse.ArgumentParser(prog="cervix")
    commands = whole.add_subparsers()
    for name, command in cervix.COMMANDS.items():
        part = commands.add_parser(name, parents=[command.parser()], add_help=False, help=command.about)
        for action in part._actions:
            if action.type is Path:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    run = commands.add_parser(cervix.RUN, help=cervix.RUN_ABOUT)
    run.add_argument("--configfile", type=Path).complete = shtab.FILE  # type: ignore[attr-defined]
    run.add_argument("--cores")
    run.add_argument("--dry-run", action="store_true")
    run.add_argument("target", nargs="*", choices=targets())
    return whole


def targets() -> list[str]:
    """What `cervix run` makes: phases, and of every shipped study itself and its phases."""
    from workflow_scripts.settings.load import SHIPPED, read_yaml

    studies = read_yaml(cervix.ROOT / SHIPPED)["studies"]
    phases = [f"{study}{phase}" for study in studies for phase in ("", "_data", "_runs", "_report")]
    return ["all", "data", "runs", "reports", "consistency", *phases]


if __name__ == "__main__":
    main(arguments().parse_args().shell)
