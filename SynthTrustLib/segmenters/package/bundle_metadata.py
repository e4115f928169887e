"""``configs/metadata.json`` of a package: the fields of MONAI's bundle metadata that SynthTrust writes and asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

from SynthTrustLib.codec import Pattern, Range, Size, Text

_Pixels = Annotated[int, Range(1)] | Annotated[str, Pattern(r"^[0-9]+\*n$", "a multiple such as '32*n'")]


class TensorFormat(TypedDict):
    """What goes into a network or comes out of it."""

    type: Literal["image"]
    format: Literal["magnitude", "segmentation"]
    modality: NotRequired[Text]
    num_channels: Annotated[int, Range(1)]
    spatial_shape: Annotated[list[_Pixels], Size(2)]
    dtype: Literal["float32"]
    value_range: Annotated[Sequence[float], "Lowest and highest; empty where it varies."]
    is_patch_data: bool
    channel_def: Annotated[Mapping[Annotated[str, Pattern("^[0-9]+$", "a channel's number")], Text], Size(1)]


class NetworkDataFormat(TypedDict):
    """Tensors by name."""

    inputs: Annotated[Mapping[Text, TensorFormat], Size(1)]
    outputs: Annotated[Mapping[Text, TensorFormat], Size(1)]


class BundleMetadata(TypedDict):
    """MONAI Bundle metadata of a SynthTrust segmenter."""

    schema: Text
    version: Annotated[str, Pattern(r"^[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.-]+)?$", "a version such as 1.0.2")]
    changelog: Annotated[Mapping[str, Text], Size(1)]
    monai_version: Text
    pytorch_version: Text
    numpy_version: Text
    required_packages_version: Mapping[str, Text]
    name: Text
    task: Text
    description: Text
    authors: Text
    copyright: Text
    intended_use: Text
    data_source: Text
    data_type: Text
    image_classes: Text
    label_classes: Text
    pred_classes: Text
    eval_metrics: Mapping[str, float]
    network_data_format: NetworkDataFormat
