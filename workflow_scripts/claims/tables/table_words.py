"""What a paper's words about a table mean for its arithmetic: averages, aggregates, rows that sum up others."""

import re
from collections.abc import Mapping

# How values of several classes were put together.
TWO_CLASSES, PER_CLASS, OVER_CLASSES, UNSAID = "two classes", "per class", "over classes", "not said"
# Of how many trainings or folds a number is.
SINGLE, MEANS = "single", "means"

_KIND = r"mean|average|avg\.?|total|sum|pooled|overall|over all|all"
_KIND_BEFORE = r"overall|grand|macro|weighted|micro|unweighted|arithmetic|sample|samples|support"
_SUMS_UP = re.compile(
    rf"(?:(?:{_KIND_BEFORE})[ -]+)*(?:{_KIND})(?: \(.*\)| of .*| ?[±/].*)?"
    r"|macro|micro|weighted|(?:[\w-]+ )+(?:mean|average|avg)"
)
# A row of one of these beside rows of rates holds no rates of one model: each column has its own.
_STATISTIC = re.compile(
    r"(?:p|χ2|χ²|chi-?squared?|[tz](?=[ -]?[vs]))(?:[ -]?(?:values?|statistics?))?"
    r"|(?:mcnemar|delong|wilcoxon)(?:['’]s)?(?: test)?(?: p)?"
    r"|δ|delta|(?:(?:absolute|relative|mean|net) )?(?:differences?|diff\.?|improvements?|gains?|increase|change)"
    r"|(?:95\s?% ?)?(?:ci|confidence interval)(?: of| for)?(?: the)?(?: differences?)?"
    r"|s\.?d\.?|std\.?(?: ?dev(?:iation|\.)?)?|standard (?:deviation|error)|s\.?e\.?m\.?|variance|iqr|range|medians?"
    r"|min(?:\.|imum)?|max(?:\.|imum)?|best|worst|highest|lowest"
)
# What may follow its name: what it is between, its unit.
_OF_STATISTIC = re.compile(
    r"\s*(?:[(\[].*[)\]]|\b(?:.* )?(?:of|for|vs\.?|between|over|across) .*|folds?|runs?|[,:%].*)?\s*"
)
# Kinds of names below which `P` is a p-value.
_COMPARED = ("model", "who", "test", "row")
_PLAIN_MEAN = re.compile(r"\b(?:mean|average|avg|macro)\b")
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_CLASS_KEYS = ("class", "classes", "label", "category", "comparison", "type", "lesion", "diagnosis", "grade", "finding")


def sums_up(label: str) -> bool:
    """Whether a row of this name sums up others: `Mean`, `Average of models`, `macro avg`, `Total`."""
    return bool(_SUMS_UP.fullmatch(" ".join(label.lower().split())))


def are_statistics(label: Mapping[str, str]) -> bool:
    """Whether a row of these names holds no rates of one model: `Difference`, `p value`, `SD`, `Min`.

    `P` alone may be the name of a class, as of a wave.
    """
    for kind, name in label.items():
        words = " ".join(name.lower().split())
        match = _STATISTIC.match(words)
        if match and _OF_STATISTIC.fullmatch(words[match.end() :]):
            return words != "p" or kind in _COMPARED
    return False


def is_plain_mean(label: str) -> bool:
    """Whether a row of this name is an unweighted mean of others, by its name."""
    words = label.lower()
    return bool(_PLAIN_MEAN.search(words)) and "weighted" not in words.replace("unweighted", "")


def average_kind(average: str | None) -> str:
    """TWO_CLASSES, PER_CLASS, OVER_CLASSES or UNSAID, of what a table says of its averages."""
    words = (average or "").lower()
    if not words or "not said" in words or "not stated" in words:
        return UNSAID
    if re.search(r"\btwo class|\bbinary\b|positive class", words):
        return TWO_CLASSES
    if re.search(r"per class|each class|one against|one vs|one-vs|class-wise|classwise", words):
        return PER_CLASS
    return OVER_CLASSES if re.search(r"macro|micro|weighted", words) else UNSAID


def aggregate_kind(aggregation: str | None) -> str:
    """SINGLE, MEANS or UNSAID, of what a table says of trainings and folds."""
    words = (aggregation or "").lower()
    if re.search(r"\bsingle\b|\bpooled\b|\bone (?:training|run|split|model)\b|hold-?out", words):
        return SINGLE
    if re.search(r"mean|averag|median|fold|runs|seeds|repeat|bootstrap", words) and "said" not in words:
        return MEANS
    return UNSAID


def takes_median(aggregation: str | None) -> bool:
    """Whether the numbers are said to be medians."""
    return "median" in (aggregation or "").lower()


def class_key(keys: tuple[str, ...]) -> str:
    """The kind of name by which rows are told apart as classes, empty where none is called so."""
    for wanted in _CLASS_KEYS:
        for key in keys:
            if key.lower() == wanted:
                return key
    return ""


def number_in_words(number: int) -> str:
    """`three` of 3; digits where there is no short word."""
    return next((word for word, value in _NUMBERS.items() if value == number), str(number))


def class_number(text: str) -> int | None:
    """How many classes words speak of, `five cell classes`, `three-class task`; None where they do not, or vary."""
    counts = re.findall(rf"\b({'|'.join(_NUMBERS)}|\d{{1,2}})[ -](?:\w+[ -]){{0,2}}?class(?:es)?\b", text.lower())
    numbers = {_NUMBERS.get(word) or int(word) for word in counts}
    if re.search(r"\bbinary\b", text.lower()):
        numbers.add(2)
    return numbers.pop() if len(numbers) == 1 else None
