"""Segmenter packages on disk: a folder in MONAI Bundle layout plus ``configs/synthtrust.json``.

Nothing in a package is ever executed. Every file is listed in the card with its SHA-256, no file may be of a kind that
can carry code (pickle above all), and the JSON files may not hold MONAI's ``_target_`` or ``$`` expressions.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from SynthTrustLib.codec import FieldError, decode, encode, parse, to_text
from SynthTrustLib.errors import InputError, OutputError, SegmenterError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package.bundle_metadata import BundleMetadata
from SynthTrustLib.segmenters.package.card import MODEL_FILE, SegmenterCard, read_card
from SynthTrustLib.segmenters.package.interface import interface_of
from SynthTrustLib.segmenters.package.onnx_file import OnnxFile, OnnxFileError, read_onnx
from SynthTrustLib.segmenters.package.text import metadata, readme
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.read import read_task
from SynthTrustLib.task.task import Task

CARD_FILE = "configs/synthtrust.json"
METADATA_FILE = "configs/metadata.json"
TASK_FILE = "configs/task.json"
README_FILE = "docs/README.md"
LICENCE_FILE = "LICENSE"
REQUIRED_FILES = (METADATA_FILE, MODEL_FILE, README_FILE, LICENCE_FILE)

FILE_LIMIT = 2_000_000
"""Bytes of any file other than the model."""

ALLOWED_SUFFIXES = frozenset({".json", ".md", ".txt", ".onnx", ".png", ".csv"})
CODE_SUFFIXES = frozenset(
    {".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".ts", ".bin", ".py", ".pyc", ".so", ".dll"}
)
"""Kinds of file that carry, or can carry, code; named so that the message can say why they are refused."""

ALLOWED_TARGETS: frozenset[str] = frozenset()
"""Components that a config may name with ``_target_``. None: SynthTrust builds nothing from a config."""

IGNORED_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What operating systems drop into folders that people look at; never opened."""

APPLE_DOUBLE = "._"
"""Begins the names of what macOS writes beside each file on disks of other systems; never opened."""

AGAIN = "Install the package again."
TRUST_NOT = "Do not use this package; get it from a maker that you trust."


@dataclass(frozen=True)
class SegmenterPackage:
    """A segmenter that is there: its card, where it lies, and the task that its contrasts and regions are of."""

    card: SegmenterCard
    folder: Path
    model_path: Path
    task: Task = GLIOMA


def load_package(folder: Path, *, verify: bool = True) -> SegmenterPackage:
    """Read a package's card and check the package.

    `verify`: false skips hashing the files and reading the model, for a quick look at many packages. The model is
    checked again whenever it is read to run, see `read_model`.

    Raises SegmenterError if the folder is not a package, or anything in it is damaged, unlisted, too large or not
    allowed.
    """
    folder = Path(folder)
    name = folder.name
    if not (folder / CARD_FILE).is_file():
        raise SegmenterError(
            f"it is not a segmenter package ({CARD_FILE} is missing)",
            source=name,
            next_step="Choose the package's folder, the one with configs and models in it.",
        )
    files = _files(folder, name)  # the model's size is checked when the card has said how large it may be
    data = _read_json(folder / CARD_FILE, name)
    if isinstance(data, Mapping) and isinstance(data.get("id"), str):
        name = data["id"]
    task = _task(folder, data, name)
    card = read_card(data, source=name, task=task)
    if card.is_outside:
        raise _damaged(f"its card is of the family {card.family!r}, which no segmenter belongs to", name)
    _check_listing(card, files, name)
    for file in files:
        if file.startswith("configs/") and file.endswith(".json"):
            content = data if file == CARD_FILE else _read_json(folder / file, name)
            _refuse_code(content, file, name)
            if file == METADATA_FILE and _bundle_metadata(content, name)["version"] != card.version:
                raise _damaged(f"{METADATA_FILE} and {CARD_FILE} state different versions", name)
    package = SegmenterPackage(card, folder, folder / MODEL_FILE, task)
    _check_size(package.model_path.stat().st_size, card)
    if verify:
        for file in REQUIRED_FILES + tuple(file for file in card.hashes if file not in REQUIRED_FILES):
            if file != MODEL_FILE:  # reading it to run is to hash it
                _check_hash(_read_bytes(folder / file, card.id), card, file)
        _check_model(read_model(package), card)
    return package


def read_model(package: SegmenterPackage) -> bytes:
    """The bytes of the model, once they are known to be those that the card lists.

    Raises SegmenterError if the file cannot be read, is too large or has another hash.
    """
    try:
        _check_size(package.model_path.stat().st_size, package.card)
        data = read_regular(package.model_path)
    except OSError as error:
        raise _damaged(f"{MODEL_FILE} cannot be read ({error.strerror})", package.card.id) from error
    _check_hash(data, package.card, MODEL_FILE)
    return data


def write_package(
    folder: Path,
    card: SegmenterCard,
    onnx_bytes: bytes,
    *,
    licence_text: str,
    authors: str = "the SynthTrust developers",
    task: Task = GLIOMA,
) -> SegmenterPackage:
    """Write a package and read it back. An older package in `folder` is replaced, anything else is not.

    The hashes of `card` are filled in. The package appears under its name only when it is complete and has passed the
    same checks as any other.

    `folder`: its name should be the card's id. `onnx_bytes`: what `interface_of` says of the card. Raises
    SegmenterError if what is to be written is not a valid package. Raises OutputError if it cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / CARD_FILE).is_file():
        raise OutputError(
            "it exists and is not a segmenter package, so it is not replaced",
            source=str(folder),
            next_step="Choose a folder that does not exist yet.",
        )
    read_card(encode(card), source=card.id, task=task)
    model = _check_model(onnx_bytes, card)
    contents = {
        MODEL_FILE: onnx_bytes,
        LICENCE_FILE: licence_text.encode(),
        README_FILE: readme(card, task).encode(),
        METADATA_FILE: _to_json(metadata(card, model, authors, task)),
        **({} if task == GLIOMA else {TASK_FILE: _to_json(task)}),
    }
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in sorted(contents.items())}
    contents[CARD_FILE] = _to_json(replace(card, hashes=hashes))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            draft = Path(scratch) / folder.name
            for file, content in contents.items():
                path = draft / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            load_package(draft)
            if folder.exists():
                folder.rename(Path(scratch) / "replaced")
            draft.rename(folder)
    except OSError as error:
        raise OutputError(
            f"the package cannot be written ({error.strerror})",
            source=str(folder),
            next_step="Check the free space and the permissions of the folder.",
        ) from error
    return load_package(folder)


def _task(folder: Path, card: Any, name: str) -> Task:
    """What the package brings, else the one that ships and that the card names; without a name, glioma."""
    wanted = card.get("task", GLIOMA.id) if isinstance(card, Mapping) else GLIOMA.id
    try:
        if (folder / TASK_FILE).is_file():
            return read_task(folder / TASK_FILE)
        return GLIOMA if wanted == GLIOMA.id else read_task(resource_path(f"Tasks/{Path(str(wanted)).name}.json"))
    except InputError as error:
        raise SegmenterError(
            f"its task {str(wanted)[:40]!r} cannot be read: {error.what}",
            source=name,
            next_step=f"Put the task into {TASK_FILE} of the package, or ask its maker for it.",
        ) from error


def _to_json(data: object) -> bytes:
    return (to_text(data) + "\n").encode()


def _damaged(what: str, name: str, next_step: str = AGAIN) -> SegmenterError:
    return SegmenterError(what, source=name, next_step=next_step)


def _files(folder: Path, name: str) -> set[str]:
    """Package-relative paths of all files, each checked for kind, size and for staying inside the folder."""
    files = set()
    root = folder.resolve()
    for path in _walk(folder):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            what = f"{relative} is a link to something outside the package"
            raise _damaged(what, name, "Install the package again, from files instead of links.")
        if path.is_dir() or path.name in IGNORED_NAMES or path.name.startswith(APPLE_DOUBLE):
            continue
        suffix = path.suffix.lower()
        if suffix in CODE_SUFFIXES:
            what = f"{relative} is of a kind that can carry code (pickle, library or script), which is never loaded"
            raise _damaged(what, name, "Install a package that holds its weights in models/model.onnx only.")
        if suffix not in ALLOWED_SUFFIXES and relative != LICENCE_FILE:
            raise _damaged(f"{relative} is of a kind that does not belong into a package", name)
        if not path.is_file():
            what = f"{relative} is not a file, but a pipe, a device or a link that leads nowhere"
            raise _damaged(what, name, "Install the package again, from files only.")
        if relative != MODEL_FILE and path.stat().st_size > FILE_LIMIT:
            what = f"{relative} is larger than {FILE_LIMIT / 1e6:g} MB"
            raise _damaged(what, name, "Install the package again, or ask its maker for a smaller one.")
        files.add(relative)
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for entry in sorted(folders + files):
            yield Path(parent) / entry


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise _damaged(f"{path.parent.name}/{path.name} cannot be read ({error.strerror})", name) from error


def _read_json(path: Path, name: str) -> Any:
    try:
        return parse(read_regular(path))
    except (OSError, FieldError) as error:
        raise _damaged(f"{path.parent.name}/{path.name} is not readable JSON", name) from error


def _bundle_metadata(content: Any, name: str) -> BundleMetadata:
    try:
        return decode(BundleMetadata, content)
    except FieldError as error:
        next_step = "Install the package again, or ask its maker for a corrected one."
        raise _damaged(f"{METADATA_FILE} is wrong: {error}", name, next_step) from error


def _check_relative(file: str, name: str) -> None:
    """Refuse a path that would leave the package, on any operating system."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file or path.as_posix() != file:
        raise _damaged(f"it lists the path {file!r}, which leaves the package", name, TRUST_NOT)


def _check_listing(card: SegmenterCard, files: set[str], name: str) -> None:
    for file in card.hashes:
        _check_relative(file, name)
    for file in REQUIRED_FILES:
        if file not in card.hashes:
            raise _damaged(f"its card does not list {file}", name)
    missing = sorted(set(card.hashes) - files)
    if missing:
        raise _damaged(f"{missing[0]} is missing", name)
    unlisted = sorted(files - set(card.hashes) - {CARD_FILE})
    if unlisted:
        what = f"{unlisted[0]} is not listed in its card"
        raise _damaged(what, name, "Remove that file, or install the package again.")


def _check_hash(data: bytes, card: SegmenterCard, file: str) -> None:
    if hashlib.sha256(data).hexdigest() != card.hashes.get(file):
        raise _damaged(f"{file} is not the file that its card lists (SHA-256 differs)", card.id)


def _refuse_code(content: Any, file: str, name: str) -> None:
    """Refuse MONAI's ways to have code run, or other files read, by parsed JSON of a config."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "_target_" and value not in ALLOWED_TARGETS:
                raise _code(f"{file} asks to build {value!r}", name)
            _refuse_code(key, file, name)
            _refuse_code(value, file, name)
    elif isinstance(content, list):
        for value in content:
            _refuse_code(value, file, name)
    elif isinstance(content, str) and content.lstrip().startswith(("$", "%")):
        raise _code(f"{file} holds the expression {content[:40]!r}", name)


def _code(what: str, name: str) -> SegmenterError:
    return _damaged(f"{what}, and SynthTrust runs no code from a package", name, TRUST_NOT)


def _check_size(size: int, card: SegmenterCard) -> None:
    limit = card.limits.model_mb
    if size > limit * 1e6:
        what = f"{MODEL_FILE} is larger than the {limit:g} MB that its card states"
        raise _damaged(what, card.id, "Install the package again, or ask its maker for a corrected card.")


def _check_model(data: bytes, card: SegmenterCard) -> OnnxFile:
    """Check that the ONNX file takes and gives what the card says."""
    _check_size(len(data), card)
    try:
        model = read_onnx(data)
    except OnnxFileError as error:
        raise _damaged(f"{MODEL_FILE} cannot be used: {error}", card.id) from error
    expected = interface_of(card)
    problem = expected.problem(model)
    if problem is not None:
        raise _damaged(f"{MODEL_FILE} {problem}", card.id)
    taken = model.inputs[0]
    return replace(model, inputs=(replace(taken, shape=(None, expected.channels, *taken.shape[2:])),))
