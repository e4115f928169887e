"""Train the generator on training patients alone. Resumable; the averaged weights are kept for every quality level."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.codec import Count, FieldError, Fraction, Range
from SynthTrustLib.mixes.device import mixed_precision, training_device
from SynthTrustLib.mixes.diffusion.network import (
    IMAGES,
    MULTIPLE,
    NETWORK,
    GeneratorNetwork,
    build_generator,
    check_channels,
    condition,
    to_signal,
)
from SynthTrustLib.mixes.diffusion.source import Part, SourcePatient, class_means
from SynthTrustLib.whole_file import whole_file

if TYPE_CHECKING:
    import torch

TIMESTEPS = 1000
SAVE_EVERY = 200


@dataclass(frozen=True)
class GeneratorSchedule:
    """How long and on what the generator trains."""

    steps: Annotated[int, Range(1)] = 3000
    """Optimizer steps of the best level."""
    snapshots: tuple[Annotated[int, Range(1)], ...] = (300,)
    """Steps at which the averaged weights are kept as well, for levels of lower quality."""
    batch: Annotated[int, Range(1)] = 8
    crop: tuple[Annotated[int, Range(1)], Annotated[int, Range(1)]] = (128, 128)
    """Rows and columns of the crops."""
    rate: Annotated[float, Range(0)] = 5e-4
    averaging: Fraction = 0.998
    """Decay of the exponential moving average of the weights, which is what is kept."""
    seed: Count = 1
    network: GeneratorNetwork = field(default_factory=NETWORK.copy)

    def check_fields(self) -> None:
        for snapshot in self.snapshots:
            if snapshot > self.steps:
                raise FieldError(f"has one at step {snapshot}, later than the last, {self.steps}", "snapshots")
        if any(size % MULTIPLE for size in self.crop):
            raise FieldError(f"is {list(self.crop)}, but must be two multiples of {MULTIPLE}", "crop")
        try:
            check_channels(self.network)
        except FieldError as error:
            raise error.inside("network") from None


class SliceDealer:
    """Draws slices for the generator: a cohort, one of its patients, a slice, two of three with tumor."""

    def __init__(self, sources: Sequence[SourcePatient], seed: int, batch: int, crop: tuple[int, int]) -> None:
        self.sources, self.batch, self.crop = sources, batch, crop
        self.random = np.random.default_rng(seed)
        self.looks = [class_means(source) for source in sources]
        cohorts = sorted({source.cohort for source in sources})
        self._cohorts = [[n for n, source in enumerate(sources) if source.cohort == cohort] for cohort in cohorts]
        self._tumor = [np.flatnonzero((source.parts >= Part.EDEMA).any(axis=(1, 2))) for source in sources]

    def draw(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Signals (batch, 4, *crop), conditions (batch, CONDITIONS, *crop), weights of the loss (batch, 1, *crop)."""
        signals, told, weights = [], [], []
        for _ in range(self.batch):
            members = self._cohorts[int(self.random.integers(len(self._cohorts)))]
            index = members[int(self.random.integers(len(members)))]
            source, tumor = self.sources[index], self._tumor[index]
            among = tumor if len(tumor) and self.random.random() < 2 / 3 else np.arange(len(source.parts))
            k = int(among[self.random.integers(len(among))])
            rows, columns = self._window(source.parts.shape[1:])
            parts = self._cut(source.parts, rows, columns)
            image = self._cut(source.image[:, k], rows, columns)
            if self.random.random() < 0.5:
                parts, image = parts[..., ::-1], image[..., ::-1]
            signals.append(to_signal(image))
            told.append(condition(parts, self.looks[index], k, source.step))
            here = parts[k]
            weights.append(np.where(here >= Part.EDEMA, 2.0, np.where(here == Part.AIR, 0.2, 1.0))[None])
        return np.stack(signals), np.stack(told), np.stack(weights).astype(np.float32)

    def _window(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        starts = [int(self.random.integers(0, max(1, n - crop + 1))) for n, crop in zip(shape, self.crop, strict=True)]
        return slice(starts[0], starts[0] + self.crop[0]), slice(starts[1], starts[1] + self.crop[1])

    def _cut(self, array: npt.NDArray[Any], rows: slice, columns: slice) -> npt.NDArray[Any]:
        """The window, with air where it is larger than the array."""
        cut = array[..., rows, columns]
        missing = [crop - size for crop, size in zip(self.crop, cut.shape[-2:], strict=True)]
        return np.pad(cut, [(0, 0)] * (cut.ndim - 2) + [(0, n) for n in missing])


def train_generator(
    sources: Sequence[SourcePatient],
    schedule: GeneratorSchedule,
    checkpoint: Path,
    report: Callable[[int, float, float], None] = lambda step, loss, seconds_left: None,
) -> dict[int, dict[str, npt.NDArray[np.float16]]]:
    """Train the network to tell the clean signal and return the averaged weights per kept step, in float16.

    On a GPU where there is one.

    The signal, not the noise or the velocity, is what it predicts: in few steps on two cores the network does not learn
    to copy noise exactly, which the other two ask of it, and what it gets wrong would stay in the image as noise.

    `report` is called about every 20 steps with the step, the running loss and the seconds left.
    """
    import torch
    from monai.networks.schedulers import DDPMScheduler

    device = training_device()
    torch.manual_seed(schedule.seed)
    network = build_generator(schedule.network).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=1e-3)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    kept: dict[int, dict[str, Any]] = {}
    start = 0
    if checkpoint.exists():
        stored = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(stored["network"])
        optimizer.load_state_dict(stored["optimizer"])
        average, kept, start = stored["average"], stored["kept"], int(stored["step"])
    noises = DDPMScheduler(num_train_timesteps=TIMESTEPS, schedule="cosine", prediction_type="sample")
    dealer = SliceDealer(sources, schedule.seed + 1000 * start, schedule.batch, schedule.crop)
    chance = torch.Generator().manual_seed(schedule.seed + 1000 * start)
    running, began = None, time.monotonic()
    network.train()
    for step in range(start, schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate * _pace(step, schedule.steps)
        signal, told, weight = (torch.from_numpy(array) for array in dealer.draw())
        noise = torch.randn(signal.shape, generator=chance)
        times = torch.randint(0, TIMESTEPS, (len(signal),), generator=chance)
        noisy = noises.add_noise(signal, noise, times)
        signal, told, weight, noisy, times = (array.to(device) for array in (signal, told, weight, noisy, times))
        with mixed_precision(device):
            clean = network(noisy, told, times)
        error = (clean.float() - signal) ** 2
        value = (error * weight).sum() / (IMAGES * weight.sum())
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        decay = min(schedule.averaging, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, current in network.state_dict().items():
                average[name].lerp_(current, 1 - decay)
        running = value.item() if running is None else 0.98 * running + 0.02 * value.item()
        done = step + 1
        if done % 20 == 0:
            report(done, running, (time.monotonic() - began) / (done - start) * (schedule.steps - done))
        if done in schedule.snapshots or done == schedule.steps:
            kept[done] = {name: value.clone() for name, value in average.items()}
        if done % SAVE_EVERY == 0 or done == schedule.steps or done in schedule.snapshots:
            _save(checkpoint, network, optimizer, average, kept, done)
    return {
        done: {name: value.cpu().numpy().astype(np.float16) for name, value in weights.items()}
        for done, weights in kept.items()
    }


def _pace(step: int, steps: int) -> float:
    """Share of the peak rate: a warm-up over 3 % of the steps, then a cosine down to 2 %."""
    warm = max(1, steps // 33)
    if step < warm:
        return (step + 1) / warm
    return float(0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm))))


def _save(
    checkpoint: Path,
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    kept: dict[int, dict[str, torch.Tensor]],
    step: int,
) -> None:
    import torch

    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "kept": kept}
    with whole_file(checkpoint) as part:
        torch.save({**state, "step": step}, part)
