"""The page of a run that was applied to new images: in doubt first, with every warning, and what the run is worth."""

from dataclasses import dataclass, replace

from workflow_scripts.evaluation.label_agreement import Agreement
from workflow_scripts.reporting.captions import DISCLAIMER
from workflow_scripts.reporting.pages.page import render
from workflow_scripts.reporting.pages.page_figure import PageFigure


@dataclass(frozen=True)
class Worth:
    """What the run came to on test images of its own study, under one or several protocols that are one split.

    value, low, high: accuracy with its 95 % interval; n: test units; leaks: pairs of samples that belong together and
    lie on both sides; applied: whether the network that was applied is of this split.
    """

    protocols: tuple[str, ...]
    value: float
    low: float | None
    high: float | None
    n: int
    leaks: int
    applied: bool

    def joined(self, first: "Worth | None") -> "Worth":
        """This and a first one of the same split as one row."""
        if first is None:
            return self
        return replace(first, protocols=first.protocols + self.protocols, applied=first.applied or self.applied)


@dataclass(frozen=True)
class NewImage:
    """An image on the page: path, what it looks like (a data URI), class and probability, doubt in [0, 1], warnings.

    next_classes: the next classes with their probabilities; label: what somebody says it is, empty without.
    """

    path: str
    uri: str
    predicted: str
    probability: float
    next_classes: tuple[tuple[str, float], ...]
    doubt: float
    why: str
    copy_of: str
    label: str

    @property
    def wrong(self) -> bool:
        """Whether the label is another class."""
        return bool(self.label) and self.label != self.predicted


@dataclass(frozen=True)
class NewImages:
    """All that the page shows.

    images: those in most doubt first; total: images with a prediction; counts: class → how often it is predicted;
    learned: class → training images; worth: by protocol; usual: share of images like those learned from that are
    called out of distribution all the same; passed_over: files that are no images which are read; scores: where labels
    are given; scores_without_copies: of those images that copy none it has learned from; labelled_unread: labelled
    files that could not be read.
    """

    name: str
    study: str
    run: str
    protocol: str
    synthetic: bool
    images: tuple[NewImage, ...]
    total: int
    refused: int
    passed_over: int
    out_of_distribution: int
    copies: int
    counts: dict[str, int]
    learned: dict[str, int]
    worth: tuple[Worth, ...]
    gradcam: PageFigure
    usual: float
    scores: Agreement | None
    scores_without_copies: Agreement | None
    labelled_unread: int


def new_images_page(content: NewImages) -> str:
    """The page, one HTML file that needs nothing else."""
    return render("new_images.html.j2", {"page": content, "disclaimer": DISCLAIMER})
