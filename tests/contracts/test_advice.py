"""What error texts advise: a command, and the right one."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from workflow_scripts.runtime.results_layout import remedy

PACKAGE = Path(__file__).resolve().parents[2] / "workflow_scripts"
# To do something again without the command that does it. After a change of settings the plain command is enough.
VAGUE = re.compile(r"\b(run|train|ingest)( [a-z]+){0,2} again\b", re.I)


def _is_text(part: ast.AST) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str)


def messages(tree: ast.AST) -> list[str]:
    """The texts of errors that are raised, in pieces; the advice of `remedy` counts as a command."""
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            parts = [
                "`command`" if isinstance(part, ast.Call) else part.value
                for part in ast.walk(node.exc)
                if _is_text(part) or (isinstance(part, ast.Call) and getattr(part.func, "id", "") == "remedy")
            ]
            texts.append(" ".join(parts))
    return texts


def test_no_error_says_again_without_a_command():
    vague = [
        f"{path.name}: {text}"
        for path in PACKAGE.rglob("*.py")
        for text in messages(ast.parse(path.read_text(encoding="utf-8")))
        if VAGUE.search(text) and "`" not in text and "settings" not in text
    ]
    assert not vague, "\n".join(vague)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("r/s/dataset/manifest.csv", "r/s/dataset/manifest.csv"),
        ("r/s/runs/grouped/a-b@c/fold0-seed1/weights.safetensors", None),
        ("r/s/evaluation/grouped/paper/fold0-seed1.json", "r/s/evaluation/grouped"),
        ("/my results/s/evaluation/grouped/cvm/roc.png", "/my results/s/evaluation/grouped"),
        ("r/s/explanation/own/cvm/gradcam.npz", "r/s/explanation/own"),
        ("r/s/paper/fig03.png", "r/s/paper"),
        ("data/herlev/synthetic-s/normal/1.bmp", "data/herlev/synthetic-s/synthetic.json"),
    ],
)
def test_a_file_is_made_again_by_what_makes_it(path, target):
    words = shlex.split(remedy(Path(path)).split("`")[1])
    start = words.index("snakemake")
    assert words[start + 1] == (target or path)
    assert words[-2:] == ["--cores", "all"]
    assert "--force" in words or words[:3] == ["rm", "-r", str(Path(words[start + 1]).parent)]
