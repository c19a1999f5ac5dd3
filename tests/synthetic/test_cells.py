"""Synthetic cells: learnable, harder with `difficulty`, and of a look that the cells of one field share."""

import numpy as np
import pytest

from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.synthetic import smears
from workflow_scripts.synthetic.cells import class_traits
from workflow_scripts.synthetic.pictures import Plan, pictures


def cells(difficulty: float, effect: float, classes: int = 6, each: int = 40) -> tuple[np.ndarray, ...]:
    """Simple colour and texture features, class and field of synthetic cells."""
    labels = tuple("abcdefghijk"[:classes])
    plan = Plan(labels, Synthetic(each, 5, 48, difficulty, effect), False, 0, ("features",))
    made = [picture for picture in pictures(plan, smears.field) if not picture.broken and not picture.copy]
    images = np.array([picture.pixels for picture in made], dtype=np.float32) / 255
    middle = images[:, 14:34, 14:34]
    grey = images.mean(3).reshape(len(images), -1)
    parts = [
        images.mean((1, 2)),
        images.std((1, 2)),
        middle.mean((1, 2)),
        middle.std((1, 2)),
        images[:, :3].mean((1, 2)),
    ]
    features = np.concatenate([*parts, np.quantile(grey, (0.02, 0.05, 0.1, 0.25, 0.5, 0.75), axis=1).T], axis=1)
    y = np.array([picture.class_index for picture in made])
    return features, y, np.array([f"{picture.label}{picture.field}" for picture in made])


def accuracy(features: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> float:
    """Mean accuracy of a logistic regression over folds by sample or by group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = (StratifiedKFold if groups is None else StratifiedGroupKFold)(3, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    return float(cross_val_score(model, features, y, groups=groups, cv=folds).mean())


def test_classes_can_be_learnt_but_not_trivially() -> None:
    features, y, groups = cells(difficulty=0.5, effect=1.0)
    assert 0.45 < accuracy(features, y, groups) < 0.9


def test_difficulty_makes_it_harder() -> None:
    scores = [accuracy(*cells(difficulty, 0.5)) for difficulty in (0.0, 1.0)]
    assert scores[0] > scores[1] + 0.2


def test_with_a_strong_field_effect_a_split_by_sample_looks_better_than_by_field() -> None:
    features, y, groups = cells(difficulty=0.5, effect=3.0)
    assert accuracy(features, y, None) > accuracy(features, y, groups) + 0.08
    features, y, groups = cells(difficulty=0.5, effect=0.0)
    assert abs(accuracy(features, y, None) - accuracy(features, y, groups)) < 0.05


@pytest.mark.parametrize("count", [2, 7, 11, 20])
def test_every_number_of_classes_has_centres_far_apart(count: int) -> None:
    centres = np.array([list(vars(class_traits(index, 0.0)).values()) for index in range(count)])
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2) + 9 * np.eye(count)
    assert centres.min() >= 0 and centres.max() <= 1
    assert gaps.min() > 0.3


def test_synthetic_pictures_of_different_cells_are_not_near_equal() -> None:
    from PIL import Image

    from workflow_scripts.data.equal_pairs import thumbnail

    plan = Plan(("a", "b", "c"), Synthetic(100, 5, 64, 0.5, 1.0), False, 0, ("unlike",))
    made = [picture for picture in pictures(plan, smears.field) if not picture.copy]
    vectors = np.array([thumbnail(Image.fromarray(picture.pixels)) for picture in made])
    closest = np.sqrt((1 - (vectors @ vectors.T - 2 * np.eye(len(vectors))).max()) / 2)
    assert closest > 0.1


def test_a_handful_of_images_holds_no_copies_and_no_broken_files() -> None:
    plan = Plan(("a", "b"), Synthetic(10, 5, 24, 0.5, 1.0), False, 0, ("few",))
    made = list(pictures(plan, smears.field))
    assert len(made) == 20 and not any(picture.copy or picture.broken for picture in made)
