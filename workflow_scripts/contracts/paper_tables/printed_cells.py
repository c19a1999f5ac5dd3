"""A printed cell, understood: the number, and the interval, fraction, spread or second number printed with it."""

import re
from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.contracts.paper_tables.result_tables import PrintedValue, plain_number

# A number as papers print it, with the signs that stand at it.
_ONE = r"[+\-−–]?\s?(?:\d[\d,]*(?:[.,·∙]\s?\d+)?|[.·∙]\d+)\s?%?"
# A comma parts two numbers where a space follows it or where the numbers have points: `0,87` is one number.
_TO = r"\s*(?:–|—|−|‐|‑|‒|-|~|to|,(?=\s)|,(?=\d*\.)|;|\.\.\.?)\s*"
_LEVEL = r"(?:\d{2}\s?%\s*)?(?:C\.?I\.?|confidence interval|CrI)?\s*[:,=]?\s*"
_INTERVAL = re.compile(rf"{_LEVEL}({_ONE}){_TO}({_ONE})", re.IGNORECASE)
_FRACTION = re.compile(r"([\d,\u2009 ]*\d)\s*(?:/|⁄|∕|of|out of)\s*(\d[\d,\u2009 ]*)")
_SPREAD = re.compile(rf"(?:±|\+/-|\+-|\$\\pm\$|\\pm)\s*({_ONE})")
_SECOND = re.compile(rf"(?:n\s*=\s*|SD\s*[:=]?\s*)?({_ONE})")
_GROUP = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
# Signs of footnotes and of emphasis, and letters raised after a number.
_MARKS = re.compile(
    r"<sup>[^<]*</sup>|[*†‡§¶#‖↑↓★☆$]+|<[^>]{1,6}>|\\[a-z]+\{|[{}]|\^[a-z\d,*]+|[ᵃᵇᶜᵈᵉᶠ¹²³⁴⁵⁶⁷⁸⁹]+|(?<=\d)[a-d](?=$|[\s(\[,])"
    r"|(?<!\w)_+|_+(?!\w)"
)
# A count with its name, as cells of a 2 × 2 table have them.
_NAME = re.compile(r"^\s*(?:TP|FP|FN|TN|n)\s*[=:]\s*(?=\d)", re.IGNORECASE)
# A number that is only a bound is kept as text.
_BOUND = re.compile(rf"[<>≤≥≈~]=?\s?{_ONE}")
_EMPTY = re.compile(
    r"|-+|–+|—+|−+|\.+|…|/|n\.?\s?/?\s?[adr]\.?|none|not (?:reported|available|given|stated)|na|nan|nr|null"
)


def is_empty(text: str) -> bool:
    """Whether a cell says that there is no number: a dash, `n/a`, `not reported`, nothing."""
    return bool(_EMPTY.fullmatch(text.strip().lower()))


def read_cell(text: str) -> tuple[PrintedValue | None, str]:
    """The value of a cell, and what of it was not understood (empty where all was).

    None where no number leads the cell: what is left over is then the whole text.
    """
    rest = _MARKS.sub("", text.replace("\\pm", "±").replace("\\%", "%")).strip().strip("|").strip()
    rest = _NAME.sub("", rest)
    interval = fraction = in_brackets = plus_minus = None
    left_over: list[str] = []
    for part in _inside(rest):
        if (pair := _INTERVAL.fullmatch(part)) and interval is None and _ordered(pair):
            interval = (_shown(pair[1]), _shown(pair[2]))
        elif (parts := _FRACTION.fullmatch(part)) and fraction is None and _is_part(parts):
            fraction = (_count(parts[1]), _count(parts[2]))
        elif (within := _SPREAD.fullmatch(part)) and plus_minus is None:
            plus_minus = _shown(within[1])
        elif (number := _SECOND.fullmatch(part)) and in_brackets is None:
            in_brackets = _shown(number[1])
        else:
            left_over.append(part)
    outside = _GROUP.sub(" ", rest).strip()
    spread = _SPREAD.search(outside)
    if spread:
        plus_minus = _shown(spread[1])
        outside = (outside[: spread.start()] + outside[spread.end() :]).strip()
    outside, interval = _without_interval(outside, interval)
    outside, fraction = _without_fraction(outside, fraction)
    if not plain_number(outside) and (alone := _FRACTION.fullmatch(outside)) and fraction is None and _is_part(alone):
        # `120/130 (92.3)`: the share is in the brackets; alone, a fraction stands for its share.
        fraction = (_count(alone[1]), _count(alone[2]))
        outside, in_brackets = in_brackets or _shown(outside), None
    elif not plain_number(outside) and not _BOUND.fullmatch(outside):
        return None, text.strip()
    shown = PrintedValue(_shown(outside), interval, fraction, plus_minus, in_brackets)
    return shown, "; ".join(left_over)


def with_share_first(value: PrintedValue) -> PrintedValue:
    """The value of a cell of a share such as `48 (92.3)` or `120 (92.3%)`: the share in brackets, the count behind it.

    A count is told from a mean with its spread: it is whole, and above 100, below the share, or beside a percent sign.
    """
    number, share = value.number, PrintedValue(value.in_brackets or "")
    if number is None or share.number is None or value.decimals or value.percent or share.number > 100:
        return value
    is_count = number > 100 or share.percent or (1 < number < share.number)
    return replace(value, text=share.text, in_brackets=value.text) if is_count else value


def _inside(text: str) -> Iterator[str]:
    """What stands in brackets, an interval, fraction or number each where it can be taken apart."""
    for match in _GROUP.finditer(text):
        inside = next(group for group in match.groups() if group is not None).strip()
        whole = (
            _SPREAD.fullmatch(inside)
            or _INTERVAL.fullmatch(inside)
            or _FRACTION.fullmatch(inside)
            or _SECOND.fullmatch(inside)
        )
        parts = [inside] if whole else re.split(r";\s*|,\s+", inside)
        yield from (part.strip() for part in parts if part.strip() and not is_empty(part))


def _without_interval(outside: str, interval: tuple[str, str] | None) -> tuple[str, tuple[str, str] | None]:
    """`0.92, 0.87–0.96` and `0.92 0.87 to 0.96`: the number, and the interval that follows it without brackets."""
    if interval is None and not plain_number(outside):
        match = re.fullmatch(rf"({_ONE})\s*[,;]?\s+({_INTERVAL.pattern})", outside, re.IGNORECASE)
        if match and _ordered(inner := _INTERVAL.fullmatch(match[2])):
            assert inner is not None
            return match[1], (_shown(inner[1]), _shown(inner[2]))
    return outside, interval


def _without_fraction(outside: str, fraction: tuple[int, int] | None) -> tuple[str, tuple[int, int] | None]:
    """`120/130 92.3%` and `92.3% 120/130`: the share, and its parts beside it."""
    if fraction is None and not plain_number(outside):
        first = re.fullmatch(rf"{_FRACTION.pattern}\s*[,;=:]?\s+({_ONE})", outside)
        last = re.fullmatch(rf"({_ONE})\s*[,;=:]?\s+{_FRACTION.pattern}", outside)
        if first:
            return first[3], (_count(first[1]), _count(first[2]))
        if last:
            return last[1], (_count(last[2]), _count(last[3]))
    return outside, fraction


def _ordered(pair: re.Match[str] | None) -> bool:
    """Whether two numbers can be the ends of an interval: a thousand with its sign, `1,036`, is one number."""
    if pair is None:
        return False
    low, high = plain_number(pair[1]), plain_number(pair[2])
    return bool(low and high) and float(low) <= float(high)


def _is_part(parts: re.Match[str]) -> bool:
    """Whether the first of two numbers can be a part of the second: `92/91` are two rates."""
    return _count(parts[1]) <= _count(parts[2])


def _count(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _shown(text: str) -> str:
    """The number as printed, with its minus, point and percent sign, without spaces in it."""
    return re.sub(r"(?<=[\d.,])\s+(?=[\d%])", "", text.strip()).strip(",; ")
