"""Who draws the outline of record, and who the jury is."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import OUTSIDE
from SynthTrustLib.segmenters.roles import Roles, assign_roles

FLAGSHIP = builders.card("best", presets=("flagship",))
LADDER = [builders.card(name, presets=("ladder",)) for name in ("real", "mixed", "synthetic")]
ELSEWHERE = builders.card("outside-hand", family=OUTSIDE)
ASKED = [card.id for card in LADDER]


def test_the_flagship_draws_the_outline_of_record_and_is_no_juror():
    assert assign_roles([*LADDER, FLAGSHIP], ASKED) == Roles("best", tuple(ASKED))
    assert assign_roles([FLAGSHIP, *LADDER], ["best", *ASKED]) == Roles("best", tuple(ASKED))


def test_without_a_flagship_the_outline_of_record_is_pooled():
    assert assign_roles(LADDER, ASKED) == Roles(POOLED, tuple(ASKED))


def test_a_juror_that_becomes_the_record_leaves_the_jury():
    assert assign_roles(LADDER, ASKED, "mixed") == Roles("mixed", ("real", "synthetic"))


def test_an_outline_made_elsewhere_is_no_juror_but_may_be_the_record():
    everyone = [*LADDER, FLAGSHIP, ELSEWHERE]
    assert assign_roles(everyone, ASKED) == Roles("best", tuple(ASKED))
    assert assign_roles(everyone, ASKED, "outside-hand") == Roles("outside-hand", tuple(ASKED))


def test_an_outline_made_elsewhere_is_no_juror_of_a_record_whose_jury_did_not_run():
    assert assign_roles([FLAGSHIP, ELSEWHERE], ASKED) == Roles("best", ("best",))


def test_outlines_made_elsewhere_alone_are_compared_with_each_other():
    other = builders.card("outside-other", family=OUTSIDE)
    assert assign_roles([ELSEWHERE, other], []) == Roles(POOLED, ("outside-hand", "outside-other"))


def test_one_alone_is_its_own_jury():
    assert assign_roles([FLAGSHIP], ["best"]) == Roles("best", ("best",))


def test_who_did_not_run_cannot_draw_the_outline_of_record():
    with pytest.raises(SegmenterError, match="best"):
        assign_roles(LADDER, ASKED, "best")


def test_a_part_of_the_stack_copies_nothing_where_its_members_follow_each_other():
    stack = builders.stack(np.random.default_rng(0).random((4, 1, 3, 4, 5), np.float32), synthetic=[0, 25, 50, 100])
    ids = [card.id for card in stack.segmenters]
    part = stack.only(ids[1:3])
    assert np.shares_memory(part.probabilities, stack.probabilities)
    assert np.array_equal(part.probabilities, stack.probabilities[1:3])
    apart = stack.only([ids[3], ids[0]])
    assert [card.id for card in apart.segmenters] == [ids[0], ids[3]]
    assert np.array_equal(apart.probabilities, stack.probabilities[[0, 3]])
    with pytest.raises(KeyError, match="nobody"):
        stack.only([ids[0], "nobody"])
