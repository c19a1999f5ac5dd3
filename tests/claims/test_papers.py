"""What is known to be wrong in the five papers comes out of the general checks, and what is right does not."""

import re
from collections import Counter
from pathlib import Path

import pytest

from workflow_scripts import claims
from workflow_scripts.claims.checks import CHECKS, check_all, overall
from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from workflow_scripts.claims.printed import CUT, ROUNDED, numerators

CODE = Path(claims.__file__).parent


def wrong(outcomes, paper, check):
    return {claim for (claim, by), o in outcomes[paper].items() if by == check and o.outcome == INCONSISTENT}


def test_every_claim_statement_and_layer_of_every_paper_has_an_outcome(papers):
    for paper in papers.values():
        found = overall(check_all(paper))
        assert {entry.id for entry in (*paper.claims, *paper.statements, *paper.layers)} <= set(found)


def test_every_outcome_says_why_and_what_is_missing(outcomes):
    for found in outcomes.values():
        for outcome in found.values():
            assert outcome.why.endswith(".") and outcome.outcome in (CONSISTENT, INCONSISTENT, NOT_CHECKABLE)
            assert ("Missing" in outcome.why) == (outcome.outcome == NOT_CHECKABLE), outcome


def test_no_check_knows_a_paper_and_each_names_its_reference(papers):
    names = {name for paper in papers.values() for name in (paper.paper, *paper.studies)}
    for path in CODE.glob("*.py"):
        words = set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        assert not names & words, path
    for check in CHECKS.values():
        assert "Reference:" in check.__doc__, check


def test_outcomes_bear_the_name_of_the_check_that_made_them(papers):
    for paper in papers.values():
        for name, check in CHECKS.items():
            assert {outcome.check for outcome in check(paper)} <= {name}


def test_cvm_accuracies_of_all_rivals_are_cut_off_and_the_proposed_models_are_rounded(papers, outcomes):
    table = [c for c in papers["cvm_cervix"].claims if c.cell and c.cell.table == "Table 3" and c.metric == "accuracy"]
    rivals = [claim for claim in table if claim.run != "cvm"]
    assert len(rivals) == 22 and all(numerators(claim, 1763, CUT) for claim in rivals)
    assert sum(not numerators(claim, 1763, ROUNDED) for claim in rivals) == 12
    odd = wrong(outcomes, "cvm_cervix", "one way of writing")
    assert odd == {"table3.cvm.accuracy", "fig5.test.accuracy", "best.accuracy", "fig7.augmented.accuracy"}
    assert {papers["cvm_cervix"].claim(name).printed for name in odd} == {"91.72", "93.48"}
    one = outcomes["cvm_cervix"]["table3.cvm.accuracy", "one way of writing"]
    assert one.nearest == "1617/1763 = 91.719 %" and "12 of them only so" in one.why
    assert outcomes["cvm_cervix"]["table3.t2t_vit.accuracy", "one way of writing"].outcome == CONSISTENT


def test_cvm_means_have_one_digit_and_the_file_says_so(papers, outcomes):
    found = [key for key, o in outcomes["cvm_cervix"].items() if key[1] == "digits" and o.outcome == CONSISTENT]
    assert sum(claim.startswith("table3.") for claim, _ in found) == 69
    assert not wrong(outcomes, "cvm_cervix", "digits")
    stated = {claim.id for claim in papers["cvm_cervix"].claims if claim.exact_decimals is not None}
    assert stated == {claim for claim, _ in found}


def test_cvm_has_more_images_than_the_public_set_of_two_classes_only(outcomes):
    assert wrong(outcomes, "cvm_cervix", "public set") == {"table1.scc.total", "table1.asc_us.total"}
    assert outcomes["cvm_cervix"]["table1.scc.total", "public set"].nearest == "at most 161"
    assert outcomes["cvm_cervix"]["table1.asc_us.total", "public set"].nearest == "at most 606"


def test_cvm_is_nearly_three_points_above_densenet_but_not_above_deit(outcomes):
    assert wrong(outcomes, "cvm_cervix", "differences") == {"margin.deit"}
    assert outcomes["cvm_cervix"]["margin.deit", "differences"].nearest == "4.37 points"
    assert outcomes["cvm_cervix"]["margin.densenet169", "differences"].outcome == CONSISTENT


def test_herlev_test_metrics_are_one_table_and_the_f1_of_the_validation_fits_none(outcomes):
    for metric in ("accuracy", "macro_precision", "macro_sensitivity", "macro_f1"):
        one = outcomes["cvm_cervix"][f"fig9.test.{metric}", "2x2 tables"]
        assert one.why == "Only one table fits: 123 of 135 Abnormal and 46 of 48 Normal right."
    assert wrong(outcomes, "cvm_cervix", "2x2 tables") == {"fig9.validation.macro_f1"}
    assert outcomes["cvm_cervix"]["fig9.validation.macro_f1", "2x2 tables"].nearest.startswith("95.71 %")


def test_cvm_says_gelu_and_relu_and_its_counts_shares_and_times_fit(outcomes):
    assert wrong(outcomes, "cvm_cervix", "stated twice") == {"activation", "activation_discussion"}
    counts = ("totals and parts", "counts with copies", "stated shares", "confusions against errors")
    for check in (*counts, "times and sizes", "printed twice"):
        assert not wrong(outcomes, "cvm_cervix", check)
        assert any(by == check for _, by in outcomes["cvm_cervix"])
    for check in ("rankings", "claims in words", "F1 from precision and sensitivity", "mean sensitivity from accuracy"):
        assert not wrong(outcomes, "cvm_cervix", check)


def test_zeb2_accuracy_of_the_abstract_is_no_share_of_its_test_images_and_not_that_of_the_table(outcomes):
    assert wrong(outcomes, "zeb2_ihc", "granularity") == {"abstract.accuracy", "key_points.accuracy"}
    assert "129 or 130" in outcomes["zeb2_ihc"]["abstract.accuracy", "granularity"].why
    assert "122/129 = 94.57 %" in outcomes["zeb2_ihc"]["abstract.accuracy", "granularity"].nearest
    twice = {
        "abstract.accuracy",
        "key_points.accuracy",
        "table1.ensemble.accuracy",
        "share.train",
        "second.share.train",
    }
    assert wrong(outcomes, "zeb2_ihc", "printed twice") == twice


def test_zeb2_calls_the_wrong_network_least_accurate_and_the_wrong_f1_highest(outcomes):
    assert wrong(outcomes, "zeb2_ihc", "claims in words") == {"least_accurate", "ensemble.enhances"}
    assert wrong(outcomes, "zeb2_ihc", "claims in words, each other") == {"least_accurate", "lowest.accuracy"}
    assert wrong(outcomes, "zeb2_ihc", "rankings") == {"best.f1.inception_v4"}


def test_zeb2_training_ends_with_the_accuracies_of_the_test(outcomes):
    names = ("densenet169", "inception_v4", "efficientnet_b7")
    expected = {f"table1.{name}.accuracy" for name in names} | {f"fig4.{name}.last" for name in names}
    assert wrong(outcomes, "zeb2_ihc", "repeated sequence") == expected


def test_mri_metrics_do_not_follow_from_the_papers_own_matrix(outcomes):
    expected = {f"text.{name}" for name in ("precision", "sensitivity", "specificity")}
    expected |= {f"table1.resnet.macro_{name}" for name in ("precision", "sensitivity", "specificity")}
    assert wrong(outcomes, "mri_resnet", "metrics from the confusion matrix") == expected
    why = outcomes["mri_resnet"]["text.precision", "metrics from the confusion matrix"].why
    assert "mean over classes 0.8309" in why and "weighted mean 0.9355" in why
    assert not wrong(outcomes, "mri_resnet", "sums of the confusion matrix")


def test_mri_expert_is_outperformed_by_mean_sensitivity_and_not_by_accuracy(outcomes):
    one = outcomes["mri_resnet"]["outperformed.expert_1", "claims in words"]
    assert one.outcome == NOT_CHECKABLE and "which is meant" in one.why
    assert re.search(r"holds by [^.]*macro sensitivity[^.]*, not by accuracy", one.why)
    assert "accuracy: resnet 0.930, expert_1 0.938" in one.nearest
    assert "macro sensitivity: resnet 0.885, expert_1 0.818" in one.nearest


def test_mri_has_as_many_patients_as_images(outcomes):
    one = outcomes["mri_resnet"]["patients", "patients and images"]
    assert one.outcome == NOT_CHECKABLE and "641 patients and 641 images" in one.why


def test_colposcopy_subsets_miss_one_image_and_two_types_are_said_to_fail(outcomes):
    expected = {f"table1.{name}.images" for name in ("total", "train", "test")}
    expected |= {"conclusion.samples", "table2.test.images"}
    assert wrong(outcomes, "colposcopy_resnet50", "totals and parts") == expected
    assert "= 8214, but 8215" in outcomes["colposcopy_resnet50"]["table1.train.images", "totals and parts"].why
    said = wrong(outcomes, "colposcopy_resnet50", "claims in words, each other")
    assert said == {"fails.type_3", "accurate.type_3", "poorer.type_2"}


def test_histology_shares_are_no_shares_of_its_tiles(papers, outcomes):
    printed = Counter(papers["histology_vgg"].claim(c).printed for c in wrong(outcomes, "histology_vgg", "granularity"))
    assert set(printed) == {"98.26", "99"} and printed["99"] == 1
    one = outcomes["histology_vgg"]["table3.vgg16.accuracy", "granularity"]
    assert one.nearest == "117/120 = 97.500 %, 118/120 = 98.333 %"


def test_histology_precision_shares_settings_and_layers_contradict_each_other(outcomes):
    twice = wrong(outcomes, "histology_vgg", "printed twice")
    assert twice == {"table3.vgg16.precision", "comparison.precision.vgg16"}
    shares = wrong(outcomes, "histology_vgg", "stated shares")
    assert {"share.train", "share.validation"} < shares and "share.test" not in shares
    assert wrong(outcomes, "histology_vgg", "layer sizes") == {"table1.08", "table1.09"}
    settings = {"optimizer", "optimizer_procedure", "loss", "loss_procedure", "classes", "classes_comparison"}
    assert wrong(outcomes, "histology_vgg", "stated twice") == settings


@pytest.mark.parametrize("paper", ["cvm_cervix", "mri_resnet", "histology_vgg", "colposcopy_resnet50"])
def test_n_stated_beside_a_number_is_the_printed_size_of_its_subset(papers, paper):
    from workflow_scripts.claims.sizes import Sizes

    sizes = Sizes(papers[paper])
    for claim in papers[paper].claims:
        if claim.n is not None:
            assert claim.n in sizes.totals(claim.study, claim.subset, claim.run), claim.id
