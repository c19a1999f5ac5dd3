"""Blocks of settings: declared once, checked by the settings, received by a step."""

import json
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from pydantic import ValidationError

from workflow_scripts.contracts.blocks import Filled, Positive, about, distinct, limit, optional, parse, plain
from workflow_scripts.contracts.misfits import MisfitError
from workflow_scripts.contracts.step_settings.train_settings import Augment, Train
from workflow_scripts.kinds.fusion import Branch, Fusion
from workflow_scripts.settings.base import block_of


@dataclass(frozen=True)
class Inner:
    """Inside."""

    share: Annotated[float, about("A share.", ge=0, le=1)] = 0.5


@dataclass(frozen=True)
class Outer:
    """Outside."""

    kind: Annotated[Literal["outer"], about("What it is.")]
    count: Annotated[Positive | None, about("A count.")] = None
    names: Annotated[tuple[Filled, ...], about("Names.", min_length=1, check=distinct)] = ("a", "b")
    pair: Annotated[tuple[int, int], about("Two.")] = (1, 2)
    by_name: Annotated[dict[str, Inner], about("Blocks by name.")] = field(default_factory=dict)
    inner: Annotated[Inner, about("A block.")] = Inner()
    further: Annotated[dict[str, Any], about("Anything.")] = field(default_factory=dict)
    ranges: Annotated[tuple[Annotated[float, limit(ge=0)], ...] | None, about("Ranges.")] = None

    def __post_init__(self) -> None:
        if self.count == len(self.names):
            raise ValueError("as many as names")


WHOLE = Outer("outer", 3, ("x",), (4, 5), {"one": Inner(1.0)}, Inner(0.25), {"k": [1, None]}, (0.0, 2.5))
VALUES = {"kind": "outer", "names": ["x"], "pair": [4, 5], "by_name": {"one": {"share": 1}}, "inner": {"share": 0.25}}


def test_a_block_survives_json_and_its_lists_become_tuples():
    assert parse(Outer, json.loads(json.dumps(plain(WHOLE)))) == WHOLE
    assert isinstance(parse(Outer, VALUES).by_name["one"].share, float)
    assert parse(Train, json.loads(json.dumps(plain(Train())))) == Train()
    branches = {"a": Branch("resnet18"), "b": Branch("deit_tiny_patch16_224", {"depth": 2})}
    assert parse(Fusion, plain(Fusion("fusion", branches))) == Fusion("fusion", branches)


def test_the_settings_hold_the_same_values_and_defaults_as_the_step_receives():
    for declared, values in ((Outer, VALUES), (Train, {}), (Augment, {"zoom": 0.5}), (Inner, {})):
        assert parse(declared, block_of(declared)(**values).model_dump(mode="json")) == parse(declared, values)


@pytest.mark.parametrize(
    ("change", "words", "words_of_a_file"),
    [
        ({"kind": "another"}, "Input should be 'outer'", "kind: one of outer is wanted, 'another' was found"),
        ({"count": 0}, "greater than or equal to 1", "count: 0 is not at least 1"),
        ({"names": []}, "at least 1 item", "names: () is not at least 1 long"),
        ({"names": ["a", "a"]}, "stands there 2 times", "names: 'a' stands there 2 times"),
        ({"names": [" "]}, "empty", "names.0: empty"),
        ({"pair": [1]}, "at least 2 items", "pair: 2 entries are wanted, [1] was found"),
        ({"by_name": {"one": {"share": 2}}}, "less than or equal to 1", "by_name.one.share: 2.0 is not at most 1"),
        ({"inner": {"shares": 1}}, "Extra inputs", "inner: unknown key shares; did you mean share?"),
        ({"ranges": [-1]}, "greater than or equal to 0", "ranges.0: -1.0 is not at least 0"),
        ({"count": 1, "names": ["a"]}, "as many as names", "Outer: as many as names"),
    ],
)
def test_settings_and_files_refuse_what_the_declaration_does_not_allow(change, words, words_of_a_file):
    with pytest.raises(ValidationError, match=words):
        block_of(Outer)(**{**VALUES, **change})
    with pytest.raises(MisfitError, match=re.escape(words_of_a_file)):
        parse(Outer, {**VALUES, **change}, written=True)


@dataclass(frozen=True)
class Worded:
    """A block with a key that is a word of Python."""

    class_: str | None = None


def test_a_key_that_is_a_word_of_python_is_read_and_written_as_it_is():
    assert parse(Worded, {"class": "x"}) == Worded("x") and plain(Worded("x")) == {"class": "x"}
    with pytest.raises(MisfitError, match="Worded: unknown key class_"):
        parse(Worded, {"class_": "x"})


@pytest.mark.parametrize(
    "values",
    [
        {**VALUES, "names": "x"},
        {**VALUES, "count": "3"},
        {**VALUES, "other": 1},
        {"names": ["x"]},
        {**VALUES, "pair": [1]},
    ],
)
def test_what_other_code_resolved_is_no_block(values):
    with pytest.raises((TypeError, ValueError)):
        parse(Outer, values)


@dataclass(frozen=True)
class First:
    """The first of two blocks."""

    kind: Literal["first"]
    count: int = 1


@dataclass(frozen=True)
class Second:
    """The second of two blocks."""

    kind: Literal["second"]
    share: float = 0.5


@dataclass(frozen=True)
class Either:
    """A block that holds one of two, and perhaps a note."""

    inner: First | Second
    note: str | None = optional()


def test_of_several_blocks_the_kind_says_which_one_is_meant():
    assert parse(Either, {"inner": {"kind": "second", "share": 1}}) == Either(Second("second", 1.0))
    assert parse(Either, {"inner": {"kind": "first"}}) == Either(First("first"))
    with pytest.raises(TypeError):
        parse(Either, {"inner": {"kind": "third"}})


def test_an_optional_field_is_written_only_where_it_says_something():
    assert plain(Either(First("first"))) == {"inner": {"kind": "first", "count": 1}}
    assert plain(Either(First("first"), "seen"))["note"] == "seen"


def test_a_reader_of_few_keys_passes_over_the_others_however_deep():
    values = {"inner": {"kind": "first", "further": 1}, "note": "seen", "more": {}}
    assert parse(Either, values, further=True) == Either(First("first"), "seen")
    with pytest.raises(TypeError, match=r"Either: unknown key more; there are inner, note"):
        parse(Either, values)
