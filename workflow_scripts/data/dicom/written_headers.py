"""Headers of synthetic DICOM files: what a scanner and a hospital write, identifiers included, all of it invented."""

import pydicom.uid as uids
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from workflow_scripts.data.dicom.invented import MARK, Identity, number_of, uid
from workflow_scripts.data.dicom.synthetic_slices import SyntheticSeries, SyntheticSlice, SyntheticStudy


def file_meta(sop_class: str, instance: str, syntax: str) -> FileMetaDataset:
    """The group before a data set."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = uids.UID(sop_class), uids.UID(instance)
    meta.TransferSyntaxUID = uids.UID(syntax)
    meta.ImplementationClassUID = uids.UID(uid("implementation"))
    return meta


def study_header(study: SyntheticStudy, patient: Identity) -> Dataset:
    """What all files of a study say, in standard tags, in sequences and in private ones."""
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    header.StudyDate = header.SeriesDate = header.AcquisitionDate = header.ContentDate = patient.study_date
    header.StudyTime = f"{number_of(study.key, 'time') % 24:02d}1500"
    header.AccessionNumber = patient.accession
    header.Modality = "MR"
    header.Manufacturer = f"{MARK} Medical"
    header.InstitutionName = patient.institution
    header.InstitutionAddress = f"1 {MARK} Road"
    header.ReferringPhysicianName = patient.physician
    header.StationName = f"{MARK}-MR{study.layout}"
    header.StudyDescription = f"MRI pelvis {patient.family}"
    header.OperatorsName = f"{MARK}-Operator^Ina"
    header.ManufacturerModelName = f"Model {study.layout}"
    header.RequestAttributesSequence = Sequence([_request(patient)])
    header.PatientName = patient.name
    header.PatientID = patient.patient_id
    header.PatientBirthDate = patient.birth_date
    header.PatientSex = "F"
    header.OtherPatientIDsSequence = Sequence([_second_id(patient)])
    header.PatientAge = f"{study.age:03d}Y"
    header.PatientAddress = f"{number_of(study.key, 'house') % 200} {MARK} Lane"
    header.PatientComments = f"{patient.given} {patient.family}, born {patient.birth_date}"
    header.MagneticFieldStrength = str(study.field_strength)
    header.DeviceSerialNumber = f"{MARK}{study.layout:05d}"
    header.StudyInstanceUID = uid(study.key, "study")
    header.StudyID = patient.accession[-6:]
    header.FrameOfReferenceUID = uid(study.key, "frame of reference")
    header.ImageComments = f"for {patient.physician}"
    private = header.private_block(0x0051, f"{MARK.upper()} HEADER", create=True)
    private.add_new(0x08, "LO", f"{patient.name} {patient.patient_id}")
    private.add_new(0x10, "UN", f"{patient.given} {patient.family} {patient.birth_date}".encode())
    return header


def series_header(study: SyntheticStudy, series: SyntheticSeries) -> Dataset:
    """What all files of a series say beside what the study's do."""
    header = Dataset()
    header.SOPClassUID = uids.EnhancedMRImageStorage if series.multi_frame else uids.MRImageStorage
    header.ImageType = list(series.image_type)
    header.SeriesDescription = series.description
    header.SeriesInstanceUID = uid(study.key, "series", series.number)
    header.SeriesNumber = series.number
    header.ProtocolName = series.description
    header.SamplesPerPixel = 1
    if not series.multi_frame:
        header.ScanningSequence, header.SequenceVariant, header.ScanOptions = series.sequence, "SK", ""
        header.MRAcquisitionType = "2D"
        header.SliceThickness = number(series.thickness_mm)
        header.RepetitionTime, header.EchoTime = number(series.repetition_time_ms), number(series.echo_time_ms)
        header.PixelSpacing = [number(series.spacing_mm)] * 2
    return header


def slice_header(picture: SyntheticSlice, instance: int) -> Dataset:
    """Where a slice lies, and its place in the series."""
    header = Dataset()
    header.SOPInstanceUID = instance_uid(picture, instance)
    header.InstanceNumber = instance
    header.ImagePositionPatient = [number(value) for value in picture.position]
    header.ImageOrientationPatient = [number(value) for value in (*picture.row, *picture.column)]
    return header


def frame_groups(slices: list[SyntheticSlice], slopes: list[float]) -> Dataset:
    """The functional groups of an enhanced file; `slopes`: the rescale slope of each frame."""
    series = slices[0].series
    shared = Dataset()
    shared.PixelMeasuresSequence = _group(
        PixelSpacing=[number(series.spacing_mm)] * 2, SliceThickness=number(series.thickness_mm)
    )
    shared.MREchoSequence = _group(EffectiveEchoTime=series.echo_time_ms)
    shared.MRTimingAndRelatedParametersSequence = _group(RepetitionTime=number(series.repetition_time_ms))
    frames = []
    for picture, slope in zip(slices, slopes, strict=True):
        frame = Dataset()
        directions = [number(value) for value in (*picture.row, *picture.column)]
        frame.PlaneOrientationSequence = _group(ImageOrientationPatient=directions)
        frame.PlanePositionSequence = _group(ImagePositionPatient=[number(value) for value in picture.position])
        frame.PixelValueTransformationSequence = _group(
            RescaleIntercept="0", RescaleSlope=number(slope), RescaleType="US"
        )
        frames.append(frame)
    header = Dataset()
    header.SOPInstanceUID = instance_uid(slices[0], 1)
    header.InstanceNumber = 1
    header.PulseSequenceName = series.sequence
    header.EchoPlanarPulseSequence = "YES" if series.sequence == "EP" else "NO"
    header.NumberOfFrames = len(slices)
    header.SharedFunctionalGroupsSequence = Sequence([shared])
    header.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return header


def overlay(picture: SyntheticSlice, patient: Identity) -> Dataset:
    """A graphic layer over a slice, whose label is the patient's name."""
    rows, columns = picture.pixels.shape
    header = Dataset()
    header.add_new(0x60000010, "US", rows)
    header.add_new(0x60000011, "US", columns)
    header.add_new(0x60000040, "CS", "G")
    header.add_new(0x60000050, "SS", [1, 1])
    header.add_new(0x60000100, "US", 1)
    header.add_new(0x60000102, "US", 0)
    header.add_new(0x60001500, "LO", patient.name)
    header.add_new(0x60003000, "OW", bytes(2 * -(-rows * columns // 16)))
    return header


def screenshot(study: SyntheticStudy, patient: Identity) -> Dataset:
    """A secondary capture among the series: 8 bits, no plane, and a name that is burnt in."""
    header = Dataset()
    header.SOPClassUID = uids.SecondaryCaptureImageStorage
    header.SOPInstanceUID = uid(study.key, "screenshot")
    header.SeriesInstanceUID = uid(study.key, "series", "screenshot")
    header.SeriesNumber, header.InstanceNumber = 99, 1
    header.SeriesDescription = f"Screenshot {patient.family}"
    header.ImageType = ["DERIVED", "SECONDARY"]
    header.ConversionType = "WSD"
    header.BurnedInAnnotation = "YES"
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows = header.Columns = 32
    header.BitsAllocated = header.BitsStored = 8
    header.HighBit, header.PixelRepresentation = 7, 0
    header.PixelData = bytes(range(256)) * 4
    return header


def instance_uid(picture: SyntheticSlice, instance: int) -> str:
    """The unique identifier of a slice's file."""
    return uid(picture.study.key, "series", picture.series.number, "instance", instance)


def number(value: float) -> str:
    """A decimal as DICOM writes it, 16 characters at most."""
    return f"{value:.9g}"


def _group(**elements: object) -> Sequence:
    group = Dataset()
    for keyword, value in elements.items():
        setattr(group, keyword, value)
    return Sequence([group])


def _request(patient: Identity) -> Dataset:
    request = Dataset()
    request.RequestedProcedureDescription = f"Pelvis of {patient.family}"
    request.ScheduledProcedureStepID = patient.accession
    return request


def _second_id(patient: Identity) -> Dataset:
    second = Dataset()
    second.PatientID = f"{patient.patient_id}-2"
    second.TypeOfPatientID = "TEXT"
    return second
