"""What libraries that parse files say is never passed on: their errors and warnings may quote names of people."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from workflow_scripts.data.readers.reader_interface import RefusedSampleError

# pydicom and its decoders, and what reads slides.
for _talker in ("pydicom", "pylibjpeg", "libjpeg", "openjpeg", "rle", "tifffile", "imagecodecs"):
    _logger = logging.getLogger(_talker)
    _logger.setLevel(logging.CRITICAL + 1)
    # pydicom sets the level anew where it is imported after this module; nobody sets these two.
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False


@contextmanager
def quiet() -> Iterator[None]:
    """Turn whatever a parser raises into a refusal of our own words, and what it warns of into nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (RefusedSampleError, MemoryError):
            raise
        except EOFError:
            raise RefusedSampleError("truncated", "the file ends before it should") from None
        except FileNotFoundError:
            raise RefusedSampleError("missing_file", "no such file, or a link to nothing") from None
        except OSError as error:
            raise RefusedSampleError("unreadable", error.strerror or "the system does not read it") from None
        except Exception:  # a damaged file can make a parser raise nearly anything, with its contents in the text
            raise RefusedSampleError("unreadable", "its header or pixels are damaged") from None
