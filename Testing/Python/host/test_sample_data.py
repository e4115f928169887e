"""The sample patient in the Sample Data module."""

from __future__ import annotations

import pytest

pytest.importorskip("trame_slicer")


def test_the_sample_patient_loads_from_the_shipped_files_and_stays_a_synthetic_one(host):
    import SampleData
    import slicer
    from SynthTrustPanel import sampleData

    from SynthTrustLib.scene.patient.nodes import is_synthetic

    host.close_scene()
    (source,) = slicer.modules.sampleDataSources[sampleData.CATEGORY]
    assert all(uri.startswith("file:") for uri in source.uris)
    nodes = SampleData.SampleDataLogic().downloadSamples(sampleData.SAMPLE_NAME)
    found = host.module.SynthTrustLogic().recognizeVolumes()
    assert {str(contrast): hit.node for contrast, hit in found.items()} == {
        node.GetName().removeprefix("Synthetic patient "): node for node in nodes
    }
    assert len(nodes) == 4
    assert all(node.GetStorageNode() is None for node in nodes)
    assert is_synthetic(nodes)
    host.close_scene()


def test_registering_twice_makes_one_entry(host):
    import slicer
    from SynthTrustPanel import sampleData

    host.module.registerSampleData()
    assert len(slicer.modules.sampleDataSources[sampleData.CATEGORY]) == 1
