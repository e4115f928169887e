"""``synthtrust mixes audit SYNTHETIC --against REAL``: the card of any synthetic set."""

from __future__ import annotations

import argparse
import hashlib
from datetime import date
from pathlib import Path

from SynthTrustLib.codec import encode, to_text
from SynthTrustLib.mixes import console
from SynthTrustLib.mixes.audit.set_audit import AuditRow, SetAudit
from SynthTrustLib.vocabulary import Evidence, Status
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


def summary(audit: SetAudit) -> list[str]:
    """What to look at, then every figure, a line each."""
    alarms = audit.alarms
    lines = [f"look at: {row.title}: {row.text}" for row in alarms] or ["nothing asks for a look"]
    return lines + [
        f"{row.section} {row.name}: {figure_words(row)}" for row in audit.rows if row.evidence is Evidence.MEASURED
    ]


def figure_words(row: AuditRow) -> str:
    """A row's figure with its interval and what chance alone gives; its text where it has none."""
    if row.status is Status.UNKNOWN:
        return f"unknown: {row.text}"
    if row.value is None:
        return row.text
    words = f"{row.value:.3g}"
    words += f" [{row.low:.3g}, {row.high:.3g}]" if row.low is not None and row.high is not None else ""
    if row.chance_low is not None and row.chance_high is not None:
        words += f", by chance {row.chance_low:.3g} to {row.chance_high:.3g}"
    return words + (f", p = {row.p:.2g}" if row.p is not None else "")
