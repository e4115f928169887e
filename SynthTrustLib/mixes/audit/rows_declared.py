"""Compliance and comprehension: what is written down about a set, and what its files' headers give away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.comprehension import ITEMS
from SynthTrustLib.mixes.audit.rows import counted, declared_row, measured, share, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section

_FACTS = {
    "licence": (Section.COMPLIANCE, "licence"),
    "source": (Section.COMPLIANCE, "what it was made from"),
    "generator": (Section.COMPREHENSION, "generator"),
}

_WHERE = "not declared in set.json, dataset_description.json or a licence file beside the cases"


def declared_rows(record: Mapping[str, Any], synthetic: Sequence[CaseMeasures]) -> list[AuditRow]:
    """The rows of what `record` (see `declared.declared`) says, and of the headers."""
    rows = [
        declared_row(section, name, title, str(record[name]))
        if record.get(name)
        else unknown(section, name, title, _WHERE)
        for name, (section, title) in _FACTS.items()
    ]
    found = Counter(field for case in synthetic for field in case.identifiers)
    named = ", ".join(f"{field} in {share(count, len(synthetic))}" for field, count in found.most_common())
    rows.append(
        measured(
            Section.COMPLIANCE,
            "identifiers",
            "fields in headers that can name a person",
            f"filled in: {named}" if found else "none is filled in",
            figure=counted([bool(case.identifiers) for case in synthetic]),
            alarm=bool(found),
            cases=[case.id for case in synthetic if case.identifiers],
        )
    )
    documentation = record.get("documentation") or {}
    for item in ITEMS:
        text = str(documentation.get(item) or "").strip()
        title = item.replace("_", " ")
        rows.append(
            declared_row(Section.COMPREHENSION, item, title, text)
            if text
            else unknown(Section.COMPREHENSION, item, title, "not declared (documentation in set.json)")
        )
    return rows
