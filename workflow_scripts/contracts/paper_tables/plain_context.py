"""Lines of context above a pasted table: what the numbers rest on, and what the paper says of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches

from workflow_scripts.contracts.paper_tables.listed_values import ListedValue
from workflow_scripts.contracts.paper_tables.result_tables import ClassSizes

_SAID = re.compile(r"^\s*(?:[-*#>]+\s*)?\**([A-Za-z][A-Za-z _/-]{0,40}?)\**\s*(?::|=)\s*(.+?)\s*$")
# A line that says where a table stands, and its title.
PLACE = re.compile(
    r"^\s*(?:[#>*\s]*)((?:Supplementary |Suppl?\. ?|Extended Data )?(?:Table|Tab\.|Figure|Fig\.)\s*\w+(?:\.\d+)?)\b"
    r"[.:*]*\s*(.*?)\**\s*$",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?<![\w.])(\d[\d,]*)(?![\d.]|\s*[%x×]|\s?(?:classes|folds|years)\b)")
_THINGS = (
    "images?|samples?|cases|patients|cells|women|men|slides|tiles|patches|lesions|subjects|scans|smears|studies|exams|"
    "volumes|recordings|records|photographs|pictures|eyes|nodules|biopsies|frames|sections|specimens|persons|people|"
    "participants|individuals|visits|beats"
)
# How many things there are: a number with a word for them behind it, `n = 130`, or a number that stands alone.
_HOW_MANY = re.compile(
    rf"(?<![\w.-])(?:n\s*=\s*)?(\d[\d,]*)\s+(?:[a-z-]+\s+){{0,2}}?(?:{_THINGS})\b(?:\s+(?:of|from)\b)?"
    r"|\bn\s*=\s*(\d[\d,]*)|(?:^|[,;:]\s*)(\d[\d,]*)\s*$",
    re.IGNORECASE,
)


@dataclass
class Context:
    """What was said above a table; words that a paper does not say are None, as of a ResultTable."""

    id: str = ""
    citation: str = ""
    task: str = ""
    data_name: str = ""
    place: str = ""
    place_words: str = ""
    n: int | None = None
    positives: int | None = None
    negatives: int | None = None
    classes: ClassSizes | None = None
    class_names: tuple[str, ...] = ()
    n_classes: int | None = None
    public_size: int | None = None
    average: str | None = None
    aggregation: str | None = None
    unit: str | None = None
    interval_level: str | None = None
    same_samples: str | None = None
    rows_are: str | None = None
    stated: str | None = None
    is_matrix: bool = False
    listed: list[ListedValue] = field(default_factory=list)
    not_stated: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def _count(text: str) -> int | None:
    match = _SIZE.search(text)
    return int(match[1].replace(",", "")) if match else None


def _take_data(context: Context, text: str) -> bool:
    """`Herlev, 130 images`, `130 images of Herlev`, `ISIC 2019`, `130`: how many, and what remains as the name."""
    many = _HOW_MANY.search(text)
    if many and not _per_class(text):
        context.n = int(next(filter(None, many.groups())).replace(",", ""))
    name = " ".join(_HOW_MANY.sub(" ", text).split()).strip(" ,;()=")
    context.data_name = name or context.data_name
    return bool(name) or many is not None


def _per_class(text: str) -> bool:
    """Whether a number is said of each class."""
    return bool(re.search(r"\b(?:per|each|every)\b", text, re.IGNORECASE))


def _take_n(context: Context, text: str) -> bool:
    if _per_class(text):
        return False
    context.n = _count(text)
    return context.n is not None


def _take_positives(context: Context, text: str) -> bool:
    context.positives = _count(text)
    return context.positives is not None


def _take_negatives(context: Context, text: str) -> bool:
    context.negatives = _count(text)
    return context.negatives is not None


def _take_classes(context: Context, text: str) -> bool:
    """`normal 78, abnormal 52`, `normal: 78; abnormal: 52`, `normal, abnormal`, `grade 1, grade 2`, `5`, `100, 31`."""
    parts = [part.strip() for part in re.split(r"[;,](?!\d{3}\b)", text) if part.strip()]
    if len(parts) == 1 and (match := re.match(r"^(\d+)\b", parts[0])):
        context.n_classes = int(match[1])
        return True
    sized = [re.fullmatch(r"(.*?)\s*[:=(]?\s*(\d[\d,]*)\s*\)?(?:\s+[a-z]+)?", part) for part in parts]
    prefixes = {match[1].strip() for match in sized if match}
    numbered = len(parts) > 1 and len(prefixes) == 1 and prefixes != {""}
    if parts and all(sized) and not numbered:
        sizes = tuple(int(match[2].replace(",", "")) for match in sized if match)
        names = tuple(match[1].strip(" :=(") for match in sized if match)
        context.classes = ClassSizes(sizes, names if all(names) else ())
        context.class_names = names if all(names) else ()
        context.n_classes = len(sizes)
        return True
    context.class_names, context.n_classes = tuple(parts), len(parts)
    return len(parts) > 1


def _take_matrix(context: Context, text: str) -> bool:
    context.is_matrix = True
    context.rows_are = text.lower().removeprefix("rows are ").removeprefix("the ").strip() or None
    return True


def _words(attribute: str) -> Callable[[Context, str], bool]:
    def take(context: Context, text: str) -> bool:
        setattr(context, attribute, text)
        return True

    return take


def _take_note(context: Context, text: str) -> bool:
    context.notes.append(text)
    return True


def _take_not_stated(context: Context, text: str) -> bool:
    context.not_stated = tuple(part.strip() for part in text.split(",") if part.strip())
    return True


def _take_public(context: Context, text: str) -> bool:
    context.public_size = _count(text)
    return context.public_size is not None


# What a line may begin with → what takes the rest.
_TAKERS: dict[str, Callable[[Context, str], bool]] = {
    **dict.fromkeys(("data", "dataset", "data set", "test data", "test set"), _take_data),
    **dict.fromkeys(("n", "samples", "test samples", "images", "cases", "patients", "test images", "total"), _take_n),
    **dict.fromkeys(("classes", "class sizes", "class"), _take_classes),
    **dict.fromkeys(("positives", "positive", "diseased", "positive cases"), _take_positives),
    **dict.fromkeys(("negatives", "negative", "healthy", "negative cases"), _take_negatives),
    **dict.fromkeys(("average", "averaging", "averages"), _words("average")),
    **dict.fromkeys(("aggregation", "trainings", "training", "runs", "folds", "validation"), _words("aggregation")),
    **dict.fromkeys(("unit", "units"), _words("unit")),
    **dict.fromkeys(("ci", "interval", "intervals", "confidence interval", "level"), _words("interval_level")),
    **dict.fromkeys(("same samples", "same samples within"), _words("same_samples")),
    **dict.fromkeys(("place", "table"), _words("place")),
    **dict.fromkeys(("paper", "citation", "title", "article"), _words("citation")),
    **dict.fromkeys(("confusion matrix", "matrix", "rows", "rows are"), _take_matrix),
    "id": _words("id"),
    "task": _words("task"),
    "stated": _words("stated"),
    "public size": _take_public,
    **dict.fromkeys(("note", "notes", "remark"), _take_note),
    "not stated": _take_not_stated,
}
KEYS = tuple(_TAKERS)
_WORDS_KNOWN = (
    "known are data, n, positives, classes, average, aggregation, note and more, see docs/how-to/check_a_paper.md"
)
# Lines without a colon, as a person writes them.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"(one|a single|single) (training|run|split)\b.*", "aggregation"),
    (r"(mean|average|median)\b.*\b(of|over)\b.*\b(folds?|runs?|trainings?|seeds?|repeats?)\b.*", "aggregation"),
    (r"(pooled|\d+-fold|(five|ten|three)-?fold)\b.*", "aggregation"),
    (r"(macro|weighted|micro|two classes|binary|per class|one (against|vs\.?|versus) (all|rest))\b.*", "average"),
    (r"(in )?(percent|fractions?|counts?)", "unit"),
    (r"\d{2}(\.\d)?\s?%\s*(ci|confidence intervals?|intervals?)", "interval_level"),
    (r"(the )?same (samples|images|cases|test set)\b.*", "same_samples"),
    (r"rows are .*", "rows_are"),
)


def take_line(line: str, context: Context) -> str | None:
    """Put a line into the context; what was not understood, in words; None where the line is no line of context."""
    text = line.strip().strip("*").strip()
    place = PLACE.match(text)
    if place:
        context.place, context.place_words = place[1], place[2]
        context.is_matrix = context.is_matrix or "confusion" in place[2].lower()
        return ""
    if match := _SAID.match(text):
        key = " ".join(match[1].lower().replace("_", " ").split())
        if key in _TAKERS:
            return "" if _TAKERS[key](context, match[2]) else f"{match[2]!r} gives no number for {key}"
        near = get_close_matches(key, KEYS, 1, 0.6)
        return f"unknown word {match[1]!r} before the colon; " + (f"did you mean {near[0]}?" if near else _WORDS_KNOWN)
    lowered = text.lower().strip("#>- .")
    for pattern, attribute in _PHRASES:
        if re.fullmatch(pattern, lowered):
            kept = lowered.removeprefix("rows are ")
            setattr(context, attribute, re.sub(r"\s*%.*", " %", kept) if attribute == "interval_level" else kept)
            return ""
    if "confusion matrix" in lowered:
        context.is_matrix, context.place = True, context.place or text.strip("# ")
        return ""
    return None
