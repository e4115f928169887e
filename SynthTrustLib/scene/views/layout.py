"""Side by side: one view per segmenter, up to six on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from SynthTrustLib.maps.mix_groups import mixes_with_seeds
from SynthTrustLib.segmenters.package.card import SegmenterCard

VIEWS_PER_PAGE = 6
VIEW_GROUP = 57
"""Slice views are linked with those of their own group only, so the standard views keep their place."""

FIRST_LAYOUT_ID = 57100
"""Page 0; the next pages follow. Far from Slicer's own layouts (below 100) and its convention for users' (500 on)."""

MAX_PAGES = 100

VIEW_COLOUR = "#5c6b7a"


def page_count(segmenters: Sequence[SegmenterCard]) -> int:
    """Pages that the segmenters need, at least one."""
    return max(1, -(-len(segmenters) // VIEWS_PER_PAGE))


def page_of(segmenters: Sequence[SegmenterCard], page: int) -> Sequence[SegmenterCard]:
    """The segmenters of one page, from 0: further seeds of a mix come last, so that the first page shows every mix."""
    further = {index for seeds in mixes_with_seeds(segmenters) for index in seeds[1:]}
    ordered = sorted(range(len(segmenters)), key=lambda index: index in further)
    return [segmenters[index] for index in ordered[page * VIEWS_PER_PAGE : (page + 1) * VIEWS_PER_PAGE]]


def view_tag(place: int) -> str:
    """Singleton tag and layout name of the view at `place` (0..5) of any page."""
    return f"SynthTrust{place + 1}"


def view_label(page: int, place: int) -> str:
    """What the bar above a view has room for: the number of its segmenter."""
    return str(page * VIEWS_PER_PAGE + place + 1)


def layout_id(page: int = 0) -> int:
    """Id of a page's layout, for ``vtkMRMLLayoutNode.SetViewArrangement``."""
    return FIRST_LAYOUT_ID + page


def is_page(identifier: int) -> bool:
    """Whether a layout's id is that of a page."""
    return FIRST_LAYOUT_ID <= identifier < FIRST_LAYOUT_ID + MAX_PAGES


def layout_xml(segmenters: Sequence[SegmenterCard], page: int = 0) -> str:
    """Slicer's layout description of a page: rows of at most three axial views, each with its segmenter's number.

    Raises ValueError: there is no such page.
    """
    shown = page_of(segmenters, page)
    if not shown:
        raise ValueError(f"there is no page {page} of {len(segmenters)} segmenters")
    per_row = 2 if len(shown) in (2, 4) else 3
    views = [_view_xml(view_tag(place), view_label(page, place)) for place in range(len(shown))]
    rows = [views[start : start + per_row] for start in range(0, len(views), per_row)]
    body = "".join(f'<item><layout type="horizontal" split="true">{"".join(row)}</layout></item>' for row in rows)
    return f'<layout type="vertical" split="true">{body}</layout>'


def _view_xml(tag: str, label: str) -> str:
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{tag}">'
        '<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{escape(label)}</property>'
        f'<property name="viewcolor" action="default">{VIEW_COLOUR}</property>'
        f'<property name="viewgroup" action="default">{VIEW_GROUP}</property>'
        "</view></item>"
    )


def slice_view_tags(description: str) -> list[str]:
    """The singleton tags of the slice views in a layout's description, Slicer's own layouts included."""
    try:
        views = list(ElementTree.fromstring(description).iter("view"))
    except ElementTree.ParseError:
        return []
    return [view.get("singletontag", "") for view in views if view.get("class") == "vtkMRMLSliceNode"]


def register_layout(layout_node: Any, segmenters: Sequence[SegmenterCard], page: int = 0) -> int:
    """Make the page known to a vtkMRMLLayoutNode (again, when the segmenters have changed). Returns its id."""
    identifier = layout_id(page)
    description = layout_xml(segmenters, page)
    if layout_node.IsLayoutDescription(identifier):
        layout_node.SetLayoutDescription(identifier, description)
    else:
        layout_node.AddLayoutDescription(identifier, description)
    return identifier
