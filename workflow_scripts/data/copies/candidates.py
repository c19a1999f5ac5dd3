"""Which pictures may be copies of which: those that share keypoints which few others have.

Every keypoint is a word of a vocabulary and, within it, a signature of 64 bits (Hamming embedding: Jégou, Douze and
Schmid 2008). Keypoints of one word whose signatures are alike speak for a pair of pictures, the more the rarer the word
is. Turned, cropped, brightened, stained and mirrored pictures keep most of their keypoints. Cost and memory grow with
the number of keypoints, since words have as many members whatever their number.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workflow_scripts.data.copies.mirrored import one_sided
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.copies.words import AT_A_TIME, SAMPLE, Vocabulary
from workflow_scripts.runtime.memory import drop_pages, own_pages

# Bits by which alike signatures may differ, and the number of bits that halves a vote and more.
BITS, SPREAD = 20, 12.0
# Pictures that each one is compared with: 49 of 50 known pairs of tissue were among them.
NEAREST = 10
# Members of a word that are compared; a word of more tells nothing apart.
CROWD = 2000
# Votes that are held before they are summed up; pairs that are held at most, and then so many times as many of each
# picture as are asked for. Only where everything looks alike are there so many.
HELD, MOST, SPARE = 1_000_000, 5_000_000, 16
# Pictures whose candidates are ranked at a time.
RANKED = 2000
# Directions of the signatures' bits, in whole numbers: their products with descriptors are exact on every processor.
_PLANES = np.rint(1024 * np.linalg.qr(np.random.default_rng(11).standard_normal((128, 128)))[0][:, :64])
_PLANES = _PLANES.astype(np.float32)
# Parts of one that a vote is a whole number of: sums of votes are exact, too.
_PART = 256


@dataclass(frozen=True)
class Candidates:
    """Pairs of pictures that may be copies: int64 n×2, first < second, those with most votes first.

    unmatched: keypoints that were compared with none when the time was over.
    """

    pairs: np.ndarray
    unmatched: int = 0


def candidates(records: np.ndarray, groups: np.ndarray, budget: TimeBudget, nearest: int = NEAREST) -> Candidates:
    """Of every picture the `nearest` pictures with most votes, as far as the time allows.

    `records`: dtype RECORD, one a picture; `groups`: int n, -1 where unknown: pictures of one group are no pair.
    """
    counts = records["count"].astype(np.int64)
    pictures = np.repeat(np.arange(len(records), dtype=np.int32), counts)
    if len(pictures) < 2:
        return Candidates(np.zeros((0, 2), np.int64))
    words, sides = _words(records, counts)
    order = np.argsort(words, kind="stable")
    bounds = _bounds(words[order])
    firsts = np.concatenate([[0], np.cumsum(counts)])
    pairs, votes = np.zeros(0, np.int64), np.zeros(0, np.float32)
    held: list[tuple[np.ndarray, np.ndarray]] = []
    matched = 0
    for start, stop in itertools.pairwise(bounds):
        if budget.over(matched, len(order), "keypoints"):
            break
        matched = int(stop)
        members = order[start:stop]
        if len(members) > CROWD:
            members = members[np.linspace(0, len(members) - 1, CROWD).astype(np.int64)]
        owners = pictures[members].astype(np.int64)
        descriptors = records["descriptors"][owners, members - firsts[owners]]
        held.append(_votes(descriptors, owners, sides[members], groups))
        if sum(len(weights) for _, weights in held) > HELD:
            drop_pages(records)
            pairs, votes = _added(pairs, votes, *_summed(held))
            held = []
            if len(pairs) > MOST:
                best = _best(pairs >> 1, votes, counts, SPARE * nearest)
                pairs, votes = pairs[best], votes[best]
    drop_pages(records)
    if held:
        pairs, votes = _added(pairs, votes, *_summed(held))
    return Candidates(_nearest(pairs >> 1, votes, counts, nearest), len(order) - matched)


def neighbours(groups: np.ndarray) -> np.ndarray:
    """int n×2: pictures of one group that follow each other; `groups`: int n, -1 where unknown."""
    order = np.argsort(groups, kind="stable")
    following = np.column_stack([order[:-1], order[1:]])
    same = (groups[following[:, 0]] == groups[following[:, 1]]) & (groups[following[:, 0]] >= 0)
    return following[same]


def _bounds(sorted_words: np.ndarray) -> np.ndarray:
    """Where each word begins in the sorted words, and where the last one ends."""
    return np.append(np.flatnonzero(np.diff(sorted_words, prepend=-1)), len(sorted_words))


def _descriptors(records: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """uint8 n×128 descriptors of the pictures in their order, some pictures at a time."""
    step = max(1, AT_A_TIME // records["descriptors"].shape[1])
    for start in range(0, len(records), step):
        part = records["descriptors"][start : start + step]
        used = np.arange(part.shape[1]) < counts[start : start + step, None]
        yield part[used]


def _words(records: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Word of every keypoint, and whether its descriptor was mirrored for it."""
    step = max(1, -(-int(counts.sum()) // SAMPLE))
    sample = np.concatenate([one_sided(part[::step])[0] for part in _descriptors(records, counts)])
    vocabulary = Vocabulary.of(sample, int(counts.sum()))
    # Filled in place: small arrays that stay between large ones that go would keep the memory of both.
    words, sides, start = np.empty(counts.sum(), np.int32), np.empty(counts.sum(), bool), 0
    for part in _descriptors(records, counts):
        rows = slice(start, start := start + len(part))
        values, sides[rows] = one_sided(part)
        words[rows] = vocabulary.word_of(values)
    return words, sides


def _votes(
    descriptors: np.ndarray, owners: np.ndarray, sides: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Votes of one word: pairs of pictures as numbers, the last bit for mirrored ones, and weights."""
    values = one_sided(descriptors)[0] @ _PLANES
    signatures = np.packbits(values > np.median(values, axis=0), axis=1).view(np.uint64)[:, 0]
    apart = np.bitwise_count(signatures[:, None] ^ signatures)
    left, right = np.nonzero(np.triu(apart <= BITS, 1))
    first, second = owners[left], owners[right]
    apart_by = (first != second) & ((groups[first] != groups[second]) | (groups[first] < 0))
    left, right, first, second = left[apart_by], right[apart_by], first[apart_by], second[apart_by]
    pair = np.minimum(first, second) * len(groups) + np.maximum(first, second)
    rarity = np.log1p(len(groups) / len(np.unique(owners)))
    weights = np.rint(_PART * rarity * np.exp(-((apart[left, right] / SPREAD) ** 2))) / _PART
    return pair * 2 + (sides[left] ^ sides[right]), weights.astype(np.float32)


def _summed(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Each pair once, ascending, with the sum of its votes."""
    keys, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[starts], np.add.reduceat(weights, starts) if len(starts) else weights


def _added(
    pairs: np.ndarray, votes: np.ndarray, keys: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs and votes with further ones; both ascend and have each pair once. To sort all takes twice the memory."""
    at = np.searchsorted(pairs, keys)
    present = np.zeros(len(keys), bool)
    inside = at < len(pairs)
    present[inside] = pairs[at[inside]] == keys[inside]
    votes[at[present]] += weights[present]
    at, keys, weights = at[~present], keys[~present], weights[~present]
    return _inserted(pairs, at, keys), _inserted(votes, at, weights)


def _inserted(values: np.ndarray, at: np.ndarray, further: np.ndarray) -> np.ndarray:
    """The values with further ones before those at the ascending positions, in pages of their own."""
    joined = own_pages(len(values) + len(further), values.dtype)
    are_further = np.zeros(len(joined), bool)
    are_further[at + np.arange(len(at))] = True
    joined[are_further], joined[~are_further] = further, values
    return joined


def _nearest(pairs: np.ndarray, votes: np.ndarray, counts: np.ndarray, nearest: int) -> np.ndarray:
    """The pairs that are among the `nearest` of either picture; `pairs`: first × pictures + second, may repeat."""
    kept = _best(pairs, votes, counts, nearest)
    kept = kept[np.argsort(-_scaled(pairs[kept], votes[kept], counts), kind="stable")]
    # A pair with and without a mirror is one.
    kept = kept[np.sort(np.unique(pairs[kept], return_index=True)[1])]
    return np.column_stack([pairs[kept] // len(counts), pairs[kept] % len(counts)])


def _best(pairs: np.ndarray, votes: np.ndarray, counts: np.ndarray, nearest: int) -> np.ndarray:
    """Rows of the pairs that are among the `nearest` of either picture, in their order."""
    first, second, scaled = (own_pages(len(pairs), np.dtype(kind)) for kind in (np.int32, np.int32, np.float32))
    for start in range(0, len(pairs), HELD):
        part = slice(start, start + HELD)
        first[part], second[part] = np.divmod(pairs[part], len(counts))
        scaled[part] = _scaled(pairs[part], votes[part], counts)
    best = np.zeros(len(pairs), bool)
    # Some pictures at a time: to rank all at once takes ten times as much memory as the pairs.
    for start in range(0, len(counts), RANKED):
        own = [np.flatnonzero((ends >= start) & (ends < start + RANKED)) for ends in (first, second)]
        rows, ends = np.concatenate(own), np.concatenate([first[own[0]], second[own[1]]])
        order = np.lexsort((-scaled[rows], ends))
        ranks = np.arange(len(order)) - np.searchsorted(ends[order], ends[order])
        best[rows[order[ranks < nearest]]] = True
    return np.flatnonzero(best)


def _scaled(pairs: np.ndarray, votes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Votes for each pair by the keypoints of its pictures: few keypoints give few votes."""
    first, second = pairs // len(counts), pairs % len(counts)
    return votes / np.sqrt(np.maximum(counts[first], 8) * np.maximum(counts[second], 8))
