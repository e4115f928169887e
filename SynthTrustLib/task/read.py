"""A task from its JSON file."""

from __future__ import annotations

from pathlib import Path

from SynthTrustLib.codec import decode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.task.task import Task


def read_task(path: Path) -> Task:
    """The task of a JSON file.

    Raises InputError if it cannot be read or is not a task; the field that is wrong is named.
    """
    try:
        return decode(Task, parse(read_regular(path)))
    except (OSError, ValueError) as error:
        raise InputError(
            f"it is not a task ({error})", source=path.name, next_step="Correct the file, or install it again."
        ) from error
