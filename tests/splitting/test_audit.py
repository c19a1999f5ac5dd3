"""The audit finds each planted leak, and the clusters keep together what the audit would find."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PROOF_COLUMNS
from workflow_scripts.contracts.splits import LEAKS
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.splitting.audit import WHYS, audit
from workflow_scripts.splitting.clusters import join


def manifest(groups: list[str], units: list[str] | None = None) -> pd.DataFrame:
    ids = [f"s{number}" for number in range(len(groups))]
    return pd.DataFrame({"id": ids, "label": "a", "group": groups, "unit": units or ids})


def pairs(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame([(*row, "a", "a") for row in rows], columns=list(EQUAL_PAIRS.columns))
    return frame.astype({"distance": "float64"})


def split(*subsets: str, fold: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"s{n}" for n in range(len(subsets))], "fold": fold, "subset": subsets})


@pytest.mark.parametrize("why", WHYS)
@pytest.mark.parametrize("sides", [("train", "test"), ("test", "validation"), ("train", "validation")])
def test_a_planted_leak_of_every_kind_is_found(why, sides):
    table = manifest(["p", "p", "q"] if why == "group" else ["", "", ""], ["u", "u", "v"] if why == "unit" else None)
    equal = pairs(("s0", "s1", why, 0.01)) if why not in ("group", "unit") else pairs()
    audited = audit(table, split(*sides, "train"), equal)
    LEAKS.check(audited.pairs, "leaks")
    assert audited.pairs["why"].tolist() == [why]
    row = audited.pairs.iloc[0]
    assert {row["id_a"], row["id_b"]} == {"s0", "s1"}
    tested = "test" in sides
    assert row["subset_a"] == ("test" if tested else "validation")
    assert (audited.test if tested else audited.validation) == {name: int(name == why) for name in WHYS}
    assert audited.samples == {0: int(tested)}
    with pytest.raises(UserError, match=f"share {why}"):
        audited.require_none("group", "here")
    if why != "unit":
        audited.require_none("unit", "here")
    audited.require_none("sample", "here")


def test_what_is_shared_in_several_ways_is_listed_by_group_first_then_unit_then_picture():
    equal = pairs(("s0", "s1", "turned", 0.01))
    audited = audit(manifest(["p", "p"], ["u", "u"]), split("train", "test"), equal)
    assert audited.pairs["why"].tolist() == ["group", "unit", "turned"]


def test_pictures_of_two_labels_are_listed_first_then_what_lies_across_test_and_training():
    table = manifest(["p", "p", "", "", "", ""]).assign(label=["a", "b", "a", "a", "a", "b"])
    equal = pairs(("s2", "s3", "near_equal", 0.1), ("s1", "s2", "turned", 0.1), ("s4", "s5", "cropped", 0.2))
    sides = split("train", "test", "train", "validation", "train", "validation")
    audited = audit(table, sides, equal)
    assert audited.pairs["why"].tolist() == ["turned", "cropped", "group", "near_equal"]
    assert audited.pairs.iloc[1][["id_a", "label_a", "id_b", "label_b"]].tolist() == ["s5", "b", "s4", "a"]


def test_a_proven_pair_is_listed_with_what_was_done_and_how_sure_it_is():
    evidence = dict.fromkeys(PROOF_COLUMNS, 0.5) | {"changes": "turned 90°", "correlation": 0.9, "by_chance": 1e-6}
    equal = pairs(("s0", "s1", "turned", 0.1), ("s2", "s3", "near_equal", 0.1))
    equal = equal.assign(**{name: [value, None] for name, value in evidence.items()})
    equal["changes"] = equal["changes"].fillna("")
    audited = audit(manifest(["", "", "", "p", "p"]), split("train", "test", "train", "test", "train"), equal)
    LEAKS.check(audited.pairs, "leaks")
    rows = audited.pairs.set_index("why")
    assert rows.loc["turned", ["changes", "correlation", "by_chance"]].tolist() == ["turned 90°", 0.9, 1e-6]
    assert rows.loc[["group", "near_equal"], "changes"].tolist() == ["", ""]
    assert rows.loc[["group", "near_equal"], ["correlation", "by_chance"]].isna().all(axis=None)


def test_nothing_is_found_where_nothing_is_shared():
    audited = audit(manifest(["p", "p", "q", "", ""]), split("train", "train", "test", "test", "train"), pairs())
    assert not len(audited.pairs) and sum(audited.test.values()) + sum(audited.validation.values()) == 0
    audited.require_none("group", "here")


def test_each_fold_is_audited_for_itself():
    table = manifest(["p", "p", "q"])
    both = pd.concat([split("train", "train", "test"), split("train", "test", "train", fold=1)])
    audited = audit(table, both, pairs())
    assert audited.pairs["fold"].tolist() == [1] and audited.samples == {0: 0, 1: 1} and audited.tested == {0: 1, 1: 1}


def test_groups_are_counted_in_pairs_but_listed_once_a_sample():
    # group p: 3 training, 2 validation, 2 test samples
    table = manifest(["p"] * 7)
    audited = audit(table, split(*["train"] * 3, *["validation"] * 2, *["test"] * 2), pairs())
    assert audited.test["group"] == 2 * 5 and audited.validation["group"] == 2 * 3
    assert audited.pairs["id_a"].tolist() == ["s5", "s6", "s3", "s4"] and set(audited.pairs["id_b"]) == {"s0"}


def test_counts_agree_with_a_slow_loop_over_all_pairs():
    rng = np.random.default_rng(0)
    for _ in range(20):
        table = manifest([str(g) if g else "" for g in rng.integers(0, 6, 30)])
        sides = rng.choice(["train", "validation", "test"], 30)
        audited = audit(table, split(*sides), pairs())
        groups = table["group"].tolist()
        test = validation = 0
        leaking = set()
        for i in range(30):
            for j in range(30):
                if groups[i] and groups[i] == groups[j]:
                    test += sides[i] == "test" and sides[j] != "test"
                    validation += sides[i] == "validation" and sides[j] == "train"
                    if sides[i] == "test" and sides[j] != "test":
                        leaking.add(i)
        assert (audited.test["group"], audited.validation["group"]) == (test, validation)
        assert audited.samples[0] == len(leaking)


def test_pairs_of_unknown_samples_are_refused():
    with pytest.raises(UserError, match="'s9'"):
        join(manifest(["p"]), pairs(("s0", "s9", "equal_bytes", 0.0)))


def test_groups_units_and_equal_pictures_join_into_one_cluster():
    table = manifest(["p", "p", "", "", ""], ["u0", "u1", "u1", "u3", "u4"])
    codes = join(table, pairs(("s2", "s3", "near_equal", 0.01))).codes
    assert len(set(codes[:4])) == 1 and codes[4] != codes[0]


def test_samples_of_unknown_group_are_their_own_cluster():
    assert len(set(join(manifest([""] * 5), pairs()).codes)) == 5


def test_a_chain_of_look_alikes_is_cut_at_the_largest_harmless_distance():
    # 200 samples; 60 in a chain whose links lengthen; true duplicates stay near 0.
    links = [(f"s{i}", f"s{i + 1}", "near_equal", round(0.001 + i * 1e-4, 6)) for i in range(60)]
    clusters = join(manifest([""] * 200), pairs(*links, ("s100", "s101", "near_equal", 0.0)))
    sizes = np.bincount(clusters.codes)
    assert sizes.max() == 20  # a tenth of 200
    assert clusters.limit == pytest.approx(0.001 + 18e-4) and clusters.dropped == 60 - 19
    assert len(clusters.pairs) == 20 and clusters.codes[100] == clusters.codes[101]
    assert clusters.report()["near_equal_dropped"] == 41


def test_a_chain_without_distances_is_not_believed_at_all():
    links = [(f"s{i}", f"s{i + 1}", "near_equal", 0.0) for i in range(60)]
    clusters = join(manifest([""] * 200), pairs(*links, ("s100", "s101", "equal_bytes", 0.0)))
    assert clusters.dropped == 60 and clusters.pairs["kind"].tolist() == ["equal_bytes"]
    assert clusters.codes[100] == clusters.codes[101] and len(set(clusters.codes)) == 199


def test_large_groups_are_no_chain():
    clusters = join(manifest(["p"] * 90 + [""] * 10), pairs(("s0", "s1", "near_equal", 0.01)))
    assert clusters.dropped == 0 and clusters.limit is None
