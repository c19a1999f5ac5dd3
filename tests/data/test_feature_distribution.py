"""Features of new images against those of training images."""

import numpy as np

from workflow_scripts.data.feature_distribution import FeatureDistribution
from workflow_scripts.data.out_of_distribution import WITHIN


def clusters(count, centres, spread=0.1, seed=0):
    generator = np.random.default_rng(seed)
    return np.concatenate([centre + spread * generator.normal(size=(count, len(centre))) for centre in centres])


def test_images_like_the_training_images_are_within_and_another_class_is_not():
    known, unknown = np.eye(8)[:3], np.eye(8)[5:6]
    features = FeatureDistribution.of(clusters(200, known), clusters(200, known, seed=1))
    usual = features.distances(clusters(500, known, seed=2))
    assert abs((usual <= 1).mean() - WITHIN) < 0.01
    assert (features.distances(clusters(50, unknown, seed=3)) > 1).all()


def test_the_length_of_features_does_not_matter():
    known = clusters(20, np.eye(4)[:2])
    features = FeatureDistribution.of(known, clusters(20, np.eye(4)[:2], seed=1))
    np.testing.assert_allclose(features.distances(known), features.distances(7 * known), rtol=1e-5, atol=1e-6)


def test_a_handful_of_equal_images_has_a_limit():
    features = FeatureDistribution.of(np.ones((3, 4)), np.ones((1, 4)))
    assert (features.distances(np.ones((2, 4))) <= 1).all() and features.distances(-np.ones((1, 4)))[0] > 1
