"""The report's section on high and low risk: the numbers of risk.csv, and only where a class is a risk."""

import shutil
from types import SimpleNamespace

import pytest
from handmade import EVALUATE, Study
from pages import text_of, write

from tests.vouched import revouch
from workflow_scripts.contracts.risk_table import RISK
from workflow_scripts.reporting.formatting import interval, number
from workflow_scripts.steps import evaluate

RISKY = {**EVALUATE, "risk": {"positive": "b", "sensitivity": 0.8}}


@pytest.fixture(scope="module")
def risky(tmp_path_factory):
    """A study with a risk, evaluated and reported."""
    study = Study(tmp_path_factory.mktemp("risky"), evaluate=RISKY).write()
    runs = study.settings["runs"]
    for protocol in study.settings["protocols"]:
        settings = {key: study.settings[key] for key in ("study", "seed", "seeds")}
        settings |= {"evaluate": study.measures, "protocol": protocol, "folds": 1, "expects": {run: {} for run in runs}}
        settings |= {"reported": study.reported(protocol), "runs": list(runs)}
        settings["trained"] = [name for name in runs if "train" in runs[name]]
        out = study.folder / "evaluation" / protocol
        shutil.rmtree(out)
        folders = {"dataset": study.folder / "dataset", "runs": study.folder / "runs" / protocol, "out": out}
        revouch(study.folder)
        evaluate.main(SimpleNamespace(settings=settings, code="", **folders))
    return study, write(study)


def test_every_run_has_a_row_of_high_and_one_of_low_risk_with_its_numbers(risky):
    study, page = risky
    section = page[page.index('<h2 id="risk">') : page.index("</section>", page.index('<h2 id="risk">'))]
    text = text_of(section)
    for protocol in study.settings["protocols"]:
        for run in study.settings["runs"]:
            table = RISK.read(study.folder / "evaluation" / protocol / run / "risk.csv")
            values = table[table["fold"] == "all"].set_index(["group", "measure"])
            for group, measure in (("everyone", "sensitivity"), ("high", "observed_risk"), ("low", "observed_risk")):
                row = values.loc[(group, measure)]
                ends = interval("sensitivity", row["low"], row["high"])
                assert f"{number('sensitivity', row['value'])} {ends}".strip() in text
            assert number("calibration_slope", values.loc[("everyone", "calibration_slope"), "value"]) in text
    assert text.count("high risk") >= 4 and text.count("low risk") >= 4
    assert "calls 80 % of the positive validation samples high-risk" in text


def test_the_figure_of_every_run_is_on_the_page(risky):
    study, page = risky
    assert page.count('alt="High and low risk of ') == len(study.settings["runs"]) * len(study.settings["protocols"])


def test_without_a_risk_there_is_no_section(tmp_path):
    page = write(Study(tmp_path).write())
    assert 'id="risk"' not in page and "High and low risk" not in page
