"""``synthtrust segmenters import``: a package of a model that another framework trained."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.axes import STORED
from SynthTrustLib.segmenters.adapters.patches.settings import MONAI, NNUNET, ImageSettings, Normalization
from SynthTrustLib.segmenters.importing.draft import Answers, Draft
from SynthTrustLib.segmenters.package.card import TrainingMix
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.read import read_task
from SynthTrustLib.task.task import Task

EXAMPLES = """\
examples:
  synthtrust segmenters import nnUNetTrainer__nnUNetPlans__3d_fullres --id our-nnunet --out my-segmenters
  synthtrust segmenters import brats_mri_segmentation --id monai-segresnet --real-cases 285 --out my-segmenters
  synthtrust segmenters import model.onnx --id our-model --out my-segmenters --contrasts T1,T1c,T2,FLAIR \\
      --labels WT=1+2+3,TC=1+3,ET=3 --activation softmax --normalization z-score-head --axes SPL
"""

NORMALIZATIONS = {
    "z-score": Normalization("z-score", "all"),
    "z-score-nonzero": Normalization("z-score", "nonzero"),
    "z-score-head": Normalization("z-score", "head"),
    "percentile": Normalization("percentile", "all", 1.0, 99.0, clip=True),
    "range": Normalization("percentile", "all"),
    "none": Normalization("none"),
}
"""What can be chosen for an ONNX file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="an nnU-Net v2 model folder (plans.json, dataset.json, fold_*), a MONAI Bundle, or an ONNX file",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where the package's folder is written"
    )
    parser.add_argument("--id", required=True, help="its id: lower case letters, digits and hyphens")

    stated = parser.add_argument_group("what its files say, to be stated where they do not, or otherwise")
    stated.add_argument("--task", type=Path, metavar="FILE", help="what it outlines, on which images (default: glioma)")
    stated.add_argument("--contrasts", metavar="LIST", help="input channels in order: T1,T1c,T2,FLAIR")
    stated.add_argument(
        "--labels",
        metavar="WT=..,TC=..,ET=..",
        help="labels of each region, e.g. WT=1+2+3,TC=1+3,ET=3; with a sigmoid for each region, its channel from 0",
    )
    stated.add_argument(
        "--axes", help="where the axes of its input run, e.g. SPL, or an order of kji as they are stored"
    )
    stated.add_argument("--no-mirroring", action="store_true", help="leave out the mirroring that it was trained for")
    stated.add_argument("--folds", nargs="+", default=(), metavar="N", help="of nnU-Net (default: all that there are)")
    stated.add_argument("--checkpoint", metavar="NAME", help="file with the weights, inside a fold or the bundle")

    onnx = parser.add_argument_group("of an ONNX file")
    onnx.add_argument(
        "--activation", choices=("softmax", "sigmoid", "none"), help="what makes probabilities of its output"
    )
    onnx.add_argument(
        "--window", type=int, nargs="+", metavar="N", help="voxels that it sees at a time, where left open"
    )
    onnx.add_argument("--normalization", choices=NORMALIZATIONS, help="of each contrast's intensities")
    onnx.add_argument(
        "--spacing", type=float, nargs=3, metavar="MM", help="along the axes of its input; 0 leaves an axis"
    )
    onnx.add_argument(
        "--crop", choices=("none", "nonzero", "positive"), default="none", help="to the box around what is"
    )
    onnx.add_argument("--overlap", type=float, default=0.5, help="of its windows (default: %(default)s)")
    onnx.add_argument("--mirrored-axes", type=int, nargs="+", default=(), metavar="N", help="mirror along these, too")
    onnx.add_argument(
        "--convention",
        choices=(NNUNET, MONAI),
        default=NNUNET,
        help="whose resampling and windows (default: %(default)s)",
    )

    declared = parser.add_argument_group("what only its maker knows; what is left out is declared as not known")
    declared.add_argument("--name")
    declared.add_argument("--version", default="1", help="default: %(default)s")
    declared.add_argument("--summary", metavar="TEXT")
    declared.add_argument("--licence", default="unknown", metavar="TEXT")
    declared.add_argument("--intended-use", default="unknown", metavar="TEXT")
    declared.add_argument("--real-cases", type=int, default=0, metavar="N", help="that it was trained on")
    declared.add_argument("--synthetic-cases", type=int, default=0, metavar="N")
    declared.add_argument("--generator", metavar="TEXT", help="of the synthetic cases")
    declared.add_argument("--quality", metavar="WORD", help="of the synthetic cases, as their maker calls it")
    declared.add_argument("--diversity", metavar="WORD")


def run_import(arguments: argparse.Namespace) -> None:
    """Import, and say what was found."""
    from SynthTrustLib.segmenters.importing.package import Declared, write_imported

    task = read_task(arguments.task) if arguments.task else GLIOMA
    stated = Answers(
        contrasts=arguments.contrasts and _contrasts(arguments.contrasts, task),
        labels=arguments.labels,
        axes=arguments.axes,
        mirror=False if arguments.no_mirroring else None,
        task=task,
    )
    draft = _draft(arguments, stated)
    mix = TrainingMix(
        arguments.real_cases,
        arguments.synthetic_cases,
        generator=arguments.generator,
        quality=arguments.quality,
        diversity=arguments.diversity,
    )
    declared = Declared(
        id=arguments.id,
        name=arguments.name,
        version=arguments.version,
        summary=arguments.summary,
        mix=mix,
        licence=arguments.licence,
        intended_use=arguments.intended_use,
    )
    package = write_imported(arguments.out / arguments.id, draft, declared, task)
    settings, limits = draft.settings, package.card.limits
    print(f"{package.folder}: {draft.framework}, {draft.name}")
    print(f"  contrasts: {', '.join(draft.contrasts)}; axes {settings.image.axes}")
    for number, regions in enumerate(settings.answer.channels):
        print(f"  output {number}: {', '.join(regions) or 'background'}")
    memory = "not measured" if limits.memory_mb is None else f"{limits.memory_mb:g} MB"
    print(f"  model {limits.model_mb:g} MB, memory {memory}")
    if draft.verified is not None:
        print(f"  largest difference of a probability to PyTorch's: {draft.verified.largest_difference:.1e}")
    if not mix.known:
        print("  training mix: not known (state --real-cases, --synthetic-cases and --generator where you know it)")
    for step in draft.found.get("left_out", ()):
        print(f"  left out: {step}, as SynthTrust compares what networks answer")


def _draft(arguments: argparse.Namespace, stated: Answers) -> Draft:
    from SynthTrustLib.segmenters.importing.monai_bundle import is_monai, read_monai
    from SynthTrustLib.segmenters.importing.nnunet import CHECKPOINT, is_nnunet, read_nnunet

    model: Path = arguments.model
    try:
        if model.suffix == ".onnx" and model.is_file():
            return _onnx(arguments, stated)
        if is_nnunet(model):
            return read_nnunet(model, stated, arguments.folds, arguments.checkpoint or CHECKPOINT)
        if is_monai(model):
            return read_monai(model, stated, arguments.checkpoint)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # of files that say odd things
        raise SegmenterError(
            f"its files say something that is not understood ({type(error).__name__}: {str(error)[:160]})",
            source=model.name,
            next_step="Get the model again, or export its network to ONNX and import that.",
        ) from error
    raise SegmenterError(
        "it is no nnU-Net v2 model folder, no MONAI Bundle and no ONNX file",
        source=str(model),
        next_step="Choose the folder with plans.json and dataset.json, the one with configs and models, or a file.",
    )


def _onnx(arguments: argparse.Namespace, stated: Answers) -> Draft:
    from SynthTrustLib.segmenters.importing.onnx_model import OnnxAnswers, read_onnx_model

    asked: dict[str, Any] = {
        "--contrasts": arguments.contrasts,
        "--labels": arguments.labels,
        "--activation": arguments.activation,
        "--normalization": arguments.normalization,
    }
    missing = [option for option, value in asked.items() if value is None]
    if missing:
        raise SegmenterError(
            "an ONNX file does not say how it is used",
            source=arguments.model.name,
            next_step=f"State {', '.join(missing)}; see synthtrust segmenters import --help.",
        )
    spacing = arguments.spacing and tuple(mm or None for mm in arguments.spacing)
    image = ImageSettings(
        arguments.convention, STORED, spacing, arguments.crop, NORMALIZATIONS[arguments.normalization]
    )
    more = OnnxAnswers(
        image=image,
        activation=arguments.activation,
        window=tuple(arguments.window) if arguments.window else None,
        overlap=arguments.overlap,
        mirrored_axes=tuple(arguments.mirrored_axes),
    )
    return read_onnx_model(arguments.model, stated, more)


def _contrasts(text: str, task: Task) -> tuple[str, ...]:
    known = {contrast.casefold(): contrast for contrast in task.contrast_ids}
    try:
        return tuple(known[word.strip().casefold()] for word in text.split(","))
    except KeyError as error:
        raise SegmenterError(
            f"{error} is no contrast of the task {task.id}",
            source=f"--contrasts {text}",
            next_step=f"State some of {', '.join(task.contrast_ids)}.",
        ) from None
