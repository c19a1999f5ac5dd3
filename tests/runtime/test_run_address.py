"""A run's address: what its folder says is what made it, and nothing else is an address."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.run_address import FoldSeed, RunAddress, fold_seeds, study_of


def test_a_folder_says_the_address_that_it_was_made_from():
    address = RunAddress("cvm_herlev", "published", "cvm-augmented", 3, 12)
    folder = address.folder(Path("results"))
    assert folder.as_posix() == "results/cvm_herlev/runs/published/cvm-augmented/fold3-seed12"
    assert RunAddress.of(folder) == address and FoldSeed.parse(folder.name) == address.fold_seed
    assert study_of(folder) == Path("results/cvm_herlev")


@pytest.mark.parametrize(
    "name", ["fold0-seed", "fold01-seed0", "fold0-seed-1", "fold0-seed0 copy", "fold٣-seed0", "fold0-seed" + "1" * 19]
)
def test_a_folder_of_another_name_is_no_run_s(name):
    with pytest.raises(ValueError, match="fold<number>-seed<number>"):
        FoldSeed.parse(name)


@pytest.mark.parametrize(
    "folder", ["fold0-seed0", "runs/published/cvm/fold0-seed0", "a/curves/published/cvm/fold0-seed0"]
)
def test_a_path_that_names_no_study_is_no_run_s(folder):
    with pytest.raises(ValueError, match="no folder of a run"):
        RunAddress.of(Path(folder))


def test_a_run_has_every_seed_in_every_fold():
    assert list(map(str, fold_seeds(2, [3, 1]))) == ["fold0-seed3", "fold0-seed1", "fold1-seed3", "fold1-seed1"]
