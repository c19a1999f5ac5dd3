"""How far the published number may be from its own truth: it is of the paper's test set and of its trainings.

A paper prints one draw. How its samples spread it follows from the draws here: samples of the same kind are judged, so
an observation is worth as much there as here (design effect of groups, averages over classes and all), and the paper
has so many times as many. How trainings spread it follows from the seeds here. What is compared is then a difference of
two draws, whose interval is a prediction interval for a repeated study (Patil, Peng & Leek, Perspect. Psychol. Sci.
11:539, 2016; Spence & Stanley, PLoS ONE 11:e0162874, 2016).
"""

import math
from dataclasses import dataclass

import numpy as np

from workflow_scripts.evaluation.bootstrap import DEFINED, defined_mean
from workflow_scripts.evaluation.metric_registry import is_proportion
from workflow_scripts.evaluation.quantities import CONFUSIONS, Quantity
from workflow_scripts.evaluation.uncertainty import Uncertain, rare

# Of these no observation is worth more than one independent sample; of an average over classes it may be.
_COUNTED = ("accuracy", "sensitivity", "specificity", "precision", CONFUSIONS)


@dataclass(frozen=True)
class PaperSample:
    """What a published number rests on.

    value: as published, in the unit of the quantity; relative_size: the paper's samples over those here; trainings: of
    how many its number is the mean (each of all folds); same_images: the very same test images are judged here.
    """

    value: float
    relative_size: float = 1.0
    trainings: int = 1
    same_images: bool = False


@dataclass(frozen=True)
class PaperChance:
    """Standard errors of the published number, as of an `Uncertain`: None where unknown; 0 sampling of the same images,
    where it cancels. is_share: it cannot lie below 0 or above 1."""

    sampling: float | None
    training: float | None
    same_images: bool = False
    is_share: bool = False


def paper_chance(obtained: Quantity, metric: str, sample: PaperSample) -> PaperChance:
    """The published number's standard errors, from the draws and seeds of the obtained one."""
    own = obtained.uncertain
    # One training of the whole: the error here is of the mean over S of them.
    of_one = None if own.training is None else own.training * math.sqrt(obtained.points.shape[1])
    training = None if of_one is None else of_one / math.sqrt(sample.trainings)
    is_share = is_proportion(metric) and not obtained.difference
    if sample.same_images:
        return PaperChance(0.0, training, same_images=True, is_share=is_share)
    if own.sampling is None:
        return PaperChance(None, training)
    variance = _sampling_variance(obtained.draws, obtained.behind.widening, sample.trainings)
    if variance is None:
        return PaperChance(None, training)
    if not is_share:
        floor = rare(own.value, 0.0, obtained.behind.groups, obtained.n, obtained.difference)
        return PaperChance(max(math.sqrt(variance), floor) / math.sqrt(sample.relative_size), training)
    return PaperChance(_of_share(own.value, variance, obtained, metric, sample), training, is_share=True)


def paper_chance_of_share(obtained: Uncertain, samples: int, seeds: int, sample: PaperSample) -> PaperChance:
    """The same of a share of independent samples that are not drawn again, as the accuracy in an epoch."""
    training = None if obtained.training is None else obtained.training * math.sqrt(seeds / sample.trainings)
    if sample.same_images:
        return PaperChance(0.0, training, same_images=True, is_share=True)
    error = share_error(sample.value, samples * sample.relative_size)
    return PaperChance(error, training, is_share=True)


def share_error(share: float, size: float) -> float:
    """Standard error of a share of `size` independent observations, above 0 also where the share is 0 or 1.

    At least that of Agresti & Coull (Am. Stat. 52:119, 1998): two successes and two failures added.
    """
    inside = min(max(share, 0.0), 1.0)
    added = (inside * size + 2) / (size + 4)
    return math.sqrt(max(inside * (1 - inside) / size, added * (1 - added) / (size + 4)))


def _sampling_variance(draws: np.ndarray, widening: float, trainings: int) -> float | None:
    """Variance over samples of the mean of so many trainings, from F×S×D draws; None where it is undefined.

    The mean of several trainings on the same samples keeps what they share, the covariance of two.
    """
    by_seed = defined_mean(draws, axis=0)
    if (~np.isnan(by_seed)).mean() < DEFINED:
        return None
    seeds = by_seed.shape[0]
    of_one = float(np.nanvar(by_seed, axis=1, ddof=1).mean()) * widening
    if trainings == 1 or seeds == 1:
        return of_one
    pooled = defined_mean(by_seed, axis=0)
    of_mean = float(np.nanvar(pooled, ddof=1)) * widening
    shared = min(max((seeds * of_mean - of_one) / (seeds - 1), 0.0), of_one)
    return shared + (of_one - shared) / trainings


def _of_share(value: float, variance: float, obtained: Quantity, metric: str, sample: PaperSample) -> float:
    """Standard error of a published share: its own p (1 - p) / n, n in observations that are worth one here."""
    inside = min(max(value, 0.0), 1.0)
    worth = inside * (1 - inside) / variance if variance and 0 < inside < 1 else obtained.behind.size
    if metric in _COUNTED:
        worth = min(worth, obtained.n * sample.trainings)
    return share_error(sample.value, worth * sample.relative_size)
