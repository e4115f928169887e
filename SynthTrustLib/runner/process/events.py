"""What a running assessment says, as values and as lines of text between the child process and its parent.

A line is ``@synthtrust {json}``. The prefix is there because a parent may see the child's stderr in the same stream:
warnings of libraries stand between the events, and sometimes on the same line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from SynthTrustLib.codec import Fraction, decode, encode

PREFIX = "@synthtrust "

LINE_LIMIT = 4095
"""Bytes of a line without its end: pipes deliver up to 4096 in one piece."""

DETAILS_LIMIT = 2500
"""Characters of a traceback that are kept: its end tells most."""


@dataclass(frozen=True)
class Started:
    """The run has begun. `workspace` is the folder to remove if the process dies before it could."""

    pid: int
    workspace: str


@dataclass(frozen=True)
class Progressed:
    """How far the run is.

    `fraction` is of the stage, `overall` of the run; both 0..1, and `overall` never goes backwards. `seconds_left` is
    an estimate, None until there is something to base it on.
    """

    stage: str
    fraction: Fraction
    overall: Fraction
    seconds_left: float | None = None


@dataclass(frozen=True)
class Noted:
    """Something the user should read on the screen, e.g. which file was taken for which contrast."""

    text: str


@dataclass(frozen=True)
class Concerned:
    """One concern that nobody has accepted. All of them come before the `Failed` of kind ``"concerns"``."""

    key: str
    text: str


@dataclass(frozen=True)
class Finished:
    """The results are in `folder`. The run has kept the processor busy for `cpu_seconds`, all cores together."""

    folder: str
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """The run has failed and has left nothing behind. `kind` is that of a SynthTrustError, or ``"unexpected"``."""

    kind: str
    what: str
    source: str
    next_step: str
    details: str = ""


Event: TypeAlias = Started | Progressed | Noted | Concerned | Finished | Failed
Listener: TypeAlias = Callable[[Event], None]

EVENTS: dict[str, type[Event]] = {
    "started": Started,
    "progress": Progressed,
    "note": Noted,
    "concern": Concerned,
    "result": Finished,
    "error": Failed,
}
"""Name on the line -> what it is."""

_NAMES = {kind: name for name, kind in EVENTS.items()}


def ignore(event: Event) -> None:
    """A listener that does not care."""


def to_line(event: Event) -> str:
    """The event as one line of ASCII without its line end; long texts are cut to keep it within LINE_LIMIT.

    Paths and keys are never cut: they would name something else.
    """
    record = {"event": _NAMES[type(event)], **encode(event)}
    if isinstance(event, Failed):
        record["details"] = event.details[-DETAILS_LIMIT:]
    line = _line(record)
    while len(line) > LINE_LIMIT:
        longest = max((name for name in _MAY_BE_CUT if name in record), key=lambda name: len(record[name]), default="")
        if not longest or len(record[longest]) < 2:
            break
        text, keep = record[longest], len(record[longest]) // 2
        record[longest] = text[-keep:] if longest == "details" else text[: keep - 1] + "…"
        line = _line(record)
    return line


def _line(record: dict[str, Any]) -> str:
    return PREFIX + json.dumps(record, ensure_ascii=True, allow_nan=False)


def from_line(line: str) -> Event | None:
    """The event in a line, or None if it holds none: anything but a whole, well-formed event is somebody's chatter.

    Text before the prefix and after the JSON is ignored.
    """
    at = line.rfind(PREFIX)
    if at < 0:
        return None
    try:
        record, _ = json.JSONDecoder().raw_decode(line, at + len(PREFIX))
        event: Event = decode(EVENTS[record.pop("event")], record)
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return None
    return event


_MAY_BE_CUT = ("text", "what", "source", "next_step", "details")
