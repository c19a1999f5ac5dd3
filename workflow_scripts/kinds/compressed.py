"""A trained run in fewer bits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import about
from workflow_scripts.kinds.kind import MAKE_WITH_MODEL, RunKind, SourceRun
from workflow_scripts.kinds.made_kind import MadeKind

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord

FORM_WORDS = {
    "float16": "16-bit weights (float16)",
    "bfloat16": "16-bit weights (bfloat16)",
    "int8": "8-bit weights",
    "onnx": "ONNX file",
}


@dataclass(frozen=True)
class Compressed(MadeKind):
    """A trained run in fewer bits; no further training. It calculates in its training's precision, ONNX in 32 bits."""

    position = 3
    rule = MAKE_WITH_MODEL
    applies_weights = True
    maker = "workflow_scripts.training.compressed_run:make"

    kind: Annotated[Literal["compressed"], about("A trained run in fewer bits.")]
    of: Annotated[str, about("Name of a network or fusion of this study.")]
    to: Annotated[
        Literal["float16", "bfloat16", "int8", "onnx"],
        about(
            "float16, bfloat16: every weight in 16 bits; int8: matrices and kernels in 8 bits with one step per "
            "output channel; onnx: an ONNX file in 32 bits, run by onnxruntime."
        ),
    ] = "float16"

    def sources(self) -> tuple[SourceRun, ...]:
        return (SourceRun(self.of),)

    @property
    def number_format(self) -> str:
        return "float32" if self.to == "onnx" else self.to

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        if self.of not in runs or not runs[self.of].leaves_weights:
            yield (
                f"run {name!r}: of names {self.of!r}, which is no trained run of this study; name another, or remove "
                f"the run: `{name}: null`"
            )

    def words(self, name: str, record: "RunRecord") -> str:
        return f"{self.of} as {FORM_WORDS[self.to]}"
