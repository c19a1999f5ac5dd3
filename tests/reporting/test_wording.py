"""Numbers, axes, notes and captions are written as promised."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from handmade import Study
from pages import text_of, write

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.subjects import SUBJECTS
from workflow_scripts.drawing import label_text
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.pages.page import axis_for, markdown
from workflow_scripts.runtime.wording import listed
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.study import Study as StudySettings

TEMPLATES = sorted((Path(__file__).parents[2] / "workflow_scripts" / "reporting" / "pages" / "templates").glob("*.j2"))
CAPTIONS = Path(__file__).parents[2] / "rules" / "captions"


def test_no_line_after_a_tag_is_glued_to_the_sentence_before_it():
    """The newline after a tag is no part of a page."""
    glued = re.compile(r"[.:;,]\{%-? (?:if|for) [^%]*%\}\n(?=\w|<b>|\{\{)")
    assert [(path.name, line) for path in TEMPLATES for line in glued.findall(path.read_text(encoding="utf-8"))] == []


def test_negative_numbers_in_a_text_have_a_minus_sign():
    text = "width / height (log10) -0.386; -1.2 to 3e-05; light-green, 2024-11-02, cell-7"
    assert formatting.with_minus(text) == text.replace(" -0", " −0").replace(" -1", " −1")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formatting.points(-0.0004), "0.0"),
        (formatting.printed_number("accuracy", 0.77), "77 %"),
        (formatting.printed_number("accuracy", 0.9172), "91.72 %"),
        (formatting.printed_number("macro_auc", 0.97), "0.97"),
        (formatting.points(0.0004), "0.0"),
        (formatting.points(-0.0006), "−0.1"),
        (formatting.in_sentence("Macro F1-score"), "macro F1-score"),
        (formatting.in_sentence("Cohen's kappa"), "Cohen's kappa"),
        (formatting.in_sentence("Calibration error (ECE)"), "calibration error (ECE)"),
        (formatting.number("accuracy", 0.917, percent=formatting.percent_beside("accuracy", "0.95")), "0.917"),
        (formatting.interval("accuracy", 0.9, 0.95, formatting.percent_beside("accuracy", "0.95")), "0.900 to 0.950"),
        (formatting.number("macro_auc", 0.917, percent=formatting.percent_beside("macro_auc", "95 %")), "91.7 %"),
        (formatting.number("accuracy", 0.917, percent=formatting.percent_beside("accuracy", "“best”")), "91.7 %"),
        (formatting.number("accuracy", 0.91719), "91.7 %"),
        (formatting.number("macro_auc", 0.98765), "0.988"),
        (formatting.number("macro_precision", None), "–"),
        (formatting.number("macro_precision", float("nan")), "–"),
        (formatting.interval("accuracy", 0.9, 0.95), "90.0 to 95.0"),
        (formatting.interval("accuracy", None, 0.95), ""),
        (formatting.points(-0.0273), "−2.7"),
        (formatting.points(0.0437), "+4.4"),
        (formatting.share(3, 4), "75 %"),
        (formatting.share(1, 1000), "0.1 %"),
        (formatting.share(94, 1000), "9.4 %"),
        (formatting.share(95, 1000), "9.5 %"),
        (formatting.share(10, 100), "10 %"),
        (formatting.share(104, 1000), "10 %"),
        (formatting.share(0, 0), "–"),
        (formatting.duration(82), "1 min 22 s"),
        (formatting.duration(2.28 * 3600), "2 h 16 min"),
        (formatting.duration(4.21), "4.2 s"),
        (formatting.p_value(0.00004), "< 0.001"),
        (formatting.p_value(0.0496), "0.0496"),
        (formatting.p_value(0.0704), "0.07"),
        (formatting.plural(1, "class", "classes"), "1 class"),
        (formatting.plural(1763, "picture"), "1\u202f763 pictures"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (formatting.metric_name("macro_f1"), "Macro F1-score"),
    ],
)
def test_numbers_are_written_as_people_read_them(written, expected):
    assert written == expected


def test_axis_holds_every_value_and_starts_at_a_round_number():
    axis = axis_for("accuracy", [0.7712, 0.9172, None], 100, 300)
    assert (axis.low, axis.high) == (0.7, 1.0)
    assert axis.at(0.7) == 100
    assert axis.at(1.0) == 300
    assert axis.at(0.85) == pytest.approx(200)
    assert [axis.text(tick) for tick in axis.ticks][:2] == ["70 %", "75 %"]


def test_axis_without_any_value_is_still_an_axis():
    axis = axis_for("accuracy", [None], 0, 100)
    assert axis.low < axis.high
    assert axis.ticks


def test_notes_cannot_bring_links_pictures_or_raw_html_into_a_page():
    made = markdown("# Title\n\n## Part\n\n[x](http://a.b) ![y](http://a.b/c.png) <http://a.b> <script>1</script>\n")
    assert "<h3>Part</h3>" in made
    assert "Title" not in made
    assert "<a" not in made
    assert "<img" not in made
    assert "<script" not in made


def test_notes_keep_tables():
    table = markdown("| a |\n|---|\n| 1 |\n")
    assert "<td>1</td>" in table
    assert table.startswith('<div class="scroll"') and table.rstrip().endswith("</table></div>"), "a phone is narrower"


# Caption → kinds of figures that it is for, each with the wildcards that it has beside the study.
FIGURES = {
    "evaluation": {
        **dict.fromkeys(("confusion", "roc", "reliability", "curves", "risk"), {"protocol", "run"}),
        "comparison": {"protocol"},
    },
    "explanation": dict.fromkeys(("gradcam", "errors", "risk_over_time", "embedding"), {"protocol", "run"}),
}
OF_NO_STUDY = {"workflow", "consistency"}


@pytest.mark.parametrize("path", sorted(CAPTIONS.glob("*.rst")), ids=lambda path: path.stem)
def test_captions_fill_with_the_wildcards_of_their_figures_and_are_valid_text(path):
    from docutils.core import publish_doctree
    from jinja2 import Environment, StrictUndefined

    figures = FIGURES.get(path.stem, {"": set()})
    starts = set()
    for figure, more in figures.items():
        names = {"study", *more}
        wildcards = SimpleNamespace(**{name: f"the_{name}" for name in names}, figure=figure)
        text = Environment(undefined=StrictUndefined).from_string(path.read_text(encoding="utf-8"))
        config = {"subjects": {"the_study": "the cervix"}}
        filled = text.render(snakemake=SimpleNamespace(wildcards=wildcards, config=config))
        assert "cell" not in filled.replace("cells of", "")
        assert ("the cervix" in filled) == (path.stem == "montage" or figure == "gradcam")
        if path.stem not in OF_NO_STUDY:
            assert all(f"the_{name}" in filled for name in names)
        tree = publish_doctree(filled, settings_overrides={"report_level": 1, "halt_level": 2})
        assert len(tree.astext()) > 80
        starts.add(filled[:20])
    assert len(starts) == len(figures)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_report_names_what_its_pictures_show(tmp_path, subject):
    explain = {"runs": ["cvm"], "images": 4, "errors": 4, "embedding": True}
    study = Study(tmp_path, paper="", subject=subject, explain=explain).write()
    page = text_of(write(study, None))
    assert f"Look whether they lie on {SUBJECTS[subject]};" in page
    assert f"by stain, brightness, blur or size instead of by {SUBJECTS[subject]}." in page
    assert [name for name in SUBJECTS.values() if name in page] == [SUBJECTS[subject]]


def test_a_report_says_which_class_a_number_in_its_figures_is(tmp_path, monkeypatch):
    monkeypatch.setattr(label_text, "font_of", lambda letter: None)
    page = text_of(write(Study(tmp_path, paper="", classes=("normal", "核异常")).write(), None))
    assert "class 2 is 核异常 ." in page
    monkeypatch.setattr(label_text, "font_of", lambda letter: "a font")
    assert "by their number" not in text_of(write(Study(tmp_path, paper="", classes=("normal", "核异常")), None))


def test_subjects_have_one_list_and_the_shipped_studies_are_on_it():
    assert set(get_args(StudySettings.model_fields["subject"].annotation)) == set(SUBJECTS)
    studies = settings(CAPTIONS.parents[1]).studies
    assert {name: study.subject for name, study in studies.items() if not name.startswith("cvm_")} == {
        "zeb2_ihc": "tissue",
        "colposcopy_resnet50": "cervix",
        "mri_resnet": "lesion",
        "histology_vgg": "tissue",
        "clinical_lstm": "visit",
        "hybrid_tiles": "tissue",
        "vgg_lstm_hybrid": "visit",
    }
    assert {study.subject for name, study in studies.items() if name.startswith("cvm_")} == {"cell"}


def test_runs_that_see_no_shape_are_told_by_their_settings_not_by_their_name():
    def seen(**spec):
        return parse(RunKind, spec).sees_no_shape()

    sees = ("the border of each picture", "the size of each picture")
    assert seen(kind="baseline", features=["border", "size"]) == sees
    assert seen(kind="baseline", features=["border", "stained"]) == ()
    assert seen(kind="network", model="control") == ()


def test_no_page_or_step_knows_a_run_by_its_name():
    names = ("control_border", "control_colour")
    shipped = (CAPTIONS.parents[1] / "config.yaml").read_text(encoding="utf-8")
    assert all(f" {name}: {{" in shipped for name in names)
    for path in sorted((CAPTIONS.parents[1] / "workflow_scripts").rglob("*")):
        if path.suffix in (".py", ".j2") and "studies" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert not any(name in text for name in names), path
