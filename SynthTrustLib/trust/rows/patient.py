"""PATIENT: what was loaded, checked and changed. No file names: they may hold a patient's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, count

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.head.cavity import can_look_for_cavity
from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.task.task import TaskContrast
from SynthTrustLib.trust.rows.row import SPACING_UNTRUSTED, known, unknown
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Evidence, Status

CONCERN, ACCEPTED_CONCERN = "concern", "accepted concern"
"""Values of the rows that tell of a concern: the reader of a page must not miss them."""

_ROWS_OF_THEIR_OWN = frozenset({"contrast", "grid", "spacing", "skull", "cavity", "origin"})
"""Checks that are told from the case itself, so that a case without checks has these rows too."""

_STATUS = {
    Verdict.READY: Status.INFORMATION,
    Verdict.CHANGED: Status.INFORMATION,
    Verdict.WARNING: Status.CHECK,
    Verdict.CONCERN: Status.CHECK,
    Verdict.MISSING: Status.CHECK,
    Verdict.UNKNOWN: Status.UNKNOWN,
}

_GRAVITY = (Verdict.READY, Verdict.CHANGED, Verdict.UNKNOWN, Verdict.MISSING, Verdict.WARNING, Verdict.CONCERN)

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_-]+")


def patient_rows(case: PatientCase) -> Iterator[Row]:
    """One row per contrast, for spacing and skull, for every other check and concern, and for a synthetic patient."""
    if case.is_synthetic:
        reason = "Declared in the patient's folder: this is no real person's scan."
        label = "Synthetic patient"
        yield known("patient.synthetic", Section.PATIENT, label, True, reason, evidence=Evidence.DECLARED)
    for contrast in case.task.contrasts:
        yield _contrast(case, contrast)
    yield _spacing(case)
    yield _skull(case)
    yield _cavity(case)
    by_key: dict[str, list[Check]] = {}
    for check in case.checks:
        if check.name not in _ROWS_OF_THEIR_OWN or check.verdict is Verdict.CONCERN:
            by_key.setdefault(check.key, []).append(check)
    taken: set[str] = set()
    for checks in by_key.values():
        key = _key(checks[0])
        # Two readers' names may differ in letters only that no key holds.
        key = next(k for k in chain([key], (f"{key}-{n}" for n in count(2))) if k not in taken)
        taken.add(key)
        yield _check(case, checks, key)


def _contrast(case: PatientCase, of_task: TaskContrast) -> Row:
    contrast = of_task.id
    key, label = f"patient.contrast.{contrast}", f"Contrast {contrast}"
    volume = case.volumes.get(contrast)
    if volume is None:
        dropped = any(check.subject == contrast and check.verdict is Verdict.CONCERN for check in case.checks)
        reason = "Something like it was there and was not used" if dropped else "Not given, or not recognized"
        reason += "; the segmenters that can do without it saw an empty image in its place."
        if of_task.if_missing:
            reason += f" {of_task.if_missing}"
        return known(key, Section.PATIENT, label, "missing", reason, status=Status.CHECK)
    if volume.moved is not None:
        reason = f"Moved into place and onto the grid of {case.reference}; its own was {volume.native.describe()}."
        return known(key, Section.PATIENT, label, "moved", reason)
    if volume.resampled:
        reason = f"Resampled onto the grid of {case.reference}; its own was {volume.native.describe()}."
        return known(key, Section.PATIENT, label, "resampled", reason)
    reason = f"Used as it is {volume.native.describe()}"
    reason += ", the reference series." if contrast == case.reference else f"; it shares the grid of {case.reference}."
    return known(key, Section.PATIENT, label, "used", reason)


def _spacing(case: PatientCase) -> Row:
    key, label = "patient.spacing", "Voxel size"
    if not case.spacing_trusted:
        return unknown(key, Section.PATIENT, label, _sentence(_text(case, "spacing")) or SPACING_UNTRUSTED, unit="mm")
    sk, sj, si = case.geometry.spacing
    declared = any(check.name == "spacing" and check.verdict is Verdict.CHANGED for check in case.checks)
    return known(
        key,
        Section.PATIENT,
        label,
        f"{si:.3g} x {sj:.3g} x {sk:.3g}",
        "Stated by the user in the place of the header's." if declared else "From the header, and plausible.",
        unit="mm",
        evidence=Evidence.DECLARED if declared else Evidence.MEASURED,
    )


def _skull(case: PatientCase) -> Row:
    key, label = "patient.skull", "Skull"
    if case.skull is Skull.UNKNOWN:
        return unknown(key, Section.PATIENT, label, "It could not be told whether the skull was removed.")
    reasons = {
        Skull.ON: "The whole head is there and was left on, as our segmenters were trained with and without the skull.",
        Skull.OFF: "The brain was extracted before; check that no tumor was cut off with the skull.",
    }
    return known(key, Section.PATIENT, label, str(case.skull), reasons[case.skull])


def _cavity(case: PatientCase) -> Row:
    key, label = "patient.cavity", "Resection cavity"
    check = next((check for check in case.checks if check.name == "cavity"), None)
    if check is None:
        why = can_look_for_cavity(case.volumes, case.skull, spacing_trusted=case.spacing_trusted)
        return unknown(key, Section.PATIENT, label, f"It was not looked for: {why or 'it was not asked for'}.")
    seen = check.verdict is Verdict.WARNING
    reason = _sentence(check.text)
    return known(
        key, Section.PATIENT, label, "possible" if seen else "none seen", reason, status=_STATUS[check.verdict]
    )


def _check(case: PatientCase, checks: list[Check], key: str) -> Row:
    """The row of all checks of one key: the worst counts, and no text is lost."""
    worst = max(checks, key=lambda check: _GRAVITY.index(check.verdict))
    label = _label(worst)
    reason = "; ".join(dict.fromkeys(_reason(case, check) for check in sorted(checks, key=lambda c: c is not worst)))
    value = str(worst.verdict)
    if worst.verdict is Verdict.CONCERN:
        open_ = [check for check in checks if check.verdict is Verdict.CONCERN and not check.accepted]
        value = CONCERN if open_ else ACCEPTED_CONCERN
        reason += "" if open_ else "; a person has accepted this before the run"
    if worst.verdict is Verdict.UNKNOWN:
        return unknown(key, Section.PATIENT, label, _sentence(reason))
    return known(key, Section.PATIENT, label, value, _sentence(reason), status=_STATUS[worst.verdict])


def _label(check: Check) -> str:
    label = check.name.replace("_", " ").capitalize()
    if check.name == "missing":
        return f"{label} {check.subject}"
    return label + ("" if check.subject == "case" else f" of {check.subject}")


def _reason(case: PatientCase, check: Check) -> str:
    reason = check.text
    if check.name == "recognition":  # its text quotes the file, where anything may stand
        reason = "Not named by the user but recognized by what its file says or shows"
        reason += "; check that it is this contrast" if check.verdict is not Verdict.READY else ""
    for volume in case.volumes.values():
        reason = reason.replace(volume.source, str(volume.contrast))
    return reason


def _key(check: Check) -> str:
    name = f"concern.{check.name}" if check.name in _ROWS_OF_THEIR_OWN else check.name
    subject = "" if check.subject == "case" else f".{_NOT_IN_KEYS.sub('-', check.subject)}"
    return f"patient.{name}{subject}"


def _text(case: PatientCase, name: str) -> str:
    return next((check.text for check in case.checks if check.name == name), "")


def _sentence(text: str) -> str:
    """As one sentence, with a capital and a full stop."""
    text = text.strip().rstrip(".").replace(". ", "; ")
    return f"{text[0].upper()}{text[1:]}." if text else ""
