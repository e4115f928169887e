"""What a segmenter's ONNX file takes and gives, as its card has it."""

from __future__ import annotations

from dataclasses import dataclass

from SynthTrustLib.segmenters.adapters.slices.preprocess import SLICES_PER_CONTRAST
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.onnx_file import OnnxFile, TensorInfo


@dataclass(frozen=True)
class Interface:
    """One input and one output, both float32 (n, channel, and two or three sizes in voxels)."""

    channels: int
    answers: int  # `channels` and `answers`: of the input, and of the output
    size: tuple[int | None, ...]  # what the network is shown at a time; None where it varies
    input: str | None = None
    output: str | None = None  # `input` and `output`: the tensors' names; None where they may have any

    def problem(self, model: OnnxFile) -> str | None:
        """What is wrong with a model, to be read after its file's name; None where it fits."""
        for infos, word, channels in ((model.inputs, "input", self.channels), (model.outputs, "output", self.answers)):
            problem = self._of_tensor(infos, word, channels)
            if problem is not None:
                return problem
        return None

    def _of_tensor(self, infos: tuple[TensorInfo, ...], word: str, channels: int) -> str | None:
        wanted = self.input if word == "input" else self.output
        dimensions = 2 + len(self.size)
        called = f" called {wanted!r}" if wanted else f" as its {word}"
        one = len(infos) == 1 and infos[0].is_float32 and len(infos[0].shape) == dimensions
        if not one or wanted not in (None, infos[0].name):
            return f"does not have one {dimensions}D float32 tensor{called}"
        shape = infos[0].shape
        if shape[1] not in (None, channels):
            return f"has {shape[1]} channels in its {word}, not {channels}"
        if any(own is not None and n is not None and own != n for own, n in zip(shape[2:], self.size, strict=True)):
            sizes = " x ".join(map(str, shape[2:]))
            return f"has an {word} of {sizes} voxels, not of {' x '.join(map(str, self.size))}"
        return None


def interface_of(card: SegmenterCard) -> Interface:
    """What the file of the card's network must take and give."""
    if card.adapter is None:
        return Interface(
            SLICES_PER_CONTRAST * len(card.contrasts), len(card.regions), (None, None), "slices", "probabilities"
        )
    return Interface(len(card.contrasts), len(card.adapter.answer.channels), card.adapter.windows.size)
