"""A settled spot as two pictures: the slice that changed most, the right way round, with exact borders."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import builders
import numpy as np
import pytest
from PIL import Image

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.palette import FOCUS, RECORD
from SynthTrustLib.report.spot_crops import draw_spot

SHAPE = (6, 80, 90)
BOX = (slice(1, 5), slice(30, 50), slice(40, 60))
KJI = (2, 40, 50)


def block(*sides):
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(*side) for side in sides)] = True
    return Part.of(mask)


SMALL, LARGE = block((1, 5), (35, 45), (45, 55)), block((1, 5), (35, 45), (45, 58))


def draw(before, after, *, image=None, geometry=None, trusted=True):
    geometry = geometry or builders.grid(SHAPE, spacing=(5.0, 1.0, 1.0))
    image = np.zeros(geometry.shape) if image is None else image
    return draw_spot(image, geometry, BOX, KJI, before, after, spacing_trusted=trusted)


def lines(svg, colour):
    """The borders of one colour as (x or y, start, length) of its strokes across and down."""
    d = "".join(re.findall(rf'd="([^"]*)" fill="none" stroke="{colour}"', svg))
    return sorted((int(y), int(x), int(n)) for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)", d)), sorted(
        (int(x), int(y), int(n)) for x, y, n in re.findall(r"M(\d+) (\d+)v(\d+)", d)
    )


def pixels(svg):
    data = re.search(r"base64,([^\"]+)", svg)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.group(1)))))


def extent(strokes):
    across, down = strokes
    (top, *_), (bottom, *_) = across[0], across[-1]
    (left, *_), (right, *_) = down[0], down[-1]
    return bottom - top, right - left


def test_before_has_the_record_alone_and_after_has_both():
    drawn = draw(SMALL, LARGE)
    assert extent(lines(drawn.before, RECORD)) == (10, 10)
    assert FOCUS not in drawn.before
    assert extent(lines(drawn.after, RECORD)) == (10, 10)
    assert extent(lines(drawn.after, FOCUS)) == (10, 13)
    for svg in (drawn.before, drawn.after):
        ElementTree.fromstring(svg)


def test_the_border_runs_between_the_pixels_whatever_its_shape():
    ring = np.zeros(SHAPE, bool)
    ring[2, 35:45, 45:55] = True
    ring[2, 38:42, 48:52] = False
    across, down = lines(draw(Part.of(ring), Part.of(ring)).before, RECORD)
    assert [length for _, _, length in across] == [10, 4, 4, 10] == [length for _, _, length in down]


def test_the_slice_with_most_changes_is_shown_and_the_spots_own_without_any():
    late = Part.of(np.where(np.arange(6)[:, None, None] == 4, LARGE.whole(SHAPE), SMALL.whole(SHAPE)))
    assert draw(SMALL, late).place == "axial slice 5 of 6"
    assert draw(SMALL, SMALL).place == "axial slice 3 of 6"


def test_changes_outside_of_the_neighbourhood_do_not_choose_the_slice():
    elsewhere = block((0, 1), (0, 20), (0, 20))
    assert draw(SMALL, elsewhere).place != "axial slice 1 of 6"


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (-1, 1, -1)])
def test_the_same_anatomy_gives_the_same_picture_however_the_voxels_are_stored(order, signs):
    """A patient with something bright behind and to the left of the outline, on any grid."""
    matrix = np.zeros((4, 4))
    for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
        matrix[world, axis] = sign
    matrix[3, 3] = 1
    geometry = Geometry((60, 60, 60), matrix)
    centre = geometry.ras(((29.5, 29.5, 29.5),))[0]
    x, y, z = np.moveaxis(geometry.ras(np.moveaxis(np.indices(geometry.shape), 0, -1)) - centre, -1, 0)
    mask = (abs(x) < 5) & (abs(y) < 5) & (abs(z) < 5)
    bright = (x < -6) & (y < -6)  # left is towards smaller R, behind towards smaller A
    box = (slice(20, 40),) * 3
    drawn = draw_spot(
        bright * 900.0 + 100.0 * mask, geometry, box, (29, 29, 29), Part.of(mask), Part.of(mask), spacing_trusted=True
    )
    shown = pixels(drawn.before)
    half = shown.shape[0] // 2
    assert shown[half + 8 :, half + 8 :].min() == 255
    assert shown[: half - 8].max() == 0
    (top, *_), (bottom, *_) = lines(drawn.before, RECORD)[0]
    assert abs(top + bottom - 2 * half) <= 1


def test_it_is_square_in_mm_and_black_where_the_scan_has_ended():
    corner = (slice(1, 5), slice(0, 10), slice(0, 20))
    geometry = builders.grid(SHAPE, spacing=(5.0, 2.0, 1.0), origin=(0.0, 0.0, 0.0))
    image = np.full(SHAPE, 500.0)
    image[0, 0, 0] = 0
    part = block((1, 5), (2, 6), (2, 6))
    drawn = draw_spot(image, geometry, corner, (2, 4, 4), part, part, spacing_trusted=True)
    shown = pixels(drawn.before)
    assert shown.shape[0] * 2 == shown.shape[1] == 20 + 2 * 12
    assert (shown == 0).any() and (shown == shown.max()).any()
    assert 'viewBox="0 0 300 300.0"' in drawn.before


def test_without_a_trusted_voxel_size_there_is_no_scale():
    def bars(**how):
        return draw(SMALL, LARGE, **how).before.count('stroke-width="3"')

    assert (bars(), bars(trusted=False)) == (1, 0)
