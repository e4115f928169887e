"""What the panel does with a cohort, without the panel: open it, load its patients, run it, learn from it."""

from functools import partial
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from . import installing
from .following import Following

GRACE_SECONDS = 15.0
"""How long a run that is cancelled may take: it ends workers, and removes what these have half-written."""

COHORT_OF = "SynthTrust.CohortPatient"
"""Attribute of a scorecard's node: the cohort's id and the patient's key."""

COHORT_RUN = "SynthTrust.CohortRun"
"""Attribute of a scorecard's node: when the run of the result had ended."""


class CohortLogic:
    """The cohort that is open, and the child process that works on one."""

    def __init__(self, logic):
        self._logic = logic
        self.cohort = None  # SynthTrustLib.cohort.open.OpenCohort
        self._child = None
        self._following = None

    # What is there -----------------------------------------------------------------------------------------------

    def opening(self, folder):
        """Steps that read a cohort; their result is the OpenCohort."""
        from SynthTrustLib.cohort.open import open_cohort
        from SynthTrustLib.progress import in_background

        return in_background(partial(open_cohort, Path(folder)))

    def keyOf(self, result):
        """The key of a result's patient in the open cohort; empty where it is not of this cohort."""
        if result is None or self.cohort is None:
            return ""
        cohort, _separator, key = (result.nodes.scorecard.GetAttribute(COHORT_OF) or "").partition("/")
        return key if cohort == self.cohort.id else ""

    def loading(self, key, reviewer=""):
        """Steps that show a patient of the open cohort, and put those before away; their result is the StoredResult.

        The images are read from where they lie. Nothing is put away before all of the new patient is read. Raises
        SynthTrustLib.errors.SynthTrustError if the result or the images cannot be read.
        """
        from SynthTrustLib.cohort.folder import result_of
        from SynthTrustLib.cohort.open import read_images
        from SynthTrustLib.cohort.verdicts import ended, of_reader
        from SynthTrustLib.errors import InputError
        from SynthTrustLib.progress import in_background, part
        from SynthTrustLib.runner.files.results import read_outcome, read_text
        from SynthTrustLib.scene.patient.nodes import case_of_nodes
        from SynthTrustLib.scene.patient.read_in import patient_volumes, remove_patient

        cohort = self.cohort
        folder, run = result_of(cohort.folder, key), ended(cohort.folder, key)
        report = read_text(folder, "report.html")
        outcome = yield from part(in_background(partial(read_outcome, folder)), 0.0, 0.3)
        images = yield from part(in_background(partial(read_images, cohort, key, outcome.scorecard)), 0.3, 0.5)
        self.putAway()
        owner = f"{cohort.id}/{key}"
        try:
            volumes = patient_volumes(slicer.mrmlScene, cohort.name(key), owner, images)
            case = case_of_nodes(
                volumes,
                outcome.geometry,
                is_synthetic=outcome.scorecard.is_synthetic_patient,
                task=outcome.scorecard.task,
            )
            if case is None:
                raise InputError(
                    "its images do not lie where the result lies",
                    source=cohort.name(key),
                    next_step="Run the cohort once more.",
                )
            building = self._logic.buildingResult(case, outcome, volumes, volumes, report)
            result = yield from part(building, 0.6, 1.0)
        except BaseException:  # GeneratorExit, too: it was stopped
            remove_patient(slicer.mrmlScene, owner)
            raise
        result.nodes.scorecard.SetAttribute(COHORT_OF, owner)
        result.nodes.scorecard.SetAttribute(COHORT_RUN, run)
        result.set_verdicts(of_reader(cohort.verdicts.get(key, ()), reviewer))
        return result

    def shown(self):
        """The results in the scene that are of cohorts' patients."""
        return [r for r in self._logic.assessments() if r.nodes.scorecard.GetAttribute(COHORT_OF)]

    def isEdited(self):
        """Whether somebody has drawn something that would go with the patient: edits, or an outline of their own."""
        from SynthTrustLib.scene.result.your_outline import YourOutline

        return any(self._logic.editedMeasures(r) or YourOutline(r).node is not None for r in self.shown())

    def putAway(self):
        """Remove the results and images of cohorts' patients from the scene."""
        from SynthTrustLib.scene.patient.read_in import owners, remove_patient

        for result in self.shown():
            self._logic.delete(result)
        for owner in owners(slicer.mrmlScene):
            remove_patient(slicer.mrmlScene, owner)

    def keepVerdicts(self, result):
        """Write the verdicts of a result into the folder of its cohort; whether there is one, and it is open.

        Raises SynthTrustLib.errors.SynthTrustError if they cannot be written, or the patient was run again since.
        """
        from dataclasses import replace

        from SynthTrustLib.cohort.verdicts import add_verdicts, read_verdicts

        key = self.keyOf(result)
        if not key:
            return False
        run = result.nodes.scorecard.GetAttribute(COHORT_RUN) or ""
        add_verdicts(self.cohort.folder, key, result.verdicts(), run)
        self.cohort = replace(self.cohort, verdicts=read_verdicts(self.cohort.folder))
        return True

    def showVerdictsOf(self, result, reviewer):
        """Put into a result what this reader has decided about its patient, where it is of the open cohort."""
        from SynthTrustLib.cohort.verdicts import of_reader

        key = self.keyOf(result)
        if key:
            result.set_verdicts(of_reader(self.cohort.verdicts.get(key, ()), reviewer))

    def writeVerdicts(self):
        """Write all verdicts of all readers as one table into the cohort's folder; returns its path."""
        from SynthTrustLib.cohort.verdicts import read_verdicts, verdicts_table

        return verdicts_table(self.cohort.folder, read_verdicts(self.cohort.folder))

    # A run, and what is learned ----------------------------------------------------------------------------------

    def missingPackages(self):
        """What a run of a cohort needs and Slicer does not bring, as `installing.missing` names it."""
        return self._logic.missingPackages() + installing.missing(installing.COHORT)

    def isRunning(self):
        """Whether a child is at work on a cohort."""
        return self._child is not None

    def run(
        self,
        cohort,
        source,
        *,
        segmenters,
        record="",
        segmenterFolder="",
        reference="",
        retryFailed=False,
        accepted=(),
        onEvent,
        onEnd,
    ):
        """Run patients into a cohort's folder, in a child process; a run that stood goes on.

        `source`: a folder or table of patients. `segmenters`: ids; record, segmenterFolder and reference may be empty.
        `retryFailed`: those run again, too, who failed. `accepted`: as of `Settings`, concerns to go on in spite of.
        `onEvent` and `onEnd`: as of `SynthTrustLogic.start`; also receives SynthTrustLib.runner.process.events.Noted.
        `onEnd` receives the folder and None, or None and the error.
        """
        from SynthTrustLib.cohort.child import CohortJob
        from SynthTrustLib.cohort.work.run import CohortRequest
        from SynthTrustLib.cohort.work.settings import Settings

        settings = Settings(
            segmenters=",".join(segmenters),
            record=record or None,
            extra_segmenter_folders=(Path(segmenterFolder),) if segmenterFolder else (),
            accepted=tuple(accepted),
        )
        request = CohortRequest(
            Path(source), Path(cohort), settings, reference=reference or None, retry_failed=retryFailed
        )
        self._start(CohortJob(Path(cohort), request), onEvent, onEnd)

    def learn(self, cohort, *, use=False, onEvent, onEnd):
        """Learn status and predictions from a cohort's references; with `use`, patients are judged by it afterwards."""
        from SynthTrustLib.cohort.child import CohortJob

        self._start(CohortJob(Path(cohort), use=use), onEvent, onEnd)

    def _start(self, job, onEvent, onEnd):
        from SynthTrustLib.cohort.child import SUBCOMMAND
        from SynthTrustLib.runner.process.launch import Child

        if self.isRunning():
            raise RuntimeError(_("A run is under way."))

        def ended(folder, error):
            self._child = None
            onEnd(folder, error)

        self._child = Child(job, onEvent, subcommand=SUBCOMMAND, grace_seconds=GRACE_SECONDS)
        self._following = Following(self._child, ended)

    def cancel(self):
        """Ask the child to stop; `onEnd` follows with Cancelled."""
        if self._child is not None:
            self._child.cancel()

    def abandon(self):
        """End the child at once, without a word: the module or the application is closing."""
        child, self._child = self._child, None
        if child is not None:
            self._following.stop()
            child.close()

    def ownCalibration(self):
        """The file that patients are judged by where something was learned at this hospital; None where not."""
        from SynthTrustLib.trust.learned.own import last_kept

        return last_kept()

    def undo(self):
        """Take back what was learned last; returns the file that is used from now on, None for what ships."""
        from SynthTrustLib.trust.learned.own import undo

        return undo()[1]
