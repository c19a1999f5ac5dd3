"""How numbers, metrics and kinds of things are written in pages: one wording everywhere."""

import math
import re
from typing import Any

from workflow_scripts.evaluation.metric_registry import described

# Order of the columns of the runs' table, after the headline metric.
TABLE_METRICS = ("accuracy", "macro_precision", "macro_sensitivity", "macro_f1", "macro_auc", "ece")

LEAK_NAMES = {
    "group": "same group",
    "unit": "same unit",
    "equal_bytes": "equal files",
    "equal_pixels": "equal pixels",
    "equal_rows": "equal numbers",
    "near_equal": "near-equal pixels",
    "flipped": "mirrored copies",
    "turned": "turned copies",
    "cropped": "parts of the other",
    "overlapping": "overlapping parts",
    "stained": "copies in other colours",
    "brightened": "brighter or darker copies",
    "resized": "resized copies",
    "saved_again": "copies saved again",
}
REASON_NAMES = {
    "empty_file": "empty file",
    "not_an_image": "not an image",
    "truncated": "cut off",
    "too_large": "too large",
    "too_small": "too small",
    "unsupported_mode": "colour mode not supported",
    "unreadable": "cannot be read",
    "no_label": "no label",
    "outside_image": "outside the image",
    "missing_file": "file is missing",
    "duplicate_id": "same id twice",
    "special_file": "pipe or device",
    "folder_link": "link to a folder read elsewhere",
    "other_ending": "ending that is not read",
    "not_a_number": "not a number",
    "incomplete": "lacks what must be known of it",
    "not_dicom": "no DICOM file, whatever its name",
    "constant_image": "all pixels have one value",
    "duplicate_slice": "another image of the series at the same place",
    "no_slice": "a row that names no slice of a chosen series",
    "equal_slide": "same bytes as another slide",
    "no_microns": "says no size of its pixels",
    "too_coarse": "scanned more coarsely than tiles are",
    "fluorescence": "fluorescence or dark field",
    "blank": "no tissue",
    "only_pen": "nothing but pen marks",
    "no_tile": "no tile with enough tissue",
    "not_a_slide": "no whole slide, whatever its name",
    "no_patient": "a row that names no patient",
    "no_time": "a visit without a time",
    "impossible_date": "an impossible time, or one after the end of follow-up",
    "out_of_order": "visits out of order",
    "duplicate_visit": "two visits of one time",
    "no_outcome": "no outcome",
}
# What of synthetic data is checked, by which measure.
TRUTH_NAMES = {
    ("duplicates", "precision"): "Equal pictures: fraction of the pairs found that are true pairs",
    ("duplicates", "recall"): "Equal pictures: fraction of the true pairs that were found",
    ("refused", "precision"): "Refused patients: fraction whose visits or outcome have that fault",
    ("refused", "recall"): "Patients with a fault in their visits or outcome: fraction that were refused for it",
    ("masks", "dice"): "Masks of nuclei: Dice coefficient with the true nuclei",
    ("tissue", "dice"): "Tissue of slides: Dice coefficient with the true tissue",
    ("gradcam", "energy"): "Grad-CAM: fraction of the maps that lies on the true region",
}
MINUS = "−"
DASH = "–"


def missing(value: object) -> bool:
    """Whether a number is absent (None or NaN)."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def metric_name(metric: str) -> str:
    """A metric's name in words; an unknown one keeps its own."""
    description = described(metric)
    return description.words if description else metric.replace("_", " ")


# Names of persons in the names of metrics.
_PERSONS = ("Cohen's", "Brier")


def in_sentence(name: str) -> str:
    """A name within a sentence: words in small letters, abbreviations (AUC, F1-score) and persons as they are."""
    kept = re.compile(rf"\W*[A-Z0-9]{{2,}}\b.*|{'|'.join(_PERSONS)}")
    return " ".join(word if kept.fullmatch(word) else word.lower() for word in name.split(" "))


def at_start(words: str) -> str:
    """Words at the start of a sentence: a capital first, the rest as it is."""
    return words[:1].upper() + words[1:]


def in_percent(metric: str) -> bool:
    """Whether a metric is written in percent; shares of samples are, the rest are pure numbers."""
    description = described(metric)
    return description is not None and description.percent


def percent_beside(metric: str, printed: str) -> bool:
    """Whether a metric is written in percent beside a printed number: as the paper writes it, else as usual."""
    if printed.endswith("%"):
        return True
    return in_percent(metric) and not re.fullmatch(r"(?:about )?[01]?\.\d+", printed)


def lower_is_better(metric: str) -> bool:
    """Whether less of a metric is better, as of a loss."""
    description = described(metric)
    return description is not None and description.lower_is_better


def number(metric: str, value: float | None, percent: bool | None = None) -> str:
    """A metric's value as text: shares in percent with one digit, pure numbers with three; a dash where undefined.

    `percent`: whether in percent; None: as the metric is usually written.
    """
    if value is None or missing(value):
        return DASH
    if in_percent(metric) if percent is None else percent:
        return f"{100 * value:.1f} %".replace("-", MINUS)
    return f"{value:.3f}".replace("-", MINUS)


def printed_number(metric: str, value: float) -> str:
    """A paper's number in the unit of `number`, with no digit that the paper does not print: 77 %, and not 77.00 %."""
    text = f"{100 * value:.10g} %" if in_percent(metric) else f"{value:.10g}"
    return text.replace("-", MINUS)


def interval(metric: str, low: float | None, high: float | None, percent: bool | None = None) -> str:
    """The two ends of an interval in the unit of `number`, without the unit; empty where there is none."""
    if low is None or high is None or missing(low) or missing(high):
        return ""
    scale, digits = (100, 1) if (in_percent(metric) if percent is None else percent) else (1, 3)
    return f"{scale * low:.{digits}f} to {scale * high:.{digits}f}".replace("-", MINUS)


def points(value: float | None) -> str:
    """A difference of two shares in percentage points, with its sign; what rounds to nothing has none."""
    if value is None or missing(value):
        return DASH
    text = f"{100 * value:+.1f}".replace("-", MINUS)
    return text[1:] if text[1:] == "0.0" else text


def p_value(p: float | None) -> str:
    """A p-value with two significant digits, with three where two would be 0.05; below 0.001 only that."""
    if p is None or missing(p):
        return DASH
    if p < 0.001:
        return "< 0.001"
    text = f"{p:.2g}"
    return f"{p:.3g}" if text == "0.05" else text


def chance_words(pairs: float) -> str:
    """How many pairs are expected by chance: what is rarer than one in a hundred studies is not told apart."""
    return "fewer than 0.01" if pairs < 0.01 else f"{pairs:.2g}"


def share(part: float, whole: float) -> str:
    """part of whole in percent, without digits unless below ten; a dash of nothing."""
    if not whole:
        return DASH
    value = 100 * part / whole
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def duration(seconds: float | None) -> str:
    """Seconds as people say it: 4.2 s, 3 min 20 s, 2 h 05 min."""
    if seconds is None or missing(seconds):
        return DASH
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def energy(joules: float | None) -> str:
    """Joules in the unit that fits: 35 J, 2.4 Wh, 1.3 kWh."""
    if joules is None or missing(joules):
        return DASH
    for unit, size in (("kWh", 3.6e6), ("Wh", 3.6e3)):
        if joules >= size:
            return f"{joules / size:.3g} {unit}"
    return f"{joules:.3g} J"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 run`, `3 runs`; thousands are parted by a thin space."""
    return f"{grouped(count)} {noun if count == 1 else many or noun + 's'}"


def grouped(count: int) -> str:
    """A whole number with its thousands parted by a thin space."""
    return f"{count:,}".replace(",", "\u202f")


def opened(text: str) -> str:
    """A text as it opens a sentence or a cell; names in it keep their capitals."""
    return text[:1].upper() + text[1:]


def plain(value: Any) -> str:
    """A setting's value as people write it."""
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(item)}" for key, item in sorted(value.items()))
    if isinstance(value, list):
        return (" : " if any(isinstance(item, float) for item in value) else ", ").join(map(plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def with_minus(text: str) -> str:
    """A text whose negative numbers have a minus sign instead of a hyphen."""
    return re.sub(r"(?<![\w.-])-(?=\d)", MINUS, text)
