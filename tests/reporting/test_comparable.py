"""What is compared with a paper: its scale, settings, classes, data, split; what is not gets no verdict."""

from types import SimpleNamespace

import pytest
from handmade import TRAIN, Study
from judging import Real, rewritten, rows

from workflow_scripts.contracts.verdict_table import (
    CANNOT_TELL,
    DECIDED,
    FAILS,
    HIGHER,
    HOLDS,
    LOWER,
    NOT_COMPARABLE,
    NOT_RUN,
    SYNTHETIC,
    VERDICT,
)
from workflow_scripts.reporting.pages.study_page import study_page
from workflow_scripts.reporting.premiums import premiums
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.reporting.run_order import ordered_protocols
from workflow_scripts.steps import verdict


@pytest.mark.parametrize(
    ("changes", "named", "judged"),
    [
        # Another scale may leave out samples: nothing is judged. Another size of the input leaves them as they are.
        ({"scale": "demo"}, "scale demo", False),
        (
            {"preprocess": {"size": 64, "fit": "squash", "interpolation": "bilinear"}},
            "input size 64 instead of 48",
            True,
        ),
    ],
)
def test_another_scale_or_setting_is_not_comparable_and_named(tmp_path, changes, named, judged):
    other = rows(Real(tmp_path, **changes).write())
    assert other["optimistic"].verdict == NOT_COMPARABLE and named in other["optimistic"].why
    assert other["optimistic"].obtained.value == pytest.approx(0.9)
    assert other["best"].verdict == NOT_COMPARABLE
    words = {name: row.verdict for name, row in other.items()}
    counted = {"samples": HOLDS, "samples.a": LOWER, "samples.sipakmed": LOWER, "ratio": HOLDS}
    assert {name: words[name] for name in counted} == (counted if judged else dict.fromkeys(counted, NOT_COMPARABLE))
    assert not {words[name] for name in words.keys() - counted.keys()} & {HOLDS, HIGHER, LOWER, FAILS, CANNOT_TELL}


def test_a_setting_of_another_run_makes_only_that_run_incomparable(tmp_path):
    study = Real(tmp_path)
    study.settings["runs"]["cvm"]["train"] = {**TRAIN, "epochs": 4}
    other = rows(study.write())
    assert "epochs 4 instead of 3" in other["optimistic"].why and other["samples"].verdict == HOLDS
    study.settings["runs"]["weak"]["train"] = {**TRAIN, "learning_rate": 0.1}
    assert "rate 0.1 instead of 0.0002" not in rows(study)["optimistic"].why
    assert rows(study)["worst"].why == "Not as in the paper: epochs 4 instead of 3; rate 0.1 instead of 0.0002."


@pytest.mark.parametrize("where", ["runs.cvm.train.precision", "train.precision"])
def test_a_paper_that_prints_in_how_many_bits_it_calculates_is_compared(tmp_path, where):
    study = Real(tmp_path)
    study.settings["runs"]["cvm"]["train"] = {**TRAIN, "precision": "bfloat16"}
    silent = study.write()
    assert rows(silent)["optimistic"].verdict != NOT_COMPARABLE
    line = f"  - {{id: bits, place: p. 1, value: 32, unit: bits, setting: {where}, means: float32}}\nclaims:\n"
    text = study.paper.joinpath("published.yaml").read_text().replace("claims:\n", line, 1)
    stated = SimpleNamespace(folder=silent.folder, received=silent.received, paper=rewritten(study.paper, text))
    assert rows(stated)["optimistic"].verdict == NOT_COMPARABLE
    assert "bits bfloat16 instead of 32" in rows(stated)["optimistic"].why


def test_class_counts_that_are_off_are_not_comparable(tmp_path):
    study = Real(tmp_path)
    study.write()
    text = study.paper.joinpath("published.yaml").read_text().replace("value: 1020", "value: 1100")
    path = study.folder.parent / "paper"
    found = rows(SimpleNamespace(folder=study.folder, received=study.received, paper=rewritten(path, text)))
    assert found["optimistic"].verdict == NOT_COMPARABLE
    assert "1 000 of a instead of 1 100" in found["optimistic"].why.replace("\u202f", " ")
    assert found["samples"].verdict == HOLDS


def test_data_without_printed_numbers_are_compared_with_those_that_they_are_a_part_of(tmp_path):
    found = rows(Real(tmp_path, study="a_part").write())
    assert "samples.cric" not in found
    assert (found["samples.sipakmed"].verdict, found["samples.a"].verdict) == (LOWER, LOWER)
    for claim in ("accuracy", "optimistic", "best", "beats", "samples"):
        assert found[claim].verdict == NOT_COMPARABLE
        assert found[claim].why.startswith("Not as in the paper: A part of it instead of A small study")
    assert found["accuracy"].obtained.value == pytest.approx(0.9) and found["accuracy"].entry.study == "a_part"


def test_classes_that_were_filled_up_to_the_printed_sizes_prove_nothing(tmp_path):
    study = Real(tmp_path, study="a_part").write()
    text = study.paper.joinpath("published.yaml").read_text().replace(", source: sipakmed}", "}", 1)
    paper = rewritten(study.folder.parent / "paper", text.replace("value: 1020", "value: 1000"))
    found = rows(SimpleNamespace(folder=study.folder, received=study.received, paper=paper))
    assert found["samples.a"].verdict == NOT_COMPARABLE and found["samples.a"].obtained.value == 1000


def test_what_is_stated_of_a_run_is_stated_of_its_variants(tmp_path):
    study = Real(tmp_path)
    study.settings["runs"]["weak"]["train"] = {**TRAIN, "epochs": 4}
    study.write()
    text = (
        study.paper.joinpath("published.yaml").read_text().replace("settings:", "variants: {weak: cvm}\nsettings:", 1)
    )
    paper = rewritten(study.folder.parent / "paper", text)
    found = rows(SimpleNamespace(folder=study.folder, received=study.received, paper=paper))
    assert found["beats"].verdict == NOT_COMPARABLE and "epochs 4 instead of 3" in found["beats"].why
    assert found["optimistic"].verdict == LOWER and rows(study)["beats"].verdict == HOLDS


def test_synthetic_data_never_yield_a_verdict(tmp_path):
    study = Real(tmp_path, source="synthetic").write()
    found = rows(study)
    assert not {row.verdict for row in found.values()} & {*DECIDED, CANNOT_TELL, NOT_COMPARABLE}
    assert found["optimistic"].verdict == SYNTHETIC and "says nothing about the paper" in found["optimistic"].why
    assert found["optimistic"].obtained.value == pytest.approx(0.9)


def test_without_a_published_protocol_nothing_is_judged(tmp_path):
    rule = {"grouped": {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "group"}}
    found = rows(Real(tmp_path, protocols=rule, folds={"grouped": 1}).write())
    assert (
        found["optimistic"].verdict == NOT_RUN
        and "splits as the paper did (role as_published)" in found["optimistic"].why
    )


def test_a_protocol_of_another_name_is_judged_like_the_one_called_published(tmp_path, real_rows):
    rule = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2]}
    # As many letters as `grouped` and `published` have, so that the handmade runs err as theirs do.
    rules = {"by_case": {**rule, "by": "group"}, "by_sample": {**rule, "by": "sample"}}
    renamed = Real(tmp_path, protocols=rules, folds=dict.fromkeys(rules, 1)).write()
    named = rows(renamed)
    words = [{claim: row.verdict for claim, row in table.items()} for table in (named, real_rows)]
    assert words[0] == words[1]
    assert named["optimistic"].obtained.value == real_rows["optimistic"].obtained.value
    assert named["optimistic"].leak_free.value is not None
    results = read_results(renamed.folder, renamed.received, renamed.paper)
    assert results.as_published.name == ordered_protocols(results)[0].name == "by_sample"
    assert [protocol.name for protocol in results.leak_free] == list(premiums(results)) == ["by_case"]
    page = study_page(results, premiums(results))
    assert "by_sample − by_case" in page and 'href="#runs-by_sample"' in page and "#runs-published" not in page


def test_a_split_by_patient_that_is_the_paper_s_own_is_what_its_numbers_stand_against(tmp_path):
    rule = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2]}
    rules = {
        "patients": {**rule, "by": "group", "role": "as_published"},
        "a_stricter": {**rule, "by": "group", "role": "leak_free"},
        "images": {**rule, "by": "sample", "role": None},
    }
    study = Real(tmp_path, protocols=rules, folds=dict.fromkeys(rules, 1)).write()
    results = read_results(study.folder, study.received, study.paper)
    assert results.as_published.name == "patients" and results.leak_free[0].name == "a_stricter"
    assert premiums(results) == {} and "itself free of leaks" in study_page(results, {})
    assert rows(study)["optimistic"].verdict == LOWER


def test_images_that_the_epoch_was_selected_on_are_no_test(tmp_path):
    rules = {"published": {"kind": "holdout", "fractions": [0.8, 0.2, 0.0], "by": "sample"}}
    found = rows(Real(tmp_path, protocols=rules, folds={"published": 1}).write())
    assert found["optimistic"].verdict == NOT_COMPARABLE and "no test subset" in found["optimistic"].why


def test_a_study_without_a_paper_has_an_empty_table(tmp_path):
    study = Study(tmp_path, paper="").write()
    out = tmp_path / "verdict.csv"
    verdict.main(
        SimpleNamespace(settings=study.without_subject, code="", study_folder=study.folder, paper=None, out=out)
    )
    assert VERDICT.read(out).empty
