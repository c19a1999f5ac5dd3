"""A mistake in a study is a line that names file, line and key, and says what to write."""

import pytest

from tests.settings.malformed import MINE, ROOT, refusals
from workflow_scripts.data.adapters.adapter_registry import Adapter, adapters
from workflow_scripts.settings.load import read_yaml, settings

# What stands in the study's section, and what is said of it, with its line.
SECTION = {
    "train a list": (
        "train: [epochs, 3]",
        "train: a list is not allowed; write keys and values, such as `train: {epochs",
    ),
    "train empty": ("train:", "train: empty; give it keys and values, or take the line out"),
    "train a number": ("train: 3", "train: 3 is not allowed; write keys and values"),
    "augment a word": (
        "train: {augment: none}",
        "train.augment: 'none' is not allowed; write keys and values, such as",
    ),
    "epochs yes": ("train: {epochs: yes}", "train.epochs: True is not allowed; write a number"),
    "an endless rate": ("train: {learning_rate: .inf}", "train.learning_rate: inf is not allowed"),
    "no rate": ("train: {learning_rate: .nan}", "train.learning_rate: nan is not allowed"),
    "runs a list": ("runs: [a]", "runs: a list is not allowed; write keys and values"),
    "a run a word": (
        "runs: {cvm: xception}",
        "runs.cvm: 'xception' is not allowed; write keys and values, such as `cvm",
    ),
    "a run of no kind": (
        "runs: {x: {model: y}}",
        "runs.x: `kind` is missing or unknown; one of network, recurrent, fusion, vote",
    ),
    "branches a list": ("runs: {cvm: {branches: [a, b]}}", "runs.cvm.branches: a list is not allowed"),
    "members a word": ("runs: {soft_vote: {members: cvm}}", "write a list, such as `members: [cvm]`"),
    "study_only_runs a number": ("study_only_runs: 5", "study_only_runs: 5 is not allowed; write keys and values"),
    "protocols a list": ("protocols: [published]", "protocols: a list is not allowed; write keys and values"),
    "a protocol a word": (
        "protocols: {published: kfold}",
        "protocols.published: 'kfold' is not allowed; write keys and",
    ),
    "fractions a word": (
        "protocols: {published: {fractions: 60/20}}",
        "fractions: '60/20' is not allowed; write a list",
    ),
    "folds of a hold-out": (
        "protocols: {published: {folds: 5}}",
        "protocols.published.folds: belongs to kind: kfold or file, and this is a holdout; paste "
        "`studies: {mine: {protocols: {published: {folds: 5, kind: kfold}}}}`",
    ),
    "a role misspelt": ("protocols: {published: {role: leek}}", "input should be 'as_published' or 'leak_free'"),
    "seeds a number": ("seeds: 3", "seeds: 3 is not allowed; write a list, such as `seeds: [3]`"),
    "seeds repeated": ("seeds: [0, 0, 0]", "seeds: 0 stands there 3 times; write it once"),
    "seeds keys": ("seeds: {a: 1}", "seeds: a block of keys is not allowed; write a list"),
    "seeds with a gap": ("seeds: [0, ]\n    evaluate: {subgroups: [age, null]}", "subgroups.1: empty; give it text"),
    "explain.runs a word": ("explain: {runs: cvm}", "explain.runs: 'cvm' is not allowed; write a list"),
    "evaluate a list": ("evaluate: [accuracy]", "evaluate: a list is not allowed; write keys and values, such as"),
    "enabled a list": ("enabled: [1]", "enabled: a list is not allowed; write true or false"),
    "a number as key": ("5: x", "studies.mine.5: a key must be a word, and YAML reads it as a number (5)"),
    "scales a list": ("scales: [paper]", "scales: a list is not allowed; write what differs below a scale"),
    "a scale misspelt": ("scales: {papr: {seeds: [1]}}", "scales.papr: no such scale; did you mean paper?"),
    "a scale a word": ("scales: {paper: big}", "scales.paper: 'big' is not allowed; write keys and values"),
    "train a list at a scale": ("scales: {paper: {train: [1]}}", "scales.paper.train: a list is not allowed"),
    "like at a scale": ("scales: {paper: {extends: x}}", "scales.paper.extends: cannot differ by scale"),
    "checkpoint_path": (
        "runs: {x: {kind: network, model: resnet18, options: {checkpoint_path: /x}}}",
        "runs.x.options: 'checkpoint_path' would load weights that no record names; write `weights: published`",
    ),
    "overlay of a branch": (
        "runs: {cvm: {branches: {cnn: {options: {pretrained_cfg_overlay: {file: x}}}}}}",
        "runs.cvm.branches.cnn.options: 'pretrained_cfg_overlay' would load weights",
    ),
    "weights of torchvision": (
        "runs: {x: {kind: network, model: torchvision/resnet18, options: {weights: DEFAULT}}}",
        "runs.x.options: 'weights' would load weights",
    ),
    "a date as option": (
        "runs: {x: {kind: network, model: resnet18, options: {a: 2020-01-01}}}",
        "runs.x.options: a: 2020-01-01 is no plain value",
    ),
    "a network without a name": (
        'title: x\n    evaluate: {reference: ""}\n    study_only_runs: {x: {kind: network, model: ""}}',
        "runs.x.model: empty;",
    ),
    "no list of ids": (
        'seeds: [1]\n    scales: {demo: {ingest: {ids: " "}}}',
        "ingest.ids: empty; write a name or a path",
    ),
    "no split file": ('protocols: {own: {kind: file, path: ""}}', "protocols.own.path: empty; write a name or a path"),
    "weights at nobody's": (
        "study_only_runs: {x: {kind: network, model: y, weights: ~nobody_at_all/x}}",
        "runs.x.weights: '~nobody_at_all/x': no home folder is known",
    ),
    "a split of nobody's": (
        "protocols: {own: {kind: file, path: ~nobody_at_all/x}}",
        "protocols.own.path: '~nobody_at_all/x': no home folder is known",
    ),
    "a name without end": (
        f"study_only_runs: {{x: {{kind: network, model: y, weights: a/{'x' * 256}}}}}",
        "has a name of more than 255 bytes; shorten it",
    ),
    "a zero byte": (
        'study_only_runs: {x: {kind: network, model: y, weights: "a\\0b"}}',
        "weights: 'a\\x00b' has a zero byte",
    ),
    "a seed that no table holds": ("seeds: [99999999999999999999]", "seeds.0: 99999999999999999999 is not allowed"),
    "options a list": ("runs: {x: {kind: network, model: y, options: [a]}}", "runs.x.options: a list is not allowed"),
}
INGEST = {
    "no as class": ("classes: [no, b]", "ingest.classes.0: text is wanted, and YAML reads yes, no, on, off, true and"),
    "a number as label": (
        "classes: null, labels: {1: ill}",
        "ingest.labels.1: a name must be text, and YAML reads it as a number (1)",
    ),
    "no as label": ("classes: null, labels: {no: ill}", "ingest.labels: a name must be text, and YAML reads yes, no"),
    "no as a label's class": ("classes: null, labels: {a: no}", "ingest.labels.a: text is wanted, and YAML reads yes"),
    "a class without a name": ('classes: ["", b]', "ingest.classes.0: empty; write a name"),
    "a label without a class": ('classes: null, labels: {a: " "}', "ingest.labels.a: empty; write a name"),
    "a class twice": ("classes: [a, b, a]", "ingest.classes: 'a' stands there 2 times; write it once"),
    "a time as class": (
        "classes: [1:30, b]",
        "ingest.classes.0: text is wanted, and YAML reads it as a number (90); put",
    ),
    "a date as class": (
        "classes: [2020-01-01, b]",
        "ingest.classes.0: text is wanted, and YAML reads it as a date (2020-01-01)",
    ),
}


@pytest.mark.parametrize(("added", "words"), SECTION.values(), ids=SECTION)
def test_a_mistake_in_a_study_is_said_with_file_line_and_key(added, words, tmp_path):
    lines = refusals(f"{MINE}    {added}\n", tmp_path)
    assert len(lines) == 1 and words in lines[0], lines
    last = 7 + len(added.splitlines())
    assert lines[0].startswith(f"my.yaml, line {last}: studies.mine."), lines


@pytest.mark.parametrize(("ingest", "words"), INGEST.values(), ids=INGEST)
def test_a_word_that_yaml_reads_as_something_else_is_asked_for_in_quotes(ingest, words, tmp_path):
    (line,) = refusals(MINE.replace("classes: null", ingest), tmp_path)
    assert line.startswith("my.yaml, line 7: studies.mine.") and words in line


def test_what_is_taken_of_pictures_is_refused_for_other_samples(tmp_path, monkeypatch):
    def of(modality: str) -> Adapter:
        return Adapter("workflow_scripts.studies.mine.adapter", True, modality)

    layouts = {**adapters(), "register": of("table"), "x_rays": of("x_ray")}
    for module in ("study", "checks.study_checks", "checks.modalities"):
        monkeypatch.setattr(f"workflow_scripts.settings.{module}.adapters", lambda: layouts)
    text = MINE.replace("[folder]", "[register]") + "    study_only_runs: {plain: {kind: baseline, features: [size]}}\n"
    assert any(
        "run 'plain': the feature size is taken of samples of the modality image, and this study's are of table" in line
        for line in refusals(text, tmp_path)
    )
    stored = "    study_only_runs: {plain: {kind: baseline, features: [stored], embedding: maps}}\n"
    stored += "    embeddings: {maps: {model: vgg16, stage: 2}}\n"
    lines = refusals(MINE.replace("[folder]", "[register]") + stored, tmp_path)
    assert any("run 'plain': embedding is maps, and an embedding is of pictures" in line for line in lines), lines
    lines = refusals(MINE.replace("[folder]", "[register, folder]"), tmp_path)
    assert any("several modalities (register of table, folder of image)" in line for line in lines)
    lines = refusals(MINE.replace("[folder]", "[x_rays]"), tmp_path)
    assert any("the adapter x_rays has the MODALITY 'x_ray'" in line for line in lines)


def test_settings_of_images_are_refused_for_slices_and_those_of_slices_for_images(tmp_path, monkeypatch):
    layouts = {**adapters(), "scans": Adapter("workflow_scripts.studies.mine.adapter", True, "dicom")}
    for module in ("study", "checks.study_checks", "checks.modalities"):
        monkeypatch.setattr(f"workflow_scripts.settings.{module}.adapters", lambda: layouts)
    monkeypatch.setattr(f"workflow_scripts.settings.{module}.readers", lambda: ("dicom", "image", "slide", "table"))
    given = "    preprocess: {mask: dab, fit: pad, slices: {margin: 0.2}}\n"
    runs = "    study_only_runs: {plain: {kind: baseline, features: [colour]}}\n"
    lines = refusals(MINE.replace("[folder]", "[scans]") + given + runs, tmp_path)
    for key in ("mask", "fit"):
        assert any(f"preprocess.{key} is for samples of the modality image" in line for line in lines), key
    words = "feature colour is taken of samples of the modality image and slide, and this study's are of"
    assert any(words in line for line in lines)
    assert not any("preprocess.slices" in line for line in lines)
    (line,) = refusals(MINE + "    preprocess: {slices: {margin: 0.2}}\n", tmp_path)
    assert "preprocess.slices is for samples of the modality dicom, and this study's are of image; take it out" in line
    for block in ("slices", "tiles"):
        (line,) = refusals(MINE + f"    preprocess: {{{block}: {{window: [99, 1]}}}}\n", tmp_path)
        assert "the first percentile must be lower" in line
    (line,) = refusals(MINE + "    preprocess: {tiles: {intensity: percentiles}}\n", tmp_path)
    assert "preprocess.tiles is for samples of the modality slide, and this study's are of image; take it out" in line


def test_keys_of_ingest_that_no_adapter_of_the_study_reads_are_refused(tmp_path):
    for text, words in (
        (
            "patients: patients.csv",
            "ingest.patients is for the adapter dicom, and this study's are folder; take it out",
        ),
        ("series: {plane: sagittal}", "ingest.series is for the adapter dicom, and this study's are folder"),
        ("slides: slides.csv", "ingest.slides is for the adapter slides, and this study's are folder; take"),
        (
            "visits: {file: v.csv, columns: {a: {kind: number}}, outcome: {event: b, values: [c]}, landmark: "
            "{kind: last_visit}}",
            "ingest.visits is for the adapter visits, and this study's are folder; take it out",
        ),
        ("tiles: {microns: 0.25}", "ingest.tiles is for the adapter slides, and this study's are folder"),
    ):
        (line,) = refusals(MINE.replace("{classes: null}", f"{{{text}}}"), tmp_path)
        assert words in line
    given = "{slides: slides.csv, tiles: {microns: 0}}"
    lines = refusals(MINE.replace("[folder]", "[slides]").replace("{classes: null}", given), tmp_path)
    assert any("ingest.tiles.microns" in line for line in lines)
    given = "{visits: {file: v.csv, columns: {a: {kind: category}}, outcome: {event: b}, landmark: {kind: date}}}"
    lines = refusals(MINE.replace("[folder]", "[visits]").replace("{classes: null}", given), tmp_path)
    assert any("ingest.visits.columns.a" in line and "categories have levels" in line for line in lines)
    assert any("ingest.visits.landmark" in line and "kind is date, which has date" in line for line in lines)
    lines = refusals(MINE.replace("[folder]", "[slides]"), tmp_path)
    assert any("the adapter slides needs ingest.slides; name the CSV file inside the source" in line for line in lines)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("{kind: category, levels: ['16', '18', '16.0']}", "columns.a: '16' and '16.0' are one word to the file"),
        ("{kind: flag, words: ['1', '1.0']}", "columns.a: '1' and '1.0' are one word to the file"),
        ("{kind: category, levels: [none, '16']}", "columns.a names 'none', which says that nothing is known"),
        ("{kind: category, levels: [b, x], missing: [X]}", "columns.a names 'x', which says that nothing is known"),
        ("{kind: category, levels: [b, NA]}", "columns.a names 'NA', which says that nothing is known"),
    ],
)
def test_words_that_no_cell_of_a_table_of_visits_can_hold_are_refused(column, words, tmp_path):
    rest = "missing: [none], outcome: {event: b, values: [c]}, landmark: {kind: last_visit}"
    given = f"{{visits: {{file: v.csv, columns: {{a: {column}}}, {rest}}}}}"
    lines = refusals(MINE.replace("[folder]", "[visits]").replace("{classes: null}", given), tmp_path)
    assert any(words in line for line in lines), lines


@pytest.mark.parametrize("name", ["features", "model", "train", "persistence"])
def test_a_run_that_is_called_as_a_key_of_runs_and_lacks_its_kind_is_said_like_any_other(name, tmp_path):
    lines = refusals(MINE + f"    runs: {{{name}: {{hidden: 3}}}}\n", tmp_path)
    assert any(f"line 8: studies.mine.runs.{name}: `kind` is missing or unknown" in line for line in lines), lines


def test_synthetic_files_that_nobody_draws_are_refused_and_those_of_a_paper_with_a_generator_are_not(tmp_path):
    text = MINE.replace("[folder]", "[dicom]").replace("source: images", "source: synthetic")
    words = "nobody draws synthetic data for the adapter dicom; set `source` to the folder of its files"
    assert any(words in line for line in refusals(text, tmp_path))
    assert not any(words in line for line in refusals(text.replace('paper: ""', "paper: mri_resnet"), tmp_path))
    assert not any(words in line for line in refusals(text.replace("source: synthetic", "source: raw"), tmp_path))


def test_groups_that_an_adapter_does_not_read_are_refused(tmp_path):
    text = MINE.replace("adapters: [folder]", "adapters: [herlev]").replace("classes: null", "groups: g.csv")
    assert any(
        "ingest.groups is given, but the adapter herlev takes groups" in line for line in refusals(text, tmp_path)
    )


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("protocols: {%s: {kind: kfold}}" % ("ab" * 50 + "c"), "101 letters, more than 100; shorten it"),
        ("study_only_runs: {%s: {kind: network, model: y}}" % ("r" * 120), "120 letters, more than 100; shorten it"),
        ("study_only_runs: {%s: {kind: network, model: y}}" % ("ab" * 20), "it ends in 20 repetitions"),
        (
            "protocols: {published: {fractions: [0, 0.5, 0.5]}}",
            "published: fractions leave nothing to train on, and cvm",
        ),
        ("runs: {soft_vote: {how: soft, weights: [1, 2]}}", "weights count for `how: weighted` only"),
        ("train: {loss: focal, label_smoothing: 0.1}", "only cross_entropy smooths labels"),
        ("runs: {soft_vote: {how: weighted, weights: [0, 0]}}", "weights [0.0, 0.0] do not sum above zero"),
    ],
)
def test_what_would_fail_after_hours_of_training_is_refused_at_the_start(added, words, tmp_path):
    assert any(words in line for line in refusals(f"{MINE}    {added}\n", tmp_path))


def test_a_loss_of_two_classes_is_refused_where_the_settings_name_others(tmp_path):
    text = MINE.replace("classes: null", "classes: %s") + "    train: {loss: binary_cross_entropy}\n"
    assert any(
        "train.loss is binary_cross_entropy, and ingest.classes names 3; write cross_entropy" in line
        for line in refusals(text % "[a, b, c]", tmp_path)
    )
    fitting = tmp_path / "two.yaml"
    fitting.write_text(text % "[a, b]", encoding="utf-8")
    with_two = settings(ROOT, read_yaml(fitting), [fitting]).studies["mine"]
    assert with_two.train.loss == "binary_cross_entropy"
