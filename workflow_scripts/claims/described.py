"""How a paper describes what it did: tables of layers, settings that are stated twice."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import prod

from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    WORDS_ONLY,
    Outcome,
    verdict,
)
from workflow_scripts.contracts.claims import Layer, PaperSetting, Published

LAYERS = "layer sizes"
SETTINGS = "stated twice"
# Networks whose convolutions keep the size of a map and whose pooling layers halve it.
_KEEPING = "VGG"
_STRIDES = "a convolution has a stride of 2, or a pooling layer one of 1"
_FREE = "A convolution of stride 2 makes a map smaller, a pooling layer of stride 1 keeps its size."
_ROW_LATE = "A size of the table may stand in a wrong row; the network itself may be right."
_TWO_DRAFTS = "One of the two sentences may be left from a draft, or be about another part of the work."
# The same function of two classes.
_CROSS_ENTROPY = {"cross_entropy", "binary_cross_entropy"}


def check_layers(published: Published) -> Iterator[Outcome]:
    """A pooling layer makes the map smaller and keeps its channels; a convolution is no larger than its input.

    A convolution is smaller than its input only where the pooling layer before it was not: then the table has the size
    one row too late. Of a network that is not said to be a VGG, whose strides are free, that is a reading. The
    first fully connected layer may list the unrolled map. Reference: K. Simonyan, A. Zisserman, arXiv:1409.1556
    (2014), Table 1: convolutions keep the size, max pooling halves it.
    """
    tables: dict[str, list[Layer]] = {}
    for layer in published.layers:
        tables.setdefault(layer.id.rsplit(".", 1)[0], []).append(layer)
    for layers in tables.values():
        yield Outcome(layers[0].id, LAYERS, NOT_CHECKABLE, "Missing: nothing stands before the first layer.")
        for before, layer in pairwise(layers):
            outcome = _layer(before, layer)
            if outcome.outcome == CONTRADICTION and not layer.network.startswith(_KEEPING):
                yield replace(outcome, outcome=FITS_ONLY_IF, innocent=_FREE, reading=_STRIDES)
            else:
                wrong = outcome.outcome == CONTRADICTION
                yield replace(outcome, innocent=_ROW_LATE, size="one row of the table") if wrong else outcome


def _layer(before: Layer, layer: Layer) -> Outcome:
    size, last = " x ".join(map(str, layer.size)), " x ".join(map(str, before.size))
    if len(layer.size) == 1:
        if len(before.size) == 1 or layer.size[0] != prod(before.size):
            return Outcome(layer.id, LAYERS, NOT_CHECKABLE, "Missing: the width of a fully connected layer is free.")
        return Outcome(layer.id, LAYERS, CONSISTENT, f"{last} unrolled are {layer.size[0]}.")
    if len(before.size) == 1:
        return Outcome(layer.id, LAYERS, CONTRADICTION, f"A map of {size} cannot follow a layer of {last}.")
    (height, width, channels), (old_height, old_width, old_channels) = layer.size, before.size
    if _pools(layer):
        half = f"{old_height // 2} x {old_width // 2} x {old_channels}"
        fits = height < old_height and width < old_width and channels == old_channels
        why = f"Pooling turns {last} into {size}" if fits else f"Pooling should turn {last} into {half}, not {size}"
        return Outcome(layer.id, LAYERS, verdict(fits), f"{why}.", "" if fits else half, (before.id,))
    fits = (height, width) == (old_height, old_width)
    why = f"A convolution keeps the map of {last}: {size}." if fits else f"A convolution turns {last} into {size}."
    if not fits and _pools(before):
        why += " The pooling layer before it should have done that."
    nearest = "" if fits else f"{old_height} x {old_width} x {channels}"
    return Outcome(layer.id, LAYERS, verdict(fits), why, nearest, (before.id,))


def _pools(layer: Layer) -> bool:
    return layer.name.lower().startswith(("pool", "max pool", "maxpool", "average pool"))


def check_settings(published: Published) -> Iterator[Outcome]:
    """A setting that is stated in two places has one value, for each study that it applies to.

    With two classes, cross-entropy and binary cross-entropy are one function. Reference: Nature 577:167-169 (2020), see
    totals.py: methods that contradict each other.
    """
    stated = [entry for entry in published.settings if entry.setting and entry.value is not None]
    for entry in stated:
        same_setting = [
            compared
            for compared in stated
            if compared is not entry and compared.setting == entry.setting and _overlap(entry.studies, compared.studies)
        ]
        if same_setting:
            odd = [compared for compared in same_setting if not _same(published, entry, compared)]
            there = "; ".join(f"{compared.value} ({compared.place})" for compared in odd or same_setting)
            word = "It is also stated as" if odd else "It is stated alike:"
            nearest = ", ".join(str(compared.value) for compared in odd)
            ids = tuple(compared.id for compared in odd or same_setting)
            yield Outcome(
                entry.id,
                SETTINGS,
                verdict(not odd),
                f"{entry.value}. {word} {there}.",
                nearest,
                ids,
                _TWO_DRAFTS if odd else "",
                WORDS_ONLY if odd else "",
            )


def _same(published: Published, first: PaperSetting, second: PaperSetting) -> bool:
    if first.expected == second.expected:
        return True
    both = [str(value) for value in (first.expected, second.expected)]
    if set(both) != _CROSS_ENTROPY:
        return False
    studies = first.studies or second.studies or tuple(published.studies)
    counts = [c.value for c in published.claims if c.metric == "classes" and c.study in studies and not c.source]
    return bool(counts) and set(counts) == {2}


def _overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return not first or not second or bool(set(first) & set(second))
