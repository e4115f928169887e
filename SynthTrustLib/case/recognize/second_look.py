"""A second look at every contrast, whoever named it: does the image look like what it was given as?

The images of a case are judged together: each contrast is there once, and what one shows that another does not says
more than either alone (of T1 and T1c, the one that shows more of what takes up contrast agent is T1c). What looks like
none of the four (a map, a subtraction, CT) is a kind of its own. What was plainly worked out from others is told first.
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

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.head.look import HeadLook
from SynthTrustLib.case.patient_case import ContrastVolume
from SynthTrustLib.case.recognize.derived_image import has_both_signs, is_copy, is_difference, is_label_map
from SynthTrustLib.case.recognize.image_contrast import contrast_features
from SynthTrustLib.case.recognize.image_pair import Sampled, pair_features
from SynthTrustLib.resources import resource_path
from SynthTrustLib.vocabulary import Contrast

NUMBERS_FILE = "Recognition/second_look.json"

KINDS: tuple[Contrast | None, ...] = (*Contrast, None)
"""What an image can show; None: none of the contrasts."""

ORDERS = tuple(permutations(Contrast, 2))
"""What two images can show, neither of them none."""

FARTHEST = 6.0
"""Features are cut off this many standard deviations away: beyond, the fitted numbers say too much."""

FINEST_NEEDED = 64
"""Voxels across a head (the root of its area in a slice): the numbers speak of texture (coarsest head seen: 113)."""

_PAIR_WEIGHT = 0.5
"""Of a pair beside the two images in it: they tell partly the same."""

Numbers = Mapping[str, npt.NDArray[np.float64]]

Reading = tuple[dict[str, Contrast | None], float]
"""What the images that do not show what they were given as show, and by how much that is likelier (logarithm)."""


@dataclass(frozen=True, eq=False)
class Judge:
    """The fitted numbers."""

    kinds: Sequence[Numbers]
    """Networks of one hidden layer from `contrast_features` to KINDS, whose answers are averaged: ``mean``, ``scale``
    (feature,), ``inner`` (feature, hidden), ``inner_bias``, ``outer`` (hidden, kind), ``outer_bias``."""
    orders: Numbers
    """A logistic regression of ORDERS on `pair_features`: ``mean``, ``scale``, ``weights`` (order, feature),
    ``bias``."""
    doubts: Sequence[tuple[float, float]]
    """By how much another reading must be likelier (difference of natural logarithms) to be asked about, in a case of
    one, two, ... images: one of contrasts alone, and one in which an image shows none."""

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
        images: Mapping[str, npt.NDArray[np.float64]],
        pairs: Mapping[tuple[str, str], npt.NDArray[np.float64]],
        told: Mapping[str, Mapping[str, float]] | None = None,
    ) -> dict[str, Contrast | None]:
        """Which images look like something else, and like what.

        `images` holds the `contrast_features`, `pairs` the `pair_features`, and `told` what an image's header speaks
        for (natural logarithm, by contrast), by what the images were given as.
        """
        if not images:
            return {}
        readings = zip(self.likeliest(images, pairs, told), self.doubts[len(images) - 1], strict=True)
        doubted = [reading for reading, doubt in readings if reading[1] > doubt]
        return max(doubted, key=lambda reading: reading[1])[0] if doubted else {}

    def likeliest(
        self,
        images: Mapping[str, npt.NDArray[np.float64]],
        pairs: Mapping[tuple[str, str], npt.NDArray[np.float64]],
        told: Mapping[str, Mapping[str, float]] | None = None,
    ) -> tuple[Reading, Reading]:
        """The likeliest other reading in which all show contrasts, and that in which one or more show none."""
        given = [KINDS.index(contrast) for contrast in images]
        readings = _readings(len(given))
        scores = np.zeros(len(readings))
        for n, (given_as, row) in enumerate(images.items()):
            said = (told or {}).get(given_as, {})
            witnessed = self.kind_shares(row) + [said.get(kind, 0.0) if kind else 0.0 for kind in KINDS]
            scores += witnessed[readings[:, n]]
        place = {contrast: n for n, contrast in enumerate(images)}
        for (a, b), pair in pairs.items():
            if a in place and b in place:
                table = np.full((len(KINDS), len(KINDS)), -np.log(len(ORDERS)))
                for order, share in zip(ORDERS, self.order_shares(pair), strict=True):
                    table[KINDS.index(order[0]), KINDS.index(order[1])] = share
                scores = scores + _PAIR_WEIGHT * table[readings[:, place[a]], readings[:, place[b]]]
        as_given = (readings == given).all(axis=1)
        with_none = (readings == KINDS.index(None)).any(axis=1)

        def best_of(some: npt.NDArray[np.bool_]) -> Reading:
            best = int(np.argmax(np.where(some, scores, -np.inf)))
            found = {c: KINDS[k] for c, k in zip(images, readings[best], strict=True) if KINDS[k] != c}
            return found, float(scores[best] - scores[as_given][0])

        return best_of(~with_none & ~as_given), best_of(with_none)


@lru_cache(maxsize=len(Contrast))
def _readings(count: int) -> npt.NDArray[np.intp]:
    """All that `count` images can show, as indices of KINDS, (reading, image): each contrast once at most."""
    none = KINDS.index(None)
    every = product(range(len(KINDS)), repeat=count)
    return np.array([r for r in every if all(r.count(kind) <= 1 for kind in range(none))], dtype=np.intp)


def check_looks(
    images: Mapping[str, ReadImage], volumes: Mapping[str, ContrastVolume], looks: Mapping[str, HeadLook]
) -> list[Check]:
    """A concern for each image that looks like another contrast than it was given as, or like none.

    Of each that the fitted numbers could not judge there is a row that says so.

    `images`: all that were given, as they lie in their files. Those of contrasts that nothing was fitted for are only
    looked at as copies and differences. `volumes` and `looks`: those that are in the case, on its grid, and the looks
    at the heads in them.
    """
    across = {contrast: _voxels_across(image) for contrast, image in images.items()}
    fine = {contrast: image for contrast, image in images.items() if across[contrast] >= FINEST_NEEDED}
    with ThreadPoolExecutor(len(images)) as pool:
        found = pool.map(lambda image: contrast_features(image.array, image.geometry, image.look), fine.values())
        features = dict(zip(fine, found, strict=True))
    judge = load_judge()
    wrong = {c: "shows no head that can be told from its surroundings" for c, row in features.items() if row is None}
    for contrast, image in images.items():
        if contrast not in wrong and is_label_map(image.array, image.look):
            wrong[contrast] = "looks like a map of labels"
        elif contrast not in wrong and has_both_signs(image.array, image.look):
            wrong[contrast] = "looks like a difference of two images"
    rows = {c: row for c, row in features.items() if row is not None and c not in wrong and c in KINDS}
    shown = {c: (volume.array, looks[c]) for c, volume in volumes.items() if c not in wrong}
    grid = next(volume.native for volume in volumes.values() if not volume.resampled)
    for contrast in images.keys() - volumes.keys() - wrong.keys():
        # Left out as it fits none of the others: of a difference, one of its sources often does not.
        if images[contrast].geometry.is_same(grid):
            shown[contrast] = (images[contrast].array, images[contrast].look)
    shown = {c: shown[c] for c in images if c in shown}
    for a, b in combinations(shown, 2):
        if not wrong.keys() & {a, b} and is_copy(*shown[a], *shown[b]):
            # Of two that are one picture, the one that looks less like its contrast was named wrongly.
            likely = {c: judge.kind_shares(rows[c])[KINDS.index(c)] if c in rows else 0.0 for c in (b, a)}
            odd, even = sorted(likely, key=lambda c: likely[c])
            wrong[odd] = f"is the same picture as {even} but for its brightness"
    # After the copies: whatever is made of an image is made of its copy, too.
    for triple in permutations(shown, 3):
        if triple[1] < triple[2] and not wrong.keys() & set(triple) and is_difference(*(shown[c] for c in triple)):
            wrong[triple[0]] = f"is a difference of {triple[1]} and {triple[2]}"
    rows = {c: row for c, row in rows.items() if c not in wrong and np.isfinite(row).all()}
    sampled = {c: Sampled.of(*shown[c]) for c in rows if c in volumes}
    compared = {pair: pair_features(sampled[pair[0]], sampled[pair[1]]) for pair in combinations(sampled, 2)}
    pairs = {pair: row for pair, row in compared.items() if row is not None}
    for contrast, kind in judge.suspects(rows, pairs, {c: images[c].told for c in rows}).items():
        wrong[contrast] = f"looks like {kind}" if kind else f"looks like none of {', '.join(Contrast)}"
    checks = []
    for contrast in images:
        if contrast in wrong:
            checks.append(Check("looks", contrast, Verdict.CONCERN, f"{wrong[contrast]}, was given as {contrast}"))
        elif contrast not in rows:
            why = "nobody has taught how that looks" if contrast not in KINDS else "its values span too much"
            why = f"its head is only {across[contrast]:.0f} voxels across" if contrast not in fine else why
            text = f"not judged whether it looks like {contrast}, as {why}: nobody has checked that it is {contrast}"
            checks.append(Check("looks", contrast, Verdict.UNKNOWN, text))
    return checks


def _voxels_across(image: ReadImage) -> float:
    """The root of the largest area in a slice, in voxels, of the head, or of the grid where none can be told."""
    axial = image.geometry.axial_axis
    shape = image.array.shape
    area = float(np.prod([n for axis, n in enumerate(shape) if axis != axial]))
    if image.look.separable:
        each = float(np.prod([n for axis, n in enumerate(image.look.steps) if axis != axial]))
        area = each * float(np.moveaxis(image.look.mask, axial, 0).sum(axis=(1, 2)).max())
    return float(np.sqrt(area))


@lru_cache(maxsize=1)
def load_judge() -> Judge:
    """The numbers that were fitted on real patients."""
    record = json.loads(resource_path(NUMBERS_FILE).read_text(encoding="utf-8"))
    return Judge(
        kinds=[_numbers(network) for network in record["kinds"]],
        orders=_numbers(record["orders"]),
        doubts=[(another, none) for another, none in record["doubts"]],
    )


def _numbers(record: Mapping[str, list[float]]) -> Numbers:
    return {name: np.array(values, dtype=np.float64) for name, values in record.items()}


def standardized(numbers: Numbers, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Features in standard deviations from their mean, within FARTHEST of it; the last axis holds the features."""
    return np.clip((features - numbers["mean"]) / numbers["scale"], -FARTHEST, FARTHEST)


def _softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
