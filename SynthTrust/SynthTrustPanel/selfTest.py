"""The self-test's checks: the same in Slicer and in the tests' stand-in for it."""

import contextlib
import logging
import time
from pathlib import Path

import qt
import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

from . import madeUpPatient
from .files import temporaryFolder
from .heartbeat import Heartbeat
from .logic import SynthTrustLogic
from .parameters import Layout, Overlay


class Checks(ScriptedLoadableModuleTest):
    """The self-test: real logic and real nodes; a real run too where a segmenter and an engine are installed."""

    longestBlock = 0.3
    """Seconds of the main thread's work without an answer when a run ends, at a review spot and during an export."""

    segmenterFolder = ""  # with the segmenters of the real run, beside those that ship

    def setUp(self):
        slicer.mrmlScene.Clear(0)

    def runTest(self):
        for name in sorted(dir(self)):
            if name.startswith("check"):
                self.setUp()
                self.delayDisplay(name)
                getattr(self, name)()
        self.setUp()

    def checkSeriesAreRecognizedByName(self):
        volumes = madeUpPatient.makeVolumes()
        found = SynthTrustLogic().recognizeVolumes()
        self.assertEqual({str(c): hit.node for c, hit in found.items()}, volumes)
        self.assertTrue(all(hit.reason for hit in found.values()))

    def checkPreflightSaysWhatIsWrong(self):
        from SynthTrustLib.vocabulary import Contrast

        volumes = {Contrast(name): node for name, node in madeUpPatient.makeVolumes().items()}
        rows = SynthTrustLogic().preflight(volumes)
        self.assertFalse(any(row.blocks for row in rows.values()))
        slicer.util.arrayFromVolume(volumes[Contrast.T2])[:] = 5
        slicer.util.arrayFromVolumeModified(volumes[Contrast.T2])
        volumes[Contrast.T1] = volumes[Contrast.FLAIR]
        rows = SynthTrustLogic().preflight(volumes)
        self.assertTrue(rows[Contrast.T1].blocks)
        self.assertTrue(rows[Contrast.T2].blocks)

    def checkResultIsInTheScene(self):
        from SynthTrustLib.vocabulary import Region

        logic = SynthTrustLogic()
        volumes = madeUpPatient.makeVolumes()
        result = madeUpPatient.makeResult(volumes)
        self.assertEqual([r.id for r in logic.assessments()], [result.id])
        self.assertEqual(list(result.nodes.outlines), list(madeUpPatient.RADII))
        self.assertIs(result.nodes.reference_volume, volumes["FLAIR"])
        radius = madeUpPatient.RADII["real"] * 2.5
        expected = 4 / 3 * 3.14159 * radius**3 / 1000
        volume = next(r for r in result.scorecard.rows if r.key == f"volume.{Region.WT}.real")
        self.assertAlmostEqual(volume.value, expected, delta=0.1 * expected)
        self.assertGreater(len(result.scorecard.review_spots), 0)
        self.assertIsNotNone(result.nodes.chart)

    def checkLayoutAndOverlayFollowTheParameters(self):
        logic = SynthTrustLogic()
        result = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
        node = logic.getParameterNode()
        node.assessment = result.id
        node.overlay = Overlay.DISAGREEMENT
        logic.show(result, node)
        manager = slicer.app.layoutManager()
        if manager is None:
            return  # no main window: there is nothing to look at
        red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
        layer = slicer.mrmlScene.GetNodeByID(red.GetForegroundVolumeID() or "")
        self.assertEqual(layer.GetAttribute("SynthTrust.Subject"), "disagreement")
        node.layout = Layout.SIDE_BY_SIDE
        node.overlay = Overlay.CONTOURS
        logic.show(result, node)
        self.assertIsNone(red.GetForegroundVolumeID())
        shown = result.nodes.outlines["half"].GetDisplayNode().GetViewNodeIDs()
        self.assertIn("vtkMRMLSliceNodeSynthTrust2", shown)
        self.assertNotIn("vtkMRMLSliceNodeSynthTrust1", shown)

    def checkEverythingSurvivesSavingAndLoading(self):
        from SynthTrustLib.trust.verdict import Decision, Verdict
        from SynthTrustLib.vocabulary import Region

        logic = SynthTrustLogic()
        result = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
        identifier, rows = result.id, result.scorecard.rows
        result.set_verdicts([Verdict.now(Region.WT, Decision.REJECT, 'too large; "odd"', "A. B.")])
        node = logic.getParameterNode()
        node.assessment = identifier
        node.overlay = Overlay.UNCERTAINTY
        with self.sceneSaved():
            self.assertEqual(SynthTrustLogic().assessments(), [])
        loaded = SynthTrustLogic().assessment(identifier)
        self.assertIsNotNone(loaded)
        self.assertEqual(loaded.scorecard.rows, rows)
        self.assertEqual(loaded.verdicts()[0].comment, 'too large; "odd"')
        self.assertEqual(len(loaded.nodes.outlines), 3)
        self.assertEqual(len(loaded.nodes.maps), 9)
        self.assertIn("Self-test", loaded.report_html())
        node = SynthTrustLogic().getParameterNode()
        self.assertEqual((node.assessment, node.overlay), (identifier, Overlay.UNCERTAINTY))

    def checkThePanelShowsAResultAndItsChoicesSurviveLoading(self):
        slicer.util.getModuleWidget("SynthTrust")  # made, where nobody has opened the module yet
        panel = slicer.modules.SynthTrustWidget
        panel.enter()
        made = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
        panel.onRunEnded(panel.logic.assessment(made.id), None)
        ui = panel.ui
        self.assertEqual(ui.statusTable.rowCount, 3)
        self.assertGreater(ui.scorecardTree.topLevelItemCount, 3)
        self.assertIs(ui.flairSelector.currentNode(), made.nodes.reference_volume)
        ui.nextSpotButton.click()
        self.assertEqual(ui.spotTable.currentRow(), 0)
        ui.overlayComboBox.currentIndex = list(Overlay).index(Overlay.UNCERTAINTY)
        ui.layoutComboBox.currentIndex = list(Layout).index(Layout.SIDE_BY_SIDE)
        ui.reviewerLineEdit.text = "A. B."
        ui.verdictTable.cellWidget(0, 1).currentIndex = 1
        slicer.app.processEvents()
        ui.recordVerdictButton.click()
        self.assertEqual(made.verdicts()[0].reviewer, "A. B.")
        with self.sceneSaved():
            slicer.app.processEvents()
            self.assertIsNone(panel.assessment())
        slicer.app.processEvents()
        self.assertEqual(panel.assessment().id, made.id)
        node = panel.parameterNode
        self.assertEqual((node.overlay, node.layout), (Overlay.UNCERTAINTY, Layout.SIDE_BY_SIDE))
        self.assertEqual(ui.overlayComboBox.currentIndex, list(Overlay).index(Overlay.UNCERTAINTY))
        self.assertEqual(ui.flairSelector.currentNode().GetName(), "patient FLAIR")
        self.assertIn("A. B.", ui.verdictLabel.text)

    def checkASpotIsPreviewedSettledAndTakenBack(self):
        slicer.util.getModuleWidget("SynthTrust")
        panel = slicer.modules.SynthTrustWidget
        panel.enter()
        radii = {"real": 7.0, "quarter": 8.0, "half": 9.0, "synthetic": 10.5}
        cases = dict(zip(radii, (0, 25, 50, 100), strict=True))
        made = madeUpPatient.makeResult(madeUpPatient.makeVolumes(), radii, cases)
        panel.onRunEnded(panel.logic.assessment(made.id), None)
        ui = panel.ui
        row = next(n for n, spot in enumerate(made.scorecard.review_spots) if len(spot.choices) > 2)
        ui.spotTable.selectRow(row)
        slicer.app.processEvents()
        ui.choiceComboBox.currentIndex = 1
        (preview,) = self.previews()
        self.assertTrue(preview.GetDisplayNode().GetVisibility2D())
        self.assertGreater(preview.GetPolyData().GetNumberOfPolys(), 0)
        panel.correction.onHover(0)  # as if the list were open: a list that is open for real stops everything on macOS
        self.assertEqual(self.previews(), [])
        self._waitFor(lambda: len(self.previews()) == 1, "the preview is not back", seconds=10)
        ui.takeButton.click()
        slicer.app.processEvents()
        self.assertEqual(self.previews(), [])
        self.assertEqual(ui.spotTable.item(row, 0).text()[-1], "\u2713")
        self.assertEqual(slicer.util.getNode("Your outline").GetAttribute("SynthTrust.Run"), made.id)
        ui.undoButton.click()
        slicer.app.processEvents()
        self.assertEqual(ui.spotTable.item(row, 0).text(), str(row + 1))
        ui.choiceComboBox.currentIndex = 1
        with self.sceneSaved():
            pass
        self.assertEqual(self.previews(), [], "a preview was saved")
        self.assertIsNotNone(slicer.util.getNode("Your outline"))

    @contextlib.contextmanager
    def sceneSaved(self):
        """The scene is saved, empty within the block, and then loaded again."""
        with temporaryFolder() as folder:
            path = str(Path(folder) / "scene.mrb")
            self.assertTrue(slicer.util.saveScene(path))
            slicer.mrmlScene.Clear(0)
            yield
            slicer.util.loadScene(path)

    def previews(self):
        models = slicer.util.getNodesByClass("vtkMRMLModelNode")
        return [node for node in models if node.GetAttribute("SynthTrust.Role") == "preview"]

    def checkEditedOutlineIsMeasuredAgain(self):
        from SynthTrustLib.scene.result.edited_outlines import EditedOutlines

        result = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
        outlines = EditedOutlines()
        self.assertEqual(outlines.measure(result), [])
        pooled, volume = result.nodes.record, result.nodes.reference_volume
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume)
        mask[:] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "ET", volume)
        mask[10, 20, 15] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "TC", volume)
        mask[:] = 0
        mask[10:14, 20:30, 15:20] = 1
        mask[10, 20, 15] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
        result.mark_edited(pooled.GetSegmentation())
        measure = next(m for m in outlines.measure(result) if m.region == "WT")
        self.assertEqual(measure.size.voxels, 4 * 10 * 5)
        self.assertAlmostEqual(measure.size.volume_ml, 200 * 3.0 * 2.5 * 2.5 / 1000, places=4)

    def checkExportHoldsTheVerdict(self):
        import json

        from SynthTrustLib.trust.verdict import Decision, Verdict
        from SynthTrustLib.vocabulary import Region

        result = madeUpPatient.makeResult(madeUpPatient.makeVolumes())
        result.set_verdicts([Verdict.now(Region.WT, Decision.ACCEPT, "fine", "A. B.")])
        with temporaryFolder() as folder:
            written = {path.name: path for path in SynthTrustLogic().export(result, folder)}
            record = json.loads(written["scorecard.json"].read_text("utf-8"))
            self.assertEqual(record["provenance"]["review"]["verdicts"][0]["decision"], "accept")
            self.assertIn("A. B.", written["report.html"].read_text("utf-8"))
            self.assertIn("pooled.nii.gz", written)

    def checkDeletingAResultLeavesThePatient(self):
        logic = SynthTrustLogic()
        volumes = madeUpPatient.makeVolumes()
        first, second = madeUpPatient.makeResult(volumes), madeUpPatient.makeResult(volumes)
        logic.delete(first)
        self.assertEqual([r.id for r in logic.assessments()], [second.id])
        logic.delete(second)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 0)
        self.assertTrue(all(slicer.mrmlScene.IsNodePresent(node) for node in volumes.values()))

    def checkAFailedRunSaysWhyAndLeavesNothing(self):
        result, error = self._run(madeUpPatient.makeVolumes(), ["there-is-no-such-segmenter"])
        self.assertIsNone(result)
        self.assertEqual(error.kind, "segmenter")
        self.assertTrue(error.next_step)
        self.assertEqual(list(Path(slicer.app.temporaryPath).glob("ST*/result")), [])

    def checkASeriesThatIsLoadedAndNotChosenIsAConcern(self):
        from SynthTrustLib.errors import ConcernsError

        volumes = madeUpPatient.makeVolumes()
        result, error = self._run({name: node for name, node in volumes.items() if name != "T2"}, "all")
        self.assertIsNone(result)
        self.assertIsInstance(error, ConcernsError)
        self.assertIn("missing:T2", [concern.key for concern in error.concerns])
        self.assertEqual(list(Path(slicer.app.temporaryPath).glob("ST*/result")), [])

    def checkACancelledRunLeavesNothing(self):
        result, error = self._run(madeUpPatient.makeVolumes(), "all", cancelAfterMs=300)
        self.assertIsNone(result)
        self.assertEqual(error.kind, "cancelled")
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 0)

    def checkOutlinesMadeElsewhereAreComparedWithoutAnEngine(self):
        """A whole run of the child process, where no engine is installed too. Where packages are missing, the error."""
        from SynthTrustLib.errors import SynthTrustError

        logic = SynthTrustLogic()
        volumes = madeUpPatient.makeVolumes()
        drawn = [madeUpPatient.drawOutline(volumes["FLAIR"], name, radius) for name, radius in (("A", 7), ("B", 9))]
        outlines = {node: "auto" for node, _mask in drawn}
        missing = logic.missingPackages(engine=False)
        if missing:
            logging.warning("SynthTrustTest: no report can be written, because these are not installed: %s", missing)
            with self.assertRaises(SynthTrustError):
                logic.assess(volumes, [], outlines=outlines)
            return
        result = logic.assess(volumes, [], outlines=outlines)
        sizes = [int(mask.sum()) for _node, mask in drawn]
        rows = {row.key: row.value for row in result.scorecard.rows}
        for card, size in zip(result.segmenters, sizes, strict=True):
            self.assertAlmostEqual(rows[f"volume.WT.{card.id}"], size * 3.0 * 2.5 * 2.5 / 1000, places=3)
        self.assertAlmostEqual(rows["pairwise_dice.WT.mean"], 2 * min(sizes) / sum(sizes), places=3)
        self.assertEqual(logic.givenOutlines(), list(outlines), "the result's outlines are no outlines made elsewhere")

    def checkARealRun(self):
        """As a script does it: two segmenters on the sample patient. Where packages are missing, the error."""
        from SynthTrustLib.errors import SynthTrustError

        logic = SynthTrustLogic()
        missing = logic.missingPackages()
        volumes = self.patientForARealRun(logic)
        segmenters = self.segmentersOfARealRun(logic)
        heard = []
        if missing:
            logging.warning("SynthTrustTest: no real run, because these are not installed: %s", missing)
            with self.assertRaises(SynthTrustError):
                logic.assess(volumes, segmenters, segmenterFolder=self.segmenterFolder)
            return
        began = time.monotonic()
        result = logic.assess(
            volumes,
            segmenters,
            progress=lambda stage, fraction: heard.append((stage, fraction)),
            segmenterFolder=self.segmenterFolder,
        )
        self._tellWhereTimeGoes(result, time.monotonic() - began)
        self.assertEqual(heard[-1][1], 1.0)
        self.assertEqual([card.id for card in result.segmenters], segmenters)
        self.assertTrue(result.scorecard.is_synthetic_patient)
        self.assertIn("<html", result.report_html())
        self.assertTrue(logic.estimate({"FLAIR": volumes["FLAIR"]}, 1)[0], "the time of the run was not kept")
        self.assertEqual(list(Path(slicer.app.temporaryPath).glob("ST*/result")), [])

    def checkSlicerStaysAwakeWhenTheRunOfTenEnds(self):
        """Two segmenters and eight outlines on the sample patient: the run's end, the spots and an export."""
        from SynthTrustLib.vocabulary import Contrast

        slicer.util.getModuleWidget("SynthTrust")  # made, where nobody has opened the module yet
        panel = slicer.modules.SynthTrustWidget
        panel.enter()
        logic = panel.logic
        missing = logic.missingPackages()
        if missing:
            logging.warning("SynthTrustTest: no run of ten, because these are not installed: %s", missing)
            return
        volumes = {Contrast(name): node for name, node in self.patientForARealRun(logic).items()}
        drawn = [madeUpPatient.drawBall(volumes[Contrast.FLAIR], f"Reader {n}", 12 + n) for n in range(8)]
        slicer.app.processEvents()
        ended = []

        def onEnd(result, error):
            ended.append((result, error))
            panel.onRunEnded(result, None)

        def start(accepted=()):
            ended.clear()
            logic.start(
                volumes,
                self.segmentersOfARealRun(logic),
                outlines=dict.fromkeys(drawn, "auto"),
                segmenterFolder=self.segmenterFolder,
                accepted=accepted,
                onEnd=onEnd,
            )

        beats = {}
        start()
        with Heartbeat() as beat:
            self._waitFor(lambda: ended, "the run has not ended")
        concerns = getattr(ended[0][1], "concerns", ())
        if concerns:
            start([concern.key for concern in concerns])
            with Heartbeat() as beat:
                self._waitFor(lambda: ended, "the run has not ended")
        beats["run's end"] = beat
        result, error = ended[0]
        self.assertIsNone(error)
        self.assertEqual(len(result.segmenters), 10)
        with Heartbeat() as beat:
            for overlay in (Overlay.CONTOURS, Overlay.DISAGREEMENT):
                panel.parameterNode.overlay = overlay
                for _spot in result.scorecard.review_spots[:3]:
                    panel.look.step(1)
                    slicer.app.processEvents()
        beats["review spot"] = beat
        with temporaryFolder() as folder:
            panel.ui.exportPathLineEdit.currentPath = folder
            with Heartbeat() as beat:
                panel.export.onExport()
                self._waitFor(lambda: panel.export.isIdle(), "the export has not ended")
            beats["export"] = beat
            self.assertEqual(len(list(Path(folder).glob("*/*.nii.gz"))), 11)
        told = ", ".join(
            f"{what} {1000 * beat.longest:.0f} ms (worked {1000 * beat.busiest:.0f})" for what, beat in beats.items()
        )
        logging.info("SynthTrustTest: longest time without an answer: %s", told)
        print(f"SynthTrustTest: longest time without an answer: {told}")
        self.assertLessEqual(max(beat.busiest for beat in beats.values()), self.longestBlock, told)

    def _tellWhereTimeGoes(self, result, seconds):
        """What the run took as seen from here, and in the child process, stage by stage: only a real Slicer tells."""
        from SynthTrustLib.codec import decode
        from SynthTrustLib.runner.process.stage_costs import StageCost, cost_lines
        from SynthTrustLib.trust.scorecard import STAGES

        stages = decode(tuple[StageCost, ...], list(result.scorecard.provenance[STAGES]))
        self.assertTrue(stages)
        print(f"SynthTrustTest: the run took {seconds:.2f} s from the click to the nodes; in its process:")
        print("\n".join(cost_lines(stages)))

    def _waitFor(self, condition, problem, seconds=600):
        """Let Slicer work until `condition()` holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, problem)
            slicer.app.processEvents()
            time.sleep(0.01)

    def segmentersOfARealRun(self, logic):
        """Ids of the segmenters with the fewest and the most synthetic cases: all of them would take minutes."""
        cards = [package.card for package in logic.findSegmenters(self.segmenterFolder)]
        self.assertGreater(len(cards), 1, "SynthTrust was installed without its segmenters")
        cards.sort(key=lambda card: card.training_mix.rank)
        return [cards[0].id, cards[-1].id]

    def patientForARealRun(self, logic):
        """Name of the contrast -> volume node."""
        return {str(contrast): node for contrast, node in logic.loadSamplePatient().items()}

    def _run(self, volumes, segmenters, cancelAfterMs=None, seconds=300):
        """Start a run as the panel does and wait for its end; returns the result and the error."""
        from SynthTrustLib.vocabulary import Contrast

        logic = SynthTrustLogic()
        ended = []
        logic.start(
            {Contrast(name): node for name, node in volumes.items()},
            segmenters,
            segmenterFolder=self.segmenterFolder,
            onEnd=lambda result, error: ended.append((result, error)),
        )
        if cancelAfterMs is not None:
            qt.QTimer.singleShot(cancelAfterMs, logic.cancel)
        self._waitFor(lambda: ended, "the run has not ended", seconds)
        return ended[0]
