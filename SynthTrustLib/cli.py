"""The command ``synthtrust``."""

from __future__ import annotations

import argparse
import math
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import SynthTrustLib
from SynthTrustLib.errors import Cancelled, ConcernsError, InputError, SynthTrustError
from SynthTrustLib.segmenters.options import ENGINES, add_segmenter_folder
from SynthTrustLib.vocabulary import Contrast

if TYPE_CHECKING:
    from SynthTrustLib.calibration.calibrate import FitMixes

_DESCRIPTION = "How far can this tumor outline be trusted, given what the networks that drew it were trained on?"

_FOOTER = "For research. Not a medical device: never the only ground for a decision about a patient."

_EXAMPLES = """\
examples:
  synthtrust assess --t1 t1.nii.gz --t1c t1c.nii.gz --t2 t2.nii.gz --flair flair.nii.gz --out result
  synthtrust assess --case patient/ --segmenters ladder --label "Case 7" --out result
  synthtrust segmenters list
"""

_ASSESS_EXAMPLES = """\
examples:
  synthtrust assess --flair flair.nii.gz --t1c t1c.nii.gz --out result
  synthtrust assess --case patient/ --reference drawn-by-hand.nii.gz --out result
  synthtrust assess --case patient/ --spacing 0.9 0.9 5.0 --out result
  synthtrust assess --case patient/ --member "Drawn by hand=mask.nii.gz" --member "nnU-Net=seg.dcm" --out result
  synthtrust assess --case patient/ --accept missing:T2 --out result

exit codes: 0 done, 2 an input or the output cannot be used, 3 stopped with concerns that were not accepted, 130 stopped
with Ctrl-C, 1 anything unexpected.
"""


class _Once(argparse.Action):
    """Stores an option, and refuses a second one: of two files for one contrast, neither may be dropped."""

    _taken: argparse.Namespace | None = None

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        if option and self._taken is namespace:
            parser.error(f"{option} was given twice")
        self._taken = namespace
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """Says one line about wrong arguments, like every other error."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"synthtrust: error: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Arguments are those of the process unless given."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["run-child"]:
        from SynthTrustLib.runner.process import child

        return child.main(arguments[1:])
    if arguments[:1] == ["run-cohort"]:
        from SynthTrustLib.cohort import child as cohort_child

        return cohort_child.main(arguments[1:])
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter is no reason to fail
    try:
        parsed = _build_parser(for_command=arguments[0] if arguments else "").parse_args(arguments)
        run: Callable[[argparse.Namespace], int | None] = parsed.run
        around = {"mixes": _laboratory, "trust": _laboratory, "cohort": _stopped_by_signals}
        with around.get(arguments[0], nullcontext)():
            return run(parsed) or 0
    except SystemExit as end:  # of argparse, which has said why
        return end.code if isinstance(end.code, int) else 2
    except KeyboardInterrupt:
        return _say(Cancelled())
    except ConcernsError as error:
        return _say_concerns(error)
    except SynthTrustError as error:
        return _say(error, details=getattr(error, "details", "") if "--debug" in arguments else "")
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        return 0


def _say(error: SynthTrustError, details: str = "") -> int:
    if details:
        print(details.rstrip(), file=sys.stderr)
    print(f"synthtrust: error: {' '.join(str(error).split())}", file=sys.stderr)
    return error.exit_code


def _say_concerns(error: ConcernsError) -> int:
    """Each concern on a line, then how to go on in spite of all of them."""
    for concern in error.concerns:
        print(f"synthtrust: concern {concern.key}: {' '.join(concern.text.split())}", file=sys.stderr)
    keys = dict.fromkeys(concern.key for concern in error.concerns)
    options = " ".join(f"--accept {shlex.quote(key)}" for key in keys)
    print(f"synthtrust: error: {error} To accept: {options}", file=sys.stderr)
    return error.exit_code


def _build_parser(*, for_command: str) -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="synthtrust", description=f"{_DESCRIPTION} {_FOOTER}", epilog=_EXAMPLES, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"SynthTrust {SynthTrustLib.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    assess = commands.add_parser(
        "assess",
        help="segment one patient with several segmenters and weigh their answers",
        description="Segment one patient with several segmenters, and write what their differences say about trust.",
        epilog=_ASSESS_EXAMPLES,
        formatter_class=raw,
    )
    _add_assess_arguments(assess)
    assess.set_defaults(run=_assess)

    segmenters = commands.add_parser(
        "segmenters", help="list, show, verify and import segmenters", description="The segmenters that are installed."
    )
    _add_segmenter_commands(segmenters, importing=for_command == "segmenters")

    cohort = commands.add_parser(
        "cohort",
        help="assess many patients, one after the other or side by side; resumable, worst first",
        description="Assess many patients as one: resumable, worst first. See each command.",
    )
    if for_command == "cohort":
        from SynthTrustLib.cohort.commands import add_commands as add_cohort_commands

        add_cohort_commands(cohort.add_subparsers(metavar="COMMAND", required=True))

    mixes = commands.add_parser(
        "mixes",
        help="the laboratory: from labelled patients to segmenters trained on known mixes",
        description="The laboratory: from labelled patients to segmenters trained on known mixes. See each command.",
    )
    if for_command == "mixes":
        with _laboratory():
            from SynthTrustLib.mixes.commands import add_commands

        add_commands(mixes.add_subparsers(metavar="COMMAND", required=True))

    trust = commands.add_parser(
        "trust",
        help="calibrate predictions on labelled patients, and measure how they do on others",
        description="Calibrate predictions on labelled patients, and measure how they do on others. See each command.",
    )
    if for_command == "trust":
        from SynthTrustLib.calibration.commands import add_commands as add_trust_commands
        from SynthTrustLib.cohort.hospital.commands import calibrate_cohort, undo_calibration

        add_trust_commands(
            trust.add_subparsers(metavar="COMMAND", required=True), _mixes_of_plan, calibrate_cohort, undo_calibration
        )
    return parser


@contextmanager
def _laboratory() -> Iterator[None]:
    """Says in one sentence that the laboratory is not here, as in Slicer, or what it needs is not."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = error.name or ""
        if name == "SynthTrustLib.mixes" or name.startswith("SynthTrustLib.mixes."):
            raise InputError(
                "it is not installed with the Slicer extension",
                source="the laboratory (synthtrust mixes)",
                next_step="Use it from a checkout of the source, or from the package that pip installs.",
            ) from None
        if name.startswith("SynthTrustLib"):
            raise
        raise InputError(
            f"it needs {name}, which is not installed",
            source="the laboratory (synthtrust mixes)",
            next_step="Install what it needs with: pip install 'synthtrust[torch,lab]'.",
        ) from None


def _mixes_of_plan(plan: Path, data: Path, work: Path) -> FitMixes:
    from SynthTrustLib.mixes.familiar_mixes import mixes_of_plan

    return mixes_of_plan(plan, data, work)


def _add_assess_arguments(parser: argparse.ArgumentParser) -> None:
    patient = parser.add_argument_group("the patient (NIfTI, NRRD or MetaImage; a folder may hold DICOM)")
    for contrast in Contrast:
        patient.add_argument(
            f"--{contrast.lower()}", dest=contrast.name, type=Path, metavar="FILE", help=f"the {contrast} series"
        )
    patient.add_argument(
        "--contrast",
        dest="more_contrasts",
        action="append",
        default=[],
        metavar="ID=FILE",
        help="a series of another task than glioma, as that task calls it; may be repeated",
    )
    patient.add_argument(
        "--case", type=Path, metavar="FOLDER", help="recognize the contrasts in a folder, and say what was taken"
    )
    patient.add_argument(
        "--reference",
        metavar="MASK[:CONVENTION]",
        help="a trusted outline to measure against: BraTS labels, 0/1, or as of --member",
    )
    patient.add_argument(
        "--spacing",
        type=_millimetres,
        nargs=3,
        metavar=("I", "J", "K"),
        help="the true voxel size in mm, where the files carry a placeholder",
    )
    patient.add_argument("--label", metavar="TEXT", help="printed on every page of the report")
    patient.add_argument(
        "--accept",
        dest="accepted",
        action="append",
        default=[],
        metavar="KEY",
        help="go on in spite of this concern, such as missing:T2; the report says so; may be repeated",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--segmenters",
        default="default",
        metavar="SPEC",
        help="all, a preset such as ladder, ID,ID, or none where members are given (default: the ladder)",
    )
    how.add_argument(
        "--member",
        dest="members",
        action="append",
        default=[],
        metavar="NAME=FILE[:CONVENTION]",
        help="an outline made elsewhere joins the comparison: a label map or DICOM SEG, whose labels are brats, binary "
        "or spelled out such as WT=1+2+3,TC=1+3,ET=3 (default: by the labels it holds); may be repeated",
    )
    how.add_argument(
        "--record",
        metavar="ID",
        help="who draws the outline of record, which status and predictions are about: a segmenter, a member, or "
        "pooled (default: the flagship, with the segmenters as its jury)",
    )
    add_segmenter_folder(how)
    how.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="what synthtrust trust calibrate wrote (default: the one that ships for the segmenters)",
    )
    engines = f"what runs the networks: {', '.join(ENGINES)} (default: auto)"
    how.add_argument("--engine", default="auto", metavar="NAME", help=engines)
    result = parser.add_argument_group("the result")
    result.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the results go")
    result.add_argument("--keep-probabilities", action="store_true", help="write every segmenter's probabilities too")
    result.add_argument("--no-scene", action="store_true", help="do not write scene.mrb")
    result.add_argument(
        "--dicom",
        action="store_true",
        help="write DICOM SEG, maps and a measurement report too, where the input is DICOM; they name the patient",
    )
    result.add_argument(
        "--json", action="store_true", help="end with one line of JSON on stdout: statuses and paths, or what is wrong"
    )
    result.add_argument("--quiet", action="store_true", help="show errors and the report's path only")
    result.add_argument("--debug", action="store_true", help="show the details of an unexpected error")


def _assess(arguments: argparse.Namespace) -> int:
    if not arguments.json:
        print(_run_assessment(arguments) / "report.html")
        return 0
    from SynthTrustLib.runner.process.answer import answer_of, answer_without, line_of

    try:
        print(line_of(answer_of(_run_assessment(arguments))))
    except (SynthTrustError, KeyboardInterrupt) as error:
        print(line_of(answer_without(error if isinstance(error, SynthTrustError) else Cancelled())))
        raise
    return 0


def _run_assessment(arguments: argparse.Namespace) -> Path:
    from SynthTrustLib.case.outline.label_convention import AUTO
    from SynthTrustLib.case.outline.outside_file import OutsideFile, file_and_convention
    from SynthTrustLib.runner.process import launch
    from SynthTrustLib.runner.process.display import show_progress
    from SynthTrustLib.runner.process.request import AssessRequest

    files: dict[str, Path | None] = {contrast: getattr(arguments, contrast.name) for contrast in Contrast}
    for name, file in map(_contrast_and_file, arguments.more_contrasts):
        if files.get(name):
            raise InputError(
                "two files are given for one contrast", source=f"{name}", next_step="State one file for each contrast."
            )
        files[name] = file
    reference, convention = file_and_convention(arguments.reference) if arguments.reference else (None, AUTO)
    request = AssessRequest(
        out=arguments.out,
        contrasts={contrast: path for contrast, path in files.items() if path},
        case_folder=arguments.case,
        segmenters=arguments.segmenters,
        record=arguments.record,
        members=tuple(OutsideFile.parse(text) for text in arguments.members),
        extra_segmenter_folders=tuple(arguments.segmenter_folders),
        reference=reference,
        reference_convention=convention,
        label=arguments.label,
        spacing_mm=tuple(arguments.spacing) if arguments.spacing else None,
        keep_probabilities=arguments.keep_probabilities,
        engine=arguments.engine,
        write_scene=not arguments.no_scene,
        write_dicom=arguments.dicom,
        calibration=arguments.calibration,
        accepted=tuple(arguments.accepted),
    )
    with _stopped_by_signals(), show_progress(sys.stderr, quiet=arguments.quiet) as listener:
        return launch.run(request, listener)


def _millimetres(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is no size in mm")
    return value


def _contrast_and_file(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if not (name.strip() and file):
        raise InputError(
            "it does not say which file is which contrast", source=f"--contrast {text}", next_step="Write ID=FILE."
        )
    return name.strip(), Path(file)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """A polite request to end, as of a batch system, stops a run like Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _add_segmenter_commands(parser: argparse.ArgumentParser, *, importing: bool) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, run, text in (
        ("list", _list_segmenters, "one line per segmenter"),
        ("show", _show_segmenter, "the whole card of one segmenter"),
        ("verify", _verify_segmenters, "check hashes, schemas and weights of one segmenter or of all"),
    ):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add_segmenter_folder(command)
        if name != "list":
            command.add_argument("id", nargs="?" if name == "verify" else None, metavar="ID")
        command.set_defaults(run=run)
    if not importing:
        return
    from SynthTrustLib.segmenters.importing.commands import EXAMPLES, add_arguments, run_import

    command = commands.add_parser(
        "import",
        help="make a segmenter of an nnU-Net v2 model, a MONAI Bundle or an ONNX file",
        description="Make a segmenter package of a model that another framework trained, and compare both networks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(command)
    command.set_defaults(run=run_import)


def _list_segmenters(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.runner.listing import list_lines
    from SynthTrustLib.segmenters.package.registry import find_packages

    packages = find_packages(arguments.segmenter_folders)
    print("\n".join(list_lines(packages)))
    for broken in packages.damaged:
        print(f"{broken.id}: cannot be used: {broken.error.what}. {broken.error.next_step}")
    return 0


def _show_segmenter(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.runner.listing import card_lines
    from SynthTrustLib.segmenters.package.registry import find_packages, select

    for package in select(find_packages(arguments.segmenter_folders), arguments.id):
        print("\n".join(card_lines(package)))
    return 0


def _verify_segmenters(arguments: argparse.Namespace) -> int:
    from SynthTrustLib.segmenters.package.registry import find_packages, select

    packages = find_packages(arguments.segmenter_folders)  # which checks each of them whole
    for package in select(packages, arguments.id) if arguments.id else packages:
        print(f"{package.card.id} {package.card.version}: ok")
    damaged = [] if arguments.id else packages.damaged
    return max((_say(broken.error) for broken in damaged), default=0)
