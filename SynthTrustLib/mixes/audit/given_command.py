"""``synthtrust mixes audit SYNTHETIC --against REAL``: the card of any synthetic set."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from SynthTrustLib.codec import encode, to_text
from SynthTrustLib.errors import Cancelled, InputError
from SynthTrustLib.mixes import console
from SynthTrustLib.mixes.audit.words import summary
from SynthTrustLib.whole_file import write_text

if TYPE_CHECKING:
    from SynthTrustLib.mixes.audit.given_cases import Given
    from SynthTrustLib.mixes.audit.set_audit import AuditRow
    from SynthTrustLib.progress import Progress

DRAWS = 500
CARD_FILE = "audit.json"
PAGE_FILE = "audit.html"


def run(arguments: argparse.Namespace) -> None:
    """Audit, write the card, and say the main things."""
    try:
        _run(arguments)
    except KeyboardInterrupt:
        raise Cancelled("What was measured is kept: the same command goes on from there.") from None


def _run(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.mixes.audit.audit_given import audit_given, measure_set, refuse_few
    from SynthTrustLib.mixes.audit.croissant import croissant
    from SynthTrustLib.mixes.audit.declared import declared
    from SynthTrustLib.mixes.audit.draw import find_draw
    from SynthTrustLib.mixes.audit.given_cases import find_given
    from SynthTrustLib.mixes.audit.page import render_page

    _refuse_same_place(arguments)
    out = arguments.out or Path(f"{arguments.set.name.removesuffix(arguments.set.suffix)}-audit")
    cache = (arguments.work or out) / "measured"
    progress = console.lines()
    draw = None if arguments.no_outlines else find_draw()
    # All are looked at before any is measured, which takes minutes.
    given = find_given(arguments.set, arguments.labels)
    others = find_given(arguments.against)
    seen = find_given(arguments.training) if arguments.training else None
    for one in filter(None, (given, others, seen)):
        refuse_few(one)
    synthetic = measure_set(given, cache, synthetic=True, draw=draw, progress=progress)
    real = measure_set(others, cache, synthetic=False, draw=draw, progress=progress)
    training = measure_set(seen, cache, synthetic=False, progress=progress) if seen else None
    utility = _utility(arguments, given, others, seen, cache.parent, progress)
    command = f"synthtrust mixes audit {arguments.set.name} --against {arguments.against.name}"
    command += f" --training {arguments.training.name}" if arguments.training else ""
    record = declared(arguments.set)
    audit = audit_given(
        synthetic,
        real,
        training,
        record,
        command,
        utility,
        draws=arguments.draws or DRAWS,
        progress=progress,
    )
    known = [*real.cases, *(training.cases if training else ())]
    text = to_text(encode(audit)) + "\n"
    metadata = croissant(audit, record, CARD_FILE, hashlib.sha256(text.encode()).hexdigest(), date.today())
    write_text(out / CARD_FILE, text)
    write_text(out / "croissant.json", to_text(metadata) + "\n")
    write_text(out / PAGE_FILE, render_page(audit, synthetic.cases, known))
    print("\n".join(summary(audit)))
    print(out / PAGE_FILE)


def _utility(
    arguments: argparse.Namespace, given: Given, others: Given, seen: Given | None, work: Path, progress: Progress
) -> list[AuditRow]:
    """What small segmenters learn from the set, where that was asked for; without PyTorch nothing else needs it."""
    if not arguments.try_it:
        from SynthTrustLib.mixes.audit.not_tried import not_tried

        return not_tried()
    import numpy as np

    from SynthTrustLib.mixes.audit.utility import SCHEDULE, try_sets, utility_rows

    schedule = replace(SCHEDULE, steps=arguments.try_steps or SCHEDULE.steps)
    sets = try_sets(given, others, seen, progress)
    random = np.random.default_rng(0)
    return utility_rows(sets, work / "tried", random, arguments.draws or DRAWS, schedule=schedule, progress=progress)


def _refuse_same_place(arguments: argparse.Namespace) -> None:
    """Told before anything is measured; a copy of the real set is seen by the content of its files."""
    for option in ("against", "training"):
        other = getattr(arguments, option)
        if other is not None and other.resolve() == arguments.set.resolve():
            raise InputError(
                f"the synthetic set and --{option} are the same",
                source=arguments.set.name,
                next_step="Name the synthetic set first, and real patients with --against and --training.",
            )
    if arguments.training is not None and arguments.training.resolve() == arguments.against.resolve():
        raise InputError(
            "--against and --training are the same",
            source=arguments.against.name,
            next_step="Give patients whom the generator has not seen with --against, or leave --training out.",
        )
