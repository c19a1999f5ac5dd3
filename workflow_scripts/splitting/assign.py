"""Give whole clusters to subsets so that the class counts come nearest to what is wanted."""

import numpy as np

# Few clusters are hard to balance and quick to try: so many clusters are placed over all restarts, within the bounds.
PLACED, RESTARTS = 3000, (4, 48)
SWAPPED = 1000  # with more clusters than this, moving single ones is near enough


def assign(counts: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Subset of each cluster: the best of several randomised greedy assignments, improved by moves and swaps.

    `counts` G×K: units of each class in a cluster; `targets` S×K: units wanted in each subset (rows may be zero:
    such a subset receives nothing unless the others overflow). Minimised is the sum over subsets and classes of the
    squared difference between obtained and wanted share of the class. Returns G integers in [0, S). A class that has a
    target above zero in a subset gets at least one cluster there, where that is possible; `empty_cells` tells.
    """
    big = np.flatnonzero(counts.sum(axis=1) > 1)
    single = np.flatnonzero(counts.sum(axis=1) == 1)
    totals = np.maximum(counts.sum(axis=0), 1)
    weight = 1.0 / totals.astype("float64") ** 2
    wanted = targets * (counts[big].sum(axis=0) / totals)  # single units fill the rest exactly
    best, best_score = np.zeros(len(counts), dtype="int64"), (np.inf, np.inf)
    restarts = int(np.clip(PLACED // max(len(big), 1), *RESTARTS)) if len(big) else 1
    for _ in range(restarts):
        chosen = np.zeros(len(counts), dtype="int64")
        chosen[big] = _improve(counts[big], wanted, weight, _greedy(counts[big], wanted, weight, rng))
        _fill(counts, targets, big, single, chosen, rng)
        _repair(counts, targets, weight, chosen)
        error = _sums(counts, chosen, len(targets)) - targets
        score = (len(empty_cells(counts, targets, chosen)), float((error**2 * weight).sum()))
        if score < best_score:
            best, best_score = chosen, score
    return best


def empty_cells(counts: np.ndarray, targets: np.ndarray, chosen: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (subset, class) that should have samples and have none."""
    sums = _sums(counts, chosen, len(targets))
    return [(int(s), int(k)) for s, k in np.argwhere((targets > 0) & (sums == 0))]


def _sums(counts: np.ndarray, chosen: np.ndarray, subsets: int) -> np.ndarray:
    sums = np.zeros((subsets, counts.shape[1]))
    np.add.at(sums, chosen, counts)
    return sums


def _greedy(counts: np.ndarray, wanted: np.ndarray, weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Largest clusters first (sizes jittered by up to a fifth), each where it lowers the loss most."""
    order = np.argsort(-counts.sum(axis=1) * rng.uniform(0.8, 1.0, len(counts)), kind="stable")
    error = -wanted.astype("float64")
    chosen = np.zeros(len(counts), dtype="int64")
    for cluster in order:
        to = int((error @ (counts[cluster] * weight)).argmin())
        chosen[cluster] = to
        error[to] += counts[cluster]
    return chosen


def _improve(counts: np.ndarray, wanted: np.ndarray, weight: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Move one cluster, or swap two, the most useful step first, until no step lowers the loss."""
    if not len(counts):
        return chosen
    weighted = counts * weight
    square = (counts * weighted).sum(axis=1, keepdims=True)
    rows = np.arange(len(counts))
    error = _sums(counts, chosen, len(wanted)) - wanted
    for _ in range(10 * len(counts)):
        pull = weighted @ error.T
        gain = pull - pull[rows, chosen][:, None] + square  # half of what the loss changes by
        gain[rows, chosen] = 0
        cluster, to = _smallest(gain)
        steps = [(cluster, to)]
        if gain[cluster, to] > -1e-12:
            steps = _swap(counts, weighted, square, pull, chosen)
        if not steps:
            break
        for cluster, to in steps:
            error[chosen[cluster]] -= counts[cluster]
            error[to] += counts[cluster]
            chosen[cluster] = to
    return chosen


def _smallest(gain: np.ndarray) -> tuple[int, int]:
    """Row and column of the smallest of G×S numbers."""
    row, column = np.unravel_index(int(gain.argmin()), gain.shape)
    return int(row), int(column)


def _swap(
    counts: np.ndarray, weighted: np.ndarray, square: np.ndarray, pull: np.ndarray, chosen: np.ndarray
) -> list[tuple[int, int]]:
    """The two moves that swap the best pair of clusters; none where no swap lowers the loss."""
    if len(counts) > SWAPPED:
        return []
    across = pull[:, chosen] - pull[np.arange(len(counts)), chosen][:, None]  # of a row's cluster to a column's subset
    gain = across + across.T + square + square.T - 2 * weighted @ counts.T
    first, second = _smallest(gain)
    if gain[first, second] > -1e-12 or chosen[first] == chosen[second]:
        return []
    return [(first, int(chosen[second])), (second, int(chosen[first]))]


def _fill(
    counts: np.ndarray,
    targets: np.ndarray,
    big: np.ndarray,
    single: np.ndarray,
    chosen: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Give clusters of one unit, class by class, to the subsets that lack most (optimal: the loss is convex)."""
    lack = targets - _sums(counts[big], chosen[big], len(targets))
    classes = counts[single].argmax(axis=1)
    for k in np.unique(classes):
        members = rng.permutation(single[classes == k])
        levels = lack[:, k][:, None] - np.arange(len(members))
        taken = np.argsort(-levels, axis=None, kind="stable")[: len(members)]
        chosen[members] = taken // len(members)


def _repair(counts: np.ndarray, targets: np.ndarray, weight: np.ndarray, chosen: np.ndarray) -> None:
    """Bring a cluster of the class into each subset that should have one, if that empties no other subset."""
    for _ in range(targets.size):
        empty = empty_cells(counts, targets, chosen)
        error = _sums(counts, chosen, len(targets)) - targets
        for subset, k in empty:
            candidates = []
            for cluster in np.flatnonzero(counts[:, k]):
                step = (error[subset] - error[chosen[cluster]] + counts[cluster]) @ (counts[cluster] * weight)
                moved = chosen.copy()
                moved[cluster] = subset
                if len(empty_cells(counts, targets, moved)) < len(empty):
                    candidates.append((float(step), int(cluster)))
            if candidates:
                chosen[min(candidates)[1]] = subset
                break
        else:
            return
