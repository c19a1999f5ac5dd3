"""What is left of the five papers: every issue with the sentence or numbers that make it one, and nothing else."""

import re
from pathlib import Path

import pytest

from workflow_scripts import claims
from workflow_scripts.claims.about_checks import INNOCENT, PREMISES, STRENGTHS, TRIED
from workflow_scripts.claims.arithmetic.class_tables import MACRO, WEIGHTED, ClassRate, range_of
from workflow_scripts.claims.arithmetic.ways_of_writing import CUT, ROUNDED
from workflow_scripts.claims.checks import CHECKS, check_all, overall
from workflow_scripts.claims.digits import derived_decimals
from workflow_scripts.claims.issues import issues
from workflow_scripts.claims.matrices import averages, matrices
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOT_CHECKABLE, NOTE, ORDER
from workflow_scripts.claims.outcome import ISSUES as ISSUES_OF
from workflow_scripts.claims.printed import numerators
from workflow_scripts.claims.sizes import Sizes
from workflow_scripts.contracts.claims import Claim

CODE = Path(claims.__file__).parent
STUDIES = CODE.parent / "studies"
# Paper → the claims of each issue, in the order of its file.
ISSUES = {
    "colposcopy_resnet50": [
        # "accurate classification for the type 1 and 3 whereas it fails to accurately classify type 3 images"
        {"fails.type_3"},
    ],
    "cvm_cervix": [],
    "histology_vgg": [
        # "Our final submission task achieved an accuracy of 98.26%"; Table 2: 60 SCC and 60 AC for the test.
        {"abstract.accuracy", "text.accuracy", "table3.vgg16.accuracy", "comparison.accuracy.vgg16"},
        # Precision 96.8 (Table 3) and 97.8 (Result Comparison).
        {"table3.vgg16.precision", "comparison.precision.vgg16"},
        # Table 1: "Pool 28 x 28 x 512" after "Conv x3 28 x 28 x 512".
        {"table1.08", "table1.09"},
    ],
    "mri_resnet": [],
    "zeb2_ihc": [
        # "Inception V4 had … the highest F1 score of 0.95"; Table 1: EfficientNet-B7 0.97.
        {"best.f1.inception_v4"},
    ],
}
# Paper → check of what fits only if …, and a part of the reading.
READINGS = {
    # Table 1: "8215", "5750", "2464"; one image is in neither part.
    "colposcopy_resnet50": [("totals and parts", "cut off to a whole number")],
    "cvm_cervix": [
        # "nearly 3% higher than the accuracy of DenseNet169 and DeiT"; Table 3: 91.72, DeiT 87.35.
        ("differences", "over the better of the two, DenseNet169"),
        # Fig. 9: of 135 and 48 cells, 133 and 44 right.
        ("2x2 tables", "the values of each class were rounded to 3 digits before"),
        ("public set", "several crops or copies"),
        # "containing the GELU activation function"; "we apply the AdamW and ReLU".
        ("stated twice", "that of the Xception"),
    ],
    "histology_vgg": [
        # "70% for train"; Table 2: 216 of 300 of each class.
        ("stated shares", "whole tens of percent"),
        # Table 3: precision 96.8 and recall 99, of 60 + 60.
        ("2x2 tables", "each number is an average of its own, some of class values that were rounded before"),
        # "the binary SCC versus AC output"; "Class label: healthy or cancerous tissue".
        ("stated twice", "names what the model is for"),
        # "stochastic gradient descent (SGD) as optimizer"; "The Adam optimizer is used for both models".
        ("stated twice", "the step before the fine-tuning"),
    ],
    "mri_resnet": [
        ("metrics from the confusion matrix", "are of different images"),
        # Table 1, CNN: recall 0.704, specificity 0.685; rows of Tables 2 to 4: 487, 116, 38.
        ("one confusion matrix", "weighted by class size"),
        # "confusion tables and error rates …. The DRN model outperformed the expert 1"; 45 against 40 errors.
        ("claims in words", "the mean sensitivity over the classes"),
    ],
    "zeb2_ihc": [
        # "a high classification accuracy of 94.4% on the test set"; "testing (20%)" of 649; Table 1: 0.95.
        ("granularity", "one place is cut off and the other rounded more than once"),
        # "training (60%), validation (20%), and testing (20%)"; "training and validation sets at a ratio of 80:20".
        ("printed twice", "the 60 for training and the 20 for validation together"),
        # Table 1, Inception V4: accuracy 0.94, F1 0.95.
        ("2x2 tables", "values of Normal alone"),
        # "Inception V4 delivered the least accurate results"; Table 1: 0.94, DenseNet169 0.92; Fig. 4: 0.55 at first.
        ("claims in words", "about the beginning of the training"),
    ],
}
# Paper → check of each note, and a part of how it may have come about.
NOTES = {
    # "Figure 1 shows the training curve", "Table 4 shows the testing accuracy".
    "colposcopy_resnet50": [("references", "an earlier draft")],
    "cvm_cervix": [("one way of writing", "Two programs or two people")],
    "histology_vgg": [],
    # "calculated by (6)", "calculated by (7)".
    "mri_resnet": [("references", "an earlier draft")],
    "zeb2_ihc": [
        ("repeated sequence", "of which images is not said"),
        # Of 130 images, EfficientNet-B7 over Inception V4 and the ensemble over it.
        ("leads and chance", "is not told by so few"),
    ],
}


def left(paper, kind):
    return [issue for issue in issues(paper, check_all(paper)) if issue.outcome == kind]


@pytest.mark.parametrize("name", ISSUES)
def test_exactly_these_issues_are_left(papers, name):
    assert [set(issue.claims) for issue in left(papers[name], CONTRADICTION)] == ISSUES[name]


@pytest.mark.parametrize("name", NOTES)
def test_exactly_these_notes_are_left_each_with_its_innocent_reading(papers, name):
    found = left(papers[name], NOTE)
    assert [issue.outcomes[0].check for issue in found] == [check for check, _ in NOTES[name]]
    for issue, (_, reading) in zip(found, NOTES[name], strict=True):
        assert all(outcome.innocent for outcome in issue.outcomes)
        assert any(reading in outcome.innocent for outcome in issue.outcomes)


@pytest.mark.parametrize("name", READINGS)
def test_exactly_these_fit_only_under_a_reading_and_each_names_it(papers, name):
    found = left(papers[name], FITS_ONLY_IF)
    assert [issue.outcomes[0].check for issue in found] == [check for check, _ in READINGS[name]]
    for issue, (_, reading) in zip(found, READINGS[name], strict=True):
        assert any(reading in outcome.reading for outcome in issue.outcomes)


def test_every_paper_that_is_shipped_is_pinned(papers):
    assert set(papers) == set(ISSUES) == set(READINGS) == set(NOTES)


def test_every_claim_statement_and_layer_of_every_paper_has_an_outcome(papers):
    for paper in papers.values():
        found = overall(check_all(paper))
        assert {entry.id for entry in (*paper.claims, *paper.statements, *paper.layers)} <= set(found)


def test_every_outcome_says_why_and_what_is_missing(outcomes):
    for found in outcomes.values():
        for outcome in found.values():
            assert outcome.why.endswith(".")
            assert outcome.outcome in ORDER
            assert ("Missing" in outcome.why) == (outcome.outcome == NOT_CHECKABLE), outcome
            assert bool(outcome.innocent) == (outcome.outcome in ISSUES_OF), outcome
            assert bool(outcome.reading) == (outcome.outcome == FITS_ONLY_IF), outcome
            assert not outcome.reading.endswith(".")
            assert bool(outcome.tried) == (outcome.outcome in (CONTRADICTION, FITS_ONLY_IF)), outcome
            assert bool(outcome.strength) == (outcome.outcome == CONSISTENT), outcome


def test_no_check_knows_a_paper_and_each_names_its_reference(papers):
    names = {name for paper in papers.values() for name in (paper.paper, *paper.studies)}
    for path in CODE.glob("*.py"):
        assert not names & set(re.findall(r"\w+", path.read_text(encoding="utf-8"))), path
    for check in CHECKS.values():
        assert "Reference:" in check.__doc__, check
    assert set(PREMISES) | set(TRIED) | set(STRENGTHS) | set(INNOCENT) <= set(CHECKS)


def test_outcomes_bear_the_name_of_the_check_that_made_them(papers):
    for paper in papers.values():
        for name, check in CHECKS.items():
            assert {outcome.check for outcome in check(paper)} <= {name}


def test_every_run_that_a_paper_speaks_of_has_a_name(papers):
    for paper in papers.values():
        runs = {run for claim in paper.claims for run in (claim.run, claim.against.get("run"), *claim.among) if run}
        runs |= {statement.run for statement in paper.statements if statement.run}
        assert {run for run in runs if paper.run_name(run) == run} == set(), paper.paper


def test_cvm_own_models_are_rounded_its_rivals_cut_off_and_nobody_is_accused_of_it(papers):
    table = [c for c in papers["cvm_cervix"].claims if c.cell and c.cell.table == "Table 3" and c.metric == "accuracy"]
    rivals = [claim for claim in table if claim.run != "cvm"]
    assert len(rivals) == 22 and all(numerators(claim, 1763, CUT) for claim in rivals)
    only_cut = {claim.id for claim in rivals if not numerators(claim, 1763, ROUNDED)}
    (note,) = [i for i in left(papers["cvm_cervix"], NOTE) if i.outcomes[0].check == "one way of writing"]
    own = {"table3.cvm.accuracy", "fig5.test.accuracy", "best.accuracy", "fig7.augmented.accuracy"}
    assert set(note.claims) == only_cut | own | {"best.cnn"} and len(only_cut) == 12
    assert "1617/1763 = 91.719 %" in note.outcomes[0].nearest and "less than one unit" in note.outcomes[0].size


def test_cvm_means_have_one_digit_and_the_file_says_so(papers):
    derived = derived_decimals(papers["cvm_cervix"])
    assert sum(claim.startswith("table3.") for claim in derived) == 69 and {d for _, d in derived.values()} == {1}
    stated = {
        claim.id: claim.exact_decimals for claim in papers["cvm_cervix"].claims if claim.exact_decimals is not None
    }
    assert stated == {name: decimals for name, (_, decimals) in derived.items()}
    for name, paper in papers.items():
        assert name == "cvm_cervix" or not derived_decimals(paper)


def test_cvm_has_more_images_than_the_public_set_of_two_classes_only(papers, outcomes):
    (note,) = [i for i in left(papers["cvm_cervix"], FITS_ONLY_IF) if i.outcomes[0].check == "public set"]
    assert set(note.claims) == {"table1.scc.total", "table1.asc_us.total"}
    assert outcomes["cvm_cervix"]["table1.scc.total", "public set"].nearest == "at most 161"
    assert outcomes["cvm_cervix"]["table1.asc_us.total", "public set"].nearest == "at most 606"


def test_cvm_is_nearly_three_points_above_densenet_but_not_above_deit(outcomes):
    assert outcomes["cvm_cervix"]["margin.deit", "differences"].nearest == "4.37 points"
    assert outcomes["cvm_cervix"]["margin.densenet169", "differences"].outcome == CONSISTENT


def test_herlev_metrics_are_one_table_each_once_class_values_may_have_been_rounded(outcomes):
    for metric in ("accuracy", "macro_precision", "macro_sensitivity", "macro_f1"):
        one = outcomes["cvm_cervix"][f"fig9.test.{metric}", "2x2 tables"]
        assert one.why == "Only one table fits: 123 of 135 Abnormal and 46 of 48 Normal right."
        one = outcomes["cvm_cervix"][f"fig9.validation.{metric}", "2x2 tables"]
        assert one.outcome == FITS_ONLY_IF and one.reading == "the values of each class were rounded to 3 digits before"
        assert one.why.startswith("Only one table fits: 133 of 135 Abnormal and 44 of 48 Normal right")


def test_zeb2_accuracy_of_the_abstract_is_no_share_of_its_test_images(outcomes):
    one = outcomes["zeb2_ihc"]["abstract.accuracy", "granularity"]
    assert "129 or 130" in one.why and "122/129 = 94.57 %" in one.nearest and one.size == "0.17 points"
    # "testing (20%)" may be 127 of 649.
    assert one.outcome == FITS_ONLY_IF and one.reading.endswith("120 of 127, cut off")
    # 120 of 127 are 94.488 %: 94.4 cut off, and 0.95 by way of 94.5.
    both = outcomes["zeb2_ihc"]["abstract.accuracy", "printed twice"]
    assert both.outcome == FITS_ONLY_IF and "94.49 % gives 94.4 % where it is cut off" in both.innocent


def test_zeb2_f1_of_inception_fits_as_that_of_one_class_and_says_so(outcomes):
    one = outcomes["zeb2_ihc"]["table1.inception_v4.f1", "2x2 tables"]
    assert one.outcome == FITS_ONLY_IF and "values of Normal alone" in one.reading


def test_histology_accuracy_would_fit_without_five_of_its_tiles_and_the_card_says_so(outcomes):
    one = outcomes["histology_vgg"]["abstract.accuracy", "granularity"]
    assert one.outcome == CONTRADICTION and one.innocent.endswith("113 of 115 would fit.")


def test_histology_shares_need_another_share_of_positives_than_is_printed(outcomes):
    one = outcomes["histology_vgg"]["table3.vgg16.accuracy", "class sizes that follow"]
    assert one.outcome == CONTRADICTION and "need 39.7% to 43.1% of one class; 50% are printed" in one.why
    assert "No table of 60 SCC and 60 AC gives them by other averages either." in one.why


def test_zeb2_sentence_that_the_table_bears_out_is_not_accused(outcomes):
    assert outcomes["zeb2_ihc"]["lowest.accuracy", "claims in words"].outcome == CONSISTENT
    assert ("lowest.accuracy", "claims in words, each other") not in outcomes["zeb2_ihc"]


def test_mri_metrics_beside_the_matrix_give_both_possibilities(outcomes):
    one = outcomes["mri_resnet"]["text.precision", "metrics from the confusion matrix"]
    assert "mean over classes 0.8309" in one.why and "weighted mean 0.9355" in one.why
    assert "that both are of the same images is not said" in one.innocent and "unexplained" not in one.innocent


def test_mri_means_of_ten_stratified_folds_are_those_that_the_notes_name(papers):
    (matrix,) = [matrix for matrix in matrices(papers["mri_resnet"]) if matrix.run == "resnet"]
    notes = (STUDIES / "mri_resnet" / "notes.md").read_text(encoding="utf-8")
    named = " ".join(notes.split())
    for average, words in (
        (MACRO, "sensitivity is {} and the mean specificity {}"),
        (WEIGHTED, "class size, {} and {}"),
    ):
        ends = []
        for metric in ("sensitivity", "specificity"):
            wanted = ClassRate(metric, 0.0, 1.0, average)
            found = range_of(wanted, matrix.counts.sum(1).tolist(), (), 10, matrix.counts)
            ends.append(" to ".join(f"{end:.3f}".lstrip("0") for end in found))
        assert words.format(*ends) in named


def test_mri_expert_is_outperformed_by_mean_sensitivity_and_not_by_the_error_rates_that_are_announced(outcomes, papers):
    one = outcomes["mri_resnet"]["outperformed.expert_1", "claims in words"]
    assert one.outcome == FITS_ONLY_IF and one.reading == "the mean sensitivity over the classes is meant"
    assert one.nearest == "accuracy: the ResNet 0.930, expert 1 0.938" and one.size == "0.008"
    found = matrices(papers["mri_resnet"])
    means = {
        m.run: averages(m, Claim("", "", "", "macro_sensitivity", 0, "fraction"))["mean over classes"] for m in found
    }
    assert f"{means['resnet']:.3f} to {means['expert_1']:.3f}" in one.innocent


def test_mri_has_as_many_patients_as_images(outcomes):
    one = outcomes["mri_resnet"]["patients", "patients and images"]
    assert one.outcome == NOT_CHECKABLE and "641 patients and 641 images" in one.why


def test_colposcopy_missing_image_is_that_of_two_shares_cut_off(outcomes):
    why = outcomes["colposcopy_resnet50"]["table1.train.images", "totals and parts"].why
    assert "= 8214, but 8215" in why and "70 % and 30 % of 8215 are 5750.5 and 2464.5: each was cut off" in why


def test_histology_precision_of_two_places_is_no_matter_of_the_average(outcomes):
    one = outcomes["histology_vgg"]["table3.vgg16.precision", "printed twice"]
    assert one.outcome == CONTRADICTION and "No table of 60 SCC and 60 AC gives both" in one.why


def test_histology_what_fits_alone_or_with_a_reading_is_not_accused(outcomes):
    found = outcomes["histology_vgg"]
    assert found["table3.vgg16.recall", "granularity"].outcome == CONSISTENT
    for name in ("abstract.f1", "text.f1", "table3.vgg16.f1", "comparison.f1.vgg16"):
        assert {o.outcome for (claim, _), o in found.items() if claim == name} == {CONSISTENT}, name
    for name in ("share.validation", "table2.scc.validation", "table2.ac.validation", "loss", "loss_procedure"):
        assert {o.outcome for (claim, _), o in found.items() if claim == name} == {CONSISTENT}, name


@pytest.mark.parametrize("paper", ["cvm_cervix", "histology_vgg", "colposcopy_resnet50"])
def test_n_stated_beside_a_number_is_the_printed_size_of_its_subset(papers, paper):
    sizes = Sizes(papers[paper])
    with_n = [claim for claim in papers[paper].claims if claim.n is not None]
    assert with_n
    for claim in with_n:
        assert claim.n in sizes.totals(claim.study, claim.subset, claim.run), claim.id
