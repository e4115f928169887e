"""What a training recipe is worth on the training patients, each left out of the training once.

    python Testing/Benchmarks/cross_validate.py Resources/Study/plan-2.yaml \\
        --data DATA --work WORK \\
        --recipe "steps=1500 tumor_share=0.2 averaging=0.999" \\
        --recipe "steps=1500 tumor_share=0.2 averaging=0.999 miss_weight=0.7"

Those of the other parts stay unseen, unless ``--parts`` names them. A recipe is a `Schedule` in words; the first is
what the others are compared with. Each is trained three times. What is finished is kept in WORK, a patient's Dice too.

With ``--seeds 4 --signals``, the seeds of the first recipe are also taken as a set of segmenters, to see which signal
sorts its pooled whole tumors by their quality.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.calibration.evaluate.failure import excess_aurc, excess_aurcs
from SynthTrustLib.calibration.evaluate.intervals import bootstrap, mean_interval
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.labelled.split import PARTS
from SynthTrustLib.maps.slab import binary_entropy
from SynthTrustLib.mixes.device import training_device
from SynthTrustLib.mixes.evaluate import evaluate, run_network
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.mixes.samples import SLICE_SMOOTHING, real_samples
from SynthTrustLib.mixes.train import Schedule, train
from SynthTrustLib.segmenters.engines.torch import TorchNetwork
from SynthTrustLib.segmenters.networks.family import build_network
from SynthTrustLib.segmenters.outlines import outlined
from SynthTrustLib.trust.measures.overlap import pairwise_dice
from SynthTrustLib.vocabulary import Region
from SynthTrustLib.whole_file import write_text

FOLDS = 3
BATCH = 16


def deal(laboratory: Laboratory, cases: Sequence[LabelledCase], parts: Sequence[str]) -> dict[str, int]:
    """Case id -> fold; all cases of one person in one fold, every cohort in its share."""
    folds: dict[str, int] = {}
    for cohort in laboratory.split.values():
        members = [identifier for part in parts for identifier in sorted(cohort[part])]
        folds |= {identifier: n % FOLDS for n, identifier in enumerate(members)}
    who = persons(cases)
    lowest: dict[str, int] = {}
    for identifier, fold in folds.items():
        lowest[who[identifier]] = min(fold, lowest.get(who[identifier], fold))
    return {identifier: lowest[who[identifier]] for identifier in folds}


def load_network(weights: Any, record: Mapping[str, Any]) -> TorchNetwork:
    """The network of `record` with these weights, where the laboratory computes."""
    device = training_device()
    network = build_network(record)
    network.load_state_dict(weights)
    return TorchNetwork(network.eval().to(device), device)


def read_schedule(words: str, seed: int) -> Schedule:
    """``"steps=3000 rate=0.002"`` as a `Schedule`."""
    kinds = {field.name: type(field.default) for field in fields(Schedule)}
    pairs = (word.split("=") for word in words.split())
    return Schedule(**{name: kinds[name](value) for name, value in pairs}, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["train"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--recipe", action="append", required=True, metavar="WORDS")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--signals", action="store_true")
    options = parser.parse_args()

    plan = read_plan(options.plan)
    laboratory = Laboratory(plan, options.data, options.work)
    cases = [case for part in options.parts for case in laboratory.part(part)]
    folds = deal(laboratory, cases, options.parts)
    samples = {case.id: real_samples([case], options.work / "real") for case in cases}
    (options.work / "checkpoints").mkdir(parents=True, exist_ok=True)
    first: dict[tuple[str, str], dict[str, float]] = {}
    members: dict[str, list[npt.NDArray[np.float32]]] = {}
    for number, words in enumerate(options.recipe):
        scores: dict[tuple[str, str], dict[str, float]] = {}
        for seed in range(1, options.seeds + 1):
            schedule = read_schedule(words, seed)
            for fold in range(FOLDS):
                learned = [case.id for case in cases if folds[case.id] != fold]
                made_by = [schedule.to_dict(), sorted(learned), dict(plan.network)]
                checkpoint = options.work / "checkpoints" / f"cross-{fingerprint(made_by)[:12]}.pt"
                keep = options.signals and number == 0
                answers = checkpoint.with_suffix(".json")
                if keep or not answers.exists():
                    drawn_from = [sample for identifier in learned for sample in samples[identifier]]
                    network = load_network(
                        train(drawn_from, schedule, checkpoint, show, plan.network).weights, plan.network
                    )
                    dice: dict[str, dict[str, float]] = {}
                    for case in (case for case in cases if folds[case.id] == fold):
                        sample = samples[case.id][0]
                        found = run_network(network, sample, min(BATCH, len(sample.label)), SLICE_SMOOTHING)
                        masks = {region: outlined(found[bit]) for bit, region in enumerate(Region)}
                        dice[case.id] = {str(region): value for region, value in evaluate(masks, sample).items()}
                        if keep:
                            members.setdefault(case.id, []).append(found[tuple(Region).index(Region.WT)])
                    write_text(answers, json.dumps(dice, indent=1))
                for identifier, by_region in json.loads(answers.read_text("utf-8")).items():
                    for region, value in by_region.items():
                        by_case = scores.setdefault((laboratory.cases[identifier].cohort, region), {})
                        by_case[identifier] = by_case.get(identifier, 0.0) + value / options.seeds
        first = first or scores
        print(words, flush=True)
        for key, by_case in sorted(scores.items()):
            print(f"  {key[0]} {key[1]}: {describe(list(by_case.values()))}", end="")
            gains = [by_case[case] - first[key][case] for case in by_case]
            print(f", {np.mean(gains):+.3f} (standard error {np.std(gains, ddof=1) / len(gains) ** 0.5:.3f})")
    if options.signals:
        truths = [samples[case.id][0].label & 1 > 0 for case in cases]
        compare_signals([members[case.id] for case in cases], truths)


def show(step: int, loss: float, left: float) -> None:
    if step % 250 == 0:
        print(f"step {step}, loss {loss:.3f}, {left / 60:.0f} min left", file=sys.stderr, flush=True)


def describe(values: Sequence[float]) -> str:
    low, high = mean_interval(values)
    return f"Dice {np.mean(values):.3f} [{low:.3f}, {high:.3f}], n = {len(values)}"


def compare_signals(
    members: Sequence[Sequence[npt.NDArray[np.float32]]], truths: Sequence[npt.NDArray[np.bool_]]
) -> None:
    """Excess AURC x 100 of the mean pairwise Dice, and of one segmenter's foreground entropy on the same patients."""
    pairs, entropies, risks = [], [], []
    for probabilities, truth in zip(members, truths, strict=True):
        outlines = np.stack([outlined(one) for one in probabilities])
        pooled = outlined(np.mean(probabilities, axis=0))
        pairs.append(pairwise_dice(outlines)[np.triu_indices(len(outlines), 1)].mean())
        own = binary_entropy(np.clip(probabilities[0], 0, 1))[outlines[0]]
        entropies.append(float(own.mean()) if own.size else 0.0)
        risks.append(1 - pairwise_dice(np.stack([pooled, truth]))[0, 1])
    pair, entropy, risk = np.array(pairs), np.array(entropies), np.array(risks)
    ours, one = 100 * excess_aurc(pair, risk), 100 * excess_aurc(-entropy, risk)
    low, high = bootstrap(lambda i: excess_aurcs(-entropy[i], risk[i]) - excess_aurcs(pair[i], risk[i]), len(risk))
    print(f"excess AURC x 100, n = {len(risk)}: mean pairwise Dice {ours:.2f}, foreground entropy of one {one:.2f}")
    print(f"difference {one - ours:.2f} [{100 * low:.2f}, {100 * high:.2f}]")


if __name__ == "__main__":
    main()
