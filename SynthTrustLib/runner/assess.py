"""The whole assessment: files in, a result folder out."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.part import Part
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.case.recognize.files import Recognition, Recognized
from SynthTrustLib.codec import encode, to_text
from SynthTrustLib.errors import Concern, ConcernsError, InputError, SegmenterError, SynthTrustError
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.runner.files.folder import (
    MEASURED_FILE,
    THUMBNAIL_FILE,
    require_replaceable,
    require_space,
    result_folder,
    workspace_beside,
    writing,
)
from SynthTrustLib.runner.files.provenance import describe_run, file_sha256
from SynthTrustLib.runner.files.volumes import bytes_needed, writing_volumes
from SynthTrustLib.runner.process.events import Finished, Listener, Noted, Started, ignore
from SynthTrustLib.runner.process.pace import Pace
from SynthTrustLib.runner.process.request import NO_SEGMENTERS, AssessRequest
from SynthTrustLib.runner.process.run_log import RunLog
from SynthTrustLib.runner.process.stage_costs import StageCosts, cost_lines
from SynthTrustLib.segmenters.adapters.outline import OutsideMember, read_members
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles, assign_roles
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.trust.scorecard import STAGES, Scorecard, read_scorecard
from SynthTrustLib.vocabulary import Contrast

__all__ = ["PHASES", "AssessRequest", "assess"]

PHASES = {"read": 20.0, "segment": 40.0, "maps": 5.0, "trust": 10.0, "write": 25.0}
"""The phases of a run and their share of its time, as Testing/Benchmarks/benchmark_assess.py shows it."""

IMPORTED_AHEAD = (
    "SynthTrustLib.segmenters.run",
    "SynthTrustLib.trust.assess",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
)
"""A second's work, done while files are read."""

SCENE, FEW_SEGMENTERS = "SynthTrustLib.scene.build", 8
"""With it comes VTK, 170 MB: it has room beside the answers of so many, and else waits until they are gone."""

ENOUGH_TO_GO_ON_BYTES = 1 << 20
"""With less than this, a writer that failed without a reason has met a full disk."""


class Witness(Protocol):
    """Sees a patient with a reference while all probabilities are there."""

    def __call__(
        self,
        case: PatientCase,
        stack: ProbabilityStack,
        maps: TrustMaps,
        roles: Roles,
        reference: Mapping[str, npt.NDArray[np.bool_]],
    ) -> str:
        """The text of `MEASURED_FILE` in the result folder."""
        ...


def assess(
    request: AssessRequest,
    on_event: Listener = ignore,
    *,
    engine: Engine | None = None,
    witness: Witness | None = None,
) -> Path:
    """Read a patient, run the segmenters, weigh their answers, and write the result folder.

    The folder appears whole at the end or not at all: everything is written into a temporary folder beside it.

    `on_event`: receives `Started`, `Progressed`, `Noted` and at the end `Finished`. `engine`: instead of the one that
    the request names: who assesses many patients keeps compiled networks with it. `witness`: called for a patient with
    a reference.

    Returns the result folder, absolute. Raises SynthTrustError where an input, a segmenter or the output cannot be
    used, ConcernsError where there are concerns that the request does not accept: nothing runs then, and nothing is
    written.
    """
    out = request.out.resolve()  # a link stays one: what it leads to is replaced
    require_replaceable(out)
    workspace = workspace_beside(out)
    busy_before = time.process_time()
    on_event(Started(os.getpid(), str(workspace)))
    with result_folder(out, workspace):
        _Assessment(request, out, workspace, on_event, engine, witness).run()
    on_event(Finished(str(out), time.process_time() - busy_before))
    return out


def choose_packages(
    segmenters: str, record: str | None, folders: Iterable[Path]
) -> tuple[list[SegmenterPackage], list[SegmenterPackage]]:
    """The segmenters that were asked for as a jury, and everybody who runs; arguments as the fields of a request.

    Raises SegmenterError if something that is named does not exist, or is damaged.
    """
    from SynthTrustLib.segmenters.package.folder import load_package
    from SynthTrustLib.segmenters.package.registry import find_packages, record_beside, select

    installed = find_packages(folders, verify=False)
    asked = [load_package(package.folder) for package in select(installed, segmenters)]
    beside = record_beside(installed, asked, record)
    with suppress(SegmenterError):  # a damaged one draws no outline of record
        return asked, [*asked, *([load_package(beside.folder)] if beside else [])]
    return asked, asked


class _Assessment:
    """One run: its steps in order, and what they share."""

    def __init__(
        self,
        request: AssessRequest,
        out: Path,
        workspace: Path,
        on_event: Listener,
        engine: Engine | None,
        witness: Witness | None,
    ) -> None:
        self.request = request
        self.witness = witness
        self.engine = engine or request.engine
        self.out = out
        self.folder = workspace
        self.on_event = on_event
        self.pace = Pace(PHASES, on_event)
        self.log = RunLog()
        self.costs = StageCosts()
        # For what somebody will need later, and says what is wrong with it then.
        self.ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self.reference: Mapping[str, npt.NDArray[np.bool_]] | None = None
        self.reference_sha256: str | None = None
        self.task = GLIOMA
        self.asked: list[str] = []  # ids of the segmenters that were asked for as a jury

    def run(self) -> None:
        try:
            self.run_stages()
        finally:
            self.ahead.shutdown(wait=False, cancel_futures=True)

    def run_stages(self) -> None:
        if self.request.write_dicom:
            from SynthTrustLib.report.dicom_object import require_highdicom

            require_highdicom()
        packages = self.choose_segmenters()
        self.import_ahead(*IMPORTED_AHEAD)
        self.ahead.submit(lambda: import_module("SynthTrustLib.report.html").report_template())
        if self.request.write_scene and len(packages) <= FEW_SEGMENTERS:
            self.import_ahead(SCENE)
        case = self.read()
        outside = read_members(self.request.members, case)
        for check in (check for member in outside for check in (*member.checks, *self.against_itself(member))):
            case = self.noticed(case, check)
        wanted = self.record_of(packages, outside)
        case = self.accept(case)
        self.require_record(wanted, packages, case)
        self.look_ahead(case, packages)
        stack = self.segment(case, packages, outside)
        roles = assign_roles(stack.segmenters, self.asked, wanted)
        self.log.add(f"outline of record: {roles.record}; jury: {', '.join(roles.jury)}")
        maps = self.compare(stack.only(roles.jury))
        outcome = self.weigh(case, stack, maps, roles)
        for region in outcome.margins:  # distances are found outside Python's lock, while the first pictures are drawn
            self.ahead.submit(outcome.margin_band, region)
        names = outcome.outlines if self.request.keep_probabilities else ()
        volumes = ([Part(stack.support, one) for one in answer] for answer in (*stack.probabilities, maps.pooled))
        kept = dict(zip(names, volumes, strict=False))
        measured = self.witness_text(case, stack, maps, roles)
        del stack, maps, volumes  # half a gigabyte that nobody needs any more
        if self.request.write_scene:
            self.import_ahead(SCENE)
        with writing(self.out):
            if measured is not None:
                (self.folder / MEASURED_FILE).write_text(measured, "utf-8")
            for name in ("maps", "segmentations", *(["probabilities"] if self.request.keep_probabilities else [])):
                (self.folder / name).mkdir()
            # The volumes are compressed in threads while the rest is drawn.
            with writing_volumes(self.folder, outcome, kept) as writers:
                self.write_report(case, outcome)
                self.write_dicom(case, outcome)
                scene = self.write_scene(case, outcome)
                self.wait_for(writers)
                self.write_scorecard(outcome.scorecard, scene)
            (self.folder / "run.log").write_text(self.log.text(), "utf-8")

    def against_itself(self, member: OutsideMember) -> list[Check]:
        """A row for a member that is the reference."""
        if self.reference is None or member.card.hashes["outline"] != self.reference_sha256:
            return []
        text = "is the same file as the reference, so how well the two agree tells nothing"
        return [Check("outline_same", member.card.name, Verdict.WARNING, text)]

    def import_ahead(self, *modules: str) -> None:
        """Import modules while the main thread waits for something else."""
        for name in modules:
            self.ahead.submit(import_module, name)

    def look_ahead(self, case: PatientCase, packages: list[SegmenterPackage]) -> None:
        """Find what the scorecard says of the scans themselves while the networks run, on the images made for them."""

        def look() -> None:
            from SynthTrustLib.trust.learned.in_distribution import views_of

            views_of(case, packages[0].card)

        if packages:
            self.ahead.submit(look)

    def choose_segmenters(self) -> list[SegmenterPackage]:
        from SynthTrustLib.segmenters.package.registry import task_of

        self.costs.begin("choose")
        request = self.request
        if request.segmenters == NO_SEGMENTERS and request.members:
            return []
        asked, packages = choose_packages(request.segmenters, request.record, request.extra_segmenter_folders)
        self.asked = [package.card.id for package in asked]
        self.task = task_of(packages)
        self.log.add(f"segmenters: {', '.join(package.card.id for package in packages)}")
        return packages

    def record_of(self, packages: list[SegmenterPackage], outside: list[OutsideMember]) -> str | None:
        """Who is wanted for the outline of record, as an id; the name of a member made elsewhere stands for its id.

        Raises InputError before anything has run in vain.
        """
        wanted = self.request.record
        names = {member.card.name: member.card.id for member in outside}
        ids = [*(package.card.id for package in packages), *names.values(), POOLED]
        if wanted is None or names.get(wanted, wanted) in ids:
            return names.get(wanted, wanted) if wanted else None
        raise InputError(
            "nobody of that name draws an outline in this run",
            source=f"--record {wanted}",
            next_step=f"Choose one of these: {', '.join(ids)}; or another one that synthtrust segmenters list names.",
        )

    def require_record(self, wanted: str | None, packages: list[SegmenterPackage], case: PatientCase) -> None:
        """Raise SegmenterError where whoever is wanted for the outline of record cannot run on this patient."""
        from SynthTrustLib.segmenters.run import why_not

        card = next((package.card for package in packages if package.card.id == wanted), None)
        problem = why_not(card, case) if card is not None else None
        if problem:
            raise SegmenterError(
                f"it cannot draw the outline of record, as {problem}",
                source=f"--record {wanted}",
                next_step="Choose another one, or leave --record out.",
            )

    def read(self) -> PatientCase:
        from SynthTrustLib.case.load import load_case
        from SynthTrustLib.case.outline.given import segment_checks
        from SynthTrustLib.case.outline.reference import read_reference

        self.costs.begin("read")
        recognition = self.recognize()
        paths: dict[str, Path | Recognized] = {**recognition.contrasts, **self.request.contrasts}
        if not paths:
            raise InputError(
                "no contrast was given",
                source=str(self.request.case_folder or "assess"),
                next_step=f"Name at least one of {self.options()}, or a folder that holds them with --case.",
            )
        case = load_case(
            paths,
            label=self.request.label,
            spacing_mm=self.request.spacing_mm,
            synthetic=self.request.synthetic,
            unused=(*recognition.unused, *self.request.unused),
            progress=self.pace.phase("read"),
            task=self.task,
        )
        if self.request.reference:
            convention, remarks = self.request.reference_convention, self.request.reference_remarks
            reference = read_reference(self.request.reference, case, convention=convention)
            self.reference = reference.masks
            for check in (*segment_checks(remarks, "reference"), *reference.checks):
                case = self.noticed(case, check)
            self.reference_sha256 = file_sha256(self.request.reference)
        self.log.add(f"read {', '.join(case.contrasts)} {case.geometry.describe()}")
        self.log.add("spacing trusted" if case.spacing_trusted else "spacing not trusted")
        return case

    def options(self) -> str:
        """How the command line names the task's contrasts."""
        names = self.task.contrast_ids
        return ", ".join(f"--{name.lower()}" if name in list(Contrast) else f"--contrast {name}=FILE" for name in names)

    def noticed(self, case: PatientCase, check: Check) -> PatientCase:
        """The case with one more row; what an outline's file says of itself is for the screen only."""
        if check.quoted:
            self.note(check.on_screen)
        return replace(case, checks=(*case.checks, check))

    def recognize(self) -> Recognition:
        """What the case folder holds, if there is one, saying what was taken for what and what was not used."""
        from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE
        from SynthTrustLib.case.recognize.files import recognize_dicom, recognize_folder

        request = self.request
        if not request.case_folder:
            return Recognition()
        used = [*request.contrasts.values(), *(member.path for member in request.members)]
        used += [request.reference] if request.reference else []
        named = request.contrasts.keys()
        if request.case_files:
            recognition = recognize_dicom(request.case_files, request.case_folder.name, named=named, used=used)
        else:
            recognition = recognize_folder(request.case_folder, named=named, used=used)
        recognition = recognition.only(self.task.contrast_ids, f"no contrast of the task {self.task.id}")
        for contrast, found in recognition.contrasts.items():
            unsure = "" if found.confidence >= LOW_CONFIDENCE else f"; only {found.confidence:.0%} sure"
            self.note(f"{contrast}: {found.name} ({found.reason}{unsure})")
        for unused in recognition.unused:
            self.note(f"not used: {unused}")
        return recognition

    def accept(self, case: PatientCase) -> PatientCase:
        """The case with the concerns that the user accepts; ConcernsError where there are others.

        Called when everything that may raise one has been read, so that a person is asked once.
        """
        case = case.accepting(self.request.accepted)
        for check in case.checks:
            self.log.add(f"check {check.name}, {check.subject}: {check.verdict}")
        keys = [concern.key for concern in case.concerns]
        for key in self.request.accepted:
            if key not in keys:
                self.note(f"nothing to accept: there is no concern {key}")
        refused = [concern for concern in case.concerns if not concern.accepted]
        if refused:
            raise ConcernsError([Concern(concern.key, concern.on_screen, concern.written) for concern in refused])
        for key in keys:
            self.log.add(f"accepted concern {key}")
        return case

    def segment(
        self, case: PatientCase, packages: list[SegmenterPackage], outside: list[OutsideMember]
    ) -> ProbabilityStack:
        from SynthTrustLib.segmenters.run import run_segmenters

        with writing(self.out):
            require_space(
                self.out,
                bytes_needed(
                    case.geometry,
                    len(packages) + len(outside),
                    len(case.task.regions),
                    probabilities=self.request.keep_probabilities,
                    scene=self.request.write_scene,
                ),
            )
        self.costs.begin("networks")
        progress = self.pace.phase("segment")
        stack = run_segmenters(case, packages, outside=outside, engine=self.engine, progress=progress)
        self.log.add(f"engine {stack.engine}")
        for card in stack.segmenters:
            took = f"{stack.seconds[card.id]:.2f} s" if card.id in stack.seconds else "an outline made elsewhere"
            self.log.add(f"segmenter {card.id} {card.version}: {took}")
        drawn = {region for package in packages for region in package.card.regions}
        if drawn - set(stack.regions):
            self.note(f"compared for {', '.join(stack.regions)} only, as not every outline tells more")
        for identifier, reason in stack.skipped.items():
            self.log.add(f"segmenter {identifier} skipped: {reason}")
            self.note(f"{identifier} did not run: {reason}")
        return stack

    def compare(self, stack: ProbabilityStack) -> TrustMaps:
        from SynthTrustLib.maps.compute import compute_maps

        self.costs.begin("maps")
        progress = self.pace.phase("maps")
        progress("comparing the segmenters", 0.0)
        maps = compute_maps(stack)
        progress("comparing the segmenters", 1.0)
        self.log.add("maps")
        return maps

    def weigh(self, case: PatientCase, stack: ProbabilityStack, maps: TrustMaps, roles: Roles) -> Outcome:
        from SynthTrustLib.maps.spots.error_rates import error_rates
        from SynthTrustLib.maps.spots.find import find_review_spots
        from SynthTrustLib.outcome.outcome import outcome_of
        from SynthTrustLib.trust.assess import build_scorecard
        from SynthTrustLib.trust.learned.calibration import find_calibration

        self.costs.begin("spots")
        progress = self.pace.phase("trust")
        progress("weighing the answers", 0.0)
        spots = find_review_spots(
            stack,
            maps,
            spacing_trusted=case.spacing_trusted,
            roles=roles,
            visible=case.task.visible(case.contrasts),
            errors=error_rates(stack.segmenters, roles),
        )
        progress("weighing the answers", 0.3)
        self.costs.begin("scorecard")
        calibration = find_calibration(stack.segmenters, self.request.calibration)
        provenance = describe_run(self.request, case, stack, self.reference_sha256, calibration)
        scorecard = build_scorecard(
            case,
            stack,
            maps,
            spots,
            reference=self.reference,
            provenance=provenance,
            calibration=calibration,
            roles=roles,
        )
        progress("weighing the answers", 1.0)
        self.log.add(f"scorecard: {len(scorecard.rows)} rows, {len(scorecard.review_spots)} review spots")
        return outcome_of(stack, maps, scorecard)

    def witness_text(self, case: PatientCase, stack: ProbabilityStack, maps: TrustMaps, roles: Roles) -> str | None:
        """What the witness of a patient with a reference says."""
        if self.witness is None or self.reference is None:
            return None
        return self.witness(case, stack, maps, roles, self.reference)

    def write_report(self, case: PatientCase, outcome: Outcome) -> None:
        from SynthTrustLib.report.html import render_html
        from SynthTrustLib.report.pictures import THUMBNAIL, draw_pictures
        from SynthTrustLib.report.tables import review_spots_csv, scorecard_csv

        self.costs.begin("pictures")
        self.pace.phase("write")("drawing the report", 0.0)
        pictures = draw_pictures(case, outcome)
        thumbnail = pictures.pop(THUMBNAIL, None)
        if thumbnail is not None:
            (self.folder / THUMBNAIL_FILE).write_bytes(thumbnail)
        self.costs.begin("report")
        self.log.add(f"{len(pictures)} pictures")
        for name, text in {
            "report.html": render_html(outcome.scorecard, pictures),
            "review_spots.csv": review_spots_csv(outcome.scorecard),
            "scorecard.csv": scorecard_csv(outcome.scorecard),
        }.items():
            (self.folder / name).write_text(text, "utf-8", newline="")
        self.log.add("report")

    def write_scene(self, case: PatientCase, outcome: Outcome) -> str:
        """Write scene.mrb where that is possible; returns ``"written"`` or why there is none."""
        if not self.request.write_scene:
            return "not asked for"
        self.costs.begin("scene")
        self.pace.phase("write")("writing the scene", 0.4)
        became = "written"
        path = self.folder / "scene.mrb"
        try:
            from SynthTrustLib.scene.result.archive import write_mrb

            write_mrb(path, case, outcome)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # of slicer-core: the result is worth having without the scene
            path.unlink(missing_ok=True)
            require_space(self.out, ENOUGH_TO_GO_ON_BYTES)
            became = error.what if isinstance(error, SynthTrustError) else f"{type(error).__name__}: {error}"
        if became != "written":
            self.note(f"no scene.mrb: {became}")
        self.log.add(f"scene {became}")
        return became

    def write_dicom(self, case: PatientCase, outcome: Outcome) -> None:
        """Write DICOM objects for the archive, if they were asked for and the patient came from one."""
        from SynthTrustLib.report.dicom_seg import can_write_dicom, not_taken_over, write_dicom

        if not self.request.write_dicom:
            return
        why_not = can_write_dicom(case)
        if why_not:
            self.note(f"no DICOM results: {why_not}")
            return
        self.costs.begin("DICOM")
        self.pace.phase("write")("writing DICOM", 0.3)
        folder = self.folder / "dicom"
        try:
            names = write_dicom(folder, case, outcome)
            empty = not_taken_over(case)
        except SynthTrustError as error:  # of a header: the result is worth having without them
            shutil.rmtree(folder, ignore_errors=True)
            self.note(f"no DICOM results: {error.what}")
            return
        if empty:
            self.note(f"empty in the DICOM results, as the source states it in no way that DICOM allows: {empty}")
        self.log.add(f"{len(names)} DICOM objects")

    def write_scorecard(self, scorecard: Scorecard, scene: str) -> None:
        stages = self.costs.end()
        for line in cost_lines(stages):
            self.log.add(line)
        whole = replace(scorecard, provenance={**scorecard.provenance, "scene": scene, STAGES: encode(stages)})
        read_scorecard(encode(whole))  # what is not right is not written
        text = to_text(whole, indent=1)
        (self.folder / "scorecard.json").write_text(text + "\n", "utf-8")

    def wait_for(self, writers: list[Future[int]]) -> None:
        self.costs.begin("volumes")
        progress = self.pace.phase("write")
        for done, writer in enumerate(writers):
            progress("writing the maps", 0.7 + 0.3 * done / len(writers))
            writer.result()
        progress("writing the maps", 1.0)
        self.log.add(f"{len(writers)} volumes, {sum(writer.result() for writer in writers) / 1e6:.1f} MB")

    def note(self, text: str) -> None:
        """Tell the user on the screen; never in a file, as it may hold a file's name."""
        self.on_event(Noted(text))
