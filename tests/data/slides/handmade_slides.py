"""Small slides written by hand: pyramids of TIFF in all the ways that are read, and DICOM files of a level."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage

WIDTH, HEIGHT, SIDE = 700, 530, 128
APERIO = "Aperio Image Library v11.2.1\r\n700x530 (128x128) JPEG/RGB Q=80|AppMag = 20|MPP = 0.4990"
OME = (
    '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument '
    'ID="Instrument:0"><Objective ID="Objective:0" NominalMagnification="40.0"/></Instrument><Image ID="Image:0">'
    '<Pixels DimensionOrder="XYCZT" ID="Pixels:0" PhysicalSizeX="0.25" PhysicalSizeXUnit="µm" PhysicalSizeY="250" '
    'PhysicalSizeYUnit="nm" SizeC="3" SizeT="1" SizeX="700" SizeY="530" SizeZ="1" Type="uint8"><Channel ID="Channel:0" '
    'SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>'
)
APERIO_J2K_YCBCR, APERIO_J2K_RGB = 33003, 33005


def tissue(width: int = WIDTH, height: int = HEIGHT, seed: int = 0) -> np.ndarray:
    """uint8 height×width×3: smooth colours and fine noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 240, (height // 40 + 2, width // 40 + 2, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    return np.clip(smooth + rng.integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)


def halves(picture: np.ndarray, levels: int) -> list[np.ndarray]:
    """The picture and, level after level, its half."""
    pictures = [picture]
    for _ in range(levels - 1):
        height, width = pictures[-1].shape[:2]
        pictures.append(cv2.resize(pictures[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return pictures


def write_tiff(
    path: Path,
    pictures: Sequence[np.ndarray],
    description: str = "",
    inside: bool = False,
    byteorder: str = "<",
    big: bool = False,
    **options: object,
) -> Path:
    """Levels as the images of a file, each in its directory, or inside the first one; options: of TiffWriter.write."""
    how = {"tile": (SIDE, SIDE), "photometric": "rgb", "metadata": None, "compression": "jpeg"} | options
    with tifffile.TiffWriter(path, byteorder=byteorder, bigtiff=big) as file:
        for index, picture in enumerate(pictures):
            own = {"subifds": len(pictures) - 1} if inside and not index else {}
            # The text as bytes: tifffile takes letters that are not ASCII for a mistake.
            text = description.encode() if not index and description else None
            file.write(picture, description=text, subfiletype=int(index > 0), **how, **own)
    return path


def aperio_ycbcr(path: Path, picture: np.ndarray) -> Path:
    """A slide of Aperio's JPEG 2000 of YCbCr, without loss."""
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    tiles = (imagecodecs.jpeg2k_encode(tile, level=0, mct=False, codecformat="j2k") for tile in cut(stored))
    return write_encoded(path, tiles, picture.shape, APERIO, compression=APERIO_J2K_YCBCR)


def write_encoded(
    path: Path, tiles: Iterator[bytes], shape: tuple[int, ...], description: str = "", **options: object
) -> Path:
    """A file of one level of tiles that are encoded already; an empty one is missing."""
    how = {"tile": (SIDE, SIDE), "photometric": "rgb", "metadata": None, "compression": "jpeg"} | options
    with tifffile.TiffWriter(path) as file:
        file.write(tiles, shape=shape, dtype="uint8", description=description.encode() or None, **how)
    return path


def cut(picture: np.ndarray, side: int = SIDE) -> Iterator[np.ndarray]:
    """Tiles row by row, filled up with black at the edges."""
    for top in range(0, picture.shape[0], side):
        for left in range(0, picture.shape[1], side):
            tile = np.zeros((side, side, picture.shape[2]), np.uint8)
            part = picture[top : top + side, left : left + side]
            tile[: part.shape[0], : part.shape[1]] = part
            yield tile


def dicom(picture: np.ndarray, compressed: bool = True, series: str = "1.2.3", **changes: object) -> FileDataset:
    """A level of a slide, row by row."""
    tiles = list(cut(picture))
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = VLWholeSlideMicroscopyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = JPEGBaseline8Bit if compressed else ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID, data.SeriesInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4", series
    data.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    data.DimensionOrganizationType = "TILED_FULL"
    data.SamplesPerPixel, data.PlanarConfiguration, data.PixelRepresentation = 3, 0, 0
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.PhotometricInterpretation = "YBR_FULL_422" if compressed else "RGB"
    data.Rows = data.Columns = SIDE
    data.TotalPixelMatrixRows, data.TotalPixelMatrixColumns = picture.shape[:2]
    set_frames(data, tiles)
    for name, value in changes.items():
        setattr(data, name, value)
    return data


def set_frames(data: FileDataset, tiles: Sequence[np.ndarray]) -> None:
    """Put tiles into a data set in their order."""
    data.NumberOfFrames = len(tiles)
    if data.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian:
        data.PixelData = b"".join(tile.tobytes() for tile in tiles)
        return
    encoded = [imagecodecs.jpeg_encode(tile, level=95, colorspace="rgb", outcolorspace="ycbcr") for tile in tiles]
    data.PixelData = encapsulate(encoded)
    data["PixelData"].is_undefined_length = True


def place_frames(data: FileDataset, corners: Sequence[tuple[int, int]]) -> None:
    """Say of each frame where it lies: left and top in pixels, from 0."""
    data.DimensionOrganizationType = "TILED_SPARSE"
    groups = []
    for left, top in corners:
        position, group = Dataset(), Dataset()
        position.ColumnPositionInTotalImagePixelMatrix = left + 1
        position.RowPositionInTotalImagePixelMatrix = top + 1
        group.PlanePositionSlideSequence = [position]
        groups.append(group)
    data.PerFrameFunctionalGroupsSequence = groups


def write_dicom(path: Path, data: FileDataset) -> Path:
    """Write a data set as a file."""
    data.save_as(path, enforce_file_format=True)
    return path
