"""The appearance of labelled patients, kept on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare
from SynthTrustLib.trust.measures import appearance
from SynthTrustLib.trust.measures.appearance import Views
from SynthTrustLib.trust.measures.plain_checks import Plain, plain_facts
from SynthTrustLib.whole_file import write_text


def looks_of_cases(
    entries: Iterable[LabelledCase], settings: Preprocessing, cache: Path, progress: Progress = silent
) -> dict[str, tuple[Views, Plain]]:
    """Case id -> features and plain facts of the case as it is."""
    entries = list(entries)
    found = {}
    for done, entry in enumerate(entries):
        progress(f"looking at {entry.id}", done / len(entries))
        stamp = [case_identity(entry), settings.to_dict(), appearance.VERSION]
        path = cache / f"look-{digest(stamp)}.json"
        if not path.exists():
            case = entry.load()
            record = {
                "views": appearance.to_record(appearance.appearance(prepare(case, settings).image)),
                "plain": plain_facts(case),
            }
            write_text(path, json.dumps(record))
        record = json.loads(path.read_text("utf-8"))
        found[entry.id] = (appearance.from_record(record["views"]), record["plain"])
    return found
