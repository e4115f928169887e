"""The contract of an adapter: from a case, and a network that knows nothing of cases, to probabilities on its grid."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.part import Box
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError, SynthTrustError
from SynthTrustLib.progress import Progress
from SynthTrustLib.segmenters.engines.engine import Engine, Network
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage


class Prepared(Protocol):
    """A case as some networks see it.

    Attributes
    ----------
    support : tuple of slice
        The box on the case's grid outside which no answer is anything but exactly 0.
    """

    @property
    def support(self) -> Box: ...

    def predict(
        self,
        package: SegmenterPackage,
        engine: Engine,
        regions: tuple[str, ...],
        target: npt.NDArray[np.float32],
        progress: Progress,
    ) -> None:
        """Put a segmenter's probabilities into `target`, zeros of shape (region, k, j, i) that fill `support`.

        `regions`: what the first axis of `target` holds: all or some of the card's regions. `progress`: its fraction
        goes from 0 to 1 over this call. Raises SegmenterError if the package is damaged, the engine cannot run it, or
        it answers anything but what its card says.
        """
        ...


class Adapter(Protocol):
    """What a card says of how its network is used. Segmenters whose adapters are equal share one prepared case."""

    def prepare(self, case: PatientCase, progress: Progress) -> Prepared:
        """The case as the networks see it. Raises InputError if no contrast holds anything but background."""
        ...

    def __hash__(self) -> int: ...


def answers(
    network: Network, batches: Iterable[npt.NDArray[np.float32]], card: SegmenterCard
) -> Generator[npt.NDArray[np.float32], None, None]:
    """The network's answers, with an engine's failure in our words."""
    try:
        yield from network.run(batches)
    except (MemoryError, SynthTrustError):
        raise
    except Exception as error:  # the engines' own errors have nothing else in common
        raise SegmenterError(
            f"its network cannot be run ({str(error).strip()[:160]})",
            source=card.id,
            next_step="Choose another engine, or leave this segmenter out.",
        ) from error
