"""Pictures show the right thing at the right place in the right colour."""

from __future__ import annotations

import io
from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import GeometryError
from SynthTrustLib.maps.spots.spot import ReviewSpot
from SynthTrustLib.palette import FOCUS, REAL, SYNTHETIC
from SynthTrustLib.report import sheet as sheet_module
from SynthTrustLib.report.backdrop import Backdrop
from SynthTrustLib.report.focus import find_focus
from SynthTrustLib.report.pictures import draw_pictures
from SynthTrustLib.report.planes import MARKS, Plane
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Contrast, Region, Status

SHAPE = (24, 40, 36)
ALWAYS = {"thumbnail", "overview", "regions", "members", "disagreement", "uncertainty"}


def pixels(png: bytes) -> np.ndarray:
    from matplotlib.image import imread

    return imread(io.BytesIO(png), format="png")[..., :3]


def where(png: bytes, colour: str, tolerance: float = 0.08) -> np.ndarray:
    """(row, column) of the pixels of this colour in the part of the picture above its legend."""
    image = pixels(png)
    image = image[: int(0.8 * len(image))]
    wanted = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    return np.argwhere(np.abs(image - wanted).max(axis=-1) < tolerance)


def side_blob(geometry: Geometry, left: bool) -> np.ndarray:
    """A ball on the patient's left or right, by world coordinates."""
    world = geometry.ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    middle = world.reshape(-1, 3).mean(axis=0)
    center = middle + np.array([-7.0 if left else 7.0, 0.0, 0.0])
    return np.linalg.norm(world - center, axis=-1) < 3.5


def draw(assessed, *names: str) -> dict[str, bytes]:
    """The pictures of these names, or all of them."""
    return draw_pictures(assessed.case, assessed.outcome, names=names or None)


def test_pictures_hold_colours_and_no_opacity_that_would_make_them_larger(make_assessed):
    from PIL import Image

    assessed = make_assessed(builders.grid(SHAPE), np.zeros(SHAPE, bool))
    (png,) = draw(assessed, "overview").values()
    assert Image.open(io.BytesIO(png)).mode == "RGB"


@pytest.fixture
def axes_of(monkeypatch):
    """The figures that were drawn, to look at their panels."""
    figures = []
    original = sheet_module.render

    def remember(figure):
        figures.append(figure)
        return original(figure)

    monkeypatch.setattr("SynthTrustLib.report.pictures.render", remember)
    return figures


@pytest.mark.parametrize("flip", [(-1, -1, 1), (1, 1, 1), (1, -1, 1), (-1, 1, -1)])
@pytest.mark.parametrize("left", [True, False])
def test_the_patients_left_is_on_the_right_of_the_picture_next_to_the_l(make_assessed, axes_of, flip, left):
    geometry = builders.grid(SHAPE, flip=flip)
    assessed = make_assessed(geometry, side_blob(geometry, left))
    png = draw(assessed, "overview")["overview"]
    axial = axes_of[0].axes[0]
    box = axial.get_position()
    width = pixels(png).shape[1]
    yellow = where(png, FOCUS, 0.25)
    inside = yellow[(yellow[:, 1] > box.x0 * width) & (yellow[:, 1] < box.x1 * width)]
    assert len(inside) > 20
    centre = inside[:, 1].mean() / width
    middle = (box.x0 + box.x1) / 2
    assert (centre > middle + 0.1 * (box.x1 - box.x0)) if left else (centre < middle - 0.1 * (box.x1 - box.x0))
    marks = {text.get_text(): text.get_position()[0] for text in axial.texts if text.get_text() in ("L", "R")}
    assert marks["L"] > 0.9
    assert marks["R"] < 0.1


def test_each_plane_carries_its_own_marks_and_the_convention(make_assessed, axes_of):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    draw(assessed, "overview", "members")
    for axes, plane in zip(axes_of[0].axes, Plane, strict=False):
        texts = {text.get_text() for text in axes.texts}
        marks = MARKS[plane]
        assert {marks.left, marks.right, marks.top, marks.bottom} <= texts
    for figure in axes_of:
        assert any(sheet_module.CONVENTION in text.get_text() for text in figure.texts)


def test_a_coordinate_of_the_file_is_not_written_as_a_side(make_assessed, axes_of):
    """Many files are not centred on the head: all of this one has a negative R, its right half too."""
    geometry = builders.grid(SHAPE)
    matrix = geometry.ijk_to_ras.copy()
    matrix[0, 3] -= 500
    shifted = Geometry(geometry.shape, matrix)
    draw(make_assessed(shifted, side_blob(shifted, False)), "overview")
    (title,) = [text.get_text() for text in axes_of[0].axes[2].texts if "Sagittal" in text.get_text()]
    assert "R \u2212" in title and "L " not in title


def test_the_first_picture_shows_the_record_and_a_band_where_the_jury_is_torn(make_assessed):
    geometry = builders.grid(SHAPE)
    blob = side_blob(geometry, True)
    torn = draw(make_assessed(geometry, blob, seen_by=(0,)), "overview")["overview"]
    agreed = draw(make_assessed(geometry, blob, seen_by=(0, 1, 2)), "overview")["overview"]
    yellow = [len(where(png, FOCUS)) for png in (torn, agreed)]
    assert yellow[0] > 2 * yellow[1]
    assert not [colour for colour in (REAL, SYNTHETIC) if len(where(torn, colour)) > 5], "no mix in the first picture"


def test_the_first_picture_looks_where_a_status_is_known(make_assessed, make_scorecard, make_row):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    spots = [ReviewSpot(n, r, (0.0, 0.0, 0.0), (3, 30, n), 0.5, 0.4, 9, None, "") for n, r in ((1, "ET"), (2, "TC"))]
    rows = [make_row(f"status.{r}", Section.STATUS, "check", region=r, status=Status.CHECK) for r in ("WT", "TC")]
    rows.append(make_row("status.ET", Section.STATUS, None, region="ET"))
    scorecard = make_scorecard(segmenters=assessed.stack.segmenters, review_spots=tuple(spots), rows=tuple(rows))
    focus = find_focus(Backdrop.of(assessed.case), replace(assessed, scorecard=scorecard).outcome)
    assert focus.region == Region.TC


def test_outlines_have_the_colour_of_their_mix(make_assessed):
    geometry = builders.grid(SHAPE)
    blob = side_blob(geometry, True)
    real = make_assessed(geometry, blob, seen_by=(0,))
    synthetic = make_assessed(geometry, blob, seen_by=(2,))
    drawn = [draw(a, "regions")["regions"] for a in (real, synthetic)]
    assert len(where(drawn[0], REAL)) > 50 > 5 > len(where(drawn[0], SYNTHETIC))
    assert len(where(drawn[1], SYNTHETIC)) > 50 > 5 > len(where(drawn[1], REAL))


def test_full_disagreement_is_drawn_in_the_last_colour_of_its_scale_at_its_place(make_assessed, axes_of):
    geometry = builders.grid(SHAPE)
    blob = side_blob(geometry, True)
    assessed = make_assessed(geometry, blob)
    png = draw(assessed, "disagreement")["disagreement"]
    (figure,) = axes_of
    backdrop = Backdrop.of(assessed.case)
    focus = find_focus(backdrop, assessed.outcome)
    image = pixels(png)
    x, y = figure.axes[0].transData.transform(backdrop.anatomy.pixel(Plane.AXIAL, focus.spl))
    seen = image[round(len(image) - y), round(x)]
    from matplotlib import colormaps

    low = 0.8 * np.array(colormaps["magma"](1.0)[:3])  # the MRI behind is between black and white
    assert np.all(seen >= low - 0.02)
    assert np.all(seen <= low + 0.2 + 0.02)


def test_mix_influence_is_blue_where_real_data_say_tumor_and_orange_where_synthetic_do(make_assessed):
    geometry = builders.grid(SHAPE)
    blob = side_blob(geometry, True)
    for seen_by, warm in (((0,), False), ((2,), True)):
        assessed = make_assessed(geometry, blob, seen_by=seen_by)
        image = pixels(draw(assessed, "mix_influence")["mix_influence"])
        image = image[: int(0.75 * len(image))]
        red_over_blue = image[..., 0] - image[..., 2]
        assert bool((red_over_blue > 0.25).sum() > 100) is warm
        assert bool((red_over_blue < -0.25).sum() > 100) is not warm


def test_regions_that_nobody_outlines_are_not_filled(make_assessed):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    png = draw(assessed, "members")["members"]
    assert len(where(png, GLIOMA.region("WT").colour)) > 20
    assert len(where(png, GLIOMA.region("ET").colour)) == 0


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_a_close_up_shows_what_each_segmenter_outlines_at_its_own_threshold(make_assessed, axes_of, threshold):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    other = side_blob(geometry, False)
    assessed.stack.probabilities[0, 0][other] = 0.4
    cards = tuple(replace(card, thresholds={Region.WT: threshold}) for card in assessed.stack.segmenters)
    stack = replace(assessed.stack, segmenters=cards)
    draw(replace(assessed, stack=stack, scorecard=replace(assessed.scorecard, segmenters=cards)), "members")
    left, right = sorted(axes_of[0].axes[0].get_xlim())
    backdrop = Backdrop.of(assessed.case)
    columns = [backdrop.anatomy.pixel(Plane.AXIAL, backdrop.anatomy.spl(kji))[0] for kji in np.argwhere(other)]
    assert bool(left < min(columns) and max(columns) < right) is (threshold == 0.3)


def test_without_three_fractions_there_is_no_mix_influence_picture(make_assessed):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True), synthetic=(0, 100))
    assert set(draw(assessed)) == ALWAYS


def test_a_patient_without_tumor_is_shown_through_the_centre_of_the_head(make_assessed):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, np.zeros(SHAPE, bool))
    backdrop = Backdrop.of(assessed.case)
    focus = find_focus(backdrop, assessed.outcome)
    assert np.abs(np.array(focus.spl) - (np.array(SHAPE) - 1) / 2).max() <= 1
    drawn = draw(assessed)
    assert set(drawn) == ALWAYS | {"mix_influence"}


def test_segmenters_that_all_agree_are_shown_where_the_tumor_is(make_assessed):
    geometry = builders.grid(SHAPE)
    blob = side_blob(geometry, True)
    assessed = make_assessed(geometry, blob, synthetic=(0,), seen_by=(0,))
    backdrop = Backdrop.of(assessed.case)
    focus = find_focus(backdrop, assessed.outcome)
    assert blob[backdrop.anatomy.kji(focus.spl)]
    assert set(draw(assessed)) == ALWAYS - {"disagreement"}, "one segmenter has nobody to disagree with"


def test_the_first_review_spot_is_where_the_overview_looks(make_assessed, make_scorecard):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    spot = ReviewSpot(1, Region.TC, (0.0, 0.0, 0.0), (3, 30, 7), 0.5, 0.4, 9, None, "")
    scorecard = make_scorecard(segmenters=assessed.stack.segmenters, review_spots=(spot,))
    assessed = replace(assessed, scorecard=scorecard)
    backdrop = Backdrop.of(assessed.case)
    focus = find_focus(backdrop, assessed.outcome)
    assert backdrop.anatomy.kji(focus.spl) == (3, 30, 7)
    assert focus.region == Region.TC
    drawn = draw_pictures(assessed.case, assessed.outcome)
    assert {"spots", "dose_response"} <= set(drawn)


def test_the_thumbnail_is_one_small_axial_slice_without_a_word(make_assessed, axes_of):
    from PIL import Image

    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    jpeg = draw(assessed, "thumbnail")["thumbnail"]
    assert draw(assessed, "thumbnail")["thumbnail"] == jpeg
    image = Image.open(io.BytesIO(jpeg))
    assert (image.format, image.size) == ("JPEG", (160, 160)) and len(jpeg) <= 14_000
    assert not image.getexif() and set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    (axes,) = axes_of[0].axes
    words = [text.get_text() for text in (*axes_of[0].texts, *axes.texts)]
    assert sorted(words) == ["A", "L", "P", "R"], "the marks of an axial slice alone"
    red, _, blue = np.moveaxis(np.asarray(image, int), -1, 0)
    _, columns = np.nonzero(red > blue + 60)  # what is in doubt is yellow
    assert columns.size > 10 and columns.mean() > 80, "the patient's left is the picture's right"


def test_twelve_segmenters_fit_and_those_of_one_mix_differ_in_style(make_assessed, axes_of):
    geometry = builders.grid(SHAPE)
    synthetic = [0, 0, 0, 25, 25, 25, 50, 50, 50, 100, 100, 100]
    assessed = make_assessed(geometry, side_blob(geometry, True), synthetic=synthetic, seen_by=range(12))
    draw(assessed, "regions", "members", "overview")
    lines = list(axes_of[1].legends[0].get_lines())[1:]  # the first is the outline of record
    assert len({(line.get_color(), str(line.get_linestyle()), str(line._dash_pattern)) for line in lines}) == 12
    assert len({line.get_color() for line in lines}) == 4
    for figure in axes_of:
        for axes in figure.axes:
            box = axes.get_position()
            assert box.x0 >= 0
            assert box.x1 <= 1
            assert box.y0 >= 0
            assert box.y1 <= 1


def test_unknown_thickness_is_said_and_there_is_no_scale_bar(make_assessed, axes_of):
    geometry = builders.grid((10, 40, 36))
    world = side_blob(geometry, True)
    for trusted in (True, False):
        assessed = make_assessed(geometry, world, spacing_trusted=trusted)
        draw(assessed, "overview")
        words = " ".join(text.get_text() for text in axes_of[0].texts + axes_of[0].axes[0].texts)
        assert (" mm" in words) is trusted
        assert ("Slice thickness unknown" in words) is not trusted
        axes_of.clear()


def test_slices_of_unknown_thickness_are_shown_at_the_height_of_a_head(make_assessed):
    geometry = builders.grid((10, 40, 40))
    case = builders.case(geometry=geometry, spacing_trusted=False)
    backdrop = Backdrop.of(case)
    (s0, s1), (p0, p1), _ = backdrop.head
    height, length = (s1 - s0 + 1) * backdrop.step[0], (p1 - p0 + 1) * backdrop.step[1]
    assert 0.75 < height / length <= 1.0


def test_thick_slices_are_shown_in_true_proportion():
    geometry = builders.grid((12, 40, 36), spacing=(5.0, 1.0, 1.0))
    backdrop = Backdrop.of(builders.case(geometry=geometry))
    assert backdrop.pixel_size(Plane.CORONAL) == (1.0, 5.0)
    assert backdrop.pixel_size(Plane.AXIAL) == (1.0, 1.0)


def test_a_synthetic_patient_and_the_label_are_on_every_picture(make_assessed, axes_of):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True), is_synthetic=True, label="Bed $4$")
    draw(assessed)
    for figure in axes_of[1:]:  # the first is the thumbnail, which has no word on it
        assert "SYNTHETIC PATIENT · Bed $4$" in {text.get_text() for text in figure.texts}


def test_the_contrast_behind_a_region_is_the_best_one_that_is_there():
    geometry = builders.grid(SHAPE)
    all_four = Backdrop.of(builders.case(geometry=geometry))
    assert all_four.contrast_for(Region.WT) == Contrast.FLAIR
    assert all_four.contrast_for(Region.ET) == Contrast.T1C
    only_t2 = Backdrop.of(builders.case(geometry=geometry, contrasts=(Contrast.T2,)))
    assert only_t2.contrast_for(Region.ET) == Contrast.T2


@pytest.mark.parametrize("flip", [(-1, -1, 1), (1, 1, -1)])
def test_the_head_is_found_on_the_flipped_side_too(flip):
    geometry = builders.grid((40, 40, 40), flip=flip)
    case = builders.case(geometry=geometry)
    world = geometry.ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    off_centre = np.linalg.norm(world - (world.reshape(-1, 3).mean(axis=0) + np.array([8.0, 0.0, 5.0])), axis=-1) < 9
    volume = case.volumes[Contrast.FLAIR]
    shifted = type(volume)(volume.contrast, off_centre.astype(np.float32), "x", "0", geometry)
    backdrop = Backdrop.of(
        builders.case(geometry=geometry, contrasts=(Contrast.FLAIR,), volumes={Contrast.FLAIR: shifted})
    )
    corners = [backdrop.anatomy.kji(tuple(side[n] for side in backdrop.head)) for n in (0, 1)]
    found = (geometry.ras(corners[0]) + geometry.ras(corners[1])) / 2
    assert np.allclose(found, world[off_centre].mean(axis=0), atol=1.5)


def test_the_same_case_gives_the_same_bytes(make_assessed):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    first, second = (draw(assessed, "overview", "uncertainty") for _ in range(2))
    assert first == second


def test_the_users_own_matplotlib_settings_stay_and_do_not_matter(make_assessed):
    import matplotlib

    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    first = draw(assessed, "overview")
    with matplotlib.rc_context({"font.size": 23.0, "lines.linewidth": 9.0}):
        second = draw(assessed, "overview")
        assert matplotlib.rcParams["font.size"] == 23.0
    assert first == second


def test_another_grid_is_refused_by_name(make_assessed):
    geometry = builders.grid(SHAPE)
    assessed = make_assessed(geometry, side_blob(geometry, True))
    other = builders.case(geometry=builders.grid((24, 40, 35)))
    with pytest.raises(GeometryError, match="the outcome"):
        draw_pictures(other, assessed.outcome)


@pytest.mark.parametrize("label", ["", "Case 7", "A long label that a user chose, and more"])
@pytest.mark.parametrize("note", ["", "Cross: no disagreement: middle of the slice with most tumor."])
def test_the_label_at_the_foot_never_lies_over_the_convention_beside_it(label, note):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    case = builders.case(geometry=builders.grid((10, 30, 30)), spacing_trusted=False, label=label)
    figure = sheet_module.new_sheet([(1.0, 1.0)], 1, Backdrop.of(case), note=note).figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    said, whose = (text.get_window_extent(renderer) for text in figure.texts)
    assert not label or said.x1 < whose.x0 or said.y0 > whose.y1
