"""A vote is explained by its members: its class is the vote's own, its map their mean, its bar as long as it says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests import made
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.explanation import CONFUSIONS, read_maps
from workflow_scripts.contracts.record import write_record
from workflow_scripts.drawing import scalebar, style
from workflow_scripts.explanation import voted
from workflow_scripts.kinds.step_settings.explain_settings import ExplainSettings, PictureScale
from workflow_scripts.kinds.vote import Vote
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.steps import explain, finish_run, make_run
from workflow_scripts.training.samples import read_samples

COLUMNS = [f"p_{name}" for name in made.CLASSES]
ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ["cnn", "joint"]


@pytest.fixture(scope="module")
def votes(explained):
    """Every kind of vote of a network and a joint network: finished as the workflow does it, then explained."""
    inputs, _, settings = explained
    runs, shared = inputs.root / "runs", {key: settings[key] for key in ("study", "protocol", "fold", "seed")}
    for run in MEMBERS:
        own = {**shared, "run": run, **settings["specs"][run], "resample": "none", "aggregate": "none"}
        finish_run.main(inputs.arguments(run=runs / run / "fold0-seed0", settings=own))
    specs = dict(settings["specs"])
    for how, weights in (("soft", None), ("weighted", [1.0, 3.0]), ("hard", None)):
        specs[how] = {"spec": {"kind": "vote", "members": MEMBERS, "how": how, "weights": weights}}
        folders = [(run, runs / run / "fold0-seed0") for run in MEMBERS]
        own = {**shared, "run": how, **specs[how]}
        make_run.main(inputs.arguments(source_run=folders, out=runs / how / "fold0-seed0", settings=own))
    wanted = {"runs": ["soft", "weighted", "hard"], "images": 4, "errors": 3, "embedding": True}
    settings = {**settings, "specs": specs, "explain": wanted}
    out = inputs.root / "votes"
    explain.main(inputs.arguments(runs=runs, out=out, settings=settings))
    return inputs, out, settings


@pytest.mark.parametrize("how", ["soft", "weighted", "hard"])
def test_what_is_explained_is_what_the_vote_predicted(votes, how):
    inputs, out, _ = votes
    units = pd.read_csv(inputs.root / "runs" / how / "fold0-seed0" / "units.csv")
    test = units[units["subset"] == "test"]
    wrong = np.array(made.CLASSES)[test[COLUMNS].to_numpy().argmax(axis=1)] != test["label"]
    assert CONFUSIONS.read(out / how / "confusions.csv")["count"].sum() == wrong.sum()
    shown = pd.read_csv(out / how / "gradcam.csv")
    expected = units.set_index("id").loc[shown["id"], COLUMNS].max(axis=1)
    np.testing.assert_allclose(shown["probability"], expected, atol=1e-6)
    assert list(shown["branch"].unique()) == ["cnn", "joint cnn", "joint vit", "vote"]


def test_the_map_of_a_vote_is_the_weighted_mean_of_its_members(votes):
    _, out, _ = votes
    for how, shares in (("soft", (0.5, 0.5)), ("weighted", (0.25, 0.75))):
        ids, maps, random = read_maps(out / how / "gradcam.npz")
        assert len(ids) == 4 and list(maps) == list(random) == ["cnn", "joint cnn", "joint vit", "vote"]
        joint = voted.scaled((maps["joint cnn"] + maps["joint vit"]) / 2)
        expected = voted.scaled(shares[0] * maps["cnn"] + shares[1] * joint)
        np.testing.assert_allclose(maps["vote"], expected, atol=5e-3)
        assert maps["vote"].shape == (4, 32, 32) and set(maps["vote"].max((1, 2))) <= {0.0, 1.0}
    soft, weighted = (read_maps(out / how / "gradcam.npz")[1]["vote"] for how in ("soft", "weighted"))
    assert np.abs(soft - weighted).max() > 0.01


def test_members_are_asked_for_the_class_of_the_vote(votes, monkeypatch):
    inputs, out, settings = votes
    asked, maps = [], voted.Trained.maps

    def spy(self, rows, network=None):
        asked.append((self.run, rows["predicted"].tolist()))
        return maps(self, rows, network)

    monkeypatch.setattr(voted.Trained, "maps", spy)
    args = inputs.arguments(runs=inputs.root / "runs", out=out, settings=settings)
    vote, _ = explain._read(
        args, parse(ExplainSettings, settings), "soft", read_samples(args.dataset, args.arrays, args.split, 0)
    )
    rows = vote.judge(False)[0].head(3).assign(predicted="empty")
    vote.maps(rows)
    assert asked == [("cnn", ["empty"] * 3), ("joint", ["empty"] * 3)]


def test_each_member_calculates_as_its_own_training_says(votes):
    inputs, out, settings = votes
    args = inputs.arguments(runs=inputs.root / "runs", out=out, settings=settings)
    samples = read_samples(args.dataset, args.arrays, args.split, 0)
    vote, _ = explain._read(args, parse(ExplainSettings, settings), "soft", samples)
    # On a GPU the same holds for precision and determinism; threads can be seen without one.
    threads = {"cnn": 2, "joint": 1}
    members, used = [], []
    for member in vote.members:
        own = replace(member.weights.settings, train=replace(member.train, torch_threads=threads[member.run]))
        members.append(replace(member, weights=replace(member.weights, settings=own)))
        member.network.register_forward_hook(lambda *_, run=member.run: used.append((run, torch.get_num_threads())))
    vote = replace(vote, members=tuple(members))
    rows = vote.judge(False)[0].head(2)
    vote.maps(rows)
    assert set(used) == set(threads.items()) and [run for run, _ in used[-2:]] == ["joint", "joint"]


def test_a_vote_has_pictures_and_no_embedding_and_its_record_names_what_it_read(votes, tmp_path):
    inputs, out, settings = votes
    names = {"gradcam.csv", "gradcam.npz", "confusions.csv"}
    names |= {f"{figure}.{ending}" for figure in ("gradcam", "errors") for ending in ("png", "webp", "pdf")}
    for how in ("soft", "weighted", "hard"):
        assert {path.name for path in (out / how).iterdir()} == names
        assert Image.open(out / how / "gradcam.png").size[0] > 900
    record = json.loads((out / "record.json").read_text())
    assert "runs/weighted/fold0-seed0/record.json" in record["inputs"]
    assert "runs/soft/fold0-seed0/record.json" not in record["inputs"]
    one = {**settings, "explain": {**settings["explain"], "runs": ["weighted"]}}
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=one))
    for name in names:
        assert (tmp_path / "weighted" / name).read_bytes() == (out / "weighted" / name).read_bytes()


def test_a_weighted_vote_whose_record_names_others_is_refused(votes, tmp_path):
    path = tmp_path / "weighted" / "fold0-seed0" / "record.json"
    path.parent.mkdir(parents=True)
    write_record(path, {"weights": {"cnn": 1.0}})
    with pytest.raises(UserError, match="has no weight for each member of weighted; `snakemake .*record.json --force"):
        Vote("vote", tuple(MEMBERS), "weighted").shares(path)


def test_of_a_selected_run_only_the_one_that_was_taken_is_looked_at(votes, tmp_path):
    inputs, _, settings = votes
    runs = inputs.root / "runs"
    shared = {key: settings[key] for key in ("study", "protocol", "fold", "seed")}
    spec = {"kind": "selected", "candidates": MEMBERS}
    folders = [(run, runs / run / "fold0-seed0") for run in MEMBERS]
    out = runs / "tuned" / "fold0-seed0"
    make_run.main(inputs.arguments(source_run=folders, out=out, settings={**shared, "run": "tuned", "spec": spec}))
    chosen = json.loads((out / "record.json").read_text())["selected"]["chosen"]
    settings = {**settings, "specs": {**settings["specs"], "tuned": {"spec": spec}}}
    args = inputs.arguments(runs=runs, out=tmp_path, settings=settings)
    samples = read_samples(args.dataset, args.arrays, args.split, 0)
    explained, files = explain._read(args, parse(ExplainSettings, settings), "tuned", samples)
    assert [member.run for member in explained.members] == [chosen]
    assert files == [runs / chosen / "fold0-seed0" / "weights.safetensors", out / "record.json"]
    judged, _ = explained.judge(False)
    units = pd.read_csv(out / "units.csv").set_index("id").loc[judged["id"], COLUMNS]
    np.testing.assert_allclose(judged["probability"], units.max(axis=1), atol=1e-6)
    maps = explained.maps(judged.head(2))
    assert list(maps)[-1] == "selected" and maps["selected"].target.name == f"that of {chosen}"


def study(**changes):
    return {"studies": {"cvm_cervix": changes}}


def test_a_vote_of_trained_runs_may_be_explained_and_its_members_weights_are_read(tmp_path):
    weighted = {"kind": "vote", "members": ["xception", "deit"], "how": "weighted"}
    changes = study(runs={"weighted_vote": weighted}, explain={"runs": ["cvm", "soft_vote", "weighted_vote", "deit"]})
    plan = Plan(ROOT, changes, tmp_path)
    files = plan.runs.explained_weights("cvm_cervix", "published")
    assert [path.split("/")[-3] for path in files] == ["cvm", "xception", "deit"]
    records = plan.runs.explained_records("cvm_cervix", "published")
    assert [path.split("/")[-3] for path in records] == ["weighted_vote"]
    specs = plan.steps.explain("cvm_cervix", "published").specs
    assert {name for name, chosen in specs.items() if chosen.trained} == {"cvm", "xception", "deit"}


def test_a_vote_with_a_member_that_has_no_network_is_refused():
    mixed = {"kind": "vote", "members": ["xception", "control_border"]}
    with pytest.raises(UserError, match="the vote 'mixed' names 'control_border', which is no trained run"):
        load(ROOT, study(runs={"mixed": mixed}, explain={"runs": ["mixed"]}))


def preprocess(fit="squash", pixel_size=0.5):
    return PictureScale(100, fit, pixel_size)


@pytest.mark.parametrize(
    ("fit", "micrometres", "even"), [("squash", 2.0, False), ("pad", 2.0, True), ("crop", 1.0, True)]
)
def test_the_scale_follows_from_the_raw_image_and_the_way_it_was_packed(fit, micrometres, even):
    sides = pd.DataFrame({"width": [400, 100], "height": [200, 100]})
    wide, square = scalebar.scales_of(sides, preprocess(fit))
    assert (wide.micrometres, wide.even) == (micrometres, even)
    assert (square.micrometres, square.even) == (0.5, True)
    assert scalebar.scales_of(sides, preprocess(fit, None)) is None


@pytest.mark.parametrize(("micrometres", "length"), [(0.5, 10), (2.0, 50), (1.0, 20), (0.033, 1), (13.0, 200)])
def test_the_bar_has_a_round_length_near_a_quarter_of_the_picture(micrometres, length):
    assert scalebar.round_length(scalebar.Scale(micrometres), 100) == length
    assert 0.1 < length / micrometres / 100 < 0.45


def test_the_bar_is_drawn_as_long_as_it_says():
    figure, axis = style.new_figure(2, 2)
    axis.imshow(np.zeros((100, 100, 3), "uint8"))
    scalebar.draw(axis, scalebar.Scale(0.5, even=False), 100, 100)
    (bar,) = axis.patches
    assert bar.get_width() * 0.5 == 10 and axis.texts[0].get_text() == "10 µm\nhorizontal"
    assert bar.get_x() + bar.get_width() < 99.5 and bar.get_y() + bar.get_height() < 99.5


def test_a_known_pixel_size_puts_a_bar_into_the_pictures_and_changes_no_map(explained, tmp_path, monkeypatch):
    inputs, out, settings = explained
    drawn, draw = [], scalebar.draw
    monkeypatch.setattr(scalebar, "draw", lambda *given: drawn.append(given[1]) or draw(*given))
    known = {**settings, "explain": {**settings["explain"], "runs": ["cnn"], "embedding": False}}
    known["preprocess"] = {**settings["preprocess"], "pixel_size": 0.25}
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=known))
    assert drawn[0] == scalebar.Scale(0.25) and len(drawn) > 4
    assert (tmp_path / "cnn" / "gradcam.npz").read_bytes() == (out / "cnn" / "gradcam.npz").read_bytes()
    assert (tmp_path / "cnn" / "gradcam.png").read_bytes() != (out / "cnn" / "gradcam.png").read_bytes()
