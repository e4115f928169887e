"""The patients that are loaded in the scene: which of their volumes is which contrast, and what is found about them."""

import slicer

from .inputs import voxelSize


def dicomDescription(node):
    """Words of the DICOM series that a volume came from; nothing about the patient is read."""
    database = getattr(slicer, "dicomDatabase", None)
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    if database is None or not uids:
        return ""
    description = database.instanceValue(uids[0], "0008,103E")
    protocol = database.instanceValue(uids[0], "0018,1030")
    agent = "contrast" if database.instanceValue(uids[0], "0018,0010") else ""
    return f"{description} {protocol} {agent}".strip()


class Patients:
    """The part of the logic that knows the loaded series."""

    voxelSize = staticmethod(voxelSize)

    def patients(self):
        """The loaded patients (SynthTrustLib.scene.patient.patients.Patient), the last one loaded first."""
        from SynthTrustLib.scene.patient.patients import find_patients

        return find_patients(slicer.mrmlScene, dicomDescription)

    def isSeries(self, node):
        """Whether a node can be a series of a patient: no label map, and nothing that a run has made."""
        from SynthTrustLib.scene.patient.nodes import is_series

        return is_series(node)

    def whoseSeries(self):
        """Node id -> what says whose series it is, of every loaded series; where it changes, `patients` may, too."""
        from SynthTrustLib.scene.patient.patients import whose_series

        return whose_series(slicer.mrmlScene)

    def recognizeVolumes(self):
        """Contrast -> the volume that it was taken for and why, of the patient that was loaded last."""
        patients = self.patients()
        return dict(patients[0].contrasts) if patients else {}

    def preflight(self, volumes, cards=(), loaded=None, task=None):
        """Contrast -> what is found about the chosen volume before anything runs.

        `loaded` is what the patient has for each contrast, chosen or not.
        """
        from SynthTrustLib.scene.patient.nodes import preflight

        required = {}
        for card in cards:
            for contrast in card.required_contrasts:
                required[contrast] = (*required.get(contrast, ()), card.name)
        return preflight(volumes, required, loaded, *([task] if task else []))

    def loadSamplePatient(self):
        """Load the synthetic sample patient that ships with SynthTrust; returns contrast -> volume node."""
        from SynthTrustLib.case.recognize.files import recognize_folder
        from SynthTrustLib.resources import resource_path
        from SynthTrustLib.scene.patient.nodes import SYNTHETIC

        recognition = recognize_folder(resource_path("SamplePatient"))
        loaded = {}
        for contrast, hit in recognition.contrasts.items():
            loaded[contrast] = slicer.util.loadVolume(
                str(hit.path), properties={"name": f"Synthetic patient {contrast}", "show": False}
            )
            loaded[contrast].SetAttribute(SYNTHETIC, "1")
        return loaded
