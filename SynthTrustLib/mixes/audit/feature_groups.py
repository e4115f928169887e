"""Which features belong together, so that a difference has a name that a person understands."""

from __future__ import annotations

from collections.abc import Sequence

GROUPS = {
    "head_size": "size of the head",
    "tumor_shape": "size and shape of the tumor",
    "tumor_place": "place of the tumor",
    "tumor_intensity": "brightness of the tumor",
    "detail": "fine detail (sharpness and noise)",
    "tissue": "brightness of the tissues",
    "agreement": "how the contrasts agree with each other",
    "slices": "change from slice to slice",
}
"""Name -> what it is in words."""

_ENDS = {
    "tumor_intensity": ("_tumor_mean", "_tumor_sd", "_contrast_to_brain"),
    "detail": ("_grain", "_detail", "_coarse"),
    "agreement": ("_correlation", "_edges_agree"),
    "slices": ("_slice_jump",),
    "tumor_place": ("_height", "_depth", "_laterality"),
}
NEED_VOXEL_SIZE = ("head_size", "detail", "slices")
"""Groups that say nothing where some cases' voxels are of an unknown size."""

_COUNTED = ("_kilovoxels", "_sphericity", "_edges_agree")
_SIZES = ("brain_kilovoxels", "brain_slices", "brain_rows", "brain_columns")
_SHAPES = ("wt_", "tc_", "et_")


def group_of(name: str) -> str:
    """The group of a feature."""
    if name in _SIZES:
        return "head_size"
    for group, ends in _ENDS.items():
        if name.endswith(ends):
            return group
    return "tumor_shape" if name.startswith(_SHAPES) else "tissue"


def needs_voxel_size(name: str) -> bool:
    """Whether a feature counts voxels, or what changes from one to the next: it depends on how large they are."""
    return group_of(name) in NEED_VOXEL_SIZE or name.endswith(_COUNTED)


def grouped(names: Sequence[str]) -> dict[str, list[int]]:
    """Group -> columns of its features, in the order of `GROUPS`; groups without any are left out."""
    columns: dict[str, list[int]] = {group: [] for group in GROUPS}
    for n, name in enumerate(names):
        columns[group_of(name)].append(n)
    return {group: found for group, found in columns.items() if found}
