"""docs/images/flow.svg: the way from raw files to a verdict, as a map of lines and stations."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.documentation.pictures.svg_parts import BLUE, GREEN, ORANGE, RED, circle, drawing, track, words

PATH = Path("docs") / "images" / "flow.svg"
WIDTH, HEIGHT = 720, 704
# Distance of the two lines from the middle of their track.
_BESIDE = 7


@dataclass(frozen=True)
class Station:
    """A step, where it lies, and what is done there. lines: how many stop there; above: whether its name does."""

    x: int
    y: int
    name: str
    what: str
    lines: int = 2
    above: bool = False


_STATIONS = (
    Station(130, 70, "raw files", "images, slides, visits", 1),
    Station(350, 70, "dataset", "copies, groups, refused", 1),
    Station(570, 70, "splits", "the same, twice"),
    Station(540, 280, "runs", "networks, controls"),
    Station(250, 280, "metrics", "with 95 % intervals"),
    Station(180, 490, "leak premium", "one minus the other", above=True),
    Station(400, 490, "verdict", "on every number", 3, above=True),
    Station(600, 490, "report", "MLflow, archive", 3, above=True),
)
_PAPER = (
    Station(130, 610, "the paper", "what it prints", 1),
    Station(340, 610, "printed numbers", "do they fit each other?", 1),
)


def _split_track(offset: float) -> str:
    """From the splits to the report: right, down, left, down, right; `offset` from the middle, outwards."""
    o = offset
    return (
        f"M 570 {70 - o} H 620 A {50 + o} {50 + o} 0 0 1 {670 + o} 120 V 230 A {50 + o} {50 + o} 0 0 1 620 {280 + o} "
        f"H 110 A {50 - o} {50 - o} 0 0 0 {60 + o} 330 V 440 A {50 - o} {50 - o} 0 0 0 110 {490 - o} H 600"
    )


def _stop(station: Station) -> list[str]:
    tall = {1: 0.0, 2: _BESIDE, 3: _BESIDE + 6}[station.lines]
    x, y = station.x, station.y
    box = (
        f'<rect class="card line" x="{x - 13}" y="{y - 13 - tall:g}" width="26" height="{26 + 2 * tall:g}" rx="13" '
        'stroke-width="4"/>'
    )
    name, what = (y - 60 - tall, y - 34 - tall) if station.above else (y + 46 + tall, y + 71 + tall)
    return [box, words(x, name, station.name, 24, bold=True), words(x, what, station.what, 18, kind="soft")]


def svg() -> str:
    """The picture."""
    into = 490 + 2 * _BESIDE + 5
    lines = [
        track("M 130 70 H 570", BLUE),
        track(_split_track(_BESIDE), ORANGE),
        track(_split_track(-_BESIDE), GREEN),
        track(f"M 130 610 H 340 A 60 60 0 0 0 400 550 V {into}", RED),
        track(f"M 400 {into} H 600", RED),
    ]
    names = [
        circle(498, 186, 8, ORANGE),
        words(514, 192, "as published", 18, "start"),
        circle(498, 214, 8, GREEN),
        words(514, 220, "without leaks", 18, "start"),
    ]
    stops = [part for station in (*_STATIONS, *_PAPER) for part in _stop(station)]
    meaning = (
        "Raw files become a dataset, which is split twice: as published and without leaks. The same runs are trained "
        "on both; their metrics give the leak premium. What the paper prints is checked against itself, and every "
        "number of it gets a verdict from the metrics; all of it is in the report."
    )
    return drawing(WIDTH, HEIGHT, "From raw files to a verdict", meaning, [*lines, *names, *stops])
