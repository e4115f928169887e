"""JSON Schemas of the types, for those who write or check files with other tools; SynthTrust itself needs none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SynthTrustLib.codec import Pattern, Range, Size, Unique
from SynthTrustLib.codec.constraints import Constraint
from SynthTrustLib.codec.kinds import (
    Anything,
    Choice,
    Constrained,
    Either,
    Kind,
    Many,
    Named,
    Number,
    PathText,
    Plain,
    Several,
)
from SynthTrustLib.codec.objects import FORMAT, Object
from SynthTrustLib.codec.types import kind_of

Schema = dict[str, Any]

Defs = dict[str, Any]
"""Name -> schema of the objects that a schema refers to."""

_NAMES = {bool: "boolean", int: "integer", str: "string", type(None): "null"}


def json_schema(kind: Any, title: str) -> Schema:
    """The schema (draft 2020-12) of what `decode` takes for a type, but for what takes comparing two fields."""
    defs: Defs = {}
    return _document(_schema_of(kind_of(kind), defs), title, defs)


def tagged_schema(tag: str, kinds: Mapping[str, Any], title: str) -> Schema:
    """The schema of objects whose field `tag` says which of the types the rest is."""
    defs: Defs = {}
    refs = []
    for name, kind in kinds.items():
        refs.append(_schema_of(kind_of(kind), defs))
        tagged = defs[refs[-1]["$ref"].rpartition("/")[2]]
        tagged["required"] = [tag, *tagged["required"]]
        tagged["properties"] = {tag: {"const": name}, **tagged["properties"]}
    return _document({"oneOf": refs}, title, defs)


def _document(schema: Schema, title: str, defs: Defs) -> Schema:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema, "$defs": defs}


def _schema_of(kind: Kind, defs: Defs) -> Schema:
    """A kind in JSON Schema; the objects in it are added to `defs`."""
    match kind:
        case Plain():
            return {"type": _NAMES[kind.type]}
        case Number():
            return {"type": "number"}
        case Anything():
            return {}
        case PathText():
            return {"type": "string", "minLength": 1}
        case Choice():
            values = [str(value) if isinstance(value, str) else value for value in kind.values]
            return {"const": values[0]} if len(values) == 1 else {"enum": values}
        case Constrained():
            schema = _schema_of(kind.kind, defs)
            for constraint in kind.constraints:
                schema = schema | _limits(constraint, schema.get("type", ""))
            return schema | ({"description": kind.description} if kind.description else {})
        case Many():
            return {"type": "array", "items": _schema_of(kind.entry, defs)}
        case Several():
            kinds = [_schema_of(one, defs) for one in kind.kinds]
            return {"type": "array", "prefixItems": kinds, "items": False, "minItems": len(kinds)}
        case Named():
            name, value = _schema_of(kind.name, defs), _schema_of(kind.value, defs)
            return {"type": "object", "propertyNames": name, "additionalProperties": value}
        case Either():
            return {"anyOf": [_schema_of(one, defs) for one in kind.kinds]}
        case Object():
            return _reference(kind, defs)
    raise TypeError(f"no schema is known for {kind!r}")


def _limits(constraint: Constraint, of: str) -> Schema:
    """A constraint in the words of JSON Schema, for a value of the type `of` (``"array"``)."""
    match constraint:
        case Range():
            words = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
            limits = (constraint.low, constraint.high, constraint.above, constraint.below)
            return {word: limit for word, limit in zip(words, limits, strict=True) if limit is not None}
        case Pattern():
            return {"pattern": constraint.expression}
        case Size():
            return {"minItems" if of == "array" else "minProperties": constraint.least}
        case Unique():
            return {"uniqueItems": True}
    raise TypeError(f"no schema is known for {constraint!r}")


def _reference(kind: Object, defs: Defs) -> Schema:
    if kind.name not in defs:
        defs[kind.name] = {}  # its place, before those that it refers to
        properties: Schema = {FORMAT: {"const": kind.format}} if kind.format is not None else {}
        properties |= {name: _schema_of(field.kind, defs) for name, field in kind.fields.items()}
        properties |= {name: _schema_of(one, defs) for name, one in kind.derived.items()}
        defs[kind.name] = {
            "description": kind.about,
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, required in kind.known.items() if required],
            "properties": properties,
        }
    return {"$ref": f"#/$defs/{kind.name}"}
