"""A folder for the files of C libraries, by a name that they can open under every code page.

On Windows a C library such as ITK opens files by the code page of the process. Slicer's is UTF-8, as their names are,
but that of its python.exe is the system's: a file of the user Jérôme is not found. So Python, which has no such
trouble, reads and writes the files themselves, and a C library is given copies in this folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory, gettempdir

from SynthTrustLib.errors import OutputError


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A temporary folder, spelled in ASCII wherever possible; it is gone after the block.

    Where the temporary files' own folder is not in ASCII, the name is relative to the working folder; the child process
    works in that folder for this. Raises OutputError if it cannot be made, or a file of the block cannot be read or
    written.
    """
    try:
        with TemporaryDirectory(prefix="synthtrust-", ignore_cleanup_errors=True) as folder:
            yield _in_ascii(folder)
    except OSError as error:
        raise OutputError(
            f"a temporary file cannot be written ({error.strerror or type(error).__name__})",
            source=gettempdir(),
            next_step="Free some space there, and check that you may write there.",
        ) from error


def _in_ascii(path: str) -> str:
    if not path.isascii():
        with contextlib.suppress(ValueError):  # on another drive
            relative = os.path.relpath(path)
            if relative.isascii():
                return relative
    return path
