"""A result folder appears whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from SynthTrustLib.errors import OutputError

MEASURED_FILE = "measured.json"
"""What a `Witness` of `runner.assess` has written about a patient with a reference."""

THUMBNAIL_FILE = "thumbnail.jpg"
"""The patient's picture in a list."""

ENTRIES = frozenset(
    {
        "scorecard.json",
        "scorecard.csv",
        "report.html",
        "review_spots.csv",
        "run.log",
        "scene.mrb",
        "segmentations",
        "probabilities",
        "maps",
        "dicom",
        MEASURED_FILE,
        THUMBNAIL_FILE,
    }
)
"""Everything that a result may hold. A folder with anything else is not ours to replace."""

_WORKSPACE_NAME = re.compile(r"\..+\.partial-[0-9a-f]+")
_AS_GOOD_AS_FULL_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def workspace_beside(out: Path) -> Path:
    """A new name for the temporary folder beside `out`, on the same file system."""
    return out.parent / f".{out.name}.partial-{secrets.token_hex(4)}"


def output_error(error: OSError, out: Path) -> OutputError:
    """What an operating system's error while writing `out` means for the user."""
    if error.errno in _FULL:
        what, step = "the disk is full", "Free some space or choose another folder; nothing was left behind."
    elif error.errno in _FORBIDDEN:
        what, step = "no permission to write there", "Choose a folder that you may write to."
    elif error.errno in (errno.ENOTDIR, errno.EEXIST):
        what, step = "a file stands where a folder is needed", "Choose another output folder."
    elif error.errno == errno.ENAMETOOLONG:
        what, step = "the path is too long", "Choose a shorter output folder."
    else:
        what = f"the results cannot be written ({error.strerror or error})"
        step = "Choose another output folder."
    return OutputError(what, source=str(out), next_step=step)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Turns the operating system's errors of a block that writes into OutputError.

    Libraries that hide the cause (VTK, ITK) raise a RuntimeError: then the free space tells whether the disk is full.
    """
    try:
        yield
    except OSError as error:
        raise output_error(error, out) from error
    except RuntimeError as error:
        if shutil.disk_usage(out.parent).free < _AS_GOOD_AS_FULL_BYTES:
            raise output_error(OSError(errno.ENOSPC, "No space left on device"), out) from error
        raise


def require_replaceable(out: Path) -> None:
    """Raise OutputError unless `out` is missing, an empty folder, or an earlier result and nothing else."""
    try:
        if not out.exists():
            return
        if not out.is_dir():
            raise OutputError("it is a file, not a folder", source=str(out), next_step="Choose another output folder.")
        if os.path.ismount(out):
            raise OutputError(
                "it is where a disk is mounted, which nothing can replace",
                source=str(out),
                next_step="Choose a new folder in it.",
            )
        names = {path.name for path in out.iterdir()}
    except OSError as error:
        raise output_error(error, out) from error
    foreign = sorted(names - ENTRIES)
    if names and (foreign or "scorecard.json" not in names):
        raise OutputError(
            f"the folder holds files that are not a SynthTrust result ({(foreign or sorted(names))[0]})",
            source=str(out),
            next_step="Choose an empty or new folder; nothing in it was touched.",
        )


def require_space(out: Path, needed_bytes: int) -> None:
    """Raise OutputError when the disk of `out`'s parent has less than `needed_bytes` free."""
    free = shutil.disk_usage(out.parent).free
    if free < needed_bytes:
        raise OutputError(
            f"the disk has {free / 1e6:.0f} MB free, and the results may need {needed_bytes / 1e6:.0f} MB",
            source=str(out),
            next_step="Free some space or choose another folder.",
        )


@contextmanager
def result_folder(out: Path, workspace: Path) -> Iterator[Path]:
    """Make `workspace`, and turn it into `out` when the block ends well.

    On any error, Ctrl-C included, the workspace is removed, with the parents that were made for it, and `out` is as it
    was.

    `out`: the folder that the user asked for, absolute. `workspace`: a name from `workspace_beside`.
    """
    require_replaceable(out)
    made_parents = _missing_parents(out)
    try:
        with writing(out):
            workspace.mkdir(parents=True)
        yield workspace
        require_replaceable(out)
        with writing(out):
            _swap(workspace, out)
    except BaseException:
        remove_workspace(workspace)
        for parent in made_parents:
            try:
                parent.rmdir()
            except OSError:
                break
        raise


def remove_workspace(workspace: Path) -> None:
    """Remove what a run that ended early has left. Missing is fine; a folder of another name is nobody's workspace."""
    if _WORKSPACE_NAME.fullmatch(workspace.name):
        shutil.rmtree(workspace, ignore_errors=True)


def _missing_parents(out: Path) -> list[Path]:
    """The parents of `out` that do not exist yet, innermost first."""
    return [parent for parent in out.parents if not os.path.lexists(parent)]


def _swap(workspace: Path, out: Path) -> None:
    """Put `workspace` in the place of `out`; an earlier result is there until the very moment."""
    if not out.exists():
        workspace.rename(out)
        return
    # No longer than the name that could be made, in any script.
    aside = out.parent / f".{out.name[:40]}.replaced-{secrets.token_hex(4)}"
    out.rename(aside)
    try:
        workspace.rename(out)
    except BaseException:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)
