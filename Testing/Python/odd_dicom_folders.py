"""Some eighty DICOM folders as archives, discs, anonymizers and scanners make them, each with what must come of it.

Every patient is made up. A folder's images are T1, T1c, T2 and FLAIR of one head, as series 1 to 4, changed by `edit`.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dicom_files
import numpy as np
import pydicom
from case_heads import make_head
from dicom_files import FLAIR_TIMING, T1_TIMING, T2_TIMING, positions, study, write_multiframe, write_series
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

SHAPE, STEP, PIXEL = (12, 40, 40), 8.0, (5.0, 5.0)
HEAD = make_head(SHAPE, skull=True, seed=7).clip(0, 4000)

SERIES: dict[str, tuple[int, dict[str, Any]]] = {
    "T1": (1, {"SeriesDescription": "t1 se tra nativ", **T1_TIMING}),
    "T1c": (2, {"SeriesDescription": "t1 se tra KM", "ContrastBolusAgent": "Gd", **T1_TIMING}),
    "T2": (3, {"SeriesDescription": "t2 tse tra", **T2_TIMING}),
    "FLAIR": (4, {"SeriesDescription": "flair tra", **FLAIR_TIMING}),
}
ALL = {"T1": 1, "T1c": 2, "T2": 3, "FLAIR": 4}

Edit = Callable[[Dataset, str, int], None]


def voxels(contrast: str) -> np.ndarray:
    """The head as `contrast` shows it: a curve of its own, so that contrasts differ and still fit each other."""
    bend = {"T1": 1.0, "T1c": 1.15, "T2": 0.8, "FLAIR": 0.9}[contrast]
    return np.round(4000 * (HEAD / 4000) ** bend).astype(np.uint16)


def exam(folder: Path, edit: Edit | None = None, *, only: tuple[str, ...] = tuple(SERIES), **changes: Any) -> None:
    """Write the four series; `edit` changes each file's dataset (contrast, number of the slice), before it is saved."""
    shared = study(**changes)
    for contrast in only:
        number, attributes = SERIES[contrast]
        series(folder / f"SE{number}", voxels(contrast), number, edit, contrast, shared=shared, **attributes)


def series(
    folder: Path, array: np.ndarray, number: int, edit: Edit | None = None, contrast: str = "", **attributes: Any
) -> list[Path]:
    attributes = {"places": positions(len(array), STEP), "pixel": PIXEL, "shared": study()} | attributes
    change = None if edit is None else lambda data, n: edit(data, contrast, n)
    return write_series(folder, array, number=number, edit=change, SpacingBetweenSlices=STEP, **attributes)


@dataclass(frozen=True)
class OddFolder:
    """A folder and what must come of it.

    Attributes
    ----------
    contrasts : dict
        Number of the series that must be taken for each contrast; nothing else may be taken for one.
    refused : str
        Part of the one error instead, as a regular expression.
    rows : set of str
        ``"name:contrast"`` of the rows that reading must give; no others may be there.
    unused : tuple of str
        Parts of the reasons why other series were not used, as regular expressions.
    changed : set of str
        Contrasts whose voxels need not be those that were written.
    """

    name: str
    build: Callable[[Path], None]
    contrasts: dict[str, int]
    refused: str
    rows: frozenset[str]
    unused: tuple[str, ...]
    changed: frozenset[str] = field(default=frozenset())


FOLDERS: list[OddFolder] = []


def odd(
    contrasts: dict[str, int] | None = None,
    *,
    refused: str = "",
    rows: str = "",
    unused: tuple[str, ...] = (),
    changed: str = "",
) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def register(build: Callable[[Path], None]) -> Callable[[Path], None]:
        right = ALL if contrasts is None and not refused else contrasts or {}
        FOLDERS.append(
            OddFolder(
                build.__name__, build, right, refused, frozenset(rows.split()), unused, frozenset(changed.split())
            )
        )
        return build

    return register


def each(*contrasts: str, row: str) -> str:
    return " ".join(f"{row}:{contrast}" for contrast in contrasts or SERIES)


# Files and encodings


@odd()
def plain(folder: Path) -> None:
    exam(folder)


@odd()
def a_disc_with_index_and_viewer(folder: Path) -> None:
    exam(folder / "DICOM" / "PA000001" / "ST000001")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\2\0\0\0UL\4\0\0\0\0\0")
    (folder / "AUTORUN.INF").write_text("[autorun]")
    (folder / "VIEWER").mkdir()
    (folder / "VIEWER" / "viewer.exe").write_bytes(b"MZ" + bytes(500))
    (folder / "VIEWER" / "logo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))


def _rewrite(folder: Path, syntax: str, *, implicit: bool, little: bool = True) -> None:
    for path in sorted(folder.rglob("*.dcm")):
        data = pydicom.dcmread(path)
        if not little:
            data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
        data.file_meta.TransferSyntaxUID = syntax
        plain = Dataset(data)
        plain.file_meta, plain.preamble = data.file_meta, b"\0" * 128
        pydicom.dcmwrite(path, plain, implicit_vr=implicit, little_endian=little)


@odd()
def implicit_value_representations(folder: Path) -> None:
    exam(folder)
    _rewrite(folder, ImplicitVRLittleEndian, implicit=True)


@odd()
def big_endian(folder: Path) -> None:
    exam(folder)
    _rewrite(folder, ExplicitVRBigEndian, implicit=False, little=False)


def _strip_start(folder: Path) -> None:
    """Removes preamble and file meta information, and the names' endings."""
    for path in sorted(folder.rglob("*.dcm")):
        raw = path.read_bytes()
        begin = 144 + int.from_bytes(raw[140:144], "little")
        path.with_suffix("").write_bytes(raw[begin:])
        path.unlink()


@odd()
def no_preamble_implicit_without_endings(folder: Path) -> None:
    exam(folder)
    _rewrite(folder, ImplicitVRLittleEndian, implicit=True)
    _strip_start(folder)


@odd()
def no_preamble_explicit_without_endings(folder: Path) -> None:
    exam(folder)
    _strip_start(folder)


@odd()
def no_preamble_big_endian_without_endings(folder: Path) -> None:
    exam(folder)
    _rewrite(folder, ExplicitVRBigEndian, implicit=False, little=False)
    _strip_start(folder)


@odd()
def deflated(folder: Path) -> None:
    exam(folder, lambda data, *_: setattr(data.file_meta, "TransferSyntaxUID", DeflatedExplicitVRLittleEndian))


@odd(refused=r"IM-\d+\.dcm.*damaged or incomplete|none of its DICOM series")
def deflated_files_of_gigabytes(folder: Path) -> None:
    exam(folder, only=("FLAIR",))
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    nothing = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    for path in folder.rglob("*.dcm"):
        raw = path.read_bytes()
        begin = 144 + int.from_bytes(raw[140:144], "little")
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(raw[begin:]) + packer.flush(zlib.Z_FULL_FLUSH) + 100 * nothing
        meta = raw[:begin].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
        meta = meta.replace(b"UI\x14\x001.2.840.10008.1.2.1.99", b"UI\x16\x001.2.840.10008.1.2.1.99")
        meta = meta[:140] + (len(meta) - 144).to_bytes(4, "little") + meta[144:]
        path.write_bytes(meta + packed + packer.flush())


@odd()
def run_length_encoded(folder: Path) -> None:
    exam(folder, lambda data, *_: data.compress(RLELossless))


@odd()
def jpeg_ls(folder: Path) -> None:
    exam(folder, lambda data, *_: data.compress(JPEGLSLossless))


def _via_gdcm(folder: Path, compressor: str) -> None:
    for path in sorted(folder.rglob("*.dcm")):
        gdcm_compressed(path, compressor)


def gdcm_compressed(path: Path, compressor: str) -> None:
    """Compress a file's frames without loss, as GDCM does it, and leave its header as it is."""
    import SimpleITK as sitk

    data = pydicom.dcmread(path)
    frames = int(data.get("NumberOfFrames", 1))
    stored = np.frombuffer(data.PixelData, "<u2").reshape(frames, data.Rows, data.Columns)
    packed: list[bytes] = []
    for plane in stored:
        image = sitk.GetImageFromArray(plane[None])
        other = path.with_name("packing.dcm")
        sitk.WriteImage(image, str(other), useCompression=True, compressor=compressor)
        done = pydicom.dcmread(other)
        other.unlink()
        data.file_meta.TransferSyntaxUID = done.file_meta.TransferSyntaxUID
        packed += list(pydicom.encaps.generate_frames(done.PixelData, number_of_frames=1))
    data.PixelData = pydicom.encaps.encapsulate(packed)
    data["PixelData"].is_undefined_length = True
    data.save_as(path)


@odd()
def lossless_jpeg(folder: Path) -> None:
    exam(folder)
    _via_gdcm(folder, "JPEG")


@odd()
def jpeg_2000(folder: Path) -> None:
    exam(folder)
    _via_gdcm(folder, "JPEG2000")


@odd()
def private_tags(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        block = data.private_block(0x0019, "MAKER 1.0", create=True)
        block.add_new(0x01, "OB", bytes(range(256)) * 40)
        block.add_new(0x02, "LO", "Zebedee")
        data.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.001)

    exam(folder, edit)


@odd(rows="missing_slices:FLAIR", unused=("a DICOM file that cannot be read",), changed="FLAIR")
def one_file_is_damaged(folder: Path) -> None:
    exam(folder)
    path = sorted((folder / "SE4").iterdir())[5]
    path.write_bytes(path.read_bytes()[:128] + b"DICM" + b"\xff" * 400)


@odd()
def a_pipe_among_the_files(folder: Path) -> None:
    exam(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "SE4" / "IM-9999.dcm")


@odd(refused="holds no image files|none of its DICOM series")
def an_index_alone(folder: Path) -> None:
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\2\0\0\0UL\4\0\0\0\0\0")


# Stored values


@odd()
def a_slope_for_every_slice(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        stored = np.frombuffer(data.PixelData, np.uint16)
        data.PixelData = (stored * (4 if n % 2 else 1)).astype(np.uint16).tobytes()
        data.RescaleSlope, data.RescaleIntercept = ("0.25", "0") if n % 2 else ("1", "0")

    exam(folder, edit)


@odd({"FLAIR": 4})
def enhanced_lossless_jpeg_with_a_slope_for_every_frame(folder: Path) -> None:
    stored = voxels("FLAIR")
    stored[1::2] *= 4
    path = write_multiframe(folder / "IM1", stored, shared=study(), number=4, places=positions(12, STEP), pixel=PIXEL)
    data = pydicom.dcmread(path)
    del data.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence
    for n, group in enumerate(data.PerFrameFunctionalGroupsSequence):
        scaling = Dataset()
        scaling.RescaleSlope, scaling.RescaleIntercept, scaling.RescaleType = 0.25 if n % 2 else 1.0, 0.0, "US"
        group.PixelValueTransformationSequence = pydicom.Sequence([scaling])
    data.save_as(path)
    gdcm_compressed(path, "JPEG")


def _bits(stored: int, high: int, **more: Any) -> Callable[[Dataset], None]:
    def edit(data: Dataset) -> None:
        data.BitsStored, data.HighBit = stored, high
        for name, value in more.items():
            setattr(data, name, value)

    return edit


@odd()
def values_in_the_high_bits(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.PixelData = (np.frombuffer(data.PixelData, np.uint16) << 4).astype(np.uint16).tobytes()
        _bits(12, 15)(data)

    exam(folder, edit)


@odd(refused="does not say how its pixels are stored")
def values_not_in_the_bits_that_the_header_names(folder: Path) -> None:
    exam(folder, lambda data, *_: _bits(12, 15)(data))


@odd()
def overlays_in_the_unused_bits(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.PixelData = (np.frombuffer(data.PixelData, np.uint16) | 0xA000).astype(np.uint16).tobytes()
        _bits(12, 11)(data)

    exam(folder, edit)


@odd()
def overlays_below_shifted_values(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.PixelData = ((np.frombuffer(data.PixelData, np.uint16) << 4) | 1).astype(np.uint16).tobytes()
        _bits(12, 15)(data)
        data.add_new(0x60000102, "US", 0)

    exam(folder, edit)


@odd()
def signed_values_of_13_bits_with_overlays(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        signed = np.frombuffer(data.PixelData, np.uint16).astype(np.int32) - 2000
        data.PixelData = ((signed & 0x1FFF) | 0x4000).astype(np.uint16).tobytes()
        _bits(13, 12, PixelRepresentation=1, RescaleIntercept="2000", RescaleSlope="1")(data)

    exam(folder, edit)


@odd()
def values_above_32767(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.PixelData = (np.frombuffer(data.PixelData, np.uint16) * 8).astype(np.uint16).tobytes()
        data.RescaleSlope, data.RescaleIntercept = "0.125", "0"

    exam(folder, edit)


@odd(rows=each(row="inverted"), changed="T1 T1c T2 FLAIR")
def inverted_values(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.PixelData = (4095 - np.frombuffer(data.PixelData, np.uint16)).astype(np.uint16).tobytes()
        data.PhotometricInterpretation = "MONOCHROME1"

    exam(folder, edit)


@odd(rows=each(row="inverted"))
def values_that_are_said_to_be_inverted(folder: Path) -> None:
    exam(folder, lambda data, *_: setattr(data, "PhotometricInterpretation", "MONOCHROME1"))


@odd(refused="some of its images say that low values are bright")
def half_of_a_series_inverted(folder: Path) -> None:
    exam(
        folder,
        lambda data, _, n: setattr(data, "PhotometricInterpretation", "MONOCHROME1" if n % 2 else "MONOCHROME2"),
    )


@odd(rows=each(row="padding"), changed="T1 T1c T2 FLAIR")
def padding_below(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        plane = np.frombuffer(data.PixelData, np.uint16).astype(np.int16).reshape(data.Rows, -1).copy()
        plane[:, :4] = -2000
        data.PixelData, data.PixelRepresentation = plane.tobytes(), 1
        data.add_new("PixelPaddingValue", "SS", -2000)

    exam(folder, edit)


@odd(rows=each(row="padding"), changed="T1 T1c T2 FLAIR")
def padding_above(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        plane = np.frombuffer(data.PixelData, np.uint16).reshape(data.Rows, -1).copy()
        plane[:, :4] = 63536
        data.PixelData = plane.tobytes()
        data.add_new("PixelPaddingValue", "US", 63536)

    exam(folder, edit)


@odd()
def padding_that_is_the_value_of_air(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.add_new("PixelPaddingValue", "US", int(np.frombuffer(data.PixelData, np.uint16).min()))

    exam(folder, edit)


@odd({"T2": 0}, unused=())
def numbers_that_are_none(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        for name, tag in (("SeriesNumber", 0x00200011), ("InstanceNumber", 0x00200013)):
            del data[name]
            data.add_new(tag, "LO", "A1")

    exam(folder, edit, only=("T2",))


@odd()
def padding_that_is_a_value_of_tissue(folder: Path) -> None:
    exam(folder, lambda data, *_: data.add_new("PixelPaddingValue", "US", 400))


@odd(rows=each(row="lossy"))
def compressed_with_loss(folder: Path) -> None:
    exam(folder, lambda data, *_: setattr(data, "LossyImageCompression", "01"))


# Identifiers


@odd(rows=each(row="study_identifiers"))
def a_study_for_every_series(folder: Path) -> None:
    uids = {contrast: generate_uid() for contrast in SERIES}
    exam(folder, lambda data, contrast, _: setattr(data, "StudyInstanceUID", uids[contrast]))


@odd(rows=each(row="study_identifiers"))
def a_study_for_every_series_without_dates(folder: Path) -> None:
    uids = {contrast: generate_uid() for contrast in SERIES}

    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.StudyInstanceUID = uids[contrast]
        data.StudyDate = data.StudyTime = ""

    exam(folder, edit)


@odd({"FLAIR": 4}, unused=("from another examination",) * 3)
def a_study_for_every_series_and_nothing_that_joins_them(folder: Path) -> None:
    marks = {contrast: (generate_uid(), generate_uid()) for contrast in SERIES}

    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.StudyInstanceUID, data.FrameOfReferenceUID = marks[contrast]
        data.StudyDate, data.StudyTime = "", f"1{list(SERIES).index(contrast)}0000"

    exam(folder, edit)


@odd()
def one_series_identifier_for_all(folder: Path) -> None:
    uid = generate_uid()
    exam(folder, lambda data, *_: setattr(data, "SeriesInstanceUID", uid))


@odd()
def one_series_identifier_and_one_folder_for_all(folder: Path) -> None:
    uid = generate_uid()
    exam(folder, lambda data, *_: setattr(data, "SeriesInstanceUID", uid))
    for n, path in enumerate(sorted(folder.rglob("*.dcm"))):
        path.rename(folder / f"{(n * 37) % 48:03d}.dcm")


@odd(rows=each(row="series_pieces"))
def a_series_identifier_for_every_file(folder: Path) -> None:
    exam(folder, lambda data, *_: setattr(data, "SeriesInstanceUID", generate_uid()))


@odd(rows=each(row="series_pieces") + " " + each(row="duplicate_slices"))
def a_series_identifier_for_every_file_and_everything_twice(folder: Path) -> None:
    a_series_identifier_for_every_file(folder / "a")
    shutil.copytree(folder / "a", folder / "b")


@odd(rows=each(row="series_pieces") + " missing_slices:T2", changed="T2")
def a_series_identifier_for_every_file_and_one_is_missing(folder: Path) -> None:
    a_series_identifier_for_every_file(folder)
    (folder / "SE3" / "IM-0004.dcm").unlink()


@odd(rows=each(row="series_pieces") + " " + each(row="study_identifiers"))
def all_identifiers_new_for_every_file(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.SeriesInstanceUID, data.StudyInstanceUID = generate_uid(), generate_uid()
        data.FrameOfReferenceUID = generate_uid()

    exam(folder, edit)


@odd(rows=each(row="image_identifiers"))
def one_image_identifier_for_all(folder: Path) -> None:
    uid = generate_uid()
    exam(folder, lambda data, *_: setattr(data, "SOPInstanceUID", uid))


@odd(rows=each(row="series_pieces"))
def half_of_every_series_under_another_root(folder: Path) -> None:
    halves = {(contrast, half): generate_uid() for contrast in SERIES for half in (0, 1)}
    exam(folder, lambda data, contrast, n: setattr(data, "SeriesInstanceUID", halves[contrast, n // 6]))


@odd(unused=("from another examination",) * 4)
def everything_twice_under_another_root(folder: Path) -> None:
    exam(folder)
    shutil.copytree(folder, folder / "again")
    swaps: dict[str, str] = {}
    for path in (folder / "again").rglob("*.dcm"):
        data = pydicom.dcmread(path)
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            setattr(data, name, swaps.setdefault(data[name].value, generate_uid()))
        data.save_as(path)


@odd(rows=each(row="duplicate_slices"))
def the_same_files_in_two_folders(folder: Path) -> None:
    exam(folder / "a")
    shutil.copytree(folder / "a", folder / "b")


@odd(refused="12 positions there are different images")
def one_identifier_for_all_series_and_one_for_all_images(folder: Path) -> None:
    series_uid, image_uid = generate_uid(), generate_uid()

    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.SeriesInstanceUID, data.SOPInstanceUID, data.SeriesNumber = series_uid, image_uid, 1
        data.SeriesDescription = "t1 se tra"
        data.pop("ContrastBolusAgent", None)

    exam(folder, edit, only=("T1", "T1c"))


@odd(unused=("from another examination",) * 4)
def two_examinations_under_one_made_up_time(folder: Path) -> None:
    exam(folder / "b", StudyTime="120000")
    exam(folder / "a", StudyTime="120000")


@odd()
def contrasts_that_only_the_agent_tells_apart(folder: Path) -> None:
    uid = generate_uid()

    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast in ("T1", "T1c"):
            data.SeriesInstanceUID, data.SeriesNumber = uid, {"T1": 1, "T1c": 2}[contrast]
            data.SeriesDescription = "t1 se tra"

    exam(folder, edit)


@odd({"T2": 3, "FLAIR": 4}, unused=("2 images at each position",))
def contrasts_that_nothing_tells_apart(folder: Path) -> None:
    uid = generate_uid()

    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast in ("T1", "T1c"):
            data.SeriesInstanceUID, data.SeriesNumber, data.SeriesDescription = uid, 1, "t1 se tra"
            data.pop("ContrastBolusAgent", None)

    exam(folder, edit)


@odd({"T2": 3, "FLAIR": 4})
def contrasts_that_only_their_timing_tells_apart(folder: Path) -> None:
    uid = generate_uid()

    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.SeriesInstanceUID, data.SeriesDescription, data.EchoTime = uid, "axial", 110.0

    exam(folder, edit, only=("T2", "FLAIR"))


@odd({"T2": 3, "FLAIR": 4}, unused=("series identifiers of their own",))
def interleaved_contrasts_that_nothing_tells_apart(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast in ("T1", "T1c"):
            data.SeriesInstanceUID, data.SeriesNumber, data.SeriesDescription = generate_uid(), 1, "t1 se tra"
            data.pop("ContrastBolusAgent", None)
            data.SliceThickness = STEP
            if contrast == "T1c":
                x, y, z = data.ImagePositionPatient
                data.ImagePositionPatient = [x, y, float(z) + STEP / 2]

    exam(folder, edit)


# Patients and examinations


def _patient(**spelled: str) -> Edit:
    """T1c's header writes the patient otherwise."""

    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast == "T1c":
            for name, value in spelled.items():
                setattr(data, name, value)

    return edit


@odd(rows="patient:T1c")
def a_name_in_capitals_without_carets(folder: Path) -> None:
    exam(folder, _patient(PatientName="QUIRKWOOD ZEBEDEE"))


@odd(rows="patient:T1c")
def a_name_with_a_title_and_an_initial(folder: Path) -> None:
    exam(folder, _patient(PatientName="Quirkwood^Z^^Dr", PatientID=f" {dicom_files.IDENTIFIER.lower()} "))


@odd(rows="patient:T1c")
def a_missing_birth_date(folder: Path) -> None:
    exam(folder, _patient(PatientBirthDate=""))


@odd(refused="several patients")
def two_birth_dates(folder: Path) -> None:
    exam(folder, _patient(PatientBirthDate="19620101"))


@odd(refused="several patients")
def two_sexes(folder: Path) -> None:
    exam(folder, _patient(PatientSex="F"), PatientSex="M")


@odd(refused="several patients")
def one_identifier_of_two_issuers(folder: Path) -> None:
    exam(folder, _patient(IssuerOfPatientID="B", PatientName="quirkwood^zebedee"), IssuerOfPatientID="A")


@odd(refused="several patients")
def one_identifier_and_two_names(folder: Path) -> None:
    exam(folder, _patient(PatientName="Meyer^Anna"))


@odd(refused="several patients")
def two_identifiers_and_one_name(folder: Path) -> None:
    exam(folder, _patient(PatientID="77-1"))


def _placeholder(identifier: str) -> None:
    def build(folder: Path) -> None:
        exam(folder, _patient(PatientName="QUIRKWOOD ZEBEDEE"), PatientID=identifier)

    build.__name__ = f"two_spellings_under_the_placeholder_{identifier or 'nothing'}"
    odd(refused="several patients")(build)


for _identifier in ("", "0", "000000", "ANON", "anonymous", "Unknown", "12345", "N/A"):
    _placeholder(_identifier)


@odd(refused="several patients")
def two_spellings_of_different_heads(folder: Path) -> None:
    exam(folder, _patient(PatientName="QUIRKWOOD ZEBEDEE"), only=("T1", "T2", "FLAIR"), StudyInstanceUID="1.2.3")
    shared = study(PatientName="QUIRKWOOD ZEBEDEE", StudyInstanceUID="1.2.3")
    noise = np.random.default_rng(3).integers(0, 4000, SHAPE).astype(np.uint16)
    series(folder / "SE2", noise, 2, shared=shared, **SERIES["T1c"][1])


def _charset(name: str, charset: str, rows: str = "", *, all_series: bool = True) -> Edit:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        if all_series or contrast == "T1c":
            data.SpecificCharacterSet = charset
            data.PatientName = name

    return edit


@odd()
def chinese_in_gb18030(folder: Path) -> None:
    exam(folder, _charset("Wang^XiaoDong=王^小东", "GB18030"))


@odd()
def japanese_in_iso_2022(folder: Path) -> None:
    exam(folder, _charset("Yamada^Tarou=山田^太郎=やまだ^たろう", ["", "ISO 2022 IR 87"]))  # type: ignore[arg-type]


@odd()
def an_umlaut_in_utf_8(folder: Path) -> None:
    exam(folder, _charset("Müller^Jörg", "ISO_IR 192"))


@odd(rows="patient:T1c")
def one_name_in_two_character_sets(folder: Path) -> None:
    exam(folder, _charset("Wang^XiaoDong=王^小东", "GB18030", all_series=False), PatientName="WANG XIAODONG")


@odd(rows="patient:T1c")
def an_umlaut_spelled_out(folder: Path) -> None:
    exam(folder, _charset("Müller^Jörg", "ISO_IR 192", all_series=False), PatientName="Mueller^Joerg")


@odd(rows="patient:T1c")
def an_umlaut_under_the_wrong_character_set(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.SpecificCharacterSet = "ISO_IR 192" if contrast != "T1c" else "ISO_IR 100"
        data.PatientName = "Müller^Jörg" if contrast != "T1c" else "Müller^Jörg".encode().decode("latin-1")

    exam(folder, edit)


@odd(unused=("from another examination",) * 4)
def two_patients_anonymized_alike(folder: Path) -> None:
    anonymous = {"PatientName": "Anonymous", "PatientID": "", "PatientBirthDate": ""}
    exam(folder / "b", **anonymous)
    exam(folder / "a", StudyDate="20190101", **anonymous)


@odd()
def anonymized_with_nothing_left(folder: Path) -> None:
    empty = dict.fromkeys(("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"), "")
    exam(folder, **empty)


@odd(unused=("from another examination",) * 4)
def two_examinations_under_one_study(folder: Path) -> None:
    exam(folder / "late", StudyInstanceUID="1.2.3", StudyDate="20200601", FrameOfReferenceUID="1.2.4")
    exam(folder / "early", StudyInstanceUID="1.2.3", StudyDate="20200102", FrameOfReferenceUID="1.2.4")


@odd()
def an_examination_over_midnight(folder: Path) -> None:
    exam(
        folder,
        lambda data, contrast, _: setattr(data, "AcquisitionDate", "20200103" if contrast == "T1c" else "20200102"),
    )


@odd(rows=each(row="study_identifiers"))
def studies_of_one_accession(folder: Path) -> None:
    marks = {contrast: (generate_uid(), generate_uid()) for contrast in SERIES}

    def edit(data: Dataset, contrast: str, n: int) -> None:
        data.StudyInstanceUID, data.FrameOfReferenceUID = marks[contrast]
        data.StudyTime = f"1{list(SERIES).index(contrast)}0000"

    exam(folder, edit, AccessionNumber="A-4711")


# Slices


@odd()
def names_and_numbers_out_of_order(folder: Path) -> None:
    exam(folder, lambda data, _, n: setattr(data, "InstanceNumber", (n * 5) % 12 + 1))
    for path in sorted(folder.rglob("*.dcm")):
        path.rename(path.with_name(f"{int(path.stem[-4:]) * 7 % 12}-{path.stem[-4:]}"))


@odd(rows="missing_slices:FLAIR", changed="FLAIR")
def a_missing_slice(folder: Path) -> None:
    exam(folder)
    (folder / "SE4" / "IM-0005.dcm").unlink()


@odd(rows="missing_images:FLAIR", changed="FLAIR")
def missing_slices_at_the_end(folder: Path) -> None:
    exam(folder, lambda data, *_: setattr(data, "ImagesInAcquisition", 12))
    for n in (9, 10, 11):
        (folder / "SE4" / f"IM-{n:04d}.dcm").unlink()


def _thick(folder: Path, places: list[list[float]], **attributes: Any) -> None:
    array = np.repeat(voxels("FLAIR"), 2, axis=0)
    series(folder / "SE4", array, 4, places=places, **(SERIES["FLAIR"][1] | attributes))


@odd({"FLAIR": 4}, rows="missing_slices:FLAIR", changed="FLAIR")
def every_other_slice_missing(folder: Path) -> None:
    series(folder, voxels("FLAIR"), 4, places=positions(12, 2 * STEP), **SERIES["FLAIR"][1])


@odd({"FLAIR": 4}, rows="mixed_slices:FLAIR", changed="FLAIR")
def slices_of_two_acquisitions_interleaved(folder: Path) -> None:
    _thick(folder, positions(24, STEP / 2))


@odd({"FLAIR": 4}, rows="slice_distance:FLAIR", changed="FLAIR")
def uneven_distances(folder: Path) -> None:
    places = positions(12, STEP)
    for n in range(6, 12):
        places[n][2] += (n - 5) * 2.5
    series(folder, voxels("FLAIR"), 4, places=places, **SERIES["FLAIR"][1])


@odd({"FLAIR": 4}, rows="gantry_tilt:FLAIR", changed="FLAIR")
def tilted_gantry(folder: Path) -> None:
    series(folder, voxels("FLAIR"), 4, places=positions(12, STEP, shear=(0.0, 2.0)), **SERIES["FLAIR"][1])


@odd({"T1": 1, "T1c": 2, "T2": 3}, unused=("do not all face the same way",) * 2)
def orientation_flips_between_slices(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast == "FLAIR" and n % 2:
            x, y, z = (float(v) for v in data.ImagePositionPatient)
            data.ImagePositionPatient = [x + 39 * PIXEL[0], y + 39 * PIXEL[1], z]
            data.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]

    exam(folder, edit)


@odd(rows="different_slices:FLAIR")
def a_slice_scanned_again(folder: Path) -> None:
    exam(folder)
    data = pydicom.dcmread(folder / "SE4" / "IM-0005.dcm")
    data.SOPInstanceUID, data.InstanceNumber = generate_uid(), 99
    data.PixelData = np.frombuffer(data.PixelData, np.uint16)[::-1].tobytes()
    data.save_as(folder / "SE4" / "IM-0099.dcm")


@odd({"T1": 1, "T1c": 2, "T2": 3}, unused=("several images at many positions",))
def a_series_that_was_broken_off_and_scanned_again(folder: Path) -> None:
    exam(folder)
    for n in range(5):
        data = pydicom.dcmread(folder / "SE4" / f"IM-{n:04d}.dcm")
        data.SOPInstanceUID, data.InstanceNumber = generate_uid(), 90 + n
        data.save_as(folder / "SE4" / f"IM-00{90 + n}.dcm")


@odd({"T1": 1, "T1c": 2, "T2": 3}, unused=("no place in space",))
def a_series_without_positions(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast == "FLAIR":
            del data.ImagePositionPatient

    exam(folder, edit)


# Kinds of series


@odd(unused=("5 images at each position",))
def a_dynamic_series(folder: Path) -> None:
    exam(folder)
    five = np.concatenate([voxels("T1")] * 5)
    series(folder / "SE9", five, 9, places=positions(12, STEP) * 5, SeriesDescription="t1 twist", **T1_TIMING)
    _same_patient(folder)


def _same_patient(folder: Path) -> None:
    """Puts what else lies in the folder into the examination of the four series."""
    first = pydicom.dcmread(next((folder / "SE4").glob("*.dcm")), stop_before_pixels=True)
    for path in folder.rglob("*.dcm"):
        data = pydicom.dcmread(path)
        if data.StudyInstanceUID != first.StudyInstanceUID:
            data.StudyInstanceUID, data.FrameOfReferenceUID = first.StudyInstanceUID, first.FrameOfReferenceUID
            data.save_as(path)


@odd({"T2": 3, "T1": 1, "T1c": 2, "FLAIR": 4}, unused=("proton density",))
def two_echoes_in_a_series(folder: Path) -> None:
    exam(folder, only=("T1", "T1c", "FLAIR"))
    both = np.concatenate([voxels("T1"), voxels("T2")])
    echoes = dicom_files.PerSlice([15.0] * 12 + [100.0] * 12)
    series(
        folder / "SE3", both, 3, places=positions(12, STEP) * 2, SeriesDescription="tse dual echo",
        ScanningSequence="SE", RepetitionTime=4000.0, EchoTime=echoes,
    )  # fmt: skip
    _same_patient(folder)


def _enhanced(folder: Path, arrays: list[np.ndarray], change: Callable[[Dataset, int], None], **more: Any) -> Path:
    """An enhanced file of several stacks at the same places; `change` sets what differs from stack to stack."""
    places = positions(12, STEP) * len(arrays)
    options = {"shared": study(), "places": places, "pixel": PIXEL} | more
    path = write_multiframe(folder / "IM1", np.concatenate(arrays), **options)
    data = pydicom.dcmread(path)
    for n, group in enumerate(data.PerFrameFunctionalGroupsSequence):
        change(group, n // 12)
    data.save_as(path)
    return path


def _sequence(**values: Any) -> pydicom.Sequence:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return pydicom.Sequence([item])


@odd({"T2": 3}, unused=("proton density",))
def two_echoes_in_an_enhanced_file(folder: Path) -> None:
    def change(group: Dataset, stack: int) -> None:
        group.MREchoSequence = _sequence(EffectiveEchoTime=(15.0, 100.0)[stack])

    _enhanced(folder, [voxels("T1"), voxels("T2")], change, number=3, repetition=4000.0, inversion=None)


@odd({"T2": 4, "FLAIR": 4})
def two_contrasts_in_an_enhanced_file(folder: Path) -> None:
    def change(group: Dataset, stack: int) -> None:
        group.MREchoSequence = _sequence(EffectiveEchoTime=(100.0, 110.0)[stack])
        group.MRTimingAndRelatedParametersSequence = _sequence(RepetitionTime=(4500.0, 9000.0)[stack])
        if stack:
            group.MRModifierSequence = _sequence(InversionRecovery="YES", InversionTimes=2500.0)

    _enhanced(folder, [voxels("T2"), voxels("FLAIR")], change, number=4, inversion=None)


@odd({"FLAIR": 4}, unused=("its type says PHASE",))
def magnitude_and_phase_in_an_enhanced_file(folder: Path) -> None:
    def change(group: Dataset, stack: int) -> None:
        group.MRImageFrameTypeSequence = _sequence(
            FrameType=["ORIGINAL", "PRIMARY", "M_FFE" if stack == 0 else "PHASE MAP", "M"],
            ComplexImageComponent=("MAGNITUDE", "PHASE")[stack],
        )

    _enhanced(folder, [voxels("FLAIR"), voxels("T1")], change, number=4)


@odd({"T1": 1})
def an_enhanced_file_whose_agent_was_not_given_yet(folder: Path) -> None:
    def change(group: Dataset, stack: int) -> None:
        group.ContrastBolusUsageSequence = _sequence(
            ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered="NO", ContrastBolusAgentDetected="NO"
        )

    _enhanced(
        folder, [voxels("T1")], change, number=1, repetition=500.0, echo=10.0, inversion=None,
        SeriesDescription="t1 se", ContrastBolusAgentSequence=_sequence(CodeMeaning="Gadolinium"),
    )  # fmt: skip


def _beside(*, contrast: str = "FLAIR", array: np.ndarray | None = None, **attributes: Any) -> Callable[[Path], None]:
    """The four series and a fifth, number 9, in the same examination."""

    def build(folder: Path) -> None:
        exam(folder)
        changes = SERIES[contrast][1] | attributes
        series(folder / "SE9", voxels(contrast) if array is None else array, 9, **changes)
        _same_patient(folder)

    return build


BESIDE: dict[str, tuple[dict[str, Any], str]] = {
    "a_mip_of_t1c": ({"contrast": "T1c", "ImageType": ["DERIVED", "PRIMARY", "PROJECTION IMAGE"]}, "PROJECTION"),
    "a_subtraction": ({"contrast": "T1c", "ImageType": ["DERIVED", "SECONDARY", "SUBTRACTION"]}, "SUBTRACTION"),
    "an_adc_map": ({"contrast": "T2", "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, "ADC"),
    "a_diffusion_series": ({"contrast": "T2", "ScanningSequence": "EP", "SeriesDescription": "b0"}, "echo-planar|'b0'"),
    "a_susceptibility_series": ({"contrast": "T1", "SeriesDescription": "SWI", "ScanningSequence": "GR"}, "'swi'"),
    "a_stir": ({"contrast": "FLAIR", "SeriesDescription": "tirm", "InversionTime": 160.0, "EchoTime": 60.0}, "STIR"),
    "a_burned_in_region": ({"BurnedInAnnotation": "YES"}, "burned into"),
    "a_computed_tomography": ({"Modality": "CT"}, "modality is CT"),
    "a_positron_emission_tomography": ({"Modality": "PT"}, "modality is PT"),
    "a_presentation_state": ({"Modality": "PR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, "modality is PR"),
    "a_structured_report": ({"Modality": "SR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"}, "modality is SR"),
    "a_secondary_capture": ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
    "a_reformatted_flair": (
        {"ImageType": ["DERIVED", "SECONDARY", "MPR"], "pixel": (2.0, 2.0), "SeriesDescription": "flair mpr"},
        "DICOM series 4 was taken for FLAIR",
    ),
    "a_localizer": ({"array": voxels("T1")[:3], "places": positions(3, 10.0), "SeriesDescription": "loc"}, "localizer"),
    "frames_without_positions": (
        {"array": voxels("T1")[:8], "places": positions(8, STEP), "NumberOfFrames": 8}, "without a position",
    ),
}  # fmt: skip
for _name, (_options, _why) in BESIDE.items():
    _build = _beside(**_options)
    _build.__name__ = _name
    odd(unused=(_why,))(_build)


@odd(ALL)
def a_dark_fluid_space_that_is_called_t2(folder: Path) -> None:
    def edit(data: Dataset, contrast: str, n: int) -> None:
        if contrast == "FLAIR":
            data.SeriesDescription, data.ScanningSequence = "t2_spc_da-fl_sag_p2_iso", ["SE", "IR"]
            data.RepetitionTime, data.EchoTime, data.InversionTime = 5000.0, 388.0, 1800.0

    exam(folder, edit)


@odd({"T1": 1})
def an_mp2rage_at_its_second_inversion(folder: Path) -> None:
    series(
        folder, voxels("T1"), 1, SeriesDescription="t1_mp2rage_sag_p3_iso", ScanningSequence=["GR", "IR"],
        RepetitionTime=5000.0, EchoTime=2.98, InversionTime=2500.0,
    )  # fmt: skip
