"""The card as Croissant 1.1 metadata (MLCommons), so that catalogues of data sets can read what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from SynthTrustLib.mixes.audit.set_audit import SetAudit
from SynthTrustLib.mixes.audit.words import alarm_words

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "fileObject": "cr:fileObject",
    "includes": "cr:includes",
    "md5": "cr:md5",
}


def croissant(audit: SetAudit, record: Mapping[str, Any], card: str, sha256: str, made: date) -> dict[str, Any]:
    """JSON-LD of a set whose card is the file `card` with this hash.

    What is not declared is left out, but the licence: Croissant wants one, and gets the words that none is declared.
    Findings stand under Responsible AI (``rai:``).
    """
    found = "; ".join(f"{row.title}: {alarm_words(row)}" for row in audit.alarms) or "nothing asked for a look"
    documentation = record.get("documentation") or {}
    said = {
        "rai:dataCollection": record.get("generator"),
        "rai:dataUseCases": documentation.get("intended_use"),
        "rai:dataLimitations": f"SynthTrust {audit.version}, against {audit.real.patients} real patients: {found}",
        "isBasedOn": record.get("source"),
    }
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": audit.title,
        "description": f"Synthetic brain MRI, {audit.synthetic.cases} cases.",
        "license": str(record.get("licence") or "no licence is declared"),
        **({"url": str(record["url"])} if record.get("url") else {}),
        "datePublished": made.isoformat(),
        "version": str(record.get("version") or "1.0.0"),
        **{name: str(value) for name, value in said.items() if value},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": card,
                "name": card,
                "description": "the audit, as audit.schema.json of SynthTrust describes it",
                "contentUrl": card,
                "encodingFormat": "application/json",
                "sha256": sha256,
            }
        ],
    }
