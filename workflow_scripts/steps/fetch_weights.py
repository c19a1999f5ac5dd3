"""Fetch the weights that a library publishes for a network: a name comes in, safetensors and a record go out.

The only step of a training's way that needs a network; it runs where the workflow is started, not on a compute node.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.fetch_weights_settings import FetchWeightsSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import write_json


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--record", type=Path, required=True, help="record of where it is from")
    parser.add_argument("--by-hand", type=Path, required=True, help="folder for files that a user brings")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Write the weights and, last, their record."""
    from workflow_scripts.models.pretrained import fetch_published

    record = fetch_published(parse(FetchWeightsSettings, args.settings).model, args.out, args.by_hand)
    write_json(args.record, {**record, "code": args.code})
    entry.log.info("%s: %s, sha256 %s", record["model"], record["from"], record["sha256"])


if __name__ == "__main__":
    entry.run(main, arguments())
