"""Trainings that share jobs in the workflow: other jobs, the same files, and no reason to train again."""

from tests.workflow.conftest import OFF, Workflow, copy_of_the_project

SEEDS = (0, 1, 2)
STUDY = """\
  first:
    paper: cvm_cervix
    adapters: [sipakmed]
    synthetic: {samples_per_class: 14, samples_per_field: 3, size: 40}
    preprocess: {size: 32}
    seeds: [0, 1, 2]
    protocols:
      published: {kind: holdout, fractions: [0.6, 0.2, 0.2], by: sample}
    train: {epochs: 1, batch_size: 8, learning_rate: 1.0e-3}
    runs:
      tiny: {kind: network, model: test_resnet}
"""


def test_how_many_trainings_share_a_job_is_no_reason_to_train_again(tmp_path):
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"))
    folders = [f"results/first/runs/published/tiny/fold0-seed{seed}" for seed in SEEDS]
    records = ["results/first/runs/published/tiny/finished.json"]

    def batched(size, more=""):
        (workflow.folder / "tiny.yaml").write_text(f"studies:\n{OFF}{STUDY}    trainings_per_job: {size}\n{more}")

    batched(2)
    planned = workflow.planned(*records)
    assert {name: count for name, count in planned.items() if "train" in name} == {
        "train_batch_first_published_0": 1,
        "train_batch_first_published_1": 1,
    }
    batched(3)
    workflow.run(*records)
    before = [(workflow.folder / folder / "weights.safetensors").read_bytes() for folder in folders]
    assert len(set(before)) == len(SEEDS)
    for size in (1, 2, 4):
        batched(size)
        assert workflow.planned(*records) == {}
    # One by one they leave the same bytes, so nothing that follows is done again.
    batched(1)
    weights = f"{folders[1]}/weights.safetensors"
    workflow.run(weights, "--force")
    assert (workflow.folder / weights).read_bytes() == before[1]
    assert "train" not in workflow.planned(*records)
    batched(3, "    ingest: {max_megapixels: 7}\n")
    assert workflow.planned(*records)["train_batch_first_published_0"] == 1
