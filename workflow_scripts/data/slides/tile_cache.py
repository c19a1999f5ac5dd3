"""Decoded tiles of a slide's file, as many as a number of bytes allows; the one unused for longest goes first."""

from collections import OrderedDict

import numpy as np

# In bytes: two rows of a slide of 87,000 pixels in tiles of 256.
HELD = 128 << 20


class TileCache:
    """Key → decoded pixels. Leave their values as they are."""

    def __init__(self) -> None:
        self.size = 0
        self._tiles: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def get(self, key: tuple[int, int]) -> np.ndarray | None:
        """The pixels of a level's tile, None where they are not held."""
        pixels = self._tiles.get(key)
        if pixels is not None:
            self._tiles.move_to_end(key)
        return pixels

    def put(self, key: tuple[int, int], pixels: np.ndarray) -> None:
        """Hold pixels that are not held yet."""
        self._tiles[key] = pixels
        self.size += pixels.nbytes
        while self.size > HELD and len(self._tiles) > 1:
            self.size -= self._tiles.popitem(last=False)[1].nbytes
