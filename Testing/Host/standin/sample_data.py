"""The module ``SampleData``: a register of sources, and the way from their addresses over a cache into the scene."""

from __future__ import annotations

import hashlib
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SampleDataSource:
    """One entry: lists of one length each, as in Slicer."""

    sampleName: str
    uris: list[str]
    fileNames: list[str]
    nodeNames: list[str]
    checksums: list[str]
    loadFileType: list[str]
    thumbnailFileName: str = ""
    loadFileProperties: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lists = (self.uris, self.fileNames, self.nodeNames, self.checksums, self.loadFileType)
        if len({len(items) for items in lists}) != 1:
            raise ValueError("All fields of sample data source must have the same length")


class SampleDataLogic:
    """Registers sources and loads them; like Slicer's, it parts what it has loaded from its file."""

    @staticmethod
    def registerCustomSampleDataSource(category="Custom", **fields) -> None:
        import slicer

        sources = slicer.modules.__dict__.setdefault("sampleDataSources", {}).setdefault(category, [])
        source = SampleDataSource(**fields)
        if source not in sources:
            sources.append(source)

    def downloadSamples(self, sampleName: str) -> list:
        import slicer

        sources = [source for sources in slicer.modules.sampleDataSources.values() for source in sources]
        return self.downloadFromSource(next(source for source in sources if source.sampleName == sampleName))

    def downloadFromSource(self, source: SampleDataSource) -> list:
        import slicer

        cache = Path(slicer.app.temporaryPath) / "RemoteIO"
        cache.mkdir(exist_ok=True)
        nodes = []
        for uri, name, node_name, checksum in zip(
            source.uris, source.fileNames, source.nodeNames, source.checksums, strict=True
        ):
            path = cache / name
            if not path.exists() or _digest(path) != checksum:
                urllib.request.urlretrieve(uri, path)
            if _digest(path) != checksum:
                raise ValueError(f"Failed to download {uri}")
            node = slicer.util.loadVolume(str(path), properties={"name": node_name})
            slicer.mrmlScene.RemoveNode(node.GetStorageNode())
            node.SetAndObserveStorageNodeID(None)
            nodes.append(node)
        return nodes


def _digest(path: Path) -> str:
    return f"SHA256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
