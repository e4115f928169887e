"""Training draws what it should, learns, resumes, and exports what it learned."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import ball
from labelled.labelled_folder import write_cohort
from segmenters import onnx_models

from SynthTrustLib.calibration.evaluate.intervals import mean_interval
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.cases import find_cases
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.mixes import samples as prepared
from SynthTrustLib.mixes.dataset import Sample, SliceSampler, slab
from SynthTrustLib.mixes.diffusion.source import Part, read_source
from SynthTrustLib.mixes.evaluate import answer, evaluate
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import MixPlan, read_plan
from SynthTrustLib.mixes.study.facts import real_facts
from SynthTrustLib.mixes.train import Schedule
from SynthTrustLib.segmenters.package.folder import load_package
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.trust.measures.overlap import mask_dice
from SynthTrustLib.vocabulary import Contrast, Region


def sample(identifier="a", cohort="brats", size=64, known=(True, True, True), seed=0) -> Sample:
    """A bright ball in noise; its inner parts are core and enhancing tumor."""
    random = np.random.default_rng(seed)
    shape = (12, size, size)
    image = random.uniform(0.3, 0.6, (4, *shape))
    label = np.zeros(shape, np.uint8)
    for bit, radius in enumerate((size / 5, size / 8, size / 12)):
        label |= ball(shape, center=(6, size / 2, size / 2), radius=radius).astype(np.uint8) << bit
    image += 0.6 * (label & 1)
    return Sample(identifier, cohort, False, image.astype(np.float16), label, known, 1)


def test_a_cohort_is_drawn_in_proportion_to_the_root_of_its_size():
    samples = [sample("r", "brats", known=(True, True, True))]
    samples += [sample(f"l{n}", "lgg", known=(True, False, False)) for n in range(9)]
    sampler = SliceSampler(samples, 0, pixels=400 * 64 * 64)
    _, _, known = sampler.draw()
    assert known[:, 1].mean() == pytest.approx(0.25, abs=0.06)


def test_a_batch_shows_the_truth_of_its_slices_and_never_drops_every_contrast():
    sampler = SliceSampler([sample()], 1, pixels=60 * 64 * 64, tumor_share=1.0)
    images, truth, _ = sampler.draw()
    assert images.shape == (60, 12, 64, 64)
    assert truth.shape == (60, 3, 64, 64)
    assert truth[:, 0].any(axis=(1, 2)).all()
    assert (truth[:, 2] <= truth[:, 1]).all()
    shown = images.reshape(60, 4, -1).any(axis=2)
    assert shown.any(axis=1).all()
    assert (~shown).any(), "some contrasts are left out"


def test_a_batch_holds_whole_slices_of_one_size_and_fewer_where_they_are_larger():
    sampler = SliceSampler([sample("a"), sample("b", size=128)], 2, pixels=4 * 64 * 64)
    shapes = {sampler.draw()[0].shape for _ in range(20)}
    assert shapes == {(4, 12, 64, 64), (1, 12, 128, 128)}


def test_a_slab_stands_still_at_the_ends():
    image = np.arange(4 * 5, dtype=np.float16).reshape(4, 5, 1, 1)
    np.testing.assert_array_equal(slab(image, 0, 2)[:3, 0, 0], [0, 0, 2])
    np.testing.assert_array_equal(slab(image, 4, 2)[:3, 0, 0], [2, 4, 4])


def test_dice_of_masks_in_closed_form():
    full, empty = np.ones((2, 2), bool), np.zeros((2, 2), bool)
    half = np.array([[True, True], [False, False]])
    assert mask_dice(full, full) == 1
    assert mask_dice(full, half) == pytest.approx(2 / 3)
    assert mask_dice(empty, empty) == 1
    assert mask_dice(empty, half) == 0


class Echo:
    """An engine whose network answers, for every region, with the middle slice of the last contrast."""

    batch = 8

    def compile(self, package, shape):
        self.shape = shape
        return self

    def run(self, batches):
        for batch in batches:
            assert batch.shape == self.shape
            yield np.repeat(batch[:, 10:11], 3, axis=1)


def test_an_answer_holds_every_slice_once_though_all_batches_have_one_size():
    case, package = sample(), SimpleNamespace(card=SimpleNamespace(preprocessing={}))
    np.testing.assert_array_equal(
        answer(package, case, Echo()), np.repeat(case.image[3:].astype(np.float32), 3, axis=0)
    )


def test_evaluation_compares_only_known_regions():
    case = sample(known=(True, False, False))
    perfect = dict.fromkeys(Region, (case.label & 1).astype(bool))
    assert evaluate(perfect, case) == {Region.WT: 1.0}


def test_the_bootstrap_interval_holds_the_mean_and_is_the_same_every_time():
    values = [0.6, 0.7, 0.8, 0.9, 0.5]
    low, high = mean_interval(values)
    assert low < np.mean(values) < high
    assert (low, high) == mean_interval(values)


def labelled(identifier: str, site: str) -> LabelledCase:
    return LabelledCase(identifier, "a", site, None, {}, Path("seg.nii.gz"))


def mix(fraction: float) -> MixPlan:
    return MixPlan("m", "m", "m", fraction, (), Schedule())


def test_the_real_cases_of_a_smaller_share_are_among_those_of_a_larger_one():
    cases = [labelled(f"p{n}", "xy"[n % 2]) for n in range(12)]
    kept = [{case.id for case in mix(fraction).keep_real(cases)} for fraction in (0, 0.25, 0.5, 0.75, 1)]
    assert [len(ids) for ids in kept] == [12, 9, 6, 3, 0]
    assert all(smaller <= larger for larger, smaller in pairwise(kept))


def test_half_of_the_real_cases_hold_the_sites_in_their_shares():
    cases = [labelled(f"p{n}", "x" if n < 8 else "y") for n in range(12)]
    sites = [case.site for case in mix(0.5).keep_real(cases)]
    assert (sites.count("x"), sites.count("y")) == (4, 2)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("family: x\nsplit: s.json\n", "segmenters"),
        ("family: [", "understood"),
        ("just words", "understood"),
        (
            "family: x\nsplit: s.json\nsegmenters:\n- {id: a, name: a, summary: a, synthetic_fraction: 2}\n",
            "0 to 1",
        ),
        (
            "family: x\nsplit: s.json\nschedule: {stepps: 3}\nsegmenters:\n"
            "- {id: a, name: a, summary: a, synthetic_fraction: 1}\n",
            "stepps",
        ),
        *(
            (
                f"family: x\nsplit: s.json\nschedule: {{{setting}}}\nsegmenters:\n"
                "- {id: a, name: a, summary: a, synthetic_fraction: 1}\n",
                word,
            )
            for setting, word in [
                ("cycles: 0", "cycles is 0"),
                ("steps: 3, cycles: 4", "more than the 3 steps"),
                ("steps: many", "steps is 'many'"),
                ("pixels: 1.5", "pixels is 1.5"),
                ("tumor_share: 2", "tumor_share is 2"),
                ("averaging: -1", "averaging is -1"),
                ("rate: fast", "rate is 'fast'"),
            ]
        ),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_in_words(tmp_path, text, word):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=word):
        read_plan(path)


class TestWithTorch:
    """What needs PyTorch and MONAI."""

    @pytest.fixture(autouse=True)
    def _torch(self):
        pytest.importorskip("torch", reason="training needs PyTorch")
        pytest.importorskip("monai", reason="training needs MONAI")

    def test_augmentation_keeps_air_and_missing_contrasts_at_zero(self):
        import torch

        from SynthTrustLib.mixes.augment import augment

        images = torch.zeros(4, 12, 32, 32)
        images[:, :3, 8:24, 8:24] = 0.75  # T1 only
        truth = torch.zeros(4, 3, 32, 32)
        truth[:, 0, 12:20, 12:20] = 1
        chance = torch.Generator().manual_seed(0)
        changed, moved = augment(images, truth, chance, chance)
        assert not changed[:, 3:].any()
        assert changed[:, :3].amax() <= 2
        assert set(moved.unique().tolist()) <= {0.0, 1.0}
        assert (changed[:, 1][moved[:, 0] > 0] > 0).all(), "images and truth move together"
        assert not torch.equal(changed, images)

    def test_unknown_regions_do_not_teach(self):
        import torch

        from SynthTrustLib.mixes.train import loss

        logits = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
        truth, known = torch.ones(2, 3, 8, 8), torch.tensor([[1.0, 0, 0], [1.0, 0, 0]])
        loss(logits, truth, known).backward()
        assert logits.grad[:, 0].any()
        assert not logits.grad[:, 1:].any()

    def test_a_perfect_answer_costs_almost_nothing(self):
        import torch

        from SynthTrustLib.mixes.train import loss

        truth = (torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) > 0.5).float()
        assert loss((truth - 0.5) * 40, truth, torch.ones(2, 3)).item() < 1e-3

    def test_a_missed_voxel_costs_more_than_a_false_one_where_it_is_weighted_so(self):
        import torch

        from SynthTrustLib.mixes.train import loss

        truth = torch.zeros(1, 3, 8, 8)
        truth[:, :, :4] = 1
        missed, false = truth.clone(), truth.clone()
        missed[:, :, 3], false[:, :, 4] = 0, 1
        known = torch.ones(1, 3)
        cost = {
            weight: [loss((answer - 0.5) * 40, truth, known, weight).item() for answer in (missed, false)]
            for weight in (0.5, 0.8)
        }
        even, weighted = cost[0.5], cost[0.8]
        assert weighted[0] > even[0] and weighted[1] < even[1]
        # Tversky in closed form: 24 found, 8 missed or false beside 32, as 1 - 2 x overlap / weighted total.
        gap = (1 - (2 * 24 + 1) / (2 * 0.2 * 24 + 2 * 0.8 * 32 + 1)) - (1 - (2 * 24 + 1) / (24 + 32 + 1))
        assert weighted[0] - even[0] == pytest.approx(gap, abs=1e-4)

    def test_a_random_curve_of_contrast_rises_and_keeps_air_and_missing_contrasts_at_zero(self):
        import torch

        from SynthTrustLib.mixes.augment import KNOTS, _curve, augment

        knots = torch.tensor([0.0, 0.1, 0.15, 0.6, 0.7, 1.0])
        assert len(knots) == KNOTS + 1
        values = torch.linspace(0, 2, 101)
        curved = _curve(values, knots)
        assert curved[0] == 0 and (curved.diff() > 0).all()
        assert curved[15].item() == pytest.approx(0.3 / 0.3 * 0.1 * 1.5, abs=1e-4)  # the first knot: 0.3 becomes 0.15

        images = torch.rand(2, 12, 64, 64, generator=torch.Generator().manual_seed(0)) + 0.1
        images[:, :, :20] = 0
        images[:, 3:6] = 0
        generator = torch.Generator().manual_seed(1)
        changed, _ = augment(images, torch.zeros(2, 3, 64, 64), generator, generator, 1.0)
        assert not changed[:, 3:6].any() and (changed >= 0).all() and changed.isfinite().all()

    def test_training_gives_finite_losses_and_exports_what_it_learned(self, tmp_path):
        onnxruntime = pytest.importorskip("onnxruntime")
        import torch

        from SynthTrustLib.mixes.export import export_onnx
        from SynthTrustLib.mixes.train import train
        from SynthTrustLib.segmenters.engines.torch import fill
        from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network
        from SynthTrustLib.segmenters.package.onnx_file import read_onnx

        schedule = Schedule(steps=12, pixels=8192, averaging=0.5, seed=3)
        losses = []
        samples = [sample(size=64)]
        weights, devices = train(samples, Schedule(**{**schedule.to_dict(), "steps": 25}), tmp_path / "x.pt",
                                 lambda step, loss, left: losses.append(loss))  # fmt: skip
        assert len(devices) == 1 and devices[0]
        assert losses and np.isfinite(losses).all()

        network = build_network(FAMILY_NETWORK)
        network.load_state_dict(weights)
        slices = np.random.default_rng(0).uniform(0, 1, (2, 12, 64, 32)).astype(np.float32)
        with torch.no_grad():
            expected = torch.sigmoid(network.eval()(torch.from_numpy(slices))).numpy()
        model = export_onnx(weights)
        assert len(model) < 1_300_000
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        answer = session.run(None, {"slices": slices})[0]
        assert np.abs(answer - expected).max() < 0.05 and np.abs(answer - expected).mean() < 0.01
        fill(network, read_onnx(model).weights)
        with torch.no_grad():
            stored = torch.sigmoid(network(torch.from_numpy(slices))).numpy()
        np.testing.assert_allclose(answer, stored, atol=1e-4)

    def test_a_second_cycle_goes_on_from_what_the_first_would_have_kept(self, tmp_path, monkeypatch):
        import torch

        from SynthTrustLib.mixes import train as training

        begun = []
        plain = training._optimizer

        def watched(network, schedule, steps):
            begun.append({name: value.detach().clone() for name, value in network.state_dict().items()})
            return plain(network, schedule, steps)

        monkeypatch.setattr(training, "_optimizer", watched)
        one, two = Schedule(steps=8, pixels=2048), Schedule(steps=16, pixels=2048, cycles=2)
        samples = [sample(size=64)]
        kept = training.train(samples, one, tmp_path / "one.pt").weights
        final = training.train(samples, two, tmp_path / "two.pt").weights
        assert len(begun) == 3  # one for the plain training, two for the cycles
        for name, value in kept.items():
            torch.testing.assert_close(begun[2][name], value)
        assert any(not torch.equal(final[name], value) for name, value in kept.items())
        assert "cycles" not in one.to_dict() and two.to_dict()["cycles"] == 2

    def test_training_that_was_stopped_at_its_end_gives_the_same_weights_at_once(self, tmp_path, monkeypatch):
        import torch

        from SynthTrustLib.mixes import train as training

        samples, schedule = [sample(size=64)], Schedule(steps=4, pixels=2048)
        first = training.train(samples, schedule, tmp_path / "c.pt")
        monkeypatch.setattr(training, "loss", None)  # a further step would fail
        monkeypatch.setattr(training, "device_name", lambda device: "another")
        again = training.train(samples, schedule, tmp_path / "c.pt")
        assert again.devices == first.devices
        for name, value in first.weights.items():
            torch.testing.assert_close(again.weights[name], value, rtol=0, atol=0)
        monkeypatch.undo()
        monkeypatch.setattr(training, "device_name", lambda device: "another")
        longer = training.train(samples, replace(schedule, steps=5), tmp_path / "c.pt")
        assert set(longer.devices) == {"another", *first.devices}

    def test_a_batch_that_cannot_be_drawn_ends_the_training_with_its_own_error(self, tmp_path, monkeypatch):
        import torch

        from SynthTrustLib.mixes import train as training

        plain, drawn = SliceSampler.draw, []

        def draw(self):
            drawn.append(self)
            if len(drawn) == 6:
                raise OSError("the disk is gone")
            return plain(self)

        monkeypatch.setattr(SliceSampler, "draw", draw)
        monkeypatch.setattr(training, "training_device", lambda: torch.device("cpu"))
        with pytest.raises(OSError, match="the disk is gone"):
            training.train([sample(size=64)], Schedule(steps=9, pixels=2048), tmp_path / "c.pt")
        with pytest.raises(ValueError, match="must"):
            training.train([], Schedule(steps=9, pixels=2048), tmp_path / "d.pt")

    def test_bfloat16_is_used_where_the_processor_has_it_and_nowhere_else(self, monkeypatch):
        import torch

        from SynthTrustLib.mixes import device

        for fast in (True, False):
            monkeypatch.setattr(device, "_has_bfloat16", lambda _, fast=fast: fast)
            with device.mixed_precision(torch.device("cpu")):
                kind = (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
            assert kind == (torch.bfloat16 if fast else torch.float32)

    def test_a_card_follows_its_plan_without_a_new_training(self, tmp_path):
        pytest.importorskip("onnxruntime")
        from SynthTrustLib.mixes.make import Laboratory

        write_cohort(tmp_path / "data", (2, 1, 1))
        plan = tmp_path / "plan.yaml"
        text = (
            "family: f\nsplit: split.json\nschedule: {steps: 1, pixels: 2048}\n"
            "segmenters:\n- {id: a, name: Before, summary: s, synthetic_fraction: 0, presets: [x]}\n"
        )

        def laboratory(words: str) -> Laboratory:
            plan.write_text(words)
            return Laboratory(read_plan(plan), tmp_path / "data", tmp_path / "work")

        first = laboratory(text)
        before = first.train(first.plan.segmenters[0], tmp_path / "out")
        weights = before.model_path.read_bytes()
        assert not list((tmp_path / "work" / "checkpoints").iterdir()), "what is finished leaves nothing to go on with"
        renamed = laboratory(text.replace("Before", "After").replace("[x]", "[y]"))
        after = renamed.trained(renamed.plan.segmenters[0], tmp_path / "out")
        assert after is not None and (after.card.name, after.card.presets) == ("After", ("y",))
        assert after.model_path.read_bytes() == weights
        assert replace(after.card, name="Before", presets=("x",), hashes=before.card.hashes) == before.card
        assert load_package(tmp_path / "out" / "a").card == after.card
        longer = laboratory(text.replace("steps: 1", "steps: 2"))
        assert longer.trained(longer.plan.segmenters[0], tmp_path / "out") is None


def test_what_other_patients_taught_is_neither_taken_for_trained_nor_gone_on_with(tmp_path, monkeypatch):
    from SynthTrustLib.mixes import make

    split = write_cohort(tmp_path / "data", (2, 1, 1))
    (tmp_path / "plan.yaml").write_text(
        "family: f\nsplit: split.json\nsets: {drawn: {generator: simulator, seed: 1}}\nsegmenters:\n"
        "- {id: real, name: r, summary: r, synthetic_fraction: 0}\n"
        "- {id: drawn, name: d, summary: d, synthetic_fraction: 1, set: drawn}\n"
    )
    plan = read_plan(tmp_path / "plan.yaml")
    real, drawn = plan.segmenters
    both = ["p0", "p1"]
    for folder, mix, learned in (
        ("new", real, {"real_cases": both, "source_cases": []}),
        ("new", drawn, {"real_cases": [], "source_cases": both}),
        ("old", real, {"real_cases": both}),
        ("old", drawn, {"real_cases": []}),
    ):
        training = {"plan": make._describe(mix, plan), **learned}
        onnx_models.package(tmp_path / folder, mix.id, training=training)
    checkpoints = []

    def interrupted(samples, schedule, checkpoint, *others):
        checkpoints.append(checkpoint)
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "train", interrupted)

    def found() -> list[str]:
        laboratory = make.Laboratory(plan, tmp_path / "data", tmp_path / "work")
        with pytest.raises(KeyboardInterrupt):
            laboratory.train(real, tmp_path / "nothing")
        packages = [(folder, mix) for folder in ("new", "old") for mix in (real, drawn)]
        return [f"{folder} {mix.id}" for folder, mix in packages if laboratory.trained(mix, tmp_path / folder)]

    assert found() == found() == ["new real", "new drawn", "old real", "old drawn"]
    split.write_text(split.read_text().replace('"p1"', '"p9"').replace('"p3"', '"p1"').replace('"p9"', '"p3"'))
    assert found() == ["old drawn"], "an older card does not say from whom its synthetic cases were made"
    assert checkpoints[0] == checkpoints[1] != checkpoints[2]


def test_training_may_go_on_from_weights_that_nobody_held_out_has_taught(tmp_path):
    split = write_cohort(tmp_path / "data", (2, 1, 1))
    text = (
        "family: f\nsplit: split.json\nschedule: {steps: 1, pixels: 2048}\n"
        "segmenters:\n- {id: a, name: a, summary: s, synthetic_fraction: 0}\n"
    )
    plan, out = tmp_path / "plan.yaml", tmp_path / "out"

    def train(words: str):
        plan.write_text(words)
        laboratory = Laboratory(read_plan(plan), tmp_path / "data", tmp_path / "work")
        return laboratory.train(laboratory.plan.segmenters[0], out)

    weights = weights_of(train(text).card)
    more = text.replace("id: a", "id: b").replace("synthetic_fraction: 0", f"synthetic_fraction: 0, start: {weights}")
    card = train(more).card
    assert card.training["plan"]["start"] == weights
    assert card.training["start"]["real_cases"] == ["p0", "p1"], "the card tells what was learned before"
    with pytest.raises(InputError, match="no segmenter with the weights ffff"):
        train(more.replace(weights, "f" * 64).replace("id: b", "id: c"))
    split.write_text(split.read_text().replace('"p1"', '"p9"').replace('"p3"', '"p1"').replace('"p9"', '"p3"'))
    with pytest.raises(InputError, match="has learned from p1, who is held out here"):
        train(more.replace("id: b", "id: d"))


def test_samples_of_another_preprocessing_are_prepared_anew(tmp_path, monkeypatch):
    write_cohort(tmp_path / "data", (1, 0, 0))
    cases = list(find_cases(tmp_path / "data"))
    before = prepared.real_samples(cases, tmp_path / "cache")[0]
    assert prepared.real_samples(cases, tmp_path / "cache")[0].label.shape == before.label.shape == (8, 64, 64)
    monkeypatch.setattr(prepared, "SETTINGS", replace(prepared.SETTINGS, multiple=96))
    assert prepared.real_samples(cases, tmp_path / "cache")[0].label.shape == (8, 96, 96)
    assert len(list((tmp_path / "cache").glob("prepared-*/*.npz"))) == 2


@pytest.mark.parametrize("file", ["t1.nii.gz", "t2.nii", "seg.nii.gz"])
def test_a_file_that_changes_without_changing_size_makes_another_case(tmp_path, file):
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(content, compresslevel=0, mtime=0) if path.suffix == ".gz" else content)
        return path

    t1, t2, label = (write(name, bytes(1000)) for name in ("t1.nii.gz", "t2.nii", "seg.nii.gz"))
    entry = LabelledCase("p", "a", "x", None, {Contrast.T1: t1, Contrast.T2: t2}, label)
    before, size = case_identity(entry), (tmp_path / file).stat().st_size
    write(file, bytes(1000))
    assert case_identity(entry) == before, "the same content written anew is the same case"
    write(file, bytes(500) + b"x" + bytes(499))
    assert (tmp_path / file).stat().st_size == size
    assert case_identity(entry) != before


def test_cases_that_hold_the_same_are_told_apart_by_name_cohort_and_what_the_label_tells(tmp_path):
    for name in ("t1.nii.gz", "seg.nii.gz", "wt.nii.gz"):
        (tmp_path / name).write_bytes(gzip.compress(bytes(10)))
    entry = LabelledCase("p", "a", "x", None, {Contrast.T1: tmp_path / "t1.nii.gz"}, tmp_path / "seg.nii.gz")
    others = [{"id": "q"}, {"cohort": "b"}, {"label": tmp_path / "wt.nii.gz"}, {"label_values": {1: "tumor"}}]
    assert len({case_identity(entry), *(case_identity(replace(entry, **change)) for change in others)}) == 5


def test_a_corrected_label_arrives_in_samples_facts_looks_and_maps(tmp_path):
    import SimpleITK as sitk

    write_cohort(tmp_path / "data", (1, 0, 0))
    (case,) = find_cases(tmp_path / "data")

    def prepare():
        (drawn,) = prepared.real_samples([case], tmp_path / "work" / "real")
        source = read_source(case, tmp_path / "work")
        look = prepared.fit_appearances([case], tmp_path / "work")["a"].looks
        truth = int((drawn.label & 1).sum()), int((source.parts >= Part.EDEMA).sum())
        return truth, look, real_facts([case], tmp_path / "work" / "study")["p0"]["identity"]

    before, look, identity = prepare()
    label = sitk.ReadImage(str(case.label))
    smaller = sitk.GetArrayFromImage(label)
    smaller[smaller == 2] = 0
    corrected = sitk.GetImageFromArray(smaller)
    corrected.CopyInformation(label)
    sitk.WriteImage(corrected, str(case.label))
    after, new_look, new_identity = prepare()
    assert before[0] == before[1] > after[0] == after[1] == np.count_nonzero(smaller)
    assert new_look != look and new_identity != identity


def test_appearances_are_those_of_the_patients_and_cohorts_that_are_asked_for(tmp_path):
    write_cohort(tmp_path / "data", (3, 0, 0), cohort="a")
    write_cohort(tmp_path / "data", (1, 0, 0), cohort="b")
    cases = list(find_cases(tmp_path / "data"))
    former = prepared.fit_appearances([case for case in cases if case.id != "p2"], tmp_path / "work")
    latter = prepared.fit_appearances(cases[1:3], tmp_path / "work")
    assert {cohort: len(found.looks) for cohort, found in former.items()} == {"a": 2, "b": 1}
    assert list(latter) == ["a"] and len(latter["a"].looks) == 2
    assert latter["a"].looks[0] == former["a"].looks[1]
    assert latter["a"].looks[1] not in former["a"].looks
