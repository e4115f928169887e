"""From a plan to segmenter packages: gather the samples, train, export, measure on held-out patients."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SynthTrustLib.calibration.held_out import trained_on
from SynthTrustLib.codec import encode
from SynthTrustLib.errors import InputError, SegmenterError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.labelled.split import part_cases, read_split
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.diffusion.maker import VERSION as DIFFUSION_VERSION
from SynthTrustLib.mixes.evaluate import answer, evaluate
from SynthTrustLib.mixes.export import export_onnx
from SynthTrustLib.mixes.plan import MixPlan, Plan
from SynthTrustLib.mixes.planned_sets import planned_set
from SynthTrustLib.mixes.rounding import rounding_change
from SynthTrustLib.mixes.samples import SETTINGS, SLICE_SMOOTHING, real_samples
from SynthTrustLib.mixes.set_plan import DIFFUSION, SIMULATOR
from SynthTrustLib.mixes.simulator.simulate import VERSION
from SynthTrustLib.mixes.synthetic_set import SyntheticSet, case_id
from SynthTrustLib.mixes.train import train
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.slices.mirrored import SETTING as MIRRORED
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import SETTING as SMOOTHING
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.engines.torch import fill
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK
from SynthTrustLib.segmenters.outlines import member_masks
from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, load_package, read_model, write_package
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.segmenters.package.onnx_file import read_onnx
from SynthTrustLib.segmenters.package.registry import find_packages
from SynthTrustLib.vocabulary import Contrast, Region

if TYPE_CHECKING:
    import torch

INTENDED_USE = (
    "Research: comparing how the share of synthetic training data changes the outline of a glioma on pre-operative "
    "MRI, with the skull on or off."
)
NOT_FOR = (
    "decisions about a patient",
    "children",
    "patients after surgery or radiation",
    "tumors other than diffuse glioma",
)
LICENCE = "Research and non-commercial use with attribution (CC BY-NC-SA 4.0)"
LICENCE_TEXT = """\
These weights are licensed under CC BY-NC-SA 4.0 (Attribution-NonCommercial-ShareAlike 4.0 International,
https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode) and are for research only.

They were trained on, or with intensities measured from:
- BraTS 2018/2021/2023 training patients, under the BraTS terms (research use with citation): Menze et al. 2015,
  Bakas et al. 2017 and 2018, Baid et al. 2021. The BraTS 2013 part is CC BY-NC-SA 3.0.
- TCGA-LGG images (TCGA/TCIA) with the whole-tumor masks of Buda, Saha and Mazurowski 2019, CC BY-NC-SA 4.0.
- Simulated patients: anatomy from the SynthSeg training label maps (Apache-2.0), tumors grown by SynthTrust.
"""


def preprocessing(record: Mapping[str, Any] = FAMILY_NETWORK, *, mirrored: bool = False) -> dict[str, Any]:
    """What the card of a segmenter of this family with the network of `record` says under ``preprocessing``."""
    stated = {**SETTINGS.to_dict(), SMOOTHING: SLICE_SMOOTHING, "network": dict(record)}
    return {**stated, MIRRORED: True} if mirrored else stated


def renew(package: SegmenterPackage, **fields: Any) -> SegmenterPackage:
    """The package with these fields of its card; one that says so already is left alone."""
    card = replace(package.card, **fields)
    if card == package.card:
        return package
    return write_package(package.folder, card, package.model_path.read_bytes(), licence_text=LICENCE_TEXT)


class Laboratory:
    """The labelled patients of a plan, their parts, and the cache of prepared samples.

    `data`: folder of labelled cases (see `labelled.cases`), with ``anatomy/whole-head-label-maps`` beside the cohorts.
    `work`: where samples, checkpoints and weights are kept between calls.
    """

    def __init__(self, plan: Plan, data: Path, work: Path) -> None:
        self.plan, self.data, self.work = plan, data, work
        self.split = read_split(plan.split)
        self.cases = {case.id: case for case in find_cases(data)}

    def part(self, name: str) -> list[LabelledCase]:
        """The cases of "train", "calibration" or "test", all cohorts."""
        return part_cases(self.split, self.cases, name)

    def samples(self, mix: MixPlan, progress: Progress = silent) -> list[Sample]:
        """The training samples of one mix."""
        chosen = self.plan.choose(self.part("train"))
        samples = real_samples(mix.keep_real(chosen), self.work / "real")
        counts = mix.counts(Counter(case.cohort for case in chosen))
        if mix.set is not None and any(counts.values()):
            wanted = {
                case_id(mix.set, cohort, self.plan.sets[mix.set].seed + n)
                for cohort, count in counts.items()
                for n in range(count)
            }
            samples += [sample for sample in self.synthetic_set(mix.set, progress).samples if sample.id in wanted]
        return samples

    def real_cases(self, mix: MixPlan) -> list[LabelledCase]:
        """The real cases that one mix is trained on."""
        return mix.keep_real(self.plan.choose(self.part("train")))

    def synthetic_set(self, name: str, progress: Progress = silent) -> SyntheticSet:
        """One synthetic set of the plan; what is not there yet is made."""
        return planned_set(self.plan, name, self.part("train"), self.data, self.work, progress)

    def trained(self, mix: MixPlan, out: Path) -> SegmenterPackage | None:
        """The package of a mix, if it is there and its weights were made by the same plan from the same patients.

        Its card is renewed where the plan has changed in what decides no weight: name, summary, presets, smoothing,
        mirroring.
        """
        folder = out / mix.id
        if not (folder / "configs" / "synthtrust.json").exists():
            return None
        package = load_package(folder)
        training, learned = package.card.training, self._learned_from(mix)
        stated = training.get("plan")
        if isinstance(stated, dict):
            # The shipped cards also state a seed of the plan, for synthetic cases of no set; none of them has any.
            stated = {name: value for name, value in stated.items() if name != "synthetic_seed"}
        if stated != _describe(mix, self.plan) or training.get("real_cases") != learned["real_cases"]:
            return None
        if training.get("source_cases", learned["source_cases"]) != learned["source_cases"]:  # older cards do not say
            return None
        return renew(
            package,
            name=mix.name,
            summary=mix.summary,
            presets=mix.presets,
            preprocessing=preprocessing(self.plan.network, mirrored=mix.mirrored),
        )

    def train(self, mix: MixPlan, out: Path, progress: Progress = silent) -> SegmenterPackage:
        """Train one segmenter and write its package, unless it is there with the same plan and patients."""
        there = self.trained(mix, out)
        if there is not None:
            return there
        folder = out / mix.id
        start = None if mix.start is None else self._start(mix, mix.start, out)
        made_by = {"plan": _describe(mix, self.plan), **self._learned_from(mix)}
        record: dict[str, Any] = {**made_by, "split": self.plan.split.name}
        if start is not None:
            record["start"] = dict(start.card.training)
        (self.work / "checkpoints").mkdir(parents=True, exist_ok=True)
        samples = self.samples(mix, progress)

        def report(step: int, running: float, left: float) -> None:
            what = f"{mix.id}: step {step} of {mix.schedule.steps}, loss {running:.3f}, {left / 60:.0f} min left"
            progress(what, step / mix.schedule.steps)

        checkpoint = self.work / "checkpoints" / f"{mix.id}-{fingerprint(made_by)[:8]}.pt"

        def begin(network: torch.nn.Module) -> None:
            if start is not None and fill(network, read_onnx(read_model(start)).weights) is not None:
                raise SegmenterError(
                    f"its weights do not fit the network of {mix.id}, which is to start from them",
                    source=start.card.id,
                    next_step="Give the plan the network that these weights are of, or leave out start.",
                )

        weights, devices = train(samples, mix.schedule, checkpoint, report, self.plan.network, begin)
        versions = {name: version(name) for name in ("torch", "monai", "numpy", "SimpleITK")}
        record |= {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {"python": platform.python_version(), **versions},
            "precision": "bfloat16 autocast where the device has it, float32 weights, stored in 8 bits",
            "devices": devices,
        }
        calibration = [real_samples([case], self.work / "real")[0] for case in self.part("calibration")]
        if calibration:
            record["rounding"] = rounding_change(weights, calibration, self.plan.network)
        card = self._card(mix, samples, record)
        package = write_package(folder, card, export_onnx(weights, self.plan.network), licence_text=LICENCE_TEXT)
        checkpoint.unlink(missing_ok=True)  # or a later training would go on from its end
        return package

    def _start(self, mix: MixPlan, weights: str, out: Path) -> SegmenterPackage:
        """The package in `out` with these weights, if all that they have learned from is for training here, too."""
        found = [package for package in find_packages([out]) if weights_of(package.card) == weights]
        if not found:
            raise InputError(
                f"there is no segmenter with the weights {weights[:12]}, which a training is to start from",
                source=out.name,
                next_step="Put the package with these weights beside the others, or leave out start.",
            )
        learned = trained_on(found[:1])
        held_out = learned - {case.id for case in self.part("train")}
        if held_out:
            raise InputError(
                f"{found[0].card.id}, which a training is to start from, has learned from {min(held_out)}, "
                "who is held out here",
                source=self.plan.split.name,
                next_step="Start from other weights, or deal the patients otherwise.",
            )
        seen = learned & {c.id for c in self.part("train") if f"{c.cohort}: {c.site}" in mix.without_sites}
        if seen:
            raise InputError(
                f"{found[0].card.id}, which it is to start from, has learned from {min(seen)}, of a site left out",
                source=mix.id,
                next_step="Start from other weights, or leave out start.",
            )
        return found[0]

    def measure(self, package: SegmenterPackage, part: str) -> dict[str, dict[str, dict[str, float]]]:
        """Cohort -> region -> case -> Dice, on every case of a part as it is (no brain extraction)."""
        engine = choose_engine()
        results: dict[str, dict[str, dict[str, float]]] = {}
        for case in self.part(part):
            sample = real_samples([case], self.work / "real")[0]
            found = member_masks(package.card, answer(package, sample, engine), tuple(Region))
            for region, value in evaluate(found, sample).items():
                results.setdefault(case.cohort, {}).setdefault(str(region), {})[case.id] = value
        return results

    def _learned_from(self, mix: MixPlan) -> dict[str, list[str]]:
        """Ids of the cases behind a mix's weights: the real ones, and those that its synthetic ones are made from."""
        sources = self.part("train") if mix.synthetic_fraction + mix.added_fraction else []
        return {
            "real_cases": sorted(case.id for case in self.real_cases(mix)),
            "source_cases": sorted(case.id for case in sources),
        }

    def _card(self, mix: MixPlan, samples: Iterable[Sample], record: dict[str, Any]) -> SegmenterCard:
        real = sorted({sample.id for sample in samples if not sample.synthetic})
        synthetic = {sample.id for sample in samples if sample.synthetic}
        kept = [self.cases[identifier] for identifier in real]
        behind = self.part("train") if synthetic else kept  # the simulator's appearance is fitted on all of them
        who = persons(self.cases.values())
        sites = sorted({f"{case.cohort}: {case.site}" for case in kept})
        made = self.plan.sets.get(mix.set or "")
        return SegmenterCard(
            id=mix.id,
            name=mix.name,
            version="1",
            family=self.plan.family,
            summary=mix.summary,
            training_mix=TrainingMix(
                real_cases=len(real),
                synthetic_cases=len(synthetic),
                generator=self._generator(mix) if synthetic else None,
                quality=made.quality if synthetic and made else None,
                diversity=made.diversity if synthetic and made else None,
                source_sites=tuple(sites),
                source_patients=len({who[case.id] for case in behind}),
                seed=mix.schedule.seed,
            ),
            contrasts=tuple(Contrast),
            required_contrasts=(),
            regions=tuple(Region),
            thresholds=dict.fromkeys(Region, 0.5),
            preprocessing=preprocessing(self.plan.network, mirrored=mix.mirrored),
            licence=LICENCE,
            intended_use=INTENDED_USE,
            not_for=NOT_FOR,
            presets=mix.presets,
            training=record,
        )

    def _generator(self, mix: MixPlan) -> str:
        """Generator and version behind a mix's synthetic cases."""
        made = self.plan.sets[str(mix.set)]
        return f"simulator {VERSION}" if made.generator == SIMULATOR else f"diffusion {DIFFUSION_VERSION}"


def _describe(mix: MixPlan, plan: Plan) -> dict[str, Any]:
    """What decides a segmenter's weights, as JSON values: one that was trained by the same is not trained again."""
    record = {
        "synthetic_fraction": mix.synthetic_fraction,
        "schedule": encode(mix.schedule.to_dict()),
        "network": dict(plan.network),
        "preprocessing": SETTINGS.to_dict(),
    }
    if mix.set is not None and mix.synthetic_fraction + mix.added_fraction > 0:
        record["set"] = asdict(plan.sets[mix.set])
        if plan.generator is not None and plan.sets[mix.set].generator == DIFFUSION:
            record["generator"] = encode(plan.generator.schedule)
            if plan.generator.frozen:
                record["generator"]["frozen"] = True
    if mix.added_fraction:
        record["added_fraction"] = mix.added_fraction
    if mix.kept_fraction < 1:
        record["kept_fraction"] = mix.kept_fraction
    if mix.without_sites:
        record["without_sites"] = list(mix.without_sites)
    if mix.start is not None:
        record["start"] = mix.start
    if plan.cases:
        record["cases"] = dict(plan.cases)
    return record
