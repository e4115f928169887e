"""A second look at every contrast, whoever named it: does the image look like what it was given as?

The images of a case are judged together: each contrast is there once, and what one shows that another does not says more
than either alone (of T1 and T1c, the one that shows more of what takes up contrast agent is T1c). What looks like none
of the four (a map, a subtraction, CT) is a kind of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.head import HeadLook
from SynthTrustLib.case.image_contrast import contrast_features
from SynthTrustLib.case.image_pair import Sampled, explained, pair_features
from SynthTrustLib.case.patient_case import Check, ContrastVolume, Verdict
from SynthTrustLib.case.read import ReadImage
from SynthTrustLib.resources import resource_path
from SynthTrustLib.vocabulary import Contrast

NUMBERS_FILE = "Recognition/second_look.json"

KINDS: tuple[Contrast | None, ...] = (*Contrast, None)
"""What an image can show; None: none of the contrasts."""

ORDERS = tuple(permutations(Contrast, 2))
"""What two images can show, neither of them none."""

FARTHEST = 6.0
"""Features are cut off this many standard deviations away: beyond, the fitted numbers say too much."""

COPY = 0.97
"""Two images that explain this share of each other's variance are one picture (most seen of two contrasts: 0.92)."""

FLAT = 0.5
"""With more of the head's voxels like their neighbour, an image is a map of labels."""

_PAIR_WEIGHT = 0.5
"""Of a pair beside the two images in it: they tell partly the same."""

Numbers = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Judge:
    """The fitted numbers.

    Attributes
    ----------
    kinds : sequence of mapping
        Networks of one hidden layer from `contrast_features` to KINDS, whose answers are averaged: ``mean``, ``scale``
        (feature,), ``inner`` (feature, hidden), ``inner_bias``, ``outer`` (hidden, kind), ``outer_bias``.
    orders : mapping
        A logistic regression of ORDERS on `pair_features`: ``mean``, ``scale``, ``weights`` (order, feature), ``bias``.
    doubts : sequence of float
        By how much another reading must be likelier (difference of natural logarithms) to be asked about, in a case of
        one, two, ... images.
    """

    kinds: Sequence[Numbers]
    orders: Numbers
    doubts: Sequence[float]

    def kind_shares(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Natural logarithm of the probability of each of KINDS, (kind,)."""
        answers = []
        for network in self.kinds:
            hidden = np.tanh(standardized(network, features) @ network["inner"] + network["inner_bias"])
            answers.append(_softmax(hidden @ network["outer"] + network["outer_bias"]))
        return np.asarray(np.log(np.maximum(np.mean(answers, axis=0), 1e-9)))

    def order_shares(self, pair: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Natural logarithm of the probability of each of ORDERS, (order,)."""
        scores = standardized(self.orders, pair) @ self.orders["weights"].T + self.orders["bias"]
        return np.asarray(np.log(np.maximum(_softmax(scores), 1e-4)))

    def suspects(
        self,
        images: Mapping[Contrast, npt.NDArray[np.float64]],
        pairs: Mapping[tuple[Contrast, Contrast], npt.NDArray[np.float64]],
    ) -> dict[Contrast, Contrast | None]:
        """Which images look like something else, and like what.

        `images` holds the `contrast_features` and `pairs` the `pair_features` by what the images were given as.
        """
        if not images:
            return {}
        best, gain = self.likeliest(images, pairs)
        return best if gain > self.doubts[len(images) - 1] else {}

    def likeliest(
        self,
        images: Mapping[Contrast, npt.NDArray[np.float64]],
        pairs: Mapping[tuple[Contrast, Contrast], npt.NDArray[np.float64]],
    ) -> tuple[dict[Contrast, Contrast | None], float]:
        """The likeliest of the other readings: what differs in it, and by how much it is likelier (logarithm)."""
        given = [KINDS.index(contrast) for contrast in images]
        readings = _readings(len(given))
        scores = sum(self.kind_shares(row)[readings[:, n]] for n, row in enumerate(images.values()))
        place = {contrast: n for n, contrast in enumerate(images)}
        for (a, b), pair in pairs.items():
            if a in place and b in place:
                table = np.full((len(KINDS), len(KINDS)), -np.log(len(ORDERS)))
                for order, share in zip(ORDERS, self.order_shares(pair), strict=True):
                    table[KINDS.index(order[0]), KINDS.index(order[1])] = share
                scores = scores + _PAIR_WEIGHT * table[readings[:, place[a]], readings[:, place[b]]]
        as_given = (readings == given).all(axis=1)
        best = int(np.argmax(np.where(as_given, -np.inf, scores)))
        found = {c: KINDS[k] for c, k in zip(images, readings[best], strict=True) if KINDS[k] is not c}
        return found, float(scores[best] - scores[as_given][0])


@lru_cache(maxsize=len(Contrast))
def _readings(count: int) -> npt.NDArray[np.intp]:
    """All that `count` images can show, as indices of KINDS, (reading, image): each contrast once at most."""
    none = KINDS.index(None)
    every = product(range(len(KINDS)), repeat=count)
    return np.array([r for r in every if all(r.count(kind) <= 1 for kind in range(none))], dtype=np.intp)


def check_looks(
    images: Mapping[Contrast, ReadImage], volumes: Mapping[Contrast, ContrastVolume], looks: Mapping[Contrast, HeadLook]
) -> list[Check]:
    """A concern for each image that looks like another contrast than it was given as, or like none.

    Parameters
    ----------
    images : mapping
        All that were given, as they lie in their files.
    volumes, looks : mapping
        Those that are in the case, on its grid, and the looks at the heads in them.
    """
    with ThreadPoolExecutor(len(images)) as pool:
        found = pool.map(lambda image: contrast_features(image.array, image.geometry, image.look), images.values())
        sampled = dict(zip(volumes, pool.map(lambda c: Sampled.of(volumes[c].array, looks[c]), volumes), strict=True))
        compared = {pair: pair_features(sampled[pair[0]], sampled[pair[1]]) for pair in combinations(sampled, 2)}
        features = dict(zip(images, found, strict=True))
    pairs = {pair: row for pair, row in compared.items() if row is not None}
    wrong: dict[Contrast, str] = {}
    for contrast, image in images.items():
        if features[contrast] is None:
            wrong[contrast] = "shows no head that can be told from its surroundings"
        elif flat_share(image.array, image.look) > FLAT:
            wrong[contrast] = "looks like a map of labels"
    rows = {c: row for c, row in features.items() if row is not None and c not in wrong}
    judge = load_judge()
    for contrast, kind in judge.suspects(rows, pairs).items():
        wrong[contrast] = f"looks like {kind}" if kind else f"looks like none of {', '.join(Contrast)}"
    for (a, b), pair in pairs.items():
        if explained(pair) >= COPY and not {a, b} & wrong.keys():
            # Of two that are one picture, the one that looks less like its contrast was named wrongly.
            shares = {c: judge.kind_shares(rows[c])[KINDS.index(c)] for c in (a, b)}
            odd, even = sorted((a, b), key=lambda c: shares[c])
            wrong[odd] = f"is the same picture as {even} but for its brightness"
    return [
        Check("looks", contrast, Verdict.CONCERN, f"{wrong[contrast]}, was given as {contrast}")
        for contrast in images
        if contrast in wrong
    ]


def flat_share(array: npt.NDArray[np.float32], look: HeadLook) -> float:
    """Share (0..1) of the head's voxels that are exactly like their neighbour along i."""
    coarse = array[tuple(slice(None, None, step) for step in look.steps)]
    inside = look.mask[..., 1:] & look.mask[..., :-1]
    return float(np.mean((coarse[..., 1:] == coarse[..., :-1])[inside])) if inside.any() else 0.0


@lru_cache(maxsize=1)
def load_judge() -> Judge:
    """The numbers that were fitted on real patients."""
    record = json.loads(resource_path(NUMBERS_FILE).read_text(encoding="utf-8"))
    return Judge(
        kinds=[_numbers(network) for network in record["kinds"]],
        orders=_numbers(record["orders"]),
        doubts=record["doubts"],
    )


def _numbers(record: Mapping[str, list[float]]) -> Numbers:
    return {name: np.array(values, dtype=np.float64) for name, values in record.items()}


def standardized(numbers: Numbers, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Features in standard deviations from their mean, within FARTHEST of it; the last axis holds the features."""
    return np.clip((features - numbers["mean"]) / numbers["scale"], -FARTHEST, FARTHEST)


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
