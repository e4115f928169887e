"""Prepared samples of balls in balls, for tests of the laboratory. Nothing here reads a file."""

from __future__ import annotations

import numpy as np
from builders import ball

from SynthTrustLib.mixes.audit.table import CaseTable, build_table
from SynthTrustLib.mixes.dataset import Sample


def sample(
    identifier="p0",
    seed=0,
    *,
    cohort="a",
    shape=(12, 32, 32),
    radius=5.0,
    center=None,
    tumor=1.4,
    noise=0.05,
    synthetic=False,
    known=(True, True, True),
    contrasts=(0, 1, 2, 3),
) -> Sample:
    """A brain (a ball of 0.75) with a bright ball of tumor, its core two thirds as wide and its ET a third."""
    random = np.random.default_rng(seed)
    brain = ball(shape, radius=14) & np.ones(shape, bool)
    center = center or (6, 14, 18)
    image = np.zeros((4, *shape), np.float32)
    for channel in contrasts:
        image[channel] = 0.75 + noise * random.standard_normal(shape)
        image[channel][ball(shape, center, radius)] += tumor - 0.75
    image *= brain
    label = np.zeros(shape, np.uint8)
    for bit, share in enumerate((1, 2 / 3, 1 / 3)):
        if known[bit]:
            label |= (ball(shape, center, radius * share) & brain).astype(np.uint8) << bit
    return Sample(identifier, cohort, synthetic, image.astype(np.float16), label, known, 1)


def patients(count, *, seed=0, prefix="p", cohort="a", spread=1.0, tumor=1.4, synthetic=False) -> list[Sample]:
    """Patients whose tumors differ in size, place and brightness, by `spread` times the usual."""
    random = np.random.default_rng(seed)
    return [
        sample(
            f"{prefix}{n}",
            seed=int(random.integers(2**31)),
            cohort=cohort,
            radius=4.5 + spread * random.uniform(-1.2, 1.2),
            center=tuple(c + spread * random.uniform(-2, 2) for c in (6, 15, 17)),
            tumor=tumor + spread * random.uniform(-0.2, 0.2),
            noise=0.05 + 0.02 * spread * random.uniform(-1, 1),
            synthetic=synthetic,
        )
        for n in range(count)
    ]


def table(samples, groups=("x", "y")) -> CaseTable:
    """The samples' table; they belong to the groups in turn."""
    return build_table((entry, groups[n % len(groups)]) for n, entry in enumerate(samples))
