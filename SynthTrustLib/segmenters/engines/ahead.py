"""The next network is compiled while one runs: compiling keeps one core busy, and the others would wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType

from SynthTrustLib.segmenters.engines.engine import Engine, Network
from SynthTrustLib.segmenters.package.folder import SegmenterPackage

_SLICES = 4
"""Dimensions of a batch of slices. Networks of 3D windows may be large, and only one of them is in memory at a time."""


class CompilingAhead:
    """An engine for segmenters that are asked for in a known order, within a ``with`` block.

    `engine`: one whose `compile` may run in a thread beside a network that runs. `packages`: in the order in which they
    will be compiled. One after the other that takes as many contrasts is expected to be wanted in the same shape; if it
    is not, it is compiled again.
    """

    compiles_ahead = False

    def __init__(self, engine: Engine, packages: Sequence[SegmenterPackage]) -> None:
        self._engine = engine
        self._after = {one.card.id: other for one, other in pairwise(packages)}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="compile")
        self._begun: dict[tuple[str, tuple[int, ...]], Future[Network]] = {}
        self.name = engine.name
        self.batch = engine.batch

    def __enter__(self) -> CompilingAhead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> Network:
        """See `Engine.compile`. What goes wrong with a network ahead is said when it is asked for."""
        begun = self._begun.pop((package.card.id, shape), None)
        self._begun.clear()
        network = begun.result() if begun else self._engine.compile(package, shape)
        following = self._after.get(package.card.id)
        if following and len(shape) == _SLICES and len(following.card.contrasts) == len(package.card.contrasts):
            self._begun[following.card.id, shape] = self._pool.submit(self._engine.compile, following, shape)
        return network
