"""``synthtrust trust calibrate COHORT`` and ``--undo``: learn, show, and only where that is asked for, use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from SynthTrustLib.errors import InputError

PAGE, RECORD = "hospital.html", "hospital.json"
"""In the cohort's folder: what was learned, to be looked at."""


def calibrate_cohort(cohort: Path, *, use: bool, say: Callable[[str], None] = print) -> None:
    """Learn from a cohort, write what was found into its folder, and with `use` let every assessment use it.

    `say`: receives lines for the screen; none holds a name. Raises SynthTrustError if nothing can be learned from it,
    or nothing that could be used.
    """
    from SynthTrustLib.calibration.evaluate.page import render_evaluation
    from SynthTrustLib.calibration.needs import require
    from SynthTrustLib.codec import decode, to_text
    from SynthTrustLib.cohort.folder import require_cohort
    from SynthTrustLib.cohort.hospital.learn import FEWEST_PERSONS, learn
    from SynthTrustLib.cohort.hospital.summary import summary_lines
    from SynthTrustLib.runner.files.folder import writing
    from SynthTrustLib.trust.learned.calibration_file import CalibrationFile, EvaluationFile
    from SynthTrustLib.trust.learned.own import keep
    from SynthTrustLib.whole_file import write_text

    require_cohort(cohort)
    require("jinja2", "matplotlib")
    learned = learn(cohort)
    text = to_text(learned.kept, indent=1) + "\n" if learned.kept else ""
    evaluation = {**learned.evaluation, "calibration_sha256": hashlib.sha256(text.encode()).hexdigest()}
    decode(EvaluationFile, evaluation)
    record, page = to_text(evaluation, indent=1) + "\n", render_evaluation(evaluation, learned.fitted)
    with writing(cohort):
        write_text(cohort / RECORD, record)
        write_text(cohort / PAGE, page)
    for line in (*summary_lines(learned), str(cohort / PAGE)):
        say(line)
    if learned.kept is None:
        if use:
            raise InputError(
                f"no region has {FEWEST_PERSONS} persons with the same contrasts, so what is in use stays",
                source=str(cohort),
                next_step="Add patients with references to the cohort, and run it again.",
            )
        return
    decode(CalibrationFile, learned.kept)
    if use:
        path = keep(learned.family, text, record, page)
        say(f"From now on {', '.join(learned.regions_kept)} are judged by it: {path}")
        say("To go back: synthtrust trust calibrate --undo, or the button Take back in Slicer")
    else:
        judged = ", ".join(learned.regions_kept)
        say(f"Nothing was replaced. To judge {judged} by it from now on: --use, or the button Use it in Slicer")


def undo_calibration() -> None:
    """Take away what was learned last.

    Raises SynthTrustError if nothing was learned here, or the folder cannot be changed.
    """
    from SynthTrustLib.trust.learned.own import undo

    gone, before = undo()
    print(f"{gone.name} was taken away; {before.name if before else 'what ships with SynthTrust'} is in use.")
