"""From a map to MRI: deterministic diffusion sampling, slice by slice, with noise that hangs together along k."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.mixes.device import mixed_precision, training_device
from SynthTrustLib.mixes.diffusion.network import IMAGES, MULTIPLE, condition, from_signal
from SynthTrustLib.mixes.diffusion.source import Look, Part
from SynthTrustLib.mixes.diffusion.training import TIMESTEPS

if TYPE_CHECKING:
    from torch import nn

NOISE_MM = 8.0
"""Slices this far apart start from nearly the same noise, so that texture does not flicker from slice to slice."""


def paint_volume(
    network: nn.Module,
    parts: npt.NDArray[np.uint8],
    look: Look,
    step: int,
    slice_mm: float,
    sampling_steps: int,
    random: np.random.Generator,
    batch: int = 8,
) -> npt.NDArray[np.float32]:
    """Intensities (contrast, K, H, W), 0..2, of the map `parts` (K, H, W); H and W multiples of 8. Air stays 0.

    DDIM (Song et al. 2021) without added noise: the starting noise alone decides the texture. Only the head's box is
    painted, since the air around it costs as much as the head.
    """
    import torch
    from monai.networks.schedulers import DDIMScheduler

    box = head_box(parts)
    out = np.zeros((IMAGES, *parts.shape), np.float32)
    parts = parts[box]
    sampler = DDIMScheduler(
        num_train_timesteps=TIMESTEPS, schedule="cosine", prediction_type="sample", clip_sample=False
    )
    sampler.set_timesteps(sampling_steps)
    # MONAI steps down by TIMESTEPS // sampling_steps, but spaces its timesteps more widely: with few steps the network
    # would be told a noise level that is not the signal's. These are the levels that it really visits.
    stride = TIMESTEPS // sampling_steps
    sampler.timesteps = torch.arange(TIMESTEPS - 1, -1, -stride)[:sampling_steps]
    noise = slice_noise((len(parts), IMAGES, *parts.shape[1:]), NOISE_MM / max(slice_mm, 1.0), random)
    painted = np.empty_like(noise)
    device = training_device()
    network.eval().to(device)
    with torch.inference_mode(), mixed_precision(device):
        for start in range(0, len(parts), batch):
            stop = min(len(parts), start + batch)
            told = torch.from_numpy(np.stack([condition(parts, look, k, step) for k in range(start, stop)])).to(device)
            signal = torch.from_numpy(noise[start:stop]).to(device)
            for time in sampler.timesteps:
                times = torch.full((stop - start,), int(time), device=device)
                signal, _ = sampler.step(network(signal, told, times).float(), int(time), signal)
            painted[start:stop] = signal.cpu().numpy()
    out[(slice(None), *box)] = from_signal(painted.transpose(1, 0, 2, 3))
    return out


def head_box(parts: npt.NDArray[np.uint8]) -> tuple[slice, slice, slice]:
    """All slices of the map, and the rows and columns that hold head, grown to multiples of `MULTIPLE`."""
    head = parts != Part.AIR
    sides = [slice(0, len(parts))]
    for axis, other in ((1, (0, 2)), (2, (0, 1))):
        inside = np.flatnonzero(head.any(axis=other))
        first, last = (int(inside[0]), int(inside[-1]) + 1) if inside.size else (0, MULTIPLE)
        size = -(-(last - first) // MULTIPLE) * MULTIPLE
        start = max(0, min(first, parts.shape[axis] - size))
        sides.append(slice(start, start + size))
    return sides[0], sides[1], sides[2]


def slice_noise(shape: tuple[int, ...], sigma: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """White noise in every slice, unit variance, that changes smoothly along the first axis (over `sigma` slices)."""
    reach = int(np.ceil(4 * sigma))
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offsets / max(sigma, 1e-3)) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    white = random.standard_normal((shape[0] + 2 * reach, *shape[1:]), np.float32)
    smooth = ndimage.correlate1d(white, kernel, axis=0)
    return np.ascontiguousarray(smooth[reach : reach + shape[0]], np.float32)


def load_network(record: Mapping[str, Any], weights: Mapping[str, npt.NDArray[np.float16]]) -> nn.Module:
    """The network with stored weights."""
    import torch

    from SynthTrustLib.mixes.diffusion.network import build_generator

    network = build_generator(record)
    network.load_state_dict({name: torch.from_numpy(array.astype(np.float32)) for name, array in weights.items()})
    return network.eval()
