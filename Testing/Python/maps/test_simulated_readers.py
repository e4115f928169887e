"""The simulated readers of the benchmark of review spots, against outlines whose best choice is known."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import builders
import numpy as np
import pytest

from SynthTrustLib.segmenters.roles import Roles

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Benchmarks"))
benchmark = pytest.importorskip("benchmark_spots")


def patient_of(truth, record):
    def dice(drawn):
        return 2 * np.count_nonzero(drawn & truth) / (np.count_nonzero(drawn) + np.count_nonzero(truth))

    return SimpleNamespace(truth=truth, record=record, truth_voxels=int(truth.sum()), dice=dice)


def piece_of(record, where, *offers):
    mask = np.ones_like(record[where])
    stacked = np.stack([record[where], *offers])
    return benchmark.Piece(where, mask, stacked, 0.0, 0.0, int(mask.sum()), 0.0)


def line(*ranges, length=100):
    mask = np.zeros((1, 1, length), bool)
    for start, stop in ranges:
        mask[..., start:stop] = True
    return mask


def test_where_the_dice_is_low_a_piece_that_is_mostly_wrong_pays_by_dice_and_not_by_volume():
    truth, record = line((0, 40)), line((0, 8))  # Dice 0.33
    where = (slice(0, 1), slice(0, 1), slice(30, 55))  # 10 voxels right, 15 wrong
    patient, piece = patient_of(truth, record), piece_of(record, where, np.ones((1, 1, 25), bool))
    by_volume = benchmark.settle(patient, [piece], benchmark.fewest_wrong)
    by_dice = benchmark.settle(patient, [piece], benchmark.highest_dice)
    assert np.array_equal(by_volume, record)
    assert by_dice[where].all() and patient.dice(by_dice) > patient.dice(record)


@pytest.mark.parametrize("seed", range(20))
def test_by_dice_no_piece_lowers_it_and_each_is_settled_at_its_best(seed):
    random = np.random.default_rng(seed)
    truth, record = random.random((4, 6, 8)) < 0.4, random.random((4, 6, 8)) < 0.3
    patient = patient_of(truth, record)
    wheres = [(slice(0, 2), slice(0, 3), slice(1, 6)), (slice(2, 4), slice(1, 5), slice(0, 7))]
    pieces = [piece_of(record, where, *(random.random((5, *record[where].shape)) < 0.4)) for where in wheres]
    drawn = record
    for count, piece in enumerate(pieces, start=1):
        before, drawn = drawn, benchmark.settle(patient, pieces[:count], benchmark.highest_dice)
        reached = []
        for offer in piece.offers:
            tried = before.copy()
            tried[piece.where] = offer
            reached.append(patient.dice(tried))
        assert patient.dice(drawn) == pytest.approx(max(reached))
        assert patient.dice(drawn) >= patient.dice(before)


def test_a_reader_who_errs_takes_anything_but_the_best():
    truth, record = line((0, 40)), line((0, 30))
    where = (slice(0, 1), slice(0, 1), slice(30, 40))
    patient, piece = patient_of(truth, record), piece_of(record, where, np.ones((1, 1, 10), bool))
    for reader in benchmark.READERS.values():
        wrong = benchmark.settle(patient, [piece], reader, 1.0, np.random.default_rng(0))
        assert np.array_equal(wrong, record)
        assert np.array_equal(benchmark.settle(patient, [piece], reader), truth)


def test_what_so_many_draw_is_offered_where_it_is_asked_for(capsys):
    """Balls, one in another; the truth is what one of the jury draws."""
    shape = (24, 40, 40)
    balls = [builders.ball(shape, (12, 20, 20), radius) for radius in (10, 8, 11, 6)]
    p = np.stack([np.where(ball, 0.9, 0.0) for ball in balls])[:, None].astype(np.float32)
    stack = builders.stack(p, synthetic=[0, 25, 50, 75])
    ids = [card.id for card in stack.segmenters]
    truth = balls[1]
    patient = benchmark.Patient(
        "case", "person", "WT", stack, Roles(ids[0], tuple(ids[1:])), True, truth, int(truth.sum())
    )
    plain, more = (benchmark.pieces_of(patient, None, votes) for votes in (False, True))
    assert len(plain) == len(more) > 0
    assert all(len(b.offers) == len(a.offers) + 9 for a, b in zip(plain, more, strict=True))
    drawn = benchmark.settle(patient, more, benchmark.highest_dice)
    assert patient.dice(drawn) == 1.0
    benchmark.report("WT", [patient, patient], lambda _: None, benchmark.highest_dice, True)
    assert "3: mean gain" in capsys.readouterr().out
