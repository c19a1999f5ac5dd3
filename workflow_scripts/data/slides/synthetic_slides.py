"""What a generator says of a synthetic slide: patient, laboratory, and how large its pixels are."""

from dataclasses import dataclass

from workflow_scripts.data.adapters.interface import SyntheticPicture


@dataclass(frozen=True, kw_only=True)
class SyntheticSlide(SyntheticPicture):
    """A whole slide: uint8 H×W×3 `pixels` of `microns` micrometres; values of `mask`: contracts.ground_truth_table.

    `patient` decides on all that is invented, such as names; several slides may have one. `variant`, from 0, decides on
    the kind of file. `site`: a short name; `age` in years. `says_microns`: whether the file says how large its pixels
    are. `broken` is "blank" where there is no tissue and "no_microns" where nothing says the size of a pixel.
    """

    patient: str
    variant: int
    site: str
    age: int
    microns: float
    says_microns: bool = True
