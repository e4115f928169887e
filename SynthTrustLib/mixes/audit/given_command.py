"""``synthtrust mixes audit SYNTHETIC --against REAL``: the card of any synthetic set."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from SynthTrustLib.codec import encode, to_text
from SynthTrustLib.errors import Cancelled, InputError
from SynthTrustLib.mixes import console
from SynthTrustLib.mixes.audit.card_folder import (
    CARD_FILE,
    MEASURED,
    METADATA_FILE,
    PAGE_FILE,
    TRIED,
    refuse_folder,
    require_writable,
)
from SynthTrustLib.mixes.audit.words import summary
from SynthTrustLib.whole_file import write_text

if TYPE_CHECKING:
    from SynthTrustLib.mixes.audit.given_case import Given
    from SynthTrustLib.mixes.audit.set_audit import AuditRow
    from SynthTrustLib.progress import Progress

DRAWS = 500


def run(arguments: argparse.Namespace) -> None:
    """Audit, write the card, and say the main things."""
    try:
        _run(arguments)
    except KeyboardInterrupt:
        raise Cancelled("What was measured is kept: the same command goes on from there.") from None


def _run(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.case.outline.label_convention import spelled_out
    from SynthTrustLib.mixes.audit.audit_given import audit_given, measure_set, refuse_few, refuse_same_files
    from SynthTrustLib.mixes.audit.croissant import croissant
    from SynthTrustLib.mixes.audit.declared import declared
    from SynthTrustLib.mixes.audit.draw import find_draw
    from SynthTrustLib.mixes.audit.given_cases import find_given
    from SynthTrustLib.mixes.audit.page import render_page
    from SynthTrustLib.mixes.audit.shared_patients import shared_patients
    from SynthTrustLib.runner.files.folder import writing

    _refuse_same_place(arguments)
    spelled_out(arguments.labels)  # a convention that nobody knows is told once, and not for every label
    out = arguments.out or Path(f"{_stem(arguments.set)}-audit")
    progress = console.lines()
    # All are looked at before any is measured, which takes minutes.
    sources = [path for path in (arguments.set, arguments.against, arguments.training) if path is not None]
    names = _names(sources)
    refuse_folder(out, arguments.work, sources, *names[:2])
    given, others, *more = (
        replace(find_given(path, arguments.labels if path is arguments.set else "auto"), name=name)
        for path, name in zip(sources, names, strict=True)
    )
    seen = more[0] if more else None
    for one in filter(None, (given, others, seen)):
        refuse_few(one)
    refuse_same_files(given, others, seen)
    kept = arguments.work or out
    require_writable(out, kept)
    draw = None if arguments.no_outlines else find_draw()
    measure = partial(measure_set, cache=kept / MEASURED, progress=progress)
    synthetic = measure(given, synthetic=True, draw=draw)
    real = measure(others, synthetic=False, draw=draw)
    training = measure(seen, synthetic=False) if seen else None
    left = shared_patients(real.cases, training.cases if training else ())
    strangers = replace(others, cases=tuple(case for case in others.cases if case.id not in left))
    utility = _utility(arguments, given, strangers, seen, kept / TRIED, progress)
    command = f"synthtrust mixes audit {names[0]} --against {names[1]}"
    command += f" --training {names[2]}" if seen else ""
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
    text = to_text(encode(audit)) + "\n"
    metadata = croissant(audit, record, CARD_FILE, hashlib.sha256(text.encode()).hexdigest(), date.today())
    page = render_page(audit, synthetic.cases, real.cases, training.cases if training else ())
    with writing(out):
        write_text(out / CARD_FILE, text)
        write_text(out / METADATA_FILE, to_text(metadata) + "\n")
        write_text(out / PAGE_FILE, page)
    print("\n".join(summary(audit)))
    print(out / PAGE_FILE)


def _stem(source: Path) -> str:
    """A set's name without the ending of a table; a folder has none, whatever points are in its name."""
    from SynthTrustLib.mixes.audit.given_cases import set_name

    name = set_name(source)
    return name if source.is_dir() else name.removesuffix(source.suffix)


def _names(sources: Sequence[Path]) -> list[str]:
    """What the sets are called; with their parents' names where two would be called the same."""
    from SynthTrustLib.mixes.audit.given_cases import set_name

    names = [set_name(path) for path in sources]
    return names if len(set(names)) == len(names) else ["/".join(path.resolve().parts[-2:]) for path in sources]


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
    return utility_rows(sets, work, random, arguments.draws or DRAWS, schedule=schedule, progress=progress)


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
