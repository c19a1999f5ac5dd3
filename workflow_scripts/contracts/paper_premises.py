"""What a check of a printed number rests on: what the paper says of it, and what this project assumes."""

from collections.abc import Callable
from typing import Annotated

from workflow_scripts.contracts.blocks import about, limit
from workflow_scripts.runtime.wording import nearest

# What a check may rest on beside the fields of a claim, and papers seldom say; where one does, `stated` quotes it.
# one_training: the number is of one training, no mean of several or of folds; average: how the classes were averaged;
# split_unit: what was divided, images or patients; fixed_test_set: the test images are a fixed public set, so that
# whoever tests on it judges the very same images.
FIXED_TEST_SET = "fixed_test_set"
UNSAID = ("one_training", "average", "split_unit", FIXED_TEST_SET)
# Fields that this project may have had to read into a paper.
ASSUMABLE = ("metric", "subset", "class_name", "run", "against", "n", "setting")


def sentence(text: str) -> str:
    """The text; ValueError where it says nothing."""
    if not text.strip():
        raise ValueError("a sentence is wanted, what the paper says or leaves open")
    return text


def premises_of(allowed: tuple[str, ...]) -> Callable[[dict[str, str]], dict[str, str]]:
    """A check of sentences by premise: those with `class` as class_name; ValueError for a premise not in `allowed`."""
    written = ["class" if name == "class_name" else name for name in allowed]

    def premises(sentences: dict[str, str]) -> dict[str, str]:
        if unknown := [key for key in sentences if key not in written]:
            raise ValueError(f"unknown key {unknown[0]}; {nearest(unknown[0], written)}")
        return {("class_name" if key == "class" else key): text for key, text in sentences.items()}

    return premises


# Premise → a sentence.
Sentences = dict[str, Annotated[str, limit(check=sentence)]]
Stated = Annotated[Sentences, about("Premise → the paper's words that say so.", check=premises_of(UNSAID))]
Inferred = Annotated[
    Sentences,
    about("What the paper leaves open and one reading alone fits → why.", check=premises_of(ASSUMABLE)),
]
FitsIf = Annotated[
    Sentences,
    about("Of what is assumed, the other reading that makes all well: fits only if …", check=premises_of(ASSUMABLE)),
]
Assumed = Annotated[
    Sentences, about("What this project filled in → what the paper leaves open.", check=premises_of(ASSUMABLE))
]
