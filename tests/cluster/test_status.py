"""The status helper of the SLURM profile: what the executor hears in good and in bad hours."""

import pytest

from tests.cluster.conftest import NONE, SLURMDBD
from workflow_scripts.cluster import status

ASKED = ["-X", "--parsable2", "--format=JobIdRaw,State", "--name", "run-1"]


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "run-1.json"


def heard(memory, arguments=ASKED):
    return dict(line.split("|") for line in status.answer(arguments, memory).split())


def test_without_accounting_the_controller_answers(commands, memory):
    commands(scontrol=NONE, squeue="7|RUNNING\n8|COMPLETED")
    assert heard(memory) == {"7": "RUNNING", "8": "COMPLETED"}


def test_a_job_that_the_controller_forgot_is_judged_by_its_files(commands, memory):
    commands(scontrol=NONE, squeue="7|RUNNING\n8|COMPLETED\n9|FAILED")
    heard(memory)
    commands(squeue="10|PENDING")
    # To the executor UNKNOWN means: over, look for the files.
    assert heard(memory) == {"7": "UNKNOWN", "8": "COMPLETED", "9": "FAILED", "10": "PENDING"}


def test_other_questions_have_no_answer_without_accounting(commands, memory):
    commands(scontrol=NONE, sacct=1)
    assert status.answer(["-j", "7.0", "--format=Reason"], memory) == ""


def test_with_accounting_states_are_put_into_words_the_executor_knows(commands, memory):
    commands(scontrol=SLURMDBD, sacct="7|CANCELLED by 1000\n8|PREEMPTED\n9|COMPLETED")
    assert heard(memory) == {"7": "CANCELLED", "8": "CANCELLED", "9": "COMPLETED"}
    commands(scontrol=SLURMDBD.replace("CANCEL", "REQUEUE"))
    assert heard(memory)["8"] == "PREEMPTED"


def test_no_node_is_called_none_assigned(commands, memory):
    commands(scontrol=SLURMDBD, sacct="   None assigned   ")
    assert status.answer(["-j", "7", "-o", "nodelist%-256"], memory).strip() == ""


@pytest.mark.parametrize(
    "broken", [{"scontrol": 1}, {"scontrol": NONE, "squeue": 1}, {"scontrol": SLURMDBD, "sacct": 1}]
)
def test_in_an_outage_nothing_new_is_known_and_the_user_is_told(commands, monkeypatch, capfd, broken):
    commands(**broken)
    told = []
    monkeypatch.setattr(status, "PATIENCE", 0)
    monkeypatch.setattr(status, "PAUSE", 0)
    monkeypatch.setattr(status, "tell", told.append)
    assert status.main(ASKED) == 0
    assert capfd.readouterr().out.strip() == ""
    assert len(told) == 1 and "SLURM does not answer" in told[0] and "cannot connect" in told[0]
    # Whatever else the database is asked fails as it would without this helper.
    assert status.main(["-j", "7", "--format=Reason"]) == (0 if "squeue" in broken else 1)


def test_a_short_outage_is_waited_out(commands, monkeypatch, capfd, tmp_path):
    commands(scontrol=1, squeue="7|RUNNING")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(status.tempfile, "tempdir", None)
    monkeypatch.setattr(status.time, "sleep", lambda _: commands(scontrol=NONE))
    monkeypatch.setattr(status, "tell", lambda line: pytest.fail(line))
    assert status.main(ASKED) == 0
    assert "7|RUNNING" in capfd.readouterr().out
