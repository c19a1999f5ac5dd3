"""DICOM files for tests: series of slices as scanners write them, with whatever is to be wrong."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage

SAGITTAL, CORONAL, TRANSVERSE = [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1], [1, 0, 0, 0, 1, 0]
WIDTH, HEIGHT = 44, 40


def across(orientation: list[float]) -> np.ndarray:
    return np.cross(orientation[:3], orientation[3:])


def picture(seed: int) -> np.ndarray:
    """uint16 H×W, values below 4096."""
    return np.random.default_rng(seed).integers(0, 4096, (HEIGHT, WIDTH), dtype=np.uint16)


def slice_of(position: float = 0.0, number: int = 1, series: str = "1.2.3.4", **changes: object) -> Dataset:
    """A sagittal T2-weighted slice `position` mm along the normal; a change to None takes an element away."""
    orientation = changes.get("ImageOrientationPatient", SAGITTAL) or SAGITTAL
    data = Dataset()
    data.SOPClassUID = MRImageStorage
    data.SOPInstanceUID = f"{series}.{number}"
    data.Modality, data.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M"]
    data.PatientID, data.StudyInstanceUID, data.SeriesInstanceUID = "pat-1", "1.2.3", series
    data.ScanningSequence, data.EchoTime, data.RepetitionTime = "SE", "101", "5590"
    data.MagneticFieldStrength, data.SliceThickness, data.InstanceNumber = "3", "3", number
    data.SeriesDescription = "t2_tse"
    data.ImageOrientationPatient = orientation
    data.ImagePositionPatient = list(across(orientation) * position)
    data.PixelSpacing = [0.5, 0.5]
    set_pixels(data, picture(number))
    for name, value in changes.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    return data


def set_pixels(data: Dataset, pixels: np.ndarray, bits: int = 16) -> None:
    data.Rows, data.Columns = pixels.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, bits, bits - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes()


def write(path: Path, data: Dataset, syntax: str = ExplicitVRLittleEndian, bare: bool = False) -> Path:
    """Write a file; `bare`: without preamble and without its own part of the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if bare:
        data.save_as(path, implicit_vr=UID(syntax).is_implicit_VR, little_endian=True, enforce_file_format=False)
        return path
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    compressed = UID(syntax).is_compressed and not UID(syntax).is_deflated
    if compressed:
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.compress(syntax, generate_instance_uid=False)
    data.save_as(path, enforce_file_format=True)
    return path


def write_series(
    folder: Path, positions: list[float], series: str = "1.2.3.4", first: int = 1, **changes: object
) -> Path:
    """A file a slice, numbered against the position as most scanners do."""
    for index, position in enumerate(positions):
        number = first + len(positions) - 1 - index
        write(folder / f"{number:03d}.dcm", slice_of(position, number, series, **changes))
    return folder


def enhanced(positions: list[float], series: str = "1.2.3.9", shared: bool = True, **changes: object) -> Dataset:
    """One file with a frame for each position, each with a slope of its own: 1 + index."""
    data = slice_of(0, 1, series, ImageOrientationPatient=None, ImagePositionPatient=None, PixelSpacing=None)
    data.SOPClassUID = EnhancedMRImageStorage
    for name in ("EchoTime", "ScanningSequence", "RepetitionTime"):
        delattr(data, name)
    data.EchoPulseSequence = "SPIN"
    data.NumberOfFrames = len(positions)
    set_pixels(data, np.stack([picture(index) for index in range(len(positions))]))
    whole, frames = Dataset(), []
    where = Dataset()
    where.ImageOrientationPatient = SAGITTAL
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.7], "4"
    for index, offset in enumerate(positions):
        frame, position, echo, values = Dataset(), Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = list(across(SAGITTAL) * offset)
        echo.EffectiveEchoTime = 90.0 + index
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = str(1 + index), "0", "US"
        frame.PlanePositionSequence, frame.MREchoSequence = [position], [echo]
        frame.PixelValueTransformationSequence = [values]
        if not shared:
            frame.PlaneOrientationSequence, frame.PixelMeasuresSequence = [where], [measures]
        frames.append(frame)
    if shared:
        whole.PlaneOrientationSequence, whole.PixelMeasuresSequence = [where], [measures]
    data.SharedFunctionalGroupsSequence, data.PerFrameFunctionalGroupsSequence = [whole], frames
    for name, value in changes.items():
        setattr(data, name, value)
    return data
