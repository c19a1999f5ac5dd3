"""Names on synthetic slides: in paths, in the words of Aperio and OME, and in the pictures of label and glass."""

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workflow_scripts.data.dicom.invented import MARK, Identity, number_of

LABEL, LINE = (300, 240), 24
# The magnification of an objective whose pixels have one micrometre.
OBJECTIVE = 10.0


@dataclass(frozen=True)
class SlideNames:
    """All that is written on the slide `number` (from 1) of a patient who does not exist."""

    patient: Identity
    number: int

    @property
    def svs_path(self) -> str:
        """Where an SVS file lies, relative to the source."""
        return f"{self.patient.patient_id}_{self.number}/{self.patient.accession}-{self.number}.svs"

    @property
    def ome_path(self) -> str:
        """Where an OME-TIFF lies, relative to the source."""
        return f"{self.patient.family}_{self.patient.given}/{self.patient.accession}-{self.number}.ome.tif"

    @property
    def lines(self) -> list[str]:
        """What a label says."""
        who = self.patient
        return [
            who.family,
            who.given,
            f"born {who.birth_date}",
            who.patient_id,
            f"{who.accession}-{self.number}",
            f"{MARK} {who.study_date}",
        ]

    def aperio_description(self, width: int, height: int, microns: float | None) -> str:
        """Aperio's words on the first level; None: it does not say how large a pixel is."""
        who = self.patient
        date = f"{who.study_date[4:6]}/{who.study_date[6:]}/{who.study_date[2:4]}"
        fields = {
            "StripeWidth": "2032",
            "ScanScope ID": f"{MARK.upper()}-SS{number_of(who.institution) % 10**6:06d}",
            "Filename": f"{who.accession}-{self.number}",
            "Title": f"{who.family} {who.given}",
            "Date": date,
            "Time": "10:15:00",
            "User": f"{MARK}-Operator",
            "ImageID": f"{number_of(who.accession, self.number) % 10**8}",
            "DSR ID": f"{MARK}-DSR",
        }
        if microns is not None:
            fields |= {"AppMag": f"{OBJECTIVE / microns:g}", "MPP": f"{microns:.6g}"}
        words = "|".join(f"{name} = {text}" for name, text in fields.items())
        return f"{_aperio(f'{width}x{height} [0,0 {width}x{height}] (256x256) JPEG/YCC Q=90')}|{words}"

    def aperio_level(self, width: int, height: int, level: np.ndarray) -> str:
        """Aperio's words on a smaller level of a slide of width×height pixels."""
        rows, columns = level.shape[:2]
        return _aperio(f"{width}x{height} [0,0 {width}x{height}] (256x256) -> {columns}x{rows} JPEG/YCC Q=90")

    def aperio_associated(self, name: str, picture: np.ndarray) -> str:
        """Aperio's words on the label, the macro, or, without a name, the thumbnail."""
        rows, columns = picture.shape[:2]
        return _aperio(f"{name} {columns}x{rows}".strip())

    def ome_xml(self, slide: tuple[int, ...], label: tuple[int, ...], microns: float | None) -> str:
        """The header of an OME-TIFF of a slide and its label, both shapes as rows, columns; None as above."""
        who, day = self.patient, self.patient.study_date
        size = (
            ""
            if microns is None
            else "".join(f' PhysicalSize{axis}="{microns:.6g}" PhysicalSize{axis}Unit="µm"' for axis in "XY")
        )
        date = f"{day[:4]}-{day[4:6]}-{day[6:]}T10:15:00"
        images = [
            _ome_image(0, f"{who.family}, {who.given} {who.accession}-{self.number}", date, slide, size),
            _ome_image(1, f"label of {who.patient_id}", date, label, ""),
        ]
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
            f'<Experimenter ID="Experimenter:0" UserName={quoteattr(who.physician)}'
            f" LastName={quoteattr(who.family)} Institution={quoteattr(who.institution)}/>"
            f'<Instrument ID="Instrument:0"><Microscope Manufacturer="{MARK} Optics" SerialNumber="{who.accession}"/>'
            f"</Instrument>{''.join(images)}"
            f'<StructuredAnnotations><CommentAnnotation ID="Annotation:0"><Value>{who.given} {who.family}, born '
            f"{who.birth_date}, {who.patient_id}</Value></CommentAnnotation></StructuredAnnotations></OME>"
        )


def label_picture(names: SlideNames) -> np.ndarray:
    """uint8 H×W×3: the paper label on the glass."""
    picture = Image.new("RGB", LABEL, (250, 248, 240))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    for row, line in enumerate(names.lines):
        draw.text((12, 14 + row * (LINE + 8)), line, fill=(20, 20, 40), font=font)
    return np.asarray(picture)


def macro_picture(names: SlideNames, thumbnail: np.ndarray) -> np.ndarray:
    """uint8 H×W×3: the whole glass, its label at the left."""
    label = label_picture(names)
    height = label.shape[0]
    width = round(thumbnail.shape[1] * height / thumbnail.shape[0])
    return np.concatenate([label, cv2.resize(thumbnail, (width, height), interpolation=cv2.INTER_AREA)], axis=1)


def _aperio(words: str) -> str:
    return f"Aperio Image Library v12.0.15 \r\n{words}"


def _ome_image(number: int, name: str, date: str, shape: tuple[int, ...], size: str) -> str:
    rows, columns = shape[:2]
    return (
        f'<Image ID="Image:{number}" Name={quoteattr(name)}><AcquisitionDate>{date}</AcquisitionDate>'
        f'<Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" Type="uint8" SizeX="{columns}" SizeY="{rows}" SizeC="3"'
        f' SizeZ="1" SizeT="1" Interleaved="true"{size}><Channel ID="Channel:{number}:0" SamplesPerPixel="3"/>'
        f'<TiffData IFD="{number}" PlaneCount="1"/></Pixels></Image>'
    )
