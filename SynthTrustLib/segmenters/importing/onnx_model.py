"""Any ONNX file, with what it does not say of itself stated by whoever imports it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NoReturn

from SynthTrustLib.case.outline.label_convention import spelled_out
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.segmenters.adapters.patches.settings import (
    AnswerSettings,
    ImageSettings,
    PatchSettings,
    Windows,
)
from SynthTrustLib.segmenters.importing.draft import Answers, Draft, regions_of_channels
from SynthTrustLib.segmenters.package.onnx_file import OnnxFileError, TensorInfo, read_onnx


@dataclass(frozen=True)
class OnnxAnswers:
    """What an ONNX file cannot say."""

    image: ImageSettings
    """Its `axes` are those of `Answers`, where stated."""
    activation: Literal["softmax", "sigmoid", "none"]
    """Of its output: ``"softmax"`` over labels, ``"sigmoid"`` of regions, ``"none"`` where it gives probabilities."""
    window: tuple[int, ...] | None = None
    """Voxels; needed where the file leaves them open."""
    overlap: float = 0.5
    mirrored_axes: tuple[int, ...] = ()


def read_onnx_model(path: Path, stated: Answers, more: OnnxAnswers) -> Draft:
    """Check an ONNX file against what is stated of it.

    Raises SegmenterError if it cannot be read, or does not take or give what is stated.
    """
    source = path.name
    data = read_regular(path)
    try:
        model = read_onnx(data)
    except OnnxFileError as error:
        raise SegmenterError(
            f"it cannot be used: {error}", source=source, next_step="Export the model again, into one ONNX file."
        ) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        _refuse(f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs, not one each", source)
    given, taken = model.outputs[0], model.inputs[0]
    if stated.contrasts is None or stated.labels is None:
        _refuse("an ONNX file does not say what its channels are", source)
    if len(taken.shape) not in (4, 5):
        _refuse(f"its input has {len(taken.shape)} dimensions, not 4 or 5", source)
    if len(taken.shape) == 4 and taken.shape[0] is not None:
        _refuse(f"it takes {taken.shape[0]} slices at a time, not any number (dynamic_axes of its export)", source)
    if taken.shape[1:2] not in ((None,), (len(stated.contrasts),)):
        _refuse(f"it takes {taken.shape[1]} channels, not {len(stated.contrasts)}", source)
    labels = spelled_out(stated.labels, stated.task) or {}
    count = given.shape[1] if len(given.shape) > 1 else None
    if count is None or any(n >= count for numbers in labels.values() for n in numbers):
        _refuse(f"its output has {count} channels, counted from 0, not those of {stated.labels!r}", source)
    several = any(len(numbers) > 1 for numbers in labels.values())
    shared = len({n for numbers in labels.values() for n in numbers}) < sum(map(len, labels.values()))
    # Probabilities that a softmax inside the file made are of labels; those of regions are one channel each.
    exclusive = more.activation == "softmax" or (more.activation == "none" and (several or shared))
    channels = regions_of_channels(labels, count, stated.task)
    return Draft(
        settings=PatchSettings(
            image=replace(more.image, axes=stated.axes or more.image.axes),
            windows=Windows(
                _window(taken, more.window, source),
                more.overlap,
                mirrored_axes=() if stated.mirror is False else more.mirrored_axes,
            ),
            answer=AnswerSettings(channels, more.activation, "after", "highest" if exclusive else "none"),
        ),
        contrasts=stated.contrasts,
        model=data,
        framework="ONNX",
        name=path.stem,
        found={"file": source},
    )


def _window(taken: TensorInfo, stated: tuple[int, ...] | None, source: str) -> tuple[int, ...]:
    sizes = taken.shape[2:]
    if stated is None:
        stated = tuple(size for size in sizes if size is not None)
    fits = len(stated) == len(sizes) and all(own in (None, n) for own, n in zip(sizes, stated, strict=True))
    if not fits:
        words = " x ".join("any" if size is None else str(size) for size in sizes)
        _refuse(f"the window must be stated and fit its input, {words} voxels", source)
    return stated


def _refuse(problem: str, source: str) -> NoReturn:
    raise SegmenterError(problem, source=source, next_step="See synthtrust segmenters import --help.")
