"""An audit tells a good set from a bad one, a wide one from a narrow one, and a new one from a copy."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from mixes.samples_for_tests import patients, table

from SynthTrustLib.calibration.evaluate.intervals import resample_mean, subsample_two
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit.card import audit_cohort, mix_card, validate
from SynthTrustLib.mixes.audit.comprehension import ITEMS
from SynthTrustLib.mixes.audit.congruence import cosine, earth_mover, jensen_shannon
from SynthTrustLib.mixes.audit.consistency import consistency
from SynthTrustLib.mixes.audit.memorization import by_relabelling, memorization, nearness_to_source
from SynthTrustLib.mixes.audit.spread import hull_share
from SynthTrustLib.mixes.audit.vendi import vendi_score

DRAWS = 60


@pytest.fixture(scope="module")
def real():
    return patients(12, seed=1), patients(8, seed=2, prefix="h")


def audit(real, synthetic, sources=None):
    training, held_out = (table(members) for members in real)
    made = table(synthetic, groups=("synthetic",))
    return audit_cohort("a", training, held_out, made, sources or [()] * len(made), draws=DRAWS)


@pytest.fixture(scope="module")
def good(real):
    return audit(real, patients(12, seed=3, prefix="s", synthetic=True))


@pytest.fixture(scope="module")
def bad(real):
    return audit(real, patients(12, seed=3, prefix="s", tumor=2.0, synthetic=True))


@pytest.fixture(scope="module")
def narrow(real):
    return audit(real, patients(12, seed=3, prefix="s", spread=0.1, synthetic=True))


def test_a_set_from_the_same_distribution_beats_a_set_that_is_too_bright(good, bad):
    assert good["classifier_auc"]["value"] < 0.8 < bad["classifier_auc"]["value"]
    assert good["coverage"]["value"] > bad["coverage"]["value"]
    assert good["mmd"]["value"] < bad["mmd"]["value"]
    assert bad["mmd"]["p"] < 0.05 < good["mmd"]["p"]
    assert good["constraint"]["outside_real_range"]["value"] < bad["constraint"]["outside_real_range"]["value"]
    assert good["congruence"]["median_jsd"] < bad["congruence"]["median_jsd"]


def test_a_narrow_set_shows_it(good, narrow):
    assert narrow["vendi_ratio"]["value"] < 0.7 * good["vendi_ratio"]["value"]
    spread = [card["coverage_of_features"]["distance_to_centroid_ratio"]["value"] for card in (narrow, good)]
    assert spread[0] < 0.6 * spread[1]


def test_copies_of_training_patients_are_found_in_pictures_and_in_features(real, good):
    copies = [copy.copy(entry) for entry in real[0]]
    copies = [type(entry)(f"s{n}", *list(vars(entry).values())[1:7]) for n, entry in enumerate(copies)]
    memory = audit(real, copies)["memorization"]
    for space in ("pictures", "features"):
        assert memory[space]["copies"]["value"] == 1
        assert memory[space]["nearest_is_training"]["value"] > 0.6
        assert good["memorization"][space]["copies"]["value"] < 0.5


def test_every_figure_stands_in_its_interval_and_the_card_fits_its_schema(good):
    documentation = dict.fromkeys(ITEMS, "written down") | {"privacy_method": ""}
    record = {"name": "s", "generator": "test 1", "seed": 1, "settings": {}, "documentation": documentation}
    card = mix_card(record, {"a": good}, "a command")
    assert card["comprehension"]["documented"] == len(ITEMS) - 1
    assert card["compliance"]["evidence"] == "unknown"
    for name in ("classifier_auc", "density", "coverage"):
        assert good[name]["low"] <= good[name]["value"] <= good[name]["high"]
    del card["cohorts"]["a"]["vendi_ratio"]
    with pytest.raises(InputError, match="vendi_ratio"):
        validate(card)


def test_too_few_cases_are_refused_in_words(real):
    with pytest.raises(InputError, match=r"a: .* at least 4 synthetic cases, there are 2\. Make a set with more"):
        audit(real, patients(2, seed=3, synthetic=True))


def test_distances_between_distributions_have_their_closed_forms():
    first, second = np.array([0.0, 0.0, 1.0, 1.0]), np.array([7.0, 7.0, 8.0, 8.0])
    assert jensen_shannon(first, first) == 0
    assert jensen_shannon(first, second) == pytest.approx(1)
    assert cosine(first, first) == pytest.approx(1)
    assert cosine(first, second) == pytest.approx(0)
    assert earth_mover(first, second) == pytest.approx(7 / 0.5)


def test_the_vendi_score_counts_what_differs():
    assert vendi_score(np.ones((5, 5))) == pytest.approx(1)
    assert vendi_score(np.eye(5)) == pytest.approx(5)
    assert vendi_score(np.kron(np.eye(2), np.ones((3, 3)))) == pytest.approx(2)


def test_a_hull_knows_inside_from_outside_and_a_line_has_none():
    square = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    assert hull_share(square, np.array([[0.5, 0.5], [2, 2]])) == 0.5
    assert np.isnan(hull_share(np.array([[0, 0], [1, 1], [2, 2]], float), square))


def test_consistency_compares_sites_with_each_other_and_synthetic_with_real():
    values = np.array([1.0, 1.1, 2.0, 2.1, 5.0])
    result = consistency(values, ["x", "x", "y", "y", "z"], np.array([9.0, 9.1, 9.2]))
    assert set(result["means"]) == {"x", "y", "synthetic"}
    assert result["sites"]["p"] < 0.05 and result["synthetic"]["p"] < 0.05


def test_more_training_patients_alone_do_not_look_like_memorization():
    random = np.random.default_rng(0)
    result = memorization(random.random((200, 40)), random.random((200, 8)), random.random((8, 40)), random, DRAWS)
    assert result["nearest_is_training"]["value"] == pytest.approx(0.5, abs=0.06)


def test_a_sample_nearest_to_its_own_source_is_counted_against_chance():
    distances = np.array([[0.1, 0.9], [0.9, 0.1], [0.1, 0.9]])
    random = np.random.default_rng(0)
    result = nearness_to_source(distances, ("p", "q"), [("p",), ("p",), ("p",)], random, DRAWS)
    assert result is not None
    assert result["nearest_is_source"]["value"] == pytest.approx(2 / 3) and result["chance"] == 0.5
    assert nearness_to_source(distances, ("p", "q"), [(), (), ()], random, DRAWS) is None


@pytest.mark.parametrize(("cases", "least"), [(5, 0.87), (15, 0.91), (40, 0.91)])
def test_intervals_cover_the_truth_about_as_often_as_they_say(cases, least):
    random = np.random.default_rng(1)
    intervals = [resample_mean(random.normal(size=cases), random, 4000) for _ in range(300)]
    assert least <= np.mean([one["low"] <= 0 <= one["high"] for one in intervals]) <= 0.99


def test_halves_without_repetition_cover_it_as_often():
    random = np.random.default_rng(1)
    pairs = [random.normal(size=(2, 30)) for _ in range(300)]
    intervals = [subsample_two(lambda a, b: a.mean() - b.mean(), *pair, random, 200) for pair in pairs]
    assert 0.91 <= np.mean([one["low"] <= 0 <= one["high"] for one in intervals]) <= 0.99


def test_too_few_cases_have_no_interval():
    random = np.random.default_rng(1)
    assert resample_mean([0.1, 0.2, 0.4, 0.3], random, 100) == {"value": pytest.approx(0.25), "low": None, "high": None}


def test_training_patients_are_nearer_only_if_others_dealt_at_random_are_not_as_near():
    """A hundred cases that are compared with the same forty patients are no hundred coins."""

    def p_of(learned, random):
        training, held_out, made = (
            random.normal(size=(20, 60)),
            random.normal(size=(20, 60)),
            random.normal(size=(100, 60)),
        )
        made[:learned] = training[random.integers(20, size=learned)] + 0.5 * random.normal(size=(learned, 60))
        return by_relabelling(*(np.linalg.norm(made[:, None] - one, axis=2) for one in (training, held_out)), random)

    assert min(p_of(0, np.random.default_rng(n)) for n in range(12)) > 0.01
    assert p_of(60, np.random.default_rng(0)) == 0.001
