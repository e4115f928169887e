"""The sample patient in Slicer's Sample Data module: from the shipped files, so that it works without a network."""

import hashlib

CATEGORY = "SynthTrust"
SAMPLE_NAME = "SynthTrustSamplePatient"


def register(resources):
    """Register the four series of ``Resources/SamplePatient``.

    Their names say "synthetic patient", which SynthTrustLib.scene.patient.nodes goes by: what Sample Data has loaded
    from a script carries nothing else that tells it from a real patient.
    """
    import SampleData

    from SynthTrustLib.case.recognize.files import recognize_folder

    contrasts = recognize_folder(resources / "SamplePatient").contrasts
    paths = [hit.path for hit in contrasts.values()]
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=SAMPLE_NAME,
        thumbnailFileName=str(resources / "Icons" / "SamplePatient.png"),
        uris=[path.as_uri() for path in paths],
        fileNames=[f"SynthTrustSample-{path.name}" for path in paths],
        nodeNames=[f"Synthetic patient {contrast}" for contrast in contrasts],
        # The cache of Sample Data goes by file names: without these it would keep the patient of an older version.
        checksums=[f"SHA256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths],
        loadFileType=["VolumeFile"] * len(paths),
    )
