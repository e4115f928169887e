"""Results in the scene: put there, found, read once, and removed."""

import contextlib
import logging

import slicer


class Results:
    """The part of the logic that keeps what was read from them for as long as it holds."""

    def __init__(self):
        self._results = {}  # run id -> (text node's modification time, its text, scorecard)
        self._found = None  # what `assessments` returns while the scene stays as it is
        self._editedOutlines = None
        self._yourOutline = None

    def assessments(self):
        """The results in the scene, the newest first."""
        return self._findAssessments() if self._found is None else self._found

    @contextlib.contextmanager
    def sceneStays(self):
        """Within it no result comes, goes or is renamed, so that the scene is searched for them once."""
        before = self._found
        if before is None:
            self._found = self._findAssessments()
        try:
            yield
        finally:
            self._found = before

    def _findAssessments(self):
        from SynthTrustLib.scene.result.stored import stored_results

        found = []
        known = {}
        for result in stored_results(slicer.mrmlScene):
            time_ = result.nodes.scorecard.GetMTime()
            before = self._results.get(result.id)
            if before is None or before[0] != time_:
                text = result.nodes.scorecard.GetText()  # the decisions and verdicts beside it change more often
                card = before[2] if before is not None and before[1] == text else self._read(result)
                before = (time_, text, card)
            known[result.id] = before
            if before[2] is not None:
                result.scorecard = before[2]
                found.append(result)
        self._results = known
        return found

    def _know(self, nodes, scorecard):
        """Remember the scorecard of a result that was just made, or the main thread would read it anew."""
        text = nodes.scorecard
        self._results[nodes.run] = (text.GetMTime(), text.GetText(), scorecard)

    def _read(self, result):
        """The scorecard of a stored result; None, with a word in the log, where it is damaged or of a later version."""
        from SynthTrustLib.errors import SynthTrustError

        try:
            return result.scorecard
        except (SynthTrustError, ValueError) as error:
            logging.warning("SynthTrust: the result %s cannot be read: %s", result.id, error)
            return None

    def assessment(self, identifier):
        """The result of this id, or None."""
        return next((result for result in self.assessments() if result.id == identifier), None)

    def buildingResult(self, case, outcome, volumes, inputs, report):
        """Steps that put a result into the scene, on `volumes` where they fit; their result is the StoredResult."""
        from SynthTrustLib.progress import part
        from SynthTrustLib.scene.build import building
        from SynthTrustLib.scene.nodes.surface import surfaces
        from SynthTrustLib.scene.result.assessment import remove_run
        from SynthTrustLib.scene.result.stored import StoredResult

        made = building(slicer.mrmlScene, case, outcome, existing_volumes=volumes)
        nodes = yield from part(made, 0.0, 0.86)
        self._know(nodes, outcome.scorecard)
        try:
            yield from part(surfaces(nodes.record), 0.86, 1.0)
            result = StoredResult(nodes)
            result.keep_inputs(inputs)
            result.keep_report(report)
            result.scorecard = outcome.scorecard
        except BaseException:  # GeneratorExit, too: it was stopped
            remove_run(slicer.mrmlScene, nodes.run)
            raise
        return result

    def delete(self, result):
        """Remove a result and its nodes from the scene; the patient's own volumes stay."""
        from SynthTrustLib.scene.result.assessment import remove_assessment

        self.forget()
        remove_assessment(result.nodes)

    def forget(self):
        """Let go of what was read from results, and of their nodes: they are deleted, or their scene is closed."""
        self._results = {}
        self._editedOutlines = self._yourOutline = None

    def editedMeasures(self, result):
        """What the outlines that were edited measure now, a tuple of texts per outline and region."""
        from SynthTrustLib.scene.result.edited_outlines import EditedOutlines

        if self._editedOutlines is None:
            self._editedOutlines = EditedOutlines()
        return [measure.in_words() for measure in self._editedOutlines.measure(result)]

    def yourOutline(self, result):
        """The reviewer's own outline of a result (a YourOutline)."""
        from SynthTrustLib.scene.result.your_outline import YourOutline

        if self._yourOutline is None or self._yourOutline.result.id != result.id:
            self._yourOutline = YourOutline(result)
        self._yourOutline.result = result
        return self._yourOutline
