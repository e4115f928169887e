"""Files from elsewhere are opened only if they are files: a named pipe would hang the reader, a device never end."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path


def open_regular(path: Path) -> io.BufferedReader:
    """The file, opened for reading.

    Raises OSError as `open`, and also where `path` leads to anything but a regular file.
    """
    # Without waiting for a writer at the other end of a pipe; regular files do not know the difference.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe, a socket or a device", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path) -> bytes:
    """All bytes of a regular file; errors as `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def read_regular_text(path: Path) -> str:
    """All text of a regular file in UTF-8; errors as `open_regular`, and ValueError where it is no such text."""
    return read_regular(path).decode("utf-8")
