"""Train one segmenter of a mix. Resumable: a checkpoint is written every few minutes and picked up again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from SynthTrustLib.codec import Count, FieldError, Fraction, Range
from SynthTrustLib.mixes.augment import augment
from SynthTrustLib.mixes.dataset import Sample, SliceSampler
from SynthTrustLib.mixes.device import device_name, mixed_precision, training_device
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network
from SynthTrustLib.whole_file import whole_file

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Schedule:
    """The optimization budget: the same for every segmenter of a ladder."""

    steps: Annotated[int, Range(1)] = 2500
    """Optimizer steps."""
    pixels: Annotated[int, Range(1)] = 250_000
    """Pixels a step, at most: as many whole slices of one size as fit, eight of 192 x 160."""
    tumor_share: Fraction = 0.5
    dropped_share: Fraction = 0.5
    """`tumor_share` and `dropped_share`: see `SliceSampler`."""
    rate: Annotated[float, Range(0)] = 2e-3
    """Peak learning rate of AdamW, reached after 5 % of the steps and then lowered along a cosine."""
    weight_decay: Annotated[float, Range(0)] = 1e-2
    averaging: Fraction = 0.995
    """Decay of the exponential moving average of the weights, which is what is kept."""
    seed: Count = 1
    cycles: Annotated[int, Range(1)] = 1
    """The steps are divided into so many cycles, each with the whole course of the rate; one begins with the averaged
    weights of the one before and a fresh optimizer (warm restarts, Loshchilov and Hutter 2017)."""
    miss_weight: Fraction = 0.5
    """What a missed voxel counts beside a false one in the overlap (Tversky loss, Salehi 2017): 0.5 is soft Dice."""
    recontrast_share: Fraction = 0.0
    """Share of the slices whose contrasts are given a curve of their own at random (see `augment`)."""

    def check_fields(self) -> None:
        if self.cycles > self.steps:
            raise FieldError(f"is {self.cycles}, more than the {self.steps} steps", "cycles")

    def to_dict(self) -> dict[str, Any]:
        """All settings; those that older packages' records lack only where they are not what was done before."""
        since = {"cycles": 1, "miss_weight": 0.5, "recontrast_share": 0.0}
        return {name: value for name, value in asdict(self).items() if since.get(name) != value}


class Trained(NamedTuple):
    """The averaged weights, on the CPU, and what they were computed on: more than one device if that changed midway."""

    weights: dict[str, torch.Tensor]
    devices: list[str]


def train(
    samples: list[Sample],
    schedule: Schedule,
    checkpoint: Path,
    report: Callable[[int, float, float], None] = lambda step, loss, seconds_left: None,
    record: Mapping[str, Any] = FAMILY_NETWORK,
    begin: Callable[[torch.nn.Module], None] = lambda network: None,
) -> Trained:
    """Train on `samples`, on a GPU where there is one; what `checkpoint` holds is gone on with, on whatever device.

    `record` names the network (see `build_network`), and `begin` may give it other weights than fresh ones. `report`
    is called about every 25 steps with the step, the running loss and the seconds left.
    """
    import torch

    device = training_device()
    torch.manual_seed(schedule.seed)
    network = build_network(record)
    begin(network)
    network = network.to(device)  # channels last would be slower: instance norm copies to and fro
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    cycle = -(-schedule.steps // schedule.cycles)
    optimizer, rates = _optimizer(network, schedule, cycle)
    start, devices = 0, [device_name(device)]
    if checkpoint.exists():
        stored = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(stored["network"])
        optimizer.load_state_dict(stored["optimizer"])
        rates.load_state_dict(stored["rates"])
        average, start = stored["average"], int(stored["step"])
        devices = sorted({*devices, *stored.get("devices", [])}) if start < schedule.steps else stored["devices"]
    sampler = SliceSampler(
        samples,
        schedule.seed + 1000 * start,
        pixels=schedule.pixels,
        tumor_share=schedule.tumor_share,
        dropped_share=schedule.dropped_share,
        device=device,
    )
    generator = torch.Generator().manual_seed(schedule.seed + 1000 * start)
    grains = generator if device.type == "cpu" else torch.Generator(device).manual_seed(generator.initial_seed())
    averages, currents = list(average.values()), [network.state_dict()[name] for name in average]
    running, began = None, time.monotonic()
    with _drawn(sampler, ahead=device.type == "cpu") as draw:
        for step in range(start, schedule.steps):
            into = step % cycle
            if step and not into:
                network.load_state_dict(average)
                optimizer, rates = _optimizer(network, schedule, cycle)
            images, truth, known = draw()
            images, truth = augment(images, truth, generator, grains, schedule.recontrast_share)
            optimizer.zero_grad(set_to_none=True)
            with mixed_precision(device):
                logits = network(images)
            value = loss(logits.float(), truth, known, schedule.miss_weight)
            value.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            rates.step()
            decay = min(schedule.averaging, (1 + into) / (10 + into))
            torch._foreach_lerp_(averages, currents, 1 - decay)  # as PyTorch's own swa_utils does
            value = value.detach()  # left where it is: to ask for the number would make a GPU wait at every step
            running = value if running is None else 0.98 * running + 0.02 * value
            done = step + 1
            if done % 25 == 0:
                left = (time.monotonic() - began) / (done - start) * (schedule.steps - done)
                report(done, running.item(), left)
            if done % 250 == 0 or done == schedule.steps:
                state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "devices": devices}
                with whole_file(checkpoint) as part:
                    torch.save({**state, "rates": rates.state_dict(), "average": average, "step": done}, part)
    return Trained({name: value.cpu() for name, value in average.items()}, devices)


@contextmanager
def _drawn(sampler: SliceSampler, *, ahead: bool) -> Iterator[Callable[[], Any]]:
    """A function that gives the next batch; drawn `ahead`, by a thread, where there is a core for it.

    A GPU waits for Python, not for batches: there, a thread would only fight for the interpreter.
    """
    if not ahead:
        yield sampler.draw
        return
    pool = ThreadPoolExecutor(1)
    coming = deque(pool.submit(sampler.draw) for _ in range(4))

    def draw() -> Any:
        coming.append(pool.submit(sampler.draw))
        return coming.popleft().result()  # raises here what the thread raised

    try:
        yield draw
    finally:
        pool.shutdown(cancel_futures=True)


def _optimizer(
    network: torch.nn.Module, schedule: Schedule, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW and the course of its rate over `steps`."""
    import torch

    fused = next(network.parameters()).is_cuda  # one launch instead of hundreds
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=schedule.rate, weight_decay=schedule.weight_decay, fused=fused
    )
    warm = max(1, steps // 20)
    rates = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, 0.05, total_iters=warm),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps - warm), 1e-5),
        ],
        [warm],
    )
    return optimizer, rates


def loss(logits: torch.Tensor, truth: torch.Tensor, known: torch.Tensor, miss_weight: float = 0.5) -> torch.Tensor:
    """Binary cross-entropy plus soft Tversky over the batch, for the regions that each sample's label tells.

    `logits` and `truth` are (batch, 3, H, W), `known` (batch, 3); `miss_weight` see `Schedule`.
    """
    import torch
    from torch.nn import functional

    weight = known[:, :, None, None]
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (entropy * weight).mean(dim=(2, 3)).sum() / known.sum().clamp(min=1)
    probability = torch.sigmoid(logits) * weight
    truth = truth * weight
    overlap = (probability * truth).sum(dim=(0, 2, 3))
    total = 2 * (1 - miss_weight) * probability.sum(dim=(0, 2, 3)) + 2 * miss_weight * truth.sum(dim=(0, 2, 3))
    there = (known.sum(dim=0) > 0).float()
    dice = (2 * overlap + 1) / (total + 1)
    return entropy + ((1 - dice) * there).sum() / there.sum().clamp(min=1)
