"""What the types do not allow is refused by the field's name; what they allow comes back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NotRequired, TypedDict

import pytest

from SynthTrustLib.codec import (
    As,
    Count,
    FieldError,
    FormatError,
    Fraction,
    Pattern,
    Range,
    Size,
    Text,
    Unique,
    decode,
    encode,
    parse,
    to_text,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Loose(TypedDict):
    """JSON that stays as it is."""

    sizes: list[int]
    note: NotRequired[str]


class Open(TypedDict, total=False):
    share: Annotated[float, Range(above=0, below=1)]


@dataclass(frozen=True)
class Part:
    name: Text
    weight: Annotated[float, Range(0, 10)] | None = None


@dataclass(frozen=True)
class Whole:
    FORMAT: ClassVar = 3
    DERIVED: ClassVar = ("ratio",)

    count: Count
    parts: tuple[Part, ...]
    colour: Colour
    by_colour: Annotated[Mapping[Colour, Fraction], Size(1)]
    size: tuple[float, float]
    loose: Loose
    value: float | str | bool | None
    unit: Literal["mL", ""] = ""
    tags: Annotated[tuple[str, ...], Unique()] = ()
    colours: frozenset[Colour] = frozenset()
    path: Path | None = None
    code: Annotated[str, Pattern("^[a-z]+$", "lower case letters")] = "a"
    settings: Annotated[Mapping[str, Any], As(Open)] = field(default_factory=dict)

    @property
    def ratio(self) -> Fraction:
        return self.count / 10 if self.count else float("nan")

    def check_fields(self) -> None:
        if self.unit and not isinstance(self.value, float):
            raise FieldError("is of no number", "unit")


WHOLE = Whole(
    count=4,
    parts=(Part("a"), Part("b", 2.0)),
    colour=Colour.RED,
    by_colour={Colour.BLUE: 0.5},
    size=(1.0, 2.0),
    loose={"sizes": [1, 2]},
    value=1.5,
    unit="mL",
    tags=("x", "y"),
    colours=frozenset(Colour),
    path=Path("/a/b"),
    settings={"share": 0.25},
)


def changed(*path_and_value) -> dict:
    *path, last, value = path_and_value
    data = parse(to_text(WHOLE))
    inner = data
    for key in path:
        inner = inner[key]
    inner[last] = value
    return data


def test_a_value_survives_the_way_through_json():
    assert decode(Whole, parse(to_text(WHOLE))) == WHOLE


def test_what_is_written_has_its_format_first_and_what_others_may_want_to_read():
    record = encode(WHOLE)
    assert next(iter(record)) == "format" and record["format"] == 3
    assert record["ratio"] == 0.4
    assert record["colours"] == ["blue", "red"] and record["path"] == str(Path("/a/b").absolute())
    assert encode(Whole(**{**vars(WHOLE), "count": 0}))["ratio"] is None


def test_a_path_is_written_so_that_it_means_the_same_elsewhere():
    assert encode(Path("here")) == str(Path.cwd() / "here")


def test_fields_with_a_default_may_be_missing():
    data = {key: value for key, value in encode(WHOLE).items() if key not in ("unit", "tags", "path", "code")}
    assert decode(Whole, data).tags == ()


def test_json_that_stays_as_it_is_stays_so_to_the_kind_of_its_numbers():
    data = changed("settings", {"share": 0.5})
    data["loose"] = {"sizes": [3.0], "note": "n"}
    whole = decode(Whole, data)
    assert whole.loose is data["loose"] and repr(whole.loose["sizes"]) == "[3.0]"
    assert whole.settings is data["settings"]


REFUSED = {
    "a missing field": (lambda: {k: v for k, v in encode(WHOLE).items() if k != "count"}, "count is missing"),
    "an unknown field": (lambda: changed("cuont", 1), "cuont is not a field that SynthTrust knows"),
    "text for a number": (lambda: changed("count", "4"), "count is '4', but must be a whole number"),
    "truth for a number": (lambda: changed("count", True), "count is True, but"),
    "a half for a whole": (lambda: changed("count", 1.5), "count is 1.5, but"),
    "a number out of range": (lambda: changed("count", -1), "count is -1, but must be a number from 0"),
    "an inner field": (lambda: changed("parts", 1, "weight", 11), "parts[1].weight is 11, but"),
    "an inner field of the wrong kind": (
        lambda: changed("parts", 0, "name", 5),
        "parts[0].name is 5, but must be a text",
    ),
    "an empty text": (lambda: changed("parts", 0, "name", " "), "parts[0].name is ' ', but must be a text that says"),
    "a word of another list": (lambda: changed("colour", "green"), "colour is 'green', but must be 'red' or 'blue'"),
    "a name of another list": (lambda: changed("by_colour", "green", 0.5), "by_colour.green is 'green', but"),
    "nothing where there must be something": (lambda: changed("by_colour", {}), "by_colour is {}, but must be of 1"),
    "a list that is too long": (lambda: changed("size", [1, 2, 3]), "size is [1, 2, 3], but must be a list of 2"),
    "a text for a list": (lambda: changed("tags", "xy"), "tags is 'xy', but must be a list"),
    "a repetition": (lambda: changed("tags", ["x", "x"]), "tags is ['x', 'x'], but must be a list without"),
    "a list for a value": (lambda: changed("value", []), "value is [], but must be a number or a text or true"),
    "a number that is none": (lambda: changed("size", 0, float("inf")), "size[0] is inf, but must be a number"),
    "a number beyond all": (lambda: changed("size", 0, 10**400), "size[0] is 1000"),
    "a text that does not fit": (lambda: changed("code", "a\n"), "code is 'a\\n', but must be lower case letters"),
    "what stays as it is": (lambda: changed("loose", "sizes", [1, "2"]), "loose.sizes[1] is '2', but"),
    "a field of what stays as it is": (lambda: changed("loose", "size", 1), "loose.size is not a field"),
    "a setting": (lambda: changed("settings", "share", 1), "settings.share is 1, but must be a number above 0 below 1"),
    "what contradicts the rest": (lambda: changed("ratio", 0.5), "ratio is 0.5, but the rest makes it 0.4"),
    "null for what can be told": (lambda: changed("ratio", None), "ratio is None, but the rest makes it 0.4"),
    "fields that contradict each other": (lambda: changed("value", "x"), "unit is of no number"),
    "no path": (lambda: changed("path", ""), "path is '', but must be a path or null"),
    "no object": (lambda: [], "it is [], but must be an object"),
    "a format that is none": (lambda: changed("format", "3"), "format is '3', but must be 3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_by_the_field_that_is_wrong(name):
    make, words = REFUSED[name]
    with pytest.raises(FieldError) as caught:
        decode(Whole, make())
    assert str(caught.value).startswith(words)
    assert caught.value.between_fields == (
        name in ("what contradicts the rest", "null for what can be told", "fields that contradict each other")
    )


def test_another_format_is_told_before_anything_that_is_wrong_because_of_it():
    with pytest.raises(FormatError) as caught:
        decode(Whole, {"format": 4, "new": 1})
    assert caught.value.words == "is of format 4, this SynthTrust reads format 3"


@pytest.mark.parametrize("text", ["{", b"\xff\xfe", '{"a": NaN}', "[" * 100_000], ids=["cut", "bytes", "nan", "deep"])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(FieldError, match="it is not readable JSON"):
        parse(text)


def test_a_number_that_json_cannot_hold_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        to_text({"x": float("nan")})


def test_a_hint_that_json_has_no_form_for_is_an_error_of_ours():
    with pytest.raises(TypeError, match="complex"):
        decode(complex, 1)
