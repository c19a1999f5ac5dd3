"""The check of results names every file that is not as recorded, with what heals it."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.contracts.damage import flipped, no_file, swapped
from tests.reporting.handmade import Study
from tests.vouched import vouch
from workflow_scripts.commands import check
from workflow_scripts.runtime.errors import UserError


class Reported:
    """A handmade study to its report, and what is printed when it is checked."""

    def __init__(self, folder: Path, capsys) -> None:
        self.study, self.capsys = folder / "results" / "cvm_cervix", capsys

    def check(self) -> tuple[list[str], str]:
        """Lines of `make check`, and its error, empty if all is well."""
        try:
            check.main(SimpleNamespace(results=self.study.parent, configfile=None))
            last = ""
        except UserError as error:
            last = str(error)
        return self.capsys.readouterr().out.splitlines(), last


@pytest.fixture(scope="session")
def report_study(tmp_path_factory) -> Path:
    from workflow_scripts.steps import report

    folder = tmp_path_factory.mktemp("reported")
    study = Study(folder / "results").write()
    out = study.folder / "report.html"
    folders = {"study_folder": study.folder, "paper": study.paper, "out": out}
    report.main(SimpleNamespace(settings=study.settings, code="", **folders))
    return folder


@pytest.fixture
def reported(report_study, tmp_path, capsys) -> Reported:
    shutil.copytree(report_study, tmp_path, dirs_exist_ok=True)
    return Reported(tmp_path, capsys)


def test_whole_results_pass_the_check(reported):
    assert reported.check() == ([], "")


def test_the_check_names_every_damaged_file_once_with_what_heals_it(reported):
    files = sorted(path for path in reported.study.rglob("*") if path.is_file() and path.stat().st_size)
    assert len(files) > 40
    for path in files:
        content = path.read_bytes()
        flipped(path)
        lines, last = reported.check()
        path.write_bytes(content)
        assert [line for line in lines if f" {path} " in line], (path, lines)
        assert all(line.split()[0] in ("CHANGED", "OUTDATED") for line in lines)
        assert "snakemake " in lines[0] and last.endswith("not as recorded, see above")
    assert reported.check() == ([], "")


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "circle"])
@pytest.mark.parametrize("name", ["dataset/manifest.csv", "curves/published__cvm.csv"])
def test_the_check_names_what_is_no_file_and_goes_on(reported, name, kind):
    path, last = reported.study / name, reported.study / "verdict.json"
    flipped(last)
    no_file(path, kind)
    lines, _ = reported.check()
    assert any(f" {last} " in line for line in lines)
    (said,) = [line for line in lines if line.split()[1] == str(path)]
    assert said.startswith("CHANGED") and "is no file" in said and "`rm -r " in said and "`snakemake " in said


def test_the_check_names_a_run_without_its_ledger(reported):
    ledger = next(reported.study.glob("runs/*/*/*/ledger.json"))
    ledger.unlink()
    lines, _ = reported.check()
    assert len(lines) == 1 and lines[0].startswith(f"MISSING   {ledger} is missing, every run has one; `snakemake ")


def test_the_check_names_what_is_missing_unknown_or_made_from_other_files(reported):
    (reported.study / "report.html").unlink()
    (reported.study / "notes.txt").touch()
    (reported.study / "curves" / "stray.csv").touch()
    (reported.study / ".hidden").touch()
    lines, last = reported.check()
    assert [line.split()[:2] for line in lines] == [
        ["MISSING", str(reported.study / "report.html")],
        ["UNKNOWN", str(reported.study / "curves" / "stray.csv")],
        ["UNKNOWN", str(reported.study / "notes.txt")],
    ]
    assert "3 files are not as recorded" in last


def test_a_file_and_its_record_edited_together_are_seen_by_what_was_made_from_them(reported):
    split = reported.study / "splits" / "published.csv"
    swapped(split)
    vouch(split.with_suffix(".json"), split.name)
    lines, _ = reported.check()
    assert {line.split()[0] for line in lines} == {"OUTDATED"}
    assert any(line.split()[1].endswith("report.json") and "published.json than there is now" in line for line in lines)


def test_the_check_needs_neither_snakemake_nor_pydantic(reported):
    import subprocess
    import sys

    command = "import sys; sys.modules.update(dict.fromkeys(['snakemake', 'pydantic', 'torch', 'mlflow', 'pandas']))\n"
    command += "import runpy; sys.argv[1:] = ['--results', sys.argv[1], '--log', sys.argv[2]]\n"
    command += "runpy.run_module('workflow_scripts.commands.check', run_name='__main__')"
    arguments = [str(reported.study.parent), str(reported.study.parents[1] / "check.log")]
    done = subprocess.run([sys.executable, "-c", command, *arguments], capture_output=True, text=True)
    assert done.returncode == 0 and "every file of cvm_cervix is what its record says" in done.stderr, done.stderr


def test_settings_say_which_results_are_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check.results_of([*check.SETTINGS]) == Path("results")
    (tmp_path / "config.yaml").write_text("results: results\n")
    (tmp_path / "mine.yaml").write_text("results: /disk/mine\n")
    assert check.results_of([*check.SETTINGS, Path("mine.yaml")]) == Path("/disk/mine")
    with pytest.raises(UserError, match="--configfile: other.yaml is missing"):
        check.results_of([*check.SETTINGS, Path("other.yaml")])
    with pytest.raises(UserError, match="results holds no study"):
        check.main(SimpleNamespace(results=None, configfile=None))
