"""A trained run in fewer bits."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import about


@dataclass(frozen=True)
class Compressed:
    """A trained run in fewer bits; nothing is trained again, all arithmetic is done in 32 bits."""

    kind: Annotated[Literal["compressed"], about("A trained run in fewer bits.")]
    of: Annotated[str, about("Name of a network or fusion of this study.")]
    to: Annotated[
        Literal["float16", "bfloat16", "int8", "onnx"],
        about(
            "float16, bfloat16: every weight in 16 bits; int8: matrices and kernels in 8 bits with one step per "
            "output channel; onnx: an ONNX file in 32 bits, run by onnxruntime."
        ),
    ] = "float16"
