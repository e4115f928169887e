"""Compiled networks that stay from one patient to the next, for who assesses many in one process."""

from __future__ import annotations

from SynthTrustLib.segmenters.engines.engine import Engine, Network
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of


class KeptNetworks:
    """An engine that compiles a network once for as long as patients have images of one size.

    Of every model only the network for the latest shape is kept, so that memory does not grow with the number of
    patients.
    """

    compiles_ahead = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._networks: dict[str, tuple[tuple[int, ...], Network]] = {}
        self.name = engine.name
        self.batch = engine.batch

    def compile(self, package: SegmenterPackage, shape: tuple[int, ...]) -> Network:
        """See `Engine.compile`."""
        model = weights_of(package.card)
        known, network = self._networks.pop(model, (None, None))
        if network is None or known != shape:
            network = None  # before the next one is made: two at once would need twice the memory
            network = self._engine.compile(package, shape)
        self._networks[model] = shape, network
        return network
