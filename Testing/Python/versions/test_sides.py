"""A version is run as a command of its own, whatever its library looks like."""

from __future__ import annotations

import pytest

from Testing.Versions.patients import Run
from Testing.Versions.sides import checkout_of, run, run_all

LIBRARY = """
import json, pathlib, sys
words = sys.argv[1:]
keys = [words[n + 1] for n, word in enumerate(words) if word == "--accept"]
if "--damaged" in words:
    sys.exit("synthtrust: error: t1.nii.gz: it is damaged. Export it again.")
if "--odd" in words and keys != ["missing:T2", "odd:it is odd"]:
    print("synthtrust: concern missing:T2: no T2", file=sys.stderr)
    print("patient: 2 concerns. To accept: --accept missing:T2 --accept 'odd:it is odd'", file=sys.stderr)
    sys.exit(3)
out = pathlib.Path(words[words.index("--out") + 1])
out.mkdir()
record = dict(case_label=" ".join(words[:2]), is_synthetic_patient=False, provenance={}, skipped={}, pairwise_dice={})
record |= dict(rows=[], segmenters=[], dose_response=[], review_spots=[])
(out / "scorecard.json").write_text(json.dumps(record))
"""


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "checkout" / "SynthTrustLib").mkdir(parents=True)
    (tmp_path / "checkout" / "SynthTrustLib" / "__init__.py").touch()
    (tmp_path / "checkout" / "SynthTrustLib" / "__main__.py").write_text(LIBRARY)
    return tmp_path / "checkout"


def test_the_library_of_the_checkout_runs_and_not_the_one_installed(checkout):
    facts = run_all(checkout, [Run("a", ("--t1", "x")), Run("b", ())])
    assert facts["a"]["patient"]["label"] == "assess --t1"
    assert facts["a"]["concerns"] == {"accepted": []}
    assert list(facts) == ["a", "b"]


def test_concerns_are_accepted_whatever_their_keys_look_like_and_are_facts(checkout, tmp_path):
    facts = run(checkout, Run("odd", ("--odd",)), tmp_path / "out")
    assert facts["concerns"] == {"accepted": ["missing:T2", "odd:it is odd"]}


def test_a_run_that_fails_says_why(checkout, tmp_path):
    with pytest.raises(SystemExit, match=r"^damaged: .*it is damaged"):
        run(checkout, Run("damaged", ("--damaged",)), tmp_path / "out")


def test_a_side_is_a_checkout_or_a_revision_and_nothing_else(checkout):
    with checkout_of(str(checkout)) as found:
        assert found == checkout
    with pytest.raises(SystemExit, match="neither"), checkout_of("no-such-revision"):
        pytest.fail("it must not be found")
