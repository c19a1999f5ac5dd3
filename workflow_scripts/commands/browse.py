"""Take in every finished run and open the MLflow UI; also while the workflow is still running.

In: folders of results and the settings in force (results, tracking_uri, headline metrics). Done: runs that are not in
MLflow yet are entered. Out: a server on this machine until Ctrl-C, or the address of the one in `tracking_uri`.
"""

import argparse
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.commands.open_report import has_screen
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--results",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="folders of results, shown together in the first one's database (default: the one in the settings)",
    )
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--port", type=int, help="port of the server (default: the first free one from 5000)")
    parser.add_argument("--no-open", action="store_true", help="do not open a web browser")
    parser.add_argument("--no-server", action="store_true", help="take in the runs and end")
    parser.add_argument("--log", type=Path, default=Path("logs/browse.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    from workflow_scripts.settings.load import settings
    from workflow_scripts.tracking.study_view import StudyView
    from workflow_scripts.tracking.sync import track_everything

    config = settings(Path.cwd(), files=[args.configfile] if args.configfile else [])
    folders: list[Path] = args.results or [Path(config.results)]
    results = folders[0]
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"there is no folder {folder} yet; run the workflow first, or give --results")
    views = {name: StudyView(study.evaluate.headline, study.title) for name, study in config.studies.items()}
    problems = [
        problem for folder in folders for problem in track_everything(folder, config.tracking_uri, views, home=results)
    ]
    for problem in problems:
        entry.log.warning("left out: %s", problem)
    if args.no_server:
        if problems:
            raise UserError(f"{len(problems)} entries were left out, see above")
    elif config.tracking_uri:
        _show(config.tracking_uri, config.tracking_uri, args.no_open)
    else:
        _serve(results, args)


def _serve(results: Path, args: argparse.Namespace) -> None:
    from workflow_scripts.tracking.database import database_of
    from workflow_scripts.tracking.server import HOST, choose_port, serving

    port = choose_port(args.port)
    entry.log.info("starting the MLflow server …")
    try:
        with serving(results, port) as process:
            address = f"http://{HOST}:{port}"
            _show(address, f"sqlite:///{database_of(results).resolve()}", args.no_open)
            entry.log.info("Ctrl-C ends it.")
            process.wait()
            raise UserError(f"the MLflow server has ended; {results}/mlflow/server.log says why")
    except KeyboardInterrupt:
        entry.log.info("ended")


def _show(address: str, store: str, no_open: bool) -> None:
    """Print the address of every study's table of runs, the best run first, and open one where there is a screen."""
    pages = list(tables_of_runs(address, store))
    for study, page in pages or [("", address)]:
        print(f"{study}: {page}" if study else page, flush=True)
    if not no_open and has_screen():
        webbrowser.open(pages[0][1] if pages else address)


def tables_of_runs(address: str, store: str) -> Iterator[tuple[str, str]]:
    """Each study and the address of its table of runs.

    The UI's own start page is about language models, and its page of an experiment about traces.
    """
    from mlflow.tracking import MlflowClient

    from workflow_scripts.tracking.study_view import VIEW_KEY, VIEW_TAG, view_key

    for experiment in MlflowClient(store).search_experiments(order_by=["name ASC"]):
        if f"{VIEW_TAG}{view_key()}" in experiment.tags:
            query = f"workflowType=machine_learning&{VIEW_KEY}={view_key()}"
            yield experiment.name, f"{address}/#/experiments/{experiment.experiment_id}/runs?{query}"


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
