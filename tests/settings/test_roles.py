"""What a protocol is for goes by its role, never by its name."""

from dataclasses import astuple, replace
from pathlib import Path

import pytest

from workflow_scripts.contracts.protocol_roles import as_published, named_protocol, roles
from workflow_scripts.contracts.step_settings.split_settings import KFold
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import RunAddress
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
EXTERNAL_RUN = RunAddress("other", "grouped", "cvm@there", 0, 0)
BY_SAMPLE, BY_UNIT, BY_GROUP = (KFold("kfold", by=by) for by in ("sample", "unit", "group"))


def before(protocol):
    """The protocol with SMOTE before its split."""
    return replace(protocol, resample="smote_before_split")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"a": BY_SAMPLE, "b": BY_GROUP}, {"a": "as_published", "b": "leak_free"}),
        ({"b": BY_GROUP, "z": BY_SAMPLE, "a": BY_SAMPLE}, {"b": "leak_free", "z": "as_published", "a": None}),
        ({"a": BY_SAMPLE, "b": replace(BY_SAMPLE, role="as_published")}, {"a": None, "b": "as_published"}),
        ({"a": replace(BY_GROUP, role="as_published"), "b": BY_GROUP}, {"a": "as_published", "b": "leak_free"}),
        ({"a": BY_GROUP}, {"a": "leak_free"}),
        ({"u": BY_UNIT, "s": BY_SAMPLE, "g": BY_GROUP}, {"u": "as_published", "s": None, "g": "leak_free"}),
        # What learns from samples that are made of test samples is neither, unless it says that the paper did so.
        ({"a": before(BY_SAMPLE), "b": before(BY_GROUP)}, {"a": None, "b": None}),
        ({"a": before(BY_SAMPLE), "b": BY_SAMPLE}, {"a": None, "b": "as_published"}),
        ({"a": replace(before(BY_SAMPLE), role="as_published")}, {"a": "as_published"}),
    ],
)
def test_a_role_that_is_not_stated_follows_from_how_the_protocol_splits(rules, expected):
    assert roles(rules) == expected
    assert as_published(rules) == next((name for name, role in expected.items() if role == "as_published"), None)
    # What the report step gets no longer says which came first.
    stated = {name: replace(rules[name], role=role) for name, role in sorted(expected.items())}
    assert roles(stated) == expected


def test_the_shipped_studies_have_each_a_protocol_as_published_and_one_without_leaks():
    for scale in ("demo", "paper"):
        steps = Steps(settings(ROOT, {"scale": scale}))
        for study in steps.config.studies:
            found = {name: rule.role for name, rule in steps.report(study).protocols.items()}
            # Of the hybrid the paper prints no result, and nothing of how it was judged.
            if study not in ("hybrid_tiles", "vgg_lstm_hybrid"):
                assert found.pop("published") == "as_published"
            assert {found.pop(name, None) for name in ("selection", "smote_first", "by_text")} == {None}
            assert set(found.values()) == {"leak_free"}


def test_a_protocol_keeps_its_name_whether_groups_are_known_or_not():
    config = settings(ROOT)
    assert list(config.studies["cvm_blood"].protocols) == list(config.studies["cvm_herlev"].protocols)


def test_a_role_changes_no_split():
    user = {"studies": {"cvm_cervix": {"protocols": {"grouped": {"role": "as_published"}}}}}
    plain, changed = (Steps(settings(ROOT, layer)) for layer in ({}, user))
    for protocol in ("published", "grouped"):
        assert plain.split("cvm_cervix", protocol) == changed.split("cvm_cervix", protocol)
    assert changed.study("cvm_cervix").as_published == "grouped"
    assert plain.report("cvm_cervix") != changed.report("cvm_cervix")


def test_a_protocol_may_aggregate_in_its_own_way():
    """The published numbers may be of slices, and those without leaks of patients."""
    rules = {"published": {"aggregate": "none"}, "grouped": {}}
    user = {"studies": {"cvm_cervix": {"evaluate": {"aggregate": "mean"}, "protocols": rules}}}
    plain, changed = (Steps(settings(ROOT, layer)) for layer in ({}, user))
    assert {name: rule.aggregate for name, rule in changed.report("cvm_cervix").protocols.items()} == {
        "published": "none",
        "grouped": "mean",
    }
    for step, run in (("finish_run", "cvm"), ("make_run", "control_border"), ("make_run", "cvm-float16")):
        told = [getattr(changed, step)("cvm_cervix", name, run, 0, 0).aggregate for name in rules]
        assert told == ["none", "mean"]
    assert [changed.evaluate("cvm_cervix", name).evaluate.aggregate for name in rules] == ["none", "mean"]
    # Where samples are judged everything stays as it was, trainings do anyway, and a split only looks at labels.
    assert changed.evaluate("cvm_cervix", "published") == plain.evaluate("cvm_cervix", "published")
    assert changed.train("cvm_cervix", "grouped", "cvm", 0, 0) == plain.train("cvm_cervix", "grouped", "cvm", 0, 0)
    splits = [steps.split("cvm_cervix", "grouped") for steps in (plain, changed)]
    assert splits[1] == replace(splits[0], units_judged=True) and not hasattr(splits[0].rule, "aggregate")


def test_how_many_samples_count_reaches_the_jobs_of_top_k_alone():
    rules = {"published": {"aggregate": "top_k"}, "grouped": {"aggregate": "max"}}
    user = {"studies": {"cvm_cervix": {"evaluate": {"aggregate_top": 5}, "protocols": rules}}}
    changed = Steps(settings(ROOT, user))
    for step, run in (("finish_run", "cvm"), ("make_run", "control_border")):
        jobs = [getattr(changed, step)("cvm_cervix", name, run, 0, 0) for name in rules]
        assert [job.aggregate for job in jobs] == ["top_k", "max"]
        assert [job.aggregate_top for job in jobs] == [5, None]
    assert changed.report("cvm_cervix").evaluate.aggregate_top == 5


@pytest.mark.parametrize("resample", ["smote", "smote_before_split"])
def test_synthetic_samples_change_no_split_and_reach_what_trains_alone(resample):
    rules = {"published": {"resample": resample}}
    plain, changed = (Steps(settings(ROOT, layer)) for layer in ({}, {"studies": {"cvm_cervix": {"protocols": rules}}}))
    splits = [steps.split("cvm_cervix", "published") for steps in (plain, changed)]
    assert splits[1] == replace(splits[0], resample=resample) and not hasattr(splits[0].rule, "resample")
    job = ("cvm_cervix", "published")
    for step, run in (("train", "cvm"), ("finish_run", "cvm")):
        received = [getattr(steps, step)(*job, run, 0, 0) for steps in (plain, changed)]
        assert received[1] == replace(received[0], resample=resample) != received[0]
    compressed = [steps.make_run(*job, "cvm-float16", 0, 0).member.resample for steps in (plain, changed)]
    assert compressed == ["none", resample]
    assert changed.make_run(*job, "control_border", 0, 0) == plain.make_run(*job, "control_border", 0, 0)
    assert changed.evaluate(*job).resample == changed.explain(*job).training("cvm").resample == resample
    assert changed.train("cvm_cervix", "grouped", "cvm", 0, 0) == plain.train("cvm_cervix", "grouped", "cvm", 0, 0)


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ({"sampling": "oversampled"}, "sampling is oversampled"),
        ({"extra": {"koilocytotic": 2}}, "extra is koilocytotic"),
        ({"copies": "fourfold"}, "copies is fourfold"),
        ({"class_weights": "balanced"}, "class_weights is balanced"),
    ],
)
def test_classes_are_not_balanced_by_smote_and_otherwise(train, said):
    study = {"protocols": {"grouped": {"resample": "smote"}}, "runs": {"cvm": {"train": train}}}
    said = f"run 'cvm': train: under protocols.grouped resample is smote and {said}; balance classes once"
    with pytest.raises(UserError) as caught:
        settings(ROOT, {"studies": {"cvm_cervix": study}})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("protocols", "said"),
    [
        ({"published": {"role": "leak_free"}}, "protocols.published: role is leak_free, but a split by sample tears"),
        (
            {"grouped": {"role": "leak_free", "by": "unit"}},
            "protocols.grouped: role is leak_free, but a split by unit tears",
        ),
        (
            {name: {"role": "as_published"} for name in ("published", "grouped")},
            "protocols published and grouped: only one may have the role as_published",
        ),
        (
            {"grouped": {"role": "leak_free", "resample": "smote_before_split"}},
            "protocols.grouped: role is leak_free, but resample: smote_before_split makes training samples of test",
        ),
    ],
)
def test_a_role_that_cannot_be_is_refused(protocols, said):
    with pytest.raises(UserError) as caught:
        settings(ROOT, {"studies": {"cvm_cervix": {"protocols": protocols}}})
    assert said in str(caught.value)


def external(protocols=None, **spec):
    """Settings in which `other` tries a network of `there`, neither of which knows groups."""
    there = {"extends": "cvm_blood", "paper": "", "adapters": ["peripheral_blood"], "protocols": protocols or {}}
    runs = {"cvm@there": {"kind": "external", "study": "there", "of": "cvm", **spec}}
    return {"studies": {"there": there, "other": {"extends": "cvm_blood", "enabled": True, "paper": "", "runs": runs}}}


@pytest.mark.parametrize("protocol", ["published", "grouped", "mine"])
def test_an_external_run_comes_from_any_protocol_of_a_study_without_groups(protocol):
    more = {"mine": {"kind": "kfold", "by": "group"}}
    plan = Plan(ROOT, external(more, protocol=protocol), ROOT)
    assert f"results/there/splits/{protocol}.csv" in plan.runs.source_files(EXTERNAL_RUN)
    folder = f"results/there/runs/{protocol}/cvm/fold0-seed0"
    assert plan.runs.source_folders(EXTERNAL_RUN) == {"cvm": folder}
    assert plan.steps.make_run(*astuple(EXTERNAL_RUN)).spec.protocol == protocol


def test_an_external_run_that_names_no_protocol_comes_from_the_one_as_published():
    by_name = Plan(ROOT, external(protocol="published"), ROOT)
    by_role = Plan(ROOT, external(), ROOT)
    job = astuple(EXTERNAL_RUN)
    assert by_role.steps.make_run(*job) == by_name.steps.make_run(*job)
    renamed = {"published": None, "as_printed": {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}}
    files = Plan(ROOT, external(renamed), ROOT).runs.source_files(EXTERNAL_RUN)
    assert "results/there/splits/as_printed.csv" in files
    with pytest.raises(
        UserError, match="there has no protocol of the role as_published; name one, such as protocol: gro"
    ):
        settings(ROOT, external({"published": None}))
    with pytest.raises(UserError, match="there has no protocol 'duplicate_free'; there are grouped, published"):
        settings(ROOT, external(protocol="duplicate_free"))


def test_a_run_name_of_two_kinds_names_both_studies():
    runs = {"cvm@there": {"kind": "network", "model": "resnet18"}}
    user = external()
    user["studies"]["there"]["runs"] = runs
    with pytest.raises(
        UserError, match=r"studies.other.runs.cvm@there: external here, network in there; a name has one"
    ):
        Plan(ROOT, user, ROOT)


def test_a_paper_s_setting_of_its_own_protocol_finds_it_under_any_name():
    assert named_protocol("protocols.as_published.by", "printed") == "protocols.printed.by"
    assert named_protocol("protocols.selection.by", "printed") == "protocols.selection.by"


def test_what_an_external_run_is_compared_with_is_an_input_of_it():
    plan = Plan(ROOT, external(), ROOT)
    records = ["results/there/dataset/record.json", "results/there/arrays/record.json"]
    assert plan.data.linked_records("other", "cvm@there") == records
    assert plan.data.linked_data("other", "cvm@there") == ["results/there/arrays/data.npy"]
    assert plan.data.linked_records("other", "cvm") == [] == plan.data.linked_data("other", "cvm")
