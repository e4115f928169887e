"""Random changes of a training batch that a tumor survives: flips, small turns, intensity, blur, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

CONTRASTS = 4
KNOTS = 5
"""Pieces of a random curve of intensities."""

_CURVE_END = 1.5
"""Nearly all of a head lies below; what lies above goes on in a straight line."""


def augment(
    images: torch.Tensor,
    truth: torch.Tensor,
    generator: torch.Generator,
    grains: torch.Generator,
    recontrast_share: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Augment images (batch, 12, H, W), values 0..2, and truth (batch, 3, H, W), 0 or 1, in the same way.

    A contrast that is missing (all zeros) stays all zeros, and air stays 0. What is done to a slice is drawn from
    `generator`, on the CPU; its noise from `grains`, on the device of the images. A `recontrast_share` of the slices
    (0..1) has each contrast's intensities sent through a rising curve of its own, as other scanners and sequences do.
    """
    import torch
    from torch.nn import functional

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    count = len(images)
    # Turn, scale, shift and mirror (left-right) with one interpolation.
    angle = uniform(-0.3, 0.3, count)
    scale = uniform(0.82, 1.2, count)
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    stretch = uniform(0.93, 1.07, count)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0] = torch.cos(angle) * scale * mirror * stretch
    matrix[:, 0, 1] = -torch.sin(angle) * scale
    matrix[:, 1, 0] = torch.sin(angle) * scale * mirror
    matrix[:, 1, 1] = torch.cos(angle) * scale / stretch
    matrix[:, :, 2] = uniform(-0.08, 0.08, count, 2)
    matrix = matrix.to(images.device, non_blocking=True)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    images = functional.grid_sample(images, grid, align_corners=False)
    truth = (functional.grid_sample(truth, grid, align_corners=False) > 0.5).float()

    head = images > 0.02
    shape = (count, CONTRASTS, 1, 1, 1)
    by_contrast = images.view(count, CONTRASTS, -1, *images.shape[2:])
    gamma = torch.exp(uniform(-0.35, 0.35, *shape))
    gain, offset = uniform(0.8, 1.25, *shape), uniform(-0.15, 0.15, *shape)
    field = 0.12 * torch.randn(count, CONTRASTS, 4, 4, generator=generator)
    gamma, gain, offset, field = (drawn.to(images.device, non_blocking=True) for drawn in (gamma, gain, offset, field))
    if recontrast_share:
        chosen = torch.rand(count, generator=generator) < recontrast_share
        steps = uniform(0.05, 1.0, count, CONTRASTS, KNOTS)
        knots = functional.pad(torch.cumsum(steps, -1) / steps.sum(-1, keepdim=True), (1, 0))
        for n in torch.nonzero(chosen).flatten().tolist():
            for c in range(CONTRASTS):
                by_contrast[n, c] = _curve(by_contrast[n, c], knots[n, c].to(images.device))
    by_contrast = 0.75 * (by_contrast.clamp(min=1e-4) / 0.75) ** gamma * gain + offset
    field = functional.interpolate(field, images.shape[2:], mode="bicubic")
    by_contrast = by_contrast * torch.exp(field[:, :, None])
    images = by_contrast.view_as(images)
    for n in range(count):
        if torch.rand(1, generator=generator).item() < 0.25:
            factor = uniform(0.4, 0.9, 1).item()
            small = functional.interpolate(images[n : n + 1], scale_factor=factor, mode="area")
            images[n : n + 1] = functional.interpolate(small, images.shape[2:], mode="bilinear")
        if torch.rand(1, generator=generator).item() < 0.5:
            strength = uniform(0.0, 0.08, 1).item()
            images[n] += strength * torch.randn(images[n].shape, generator=grains, device=images.device)
    return images.clamp(0, 2) * head, truth


def _curve(values: torch.Tensor, knots: torch.Tensor) -> torch.Tensor:
    """`values` (any shape) through the straight pieces between `knots` (KNOTS + 1,), which rise from 0 to 1."""
    position = (values / _CURVE_END * KNOTS).clamp(0, KNOTS - 1e-3)
    below = position.long()
    between = knots[below] + (position - below) * (knots[below + 1] - knots[below])
    return between * _CURVE_END + (values - _CURVE_END).clamp(min=0)
