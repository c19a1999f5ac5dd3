"""Pictures whose stain is made that of a reference, and the reference of a training."""

import logging

import numpy as np

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.stain_reference import Stain, StainReference
from workflow_scripts.preprocessing.stains import reference_of, with_stain_of
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.randomness import STAIN, keys_of, order
from workflow_scripts.training.samples import Subset

log = logging.getLogger("workflow_scripts")

# A reference is taken of so many units, and of so many pictures of each.
UNITS, PICTURES = 10, 16
# Changed pictures are kept up to this size: each is then worked out once, and not in every epoch.
KEPT_BYTES = 2**31


class StainedRows:
    """Rows of an array of pictures, each with the stain of a reference; read as the array is."""

    def __init__(self, data: np.ndarray, reference: StainReference) -> None:
        self.data, self.reference, self.dtype = data, reference, data.dtype
        kept = len(data) if data.nbytes <= KEPT_BYTES else 0
        # Memory is taken when a row is written.
        self._kept, self._is_kept = np.empty((kept, *data.shape[1:]), data.dtype), np.zeros(kept, dtype=bool)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Pictures B×H×W×3 of these rows (B)."""
        if not len(self._kept):
            return np.stack([with_stain_of(self.reference, picture) for picture in self.data[rows]])
        for row in np.unique(rows[~self._is_kept[rows]]):
            self._kept[row] = with_stain_of(self.reference, self.data[row])
            self._is_kept[row] = True
        return self._kept[rows]


def stained(data: np.ndarray, reference: StainReference | None) -> np.ndarray | StainedRows:
    """The rows with the stain of a reference; None: as they are."""
    return data if reference is None else StainedRows(data, reference)


def fitted_reference(
    method: Stain, seed: int, arrays: Arrays, subset: Subset, units: np.ndarray
) -> StainReference | None:
    """The reference of a training subset, of UNITS of its units that the seed draws; None where `method` is none.

    `units`: of each sample of the subset, as text. UserError where pictures are not 8 bits in colour, or hold no
    tissue.
    """
    if method == "none":
        return None
    _require_colours(arrays.description)
    names = np.unique(units.astype(str))
    chosen = names[order(seed, 0, keys_of(names), STAIN)[:UNITS]]
    pictures = [[arrays.data[row] for row in _drawn(subset, units == name, seed)] for name in chosen]
    reference = reference_of(method, pictures)
    if reference is None:
        raise UserError(
            f"train.stain: {method}: the {len(chosen)} training units that its reference is taken of hold too little "
            "stained tissue; set none"
        )
    log.info("stain: %s, reference of %d of %d training units", method, reference.units, len(names))
    return reference


def _drawn(subset: Subset, own: np.ndarray, seed: int) -> np.ndarray:
    """Rows of some samples of a unit."""
    rows = subset.first[own]
    return rows[order(seed, 0, subset.keys[own], STAIN)[:PICTURES]]


def _require_colours(pictures: ArrayDescription) -> None:
    if (pictures.dtype, pictures.channels) != ("uint8", 3):
        raise UserError(f"train.stain is for pictures in colour of 8 bits, these are {pictures}; set none")
