"""``synthtrust mixes audit SYNTHETIC --against REAL``: the card of any synthetic set."""

from __future__ import annotations

import argparse
import hashlib
from datetime import date
from pathlib import Path

from SynthTrustLib.codec import encode, to_text
from SynthTrustLib.mixes import console
from SynthTrustLib.mixes.audit.words import summary
from SynthTrustLib.whole_file import write_text

DRAWS = 500
CARD_FILE = "audit.json"
PAGE_FILE = "audit.html"


def run(arguments: argparse.Namespace) -> None:
    """Audit, write the card, and say the main things."""
    from SynthTrustLib.mixes.audit.audit_given import audit_given, measure_set
    from SynthTrustLib.mixes.audit.croissant import croissant
    from SynthTrustLib.mixes.audit.declared import declared
    from SynthTrustLib.mixes.audit.page import render_page

    out = arguments.out or Path(f"{arguments.set.name.removesuffix(arguments.set.suffix)}-audit")
    cache = (arguments.work or out) / "measured"
    progress = console.lines()
    synthetic = measure_set(arguments.set, cache, synthetic=True, convention=arguments.labels, progress=progress)
    real = measure_set(arguments.against, cache, synthetic=False, progress=progress)
    training = (
        measure_set(arguments.training, cache, synthetic=False, progress=progress) if arguments.training else None
    )
    command = f"synthtrust mixes audit {arguments.set.name} --against {arguments.against.name}"
    command += f" --training {arguments.training.name}" if arguments.training else ""
    record = declared(arguments.set)
    audit = audit_given(
        synthetic,
        real,
        training,
        record,
        command,
        draws=arguments.draws or DRAWS,
        progress=progress,
    )
    others = [*real.cases, *(training.cases if training else ())]
    text = to_text(encode(audit)) + "\n"
    metadata = croissant(audit, record, CARD_FILE, hashlib.sha256(text.encode()).hexdigest(), date.today())
    write_text(out / CARD_FILE, text)
    write_text(out / "croissant.json", to_text(metadata) + "\n")
    write_text(out / PAGE_FILE, render_page(audit, synthetic.cases, others))
    print("\n".join(summary(audit)))
    print(out / PAGE_FILE)
