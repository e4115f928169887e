"""Who draws the outline of record, and whose agreement tells how far it can be trusted: the jury."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import SegmenterCard

FLAGSHIP = "flagship"
"""The preset of the best segmenter of a family, which draws the outline of record unless somebody chooses another."""


@dataclass(frozen=True)
class Roles:
    """Of the members of a run, by their ids."""

    record: str
    """Who draws the outline of record; `POOLED` for the jury together."""
    jury: tuple[str, ...]
    """At least one. A member that is the record is no juror, unless there is no other."""


def assign_roles(cards: Sequence[SegmenterCard], asked: Collection[str], record: str | None = None) -> Roles:
    """The roles of those that ran.

    Outlines made elsewhere are nobody's jurors, unless no segmenter ran: then they are compared with each other.

    `cards`: everybody who ran. `asked`: ids of the segmenters that were asked for as a jury. `record`: who draws the
    outline of record; by default the first member of the preset `FLAGSHIP`, else the pooled one.

    Raises SegmenterError if the wanted record did not run.
    """
    ids = [card.id for card in cards]
    if record is None:
        record = next((card.id for card in cards if FLAGSHIP in card.presets and not card.is_outside), POOLED)
    elif record != POOLED and record not in ids:
        raise SegmenterError(
            "it did not run, so it cannot draw the outline of record",
            source=record,
            next_step=f"Choose one that did: {', '.join([*ids, POOLED])}.",
        )
    ours = [card.id for card in cards if not card.is_outside]
    own = [one for one in ours if one in asked]
    jury = [one for one in own or (() if ours else ids) if one != record]
    return Roles(record, tuple(jury or [record]))
