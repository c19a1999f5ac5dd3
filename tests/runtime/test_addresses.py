"""No password, token or query of an address is ever shown."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_scripts.runtime import entry
from workflow_scripts.runtime.addresses import server_fault, without_secrets
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("API request to http://anna:S3cret@host:5000/api/x failed", "API request to http://host:5000/api/x failed"),
        ("http://anna:S3/c?r#e@t@host/x?token=S3cret", "http://host/x"),
        ("(https://host/get?X-Amz-Signature=S3cret), again", "(https://host/get again"),
        ("'ftp://S3cret@host/a' and \"s3://k:S3cret@b/c#S3cret\"", "'ftp://host/a' and \"s3://b/c\""),
        ("HTTPS://U:S3CRET@HOST", "HTTPS://HOST"),
        ("see https://w3id.org/ro/crate/1.1, or mail me@host", "see https://w3id.org/ro/crate/1.1, or mail me@host"),
    ],
)
def test_every_address_in_a_text_loses_its_secrets(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:5000", "https://mlflow.host.example/below/it/", "http://[::1]:5000", "http://host_1"],
)
def test_the_address_of_a_server_is_taken(uri):
    assert server_fault(uri) is None


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("http://anna:S3cret@host:5000", "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        ("http://anna:S3/c ret@host", "MLFLOW_TRACKING_USERNAME"),
        ("http://S3cret@host", "MLFLOW_TRACKING_USERNAME"),
        ("https://host/?token=S3cret", "MLFLOW_TRACKING_TOKEN"),
        ("https://host/#S3cret", "MLFLOW_TRACKING_TOKEN"),
        ("postgresql://anna:S3cret@host/db", "MLFLOW_TRACKING_USERNAME"),
        ("http://host S3cret", "is no server"),
        ("http://host/\nS3cret", "is no server"),
        ("mlruns-S3cret", "is no server"),
        ("", "is no server"),
        (["S3cret"], "write text"),
    ],
)
def test_any_other_is_refused_in_the_settings_and_not_repeated(uri, part):
    with pytest.raises(UserError, match="tracking_uri: ") as caught:
        settings(ROOT, {"tracking_uri": uri})
    assert part in str(caught.value) and "S3" not in str(caught.value)


def test_a_mistyped_key_does_not_show_its_value():
    with pytest.raises(UserError, match="did you mean tracking_uri") as caught:
        settings(ROOT, {"traking_uri": "http://anna:S3cret@host?token=S3cret"})
    assert "http://host" in str(caught.value) and "S3" not in str(caught.value)


def test_neither_console_nor_log_shows_a_password(tmp_path, capsys):
    def job(_arguments):
        raise ValueError("cannot reach http://anna:S3cret@host/?token=S3cret")

    arguments = SimpleNamespace(log=tmp_path / "job.log")
    try:
        with pytest.raises(SystemExit):
            entry.run(job, arguments)
    finally:
        entry.log.handlers.clear()
        entry.log.propagate = True
    said = capsys.readouterr().err + (tmp_path / "job.log").read_text()
    assert said.count("ValueError: cannot reach http://host/") == 3 and "S3" not in said
