"""JSON Schemas of the types, for those who write or check files with other tools; SynthTrust itself needs none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SynthTrustLib.codec.kinds import Defs
from SynthTrustLib.codec.types import kind_of


def json_schema(kind: Any, title: str) -> dict[str, Any]:
    """The schema (draft 2020-12) of what `decode` takes for a type, but for what takes comparing two fields."""
    defs: Defs = {}
    return _document(kind_of(kind).schema(defs), title, defs)


def tagged_schema(tag: str, kinds: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The schema of objects whose field `tag` says which of the types the rest is."""
    defs: Defs = {}
    refs = []
    for name, kind in kinds.items():
        refs.append(kind_of(kind).schema(defs))
        tagged = defs[refs[-1]["$ref"].rpartition("/")[2]]
        tagged["required"] = [tag, *tagged["required"]]
        tagged["properties"] = {tag: {"const": name}, **tagged["properties"]}
    return _document({"oneOf": refs}, title, defs)


def _document(schema: dict[str, Any], title: str, defs: Defs) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema, "$defs": defs}
