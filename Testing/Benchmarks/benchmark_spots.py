"""What review spots are worth: a simulated reader settles the first ones on labelled patients.

    python Testing/Benchmarks/benchmark_spots.py --cases DATA --work WORK
    python Testing/Benchmarks/benchmark_spots.py --cases DATA --work WORK --part test
    python Testing/Benchmarks/benchmark_spots.py --cases DATA --work WORK \\
        --write Resources/Calibration/synthtrust-reference.spots.json

The first is about the calibration patients, where the error rates are counted on the others (leaving one patient out);
the second about test patients, with the rates that ship; the third writes these. Answers are kept under WORK.

Correctable error is what the outline of record has wrong and at least one juror right. The reader takes at each spot
what leaves the fewest wrong voxels of what is offered: include, leave out, keep, a juror's or the pooled outline, or
what that adds or leaves out. With `--reader dice` it takes what leaves the highest Dice instead: where that is low,
adding a piece pays although less than half of it is right. `--votes` offers what so many of the jury draw, too. One who
errs takes any of the others in a share of the choices. Every order is of the same pieces, but for "best boxes": they
lie where the reference says that most can be corrected, so that no order of any boxes of that size does much better.
"Painted right" is a reader who makes everything disputed there as the reference has it. Intervals are 95 %, from
resampling patients.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.calibration.answers import Answers
from SynthTrustLib.calibration.evaluate.intervals import binomial_interval, mean_interval
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, around
from SynthTrustLib.codec import to_text
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.slab import binary_entropy
from SynthTrustLib.maps.spots.cover import neighbourhoods, size_in_voxels
from SynthTrustLib.maps.spots.error_rates import ErrorRates, error_rates
from SynthTrustLib.maps.spots.find import TAKEN, disputed_part, find_review_spots, piece
from SynthTrustLib.maps.spots.spot import taking
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.package.card import MODEL_FILE
from SynthTrustLib.segmenters.package.registry import find_packages, select
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import FLAGSHIP, Roles
from SynthTrustLib.whole_file import write_text
from Testing.Benchmarks.spot_errors import Counts, count_errors, region_errors

PIECES = 12
SETTLED = (1, 3, 5)
POOR_DICE = 0.85
ERRS = 0.2
LOSS = 0.02
DRAWS = 20


@dataclass(frozen=True, eq=False)
class Patient:
    """One region of one labelled case, cut to the box around all outlines; `truth_voxels` are all, also outside it."""

    case: str
    person: str
    region: str
    stack: ProbabilityStack
    roles: Roles
    trusted: bool
    truth: npt.NDArray[np.bool_]
    truth_voxels: int

    @property
    def record(self) -> npt.NDArray[np.bool_]:
        return self.stack.outlines[self.roles.record][self.region].whole(self.truth.shape)

    @property
    def jurors(self) -> npt.NDArray[np.bool_]:
        outlines = self.stack.outlines
        return np.stack([outlines[name][self.region].whole(self.truth.shape) for name in self.roles.jury])

    def counts(self) -> Counts:
        place = [card.id for card in self.stack.segmenters].index(self.roles.record)
        return count_errors(self.record, self.jurors, self.stack.probabilities[place, 0], self.truth)

    @property
    def correctable(self) -> npt.NDArray[np.bool_]:
        return (self.record != self.truth) & (self.jurors != self.record).any(axis=0)

    def dice(self, drawn: npt.NDArray[np.bool_]) -> float:
        both = np.count_nonzero(drawn) + self.truth_voxels
        return 2 * np.count_nonzero(drawn & self.truth) / both if both else 1.0


@dataclass(frozen=True, eq=False)
class Piece:
    """What a spot settles: its voxels, what is offered there, and what it is ordered by."""

    where: Box
    mask: npt.NDArray[np.bool_]
    offers: npt.NDArray[np.bool_]  # (offer, k, j, i); the first keeps the record
    share: float  # of the correctable error
    expected: float
    voxels: int
    entropy: float


def read_patients(arguments: argparse.Namespace) -> Iterator[Patient]:
    """Every labelled region of the chosen patients, one after the other."""
    split = json.loads(arguments.split.read_text("utf-8"))["cohorts"]
    wanted = {name for parts in split.values() for name in parts[arguments.part]}
    entries = [entry for entry in find_cases(arguments.cases) if entry.id in wanted]
    who = persons(entries)
    packages = find_packages()
    jury, flagship = select(packages, "ladder"), select(packages, FLAGSHIP)[:1]
    roles = Roles(flagship[0].card.id, tuple(package.card.id for package in jury))
    answers = Answers(arguments.work, choose_engine("auto"))
    for done, entry in enumerate(entries, start=1):
        print(f"{done}/{len(entries)} {entry.id}", file=sys.stderr, flush=True)
        case = entry.load()
        stack = answers.stack(case_identity(entry), case, [*jury, *flagship])
        yield from _regions(entry, who[entry.id], stack, roles, case.spacing_trusted, entry.masks(case))


def _regions(
    entry: LabelledCase, person: str, stack: ProbabilityStack, roles: Roles, trusted: bool, truths: Mapping
) -> Iterator[Patient]:
    for index, region in enumerate(stack.regions):
        if region not in entry.regions:
            continue
        truth = np.asarray(truths[region], bool)
        box = around(outlines[region].box for outlines in stack.outlines.values())
        matrix = stack.geometry.ijk_to_ras.copy()
        matrix[:3, 3] = stack.geometry.ras([side.start for side in box])
        shape = tuple(side.stop - side.start for side in box)
        cut = replace(
            stack,
            probabilities=stack.at(np.ones(shape, bool), box, index).reshape(-1, 1, *shape),
            regions=(region,),
            geometry=Geometry(shape, matrix),
            support=tuple(slice(0, length) for length in shape),
        )
        vars(cut)["outlines"] = {  # at the thresholds of all regions together
            name: {region: type(part := outlines[region]).of(part.within(box))}
            for name, outlines in stack.outlines.items()
        }
        yield Patient(entry.id, person, region, cut, roles, trusted, truth[box], int(np.count_nonzero(truth)))


def pieces_of(patient: Patient, errors: ErrorRates | None, votes: bool = False) -> list[Piece]:
    """The patient's spots in the order in which they are listed; with `votes`, what so many draw is offered, too."""
    maps = compute_maps(patient.stack.only(patient.roles.jury))
    found = find_review_spots(
        patient.stack, maps, spacing_trusted=patient.trusted, roles=patient.roles, limit=PIECES, errors=errors
    ).listed
    outlines = {name: parts[patient.region] for name, parts in patient.stack.outlines.items()}
    disputed = disputed_part(outlines[patient.roles.record], [outlines[name] for name in patient.roles.jury])
    pooled = maps.outlines[patient.region]
    entropy = binary_entropy(maps.pooled[0])
    record, correctable = patient.record, patient.correctable
    total = max(1, np.count_nonzero(correctable))
    pieces = []
    for spot in found:
        where, mask = spot.slices, piece(disputed, spot, found)
        sides = [np.ones_like(mask), np.zeros_like(mask), pooled.within(where)]
        sides += [outlines[name].within(where) for name in patient.roles.jury]
        if votes:
            drawn_by = np.sum([outlines[name].within(where) for name in patient.roles.jury], axis=0)
            sides += [drawn_by >= least for least in range(1, len(patient.roles.jury) + 1)]
        here = record[where]
        offers = np.stack([here, *(np.where(mask, taking(here, side, part), here) for side in sides for part in TAKEN)])
        share = np.count_nonzero(correctable[where] & mask) / total
        value = float(entropy[where][mask].mean())
        pieces.append(Piece(where, mask, offers, share, spot.expected_gain or 0.0, spot.voxels, value))
    return pieces


def best_boxes(patient: Patient) -> list[float]:
    """The share of the correctable error in the boxes that hold most of it, found by the reference."""
    correctable = patient.correctable
    geometry = patient.stack.geometry
    size = size_in_voxels(geometry, patient.trusted)
    boxes = neighbourhoods(correctable, correctable.astype(np.int32), size, geometry)
    return [one.weight / max(1, np.count_nonzero(correctable)) for one in islice(boxes, max(SETTLED))]


ORDERS: Mapping[str, Callable[[Piece], float]] = {
    "expected gain": lambda one: -one.expected,
    "entropy": lambda one: -one.entropy,
    "volume": lambda one: -one.voxels,
    "best possible": lambda one: -one.share,
}


def fewest_wrong(patient: Patient, drawn: npt.NDArray[np.bool_], one: Piece) -> npt.NDArray[np.float64]:
    """How good each offer of a piece is: the fewer wrong voxels, the better."""
    wrong = (one.offers != patient.truth[one.where]) & one.mask
    return -wrong.sum(axis=(1, 2, 3)).astype(np.float64)


def highest_dice(patient: Patient, drawn: npt.NDArray[np.bool_], one: Piece) -> npt.NDArray[np.float64]:
    """How good each offer of a piece is: the Dice of the whole region, drawn as it is elsewhere."""
    truth = patient.truth[one.where]
    elsewhere = drawn.copy()
    elsewhere[one.where] &= ~one.mask
    offers = one.offers & one.mask
    right = np.count_nonzero(elsewhere & patient.truth) + (offers & truth).sum(axis=(1, 2, 3))
    both = np.count_nonzero(elsewhere) + offers.sum(axis=(1, 2, 3)) + patient.truth_voxels
    return np.asarray(2 * right / np.maximum(both, 1), np.float64)


Reader = Callable[[Patient, npt.NDArray[np.bool_], Piece], npt.NDArray[np.float64]]
READERS: Mapping[str, Reader] = {"volume": fewest_wrong, "dice": highest_dice}


def settle(
    patient: Patient,
    pieces: Sequence[Piece],
    reader: Reader,
    errs: float = 0.0,
    random: np.random.Generator | None = None,
) -> npt.NDArray[np.bool_]:
    """The outline after a reader has settled these pieces."""
    drawn = patient.record.copy()
    for one in pieces:
        worth = reader(patient, drawn, one)
        best = int(worth.argmax())
        if random is not None and random.random() < errs:
            others = [n for n in range(len(one.offers)) if worth[n] != worth[best]] or [best]
            best = int(random.choice(others))
        drawn[one.where] = np.where(one.mask, one.offers[best], drawn[one.where])
    return drawn


def painted_right(patient: Patient, pieces: Sequence[Piece]) -> npt.NDArray[np.bool_]:
    """The outline with these pieces as the reference has them."""
    drawn = patient.record.copy()
    for one in pieces:
        drawn[one.where] = np.where(one.mask, patient.truth[one.where], drawn[one.where])
    return drawn


def interval(values: npt.ArrayLike) -> str:
    """A mean with its interval."""
    low, high = mean_interval(values)
    return f"{np.mean(values):+.3f} [{low:+.3f}, {high:+.3f}]"


def median_interval(values: Sequence[float], draws: int = 10000) -> str:
    """A median with its interval."""
    array, random = np.asarray(values), np.random.default_rng(0)
    medians = np.median(array[random.integers(len(array), size=(draws, len(array)))], axis=1)
    low, high = np.quantile(medians, (0.025, 0.975))
    return f"{np.median(array):+.3f} [{low:+.3f}, {high:+.3f}]"


def report(
    region: str,
    patients: Sequence[Patient],
    rates: Callable[[int], ErrorRates | None],
    reader: Reader,
    votes: bool = False,
) -> None:
    """Print every figure of a region."""
    found = [pieces_of(patient, rates(n), votes) for n, patient in enumerate(patients)]
    print(f"\n{region}, n = {len(patients)}; pieces a patient: {np.median([len(pieces) for pieces in found]):.0f}")
    shares: dict[str, npt.NDArray[np.float64]] = {}
    for name, key in ORDERS.items():
        ordered = [[one.share for one in sorted(pieces, key=key)] for pieces in found]
        shares[name] = np.array([[sum(order[:k]) for k in SETTLED] for order in ordered])
    shares["random"] = np.array(
        [[sum(one.share for one in p) * min(1, k / max(1, len(p))) for k in SETTLED] for p in found]
    )
    print("share of the correctable error in the first 1, 3, 5 spots")
    boxes = [best_boxes(patient) for patient in patients]
    shares["best boxes"] = np.array([[sum(one[:k]) for k in SETTLED] for one in boxes])
    for name, values in shares.items():
        print(f"  {name:14}", *(interval(column) for column in values.T))
    for name in ("entropy", "volume", "random"):
        difference = shares["expected gain"] - shares[name]
        print(f"  ahead of {name:8}", *(interval(column) for column in difference.T))
    before = np.array([patient.dice(patient.record) for patient in patients])
    print(f"Dice {before.mean():.3f}; after k spots:")
    poor = before < POOR_DICE
    for k in SETTLED:
        chosen = [p.dice(settle(p, pieces[:k], reader)) for p, pieces in zip(patients, found, strict=True)]
        painted = [p.dice(painted_right(p, pieces[:k])) for p, pieces in zip(patients, found, strict=True)]
        for how, after in (("", chosen), (", painted right", painted)):
            gains = np.array(after) - before
            words = f"; median where Dice < {POOR_DICE}: {median_interval(gains[poor])} (n = {poor.sum()})"
            print(f"  {k}{how}: mean gain {interval(gains)}{words if poor.any() else ''}")
    random = np.random.default_rng(0)
    erring = np.array(
        [
            np.mean([p.dice(settle(p, pieces[:3], reader, ERRS, random)) - was for _ in range(DRAWS)])
            for p, pieces, was in zip(patients, found, before, strict=True)
        ]
    )
    random = np.random.default_rng(1)
    lost = [
        [p.dice(settle(p, pieces[:3], reader, ERRS, random)) - was < -LOSS for _ in range(DRAWS)]
        for p, pieces, was in zip(patients, found, before, strict=True)
    ]
    losers = round(float(np.mean(lost)) * len(patients))
    low, high = binomial_interval(losers, len(patients))
    print(f"  3, {ERRS:.0%} of the choices wrong: mean gain {interval(erring)}; ", end="")
    print(f"lose more than {LOSS}: {np.mean(lost):.1%} of patients [{low:.1%}, {high:.1%}]")
    expected = np.array([one.expected for pieces in found for one in pieces[:3]])
    real = np.array([one.share * _most(p) for p, pieces in zip(patients, found, strict=True) for one in pieces[:3]])
    print(f"expected gain of the first three {expected.mean():.4f}, correctable there {real.mean():.4f} Dice")


def _most(patient: Patient) -> float:
    """Correctable error of the patient in units of Dice."""
    return np.count_nonzero(patient.correctable) / max(1, np.count_nonzero(patient.record) + patient.truth_voxels)


def tables(patients: Sequence[tuple[Patient, Counts]], command: str) -> ErrorRates:
    """Error rates counted on these."""
    weights = {card.id: card.hashes.get(MODEL_FILE, "") for card in patients[0][0].stack.segmenters}
    roles = patients[0][0].roles
    regions = dict.fromkeys(patient.region for patient, _ in patients)
    counted = {region: [counts for patient, counts in patients if patient.region == region] for region in regions}
    return ErrorRates(
        command=command,
        record=weights[roles.record],
        jury=tuple(weights[name] for name in roles.jury),
        regions={str(region): region_errors(counts) for region, counts in counted.items()},
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, required=True, help="labelled cases, FOLDER/COHORT/CASE")
    parser.add_argument("--split", type=Path, default=ROOT / "Resources/Study/split-2.json")
    parser.add_argument("--part", choices=("calibration", "test"), default="calibration")
    parser.add_argument("--work", type=Path, required=True, help="answers are kept here")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the error rates, counted on all of them")
    parser.add_argument("--region", action="append", help="only this one; may be repeated")
    parser.add_argument("--reader", choices=READERS, default="volume", help="what the simulated reader goes by")
    parser.add_argument("--votes", action="store_true", help="offer what so many of the jury draw, too")
    arguments = parser.parse_args()
    reader = READERS[arguments.reader]
    patients = [one for one in read_patients(arguments) if not arguments.region or one.region in arguments.region]
    if arguments.part == "test":
        shipped = error_rates(patients[0].stack.segmenters, patients[0].roles)
        for region in dict.fromkeys(patient.region for patient in patients):
            report(
                region, [one for one in patients if one.region == region], lambda _: shipped, reader, arguments.votes
            )
        return 0
    counted = [(patient, patient.counts()) for patient in patients]
    if arguments.write:
        command = shlex.join(["python", "Testing/Benchmarks/benchmark_spots.py", *_without_paths(sys.argv[1:])])
        write_text(arguments.write, to_text(tables(counted, command), indent=1) + "\n")
        return 0
    for region in dict.fromkeys(patient.region for patient in patients):
        same = [one for one in counted if one[0].region == region]
        fitted = {
            who: tables([one for one in same if one[0].person != who], "left out")
            for who in {one[0].person for one in same}
        }
        report(region, [one for one, _ in same], lambda n, s=same, f=fitted: f[s[n][0].person], reader, arguments.votes)  # type: ignore[misc]
    return 0


def _without_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments, with DATA and WORK in the place of folders of this machine."""
    words = {"--cases": "DATA", "--work": "WORK"}
    return [words.get(before, one) for before, one in zip(["", *arguments], arguments, strict=False)]


if __name__ == "__main__":
    sys.exit(main())
