"""The generator learns from training patients, draws new maps where tumors can be, and comes back from disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from builders import ball

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.diffusion.generator_files import read_generator, write_generator
from SynthTrustLib.mixes.diffusion.new_map import bend, blend_looks, draw_map, heal, transplant, ventricles
from SynthTrustLib.mixes.diffusion.source import Part, SourcePatient, class_means, map_parts
from SynthTrustLib.vocabulary import Region

SHAPE = (6, 32, 32)


def source(identifier="p", seed=0, *, center=(3, 16, 22), contrasts=(0, 1, 2, 3), skull=False) -> SourcePatient:
    """A brain of gray with a white middle, a ventricle at its heart, and a tumor of three shells on one side."""
    random = np.random.default_rng(seed)
    parts = np.zeros(SHAPE, np.uint8)
    columns = (slice(None), slice(None), slice(None))
    for part, radius in ((Part.OTHER, 15), (Part.GRAY, 13), (Part.WHITE, 11), (Part.FLUID, 3)):
        if part is Part.OTHER and not skull:
            continue
        disc = ball((1, *SHAPE[1:]), center=(0, 16, 16), radius=radius)
        parts[columns][np.broadcast_to(disc, SHAPE)] = part
    for part, radius in ((Part.EDEMA, 4), (Part.CORE, 3), (Part.ENHANCING, 2)):
        parts[ball(SHAPE, center, radius)] = part
    image = np.zeros((4, *SHAPE), np.float32)
    for channel in contrasts:
        image[channel] = np.array([0, 0.9, 0.2, 0.6, 0.8, 1.2, 1.0, 1.6])[parts]
        image[channel] += 0.03 * random.standard_normal(SHAPE) * (parts > 0)
    regions = tuple(Region)
    return SourcePatient(identifier, "a", image.astype(np.float16), parts, 1, 4.0, True, skull, regions)


SOURCES = [source("p", 0), source("q", 1, center=(2, 12, 9)), source("r", 2, center=(3, 21, 12))]


def test_the_brain_is_ranked_by_brightness_and_the_tumor_taken_from_the_label():
    patient = source()
    tumor = {
        Region.WT: patient.parts >= Part.EDEMA,
        Region.TC: patient.parts >= Part.CORE,
        Region.ET: patient.parts == Part.ENHANCING,
    }
    parts = map_parts(patient.image.astype(np.float32), patient.parts >= Part.FLUID, tumor)
    for part in (Part.EDEMA, Part.CORE, Part.ENHANCING, Part.AIR):
        assert ((parts == part) == (patient.parts == part)).all()
    healthy = (parts >= Part.FLUID) & (parts < Part.EDEMA)
    means = [patient.image[0][parts == part].mean() for part in (Part.FLUID, Part.GRAY, Part.WHITE)]
    assert means == sorted(means)
    assert (parts == Part.FLUID).sum() == pytest.approx(0.12 * healthy.sum(), rel=0.1)


def test_a_head_is_healed_from_its_other_side():
    patient = source(center=(3, 16, 24))
    healed = heal(patient.parts)
    assert not (healed >= Part.EDEMA).any()
    untouched = patient.parts < Part.EDEMA
    assert (healed[untouched] == patient.parts[untouched]).all()
    brain = healed[:, :, 3:30]  # its middle is column 16
    assert (brain == brain[:, :, ::-1]).all()


def test_a_transplanted_tumor_stays_in_the_brain_and_out_of_the_ventricles():
    receiver, donor = heal(SOURCES[0].parts), source(center=(3, 16, 16)).parts
    hollow = ventricles(receiver)
    assert hollow.any()
    result = transplant(receiver, donor, mirror=False)
    tumor = result >= Part.EDEMA
    assert tumor.any()
    assert not tumor[hollow].any()
    assert not tumor[receiver < Part.FLUID].any()
    assert (result[~tumor] == receiver[~tumor]).all()


def test_a_bent_map_is_not_a_copy_and_keeps_its_shells_in_order():
    patient = source()
    bent = bend(patient.parts, 4.0, np.random.default_rng(3))
    assert bent.shape == patient.parts.shape
    assert set(np.unique(bent)) <= set(np.unique(patient.parts))
    both = ((bent >= Part.EDEMA) & (patient.parts >= Part.EDEMA)).sum()
    assert both < 0.95 * (patient.parts >= Part.EDEMA).sum()


def test_maps_name_their_patients_and_differ_by_seed():
    maps = [draw_map(SOURCES, np.random.default_rng(seed)) for seed in range(12)]
    assert all(set(drawn.source_patients) <= {"p", "q", "r"} for drawn in maps)
    assert {len(drawn.source_patients) for drawn in maps} == {1, 2}
    assert len({drawn.parts.tobytes() for drawn in maps}) == 12
    again = draw_map(SOURCES, np.random.default_rng(4))
    assert (again.parts == maps[4].parts).all() and (again.look == maps[4].look).all()


def test_a_look_lies_between_those_of_patients_and_leaves_missing_contrasts_out():
    without_t2 = source("s", contrasts=(0, 1, 3))
    look = blend_looks([without_t2, *SOURCES], without_t2, np.random.default_rng(0), spread=0.0)
    assert not look[2].any()
    assert look[0, Part.ENHANCING] == pytest.approx(1.6, abs=0.05)
    assert np.isnan(class_means(without_t2)[2]).all()


def test_weights_that_are_not_those_of_the_record_are_refused(tmp_path):
    weights = {"a": np.ones(3, np.float16)}
    write_generator(tmp_path, {"training_patients": ["p"]}, {"high": (5, weights), "low": (1, weights)})
    assert read_generator(tmp_path, "high").weights["a"].tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="no quality level 'best'"):
        read_generator(tmp_path, "best")
    (tmp_path / "weights-low.npz").write_bytes(b"something else")
    with pytest.raises(InputError, match="not the file"):
        read_generator(tmp_path, "low")


def test_weights_that_are_too_large_are_refused(tmp_path):
    noise = np.random.default_rng(0).standard_normal(6_000_000).astype(np.float16)
    with pytest.raises(InputError, match="fewer channels"):
        write_generator(tmp_path, {}, {"high": (1, {"a": noise})})
    assert not list(tmp_path.iterdir())


class TestWithTorch:
    """What needs PyTorch and MONAI."""

    @pytest.fixture(autouse=True)
    def _torch(self):
        pytest.importorskip("torch", reason="the generator needs PyTorch")
        pytest.importorskip("monai", reason="the generator needs MONAI")

    @staticmethod
    def schedule(**changes):
        from SynthTrustLib.mixes.diffusion.network import NETWORK
        from SynthTrustLib.mixes.diffusion.training import GeneratorSchedule

        network = {**NETWORK, "channels": [8, 16], "groups": 4}
        fields = {"steps": 4, "snapshots": (2,), "batch": 2, "crop": (32, 32), "network": network}
        return GeneratorSchedule(**(fields | changes))

    def test_the_shipped_network_fits_the_size_limit(self):
        from SynthTrustLib.mixes.diffusion.generator_files import SIZE_LIMIT
        from SynthTrustLib.mixes.diffusion.network import NETWORK, build_generator

        parameters = sum(p.numel() for p in build_generator(NETWORK).parameters())
        assert 500_000 < parameters < min(5_000_000, SIZE_LIMIT / 2)

    def test_training_resumes_where_it_stopped(self, tmp_path):
        from SynthTrustLib.mixes.diffusion import training

        steps: list[int] = []
        first = training.train_generator(SOURCES, self.schedule(), tmp_path / "g.pt")
        assert sorted(first) == [2, 4]
        more = self.schedule(steps=20, snapshots=(2, 20))
        second = training.train_generator(SOURCES, more, tmp_path / "g.pt", lambda step, *_: steps.append(step))
        assert sorted(second) == [2, 4, 20] and steps == [20]
        name = next(iter(first[2]))
        assert np.array_equal(first[2][name], second[2][name])

    def test_a_patient_is_painted_as_its_map_says_and_the_same_every_time(self, tmp_path):
        from SynthTrustLib.mixes.diffusion.maker import DiffusionMaker
        from SynthTrustLib.mixes.diffusion.training import train_generator

        schedule = self.schedule()
        kept = train_generator(SOURCES, schedule, tmp_path / "g.pt")
        record = json.loads(json.dumps({"network": schedule.network, "training_patients": ["p", "q", "r"]}))
        write_generator(tmp_path / "g", record, {"high": (4, kept[4]), "low": (2, kept[2])})
        maker = DiffusionMaker(read_generator(tmp_path / "g", "low"), {"a": SOURCES})
        patient, again = maker.make("a", 5), maker.make("a", 5)
        assert patient.record["source_patients"] and patient.record["quality"] == "low"
        assert set(patient.case.volumes) == set(again.case.volumes)
        for contrast, volume in patient.case.volumes.items():
            np.testing.assert_array_equal(volume.array, again.case.volumes[contrast].array)
            assert np.isfinite(volume.array).all()
            assert ((volume.array > 0) == patient.brain).all(), "air is 0, and the brain is not"
        masks = patient.masks()
        assert masks[Region.WT].any()
        assert not (masks[Region.ET] & ~masks[Region.TC]).any()
        with pytest.raises(InputError, match="nowhere"):
            maker.make("nowhere", 1)

    def test_neighbouring_slices_start_from_nearly_the_same_noise_of_unit_variance(self):
        from SynthTrustLib.mixes.diffusion.sampling import slice_noise

        noise = slice_noise((30, 4, 32, 32), 2.0, np.random.default_rng(0))
        assert noise.std() == pytest.approx(1, abs=0.05)
        near = np.corrcoef(noise[10].ravel(), noise[11].ravel())[0, 1]
        far = np.corrcoef(noise[5].ravel(), noise[25].ravel())[0, 1]
        assert near > 0.9 and abs(far) < 0.1

    def test_a_perfect_network_gives_the_image_that_it_stands_for(self):
        import torch
        from monai.networks.schedulers import DDIMScheduler

        from SynthTrustLib.mixes.diffusion.network import to_signal
        from SynthTrustLib.mixes.diffusion.sampling import head_box, paint_volume

        truth = torch.from_numpy(to_signal(np.full((1, 4, 1, 1), 1.1)))
        alphas = DDIMScheduler(num_train_timesteps=1000, schedule="cosine").alphas_cumprod

        class Oracle(torch.nn.Module):
            def forward(self, noisy, told, times):
                a = alphas[times[0]]
                levels.append(((noisy - a.sqrt() * truth) / (1 - a).sqrt()).std().item())
                return truth.expand_as(noisy)

        levels: list[float] = []
        parts = SOURCES[0].parts
        image = paint_volume(Oracle(), parts, class_means(SOURCES[0]), 1, 4.0, 5, np.random.default_rng(0))
        assert image.shape == (4, *parts.shape)
        assert levels == pytest.approx([1] * len(levels), abs=0.1), "it is told the noise level that the signal has"
        box = (slice(None), *head_box(parts))
        np.testing.assert_allclose(image[box], 1.1, atol=0.02)
        image[box] = 0
        assert not image.any(), "air around the head is not painted"


def test_the_box_of_a_head_holds_it_and_fits_the_network():
    from SynthTrustLib.mixes.diffusion.sampling import head_box

    parts = np.zeros((3, 40, 48), np.uint8)
    parts[1, 30:39, 5:20] = 4
    assert head_box(parts) == (slice(0, 3), slice(24, 40), slice(5, 21))
    assert head_box(np.zeros((3, 40, 48), np.uint8))[1:] == (slice(0, 8), slice(0, 8))
