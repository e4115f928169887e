"""``slicer.i18n``: Qt's translations, with the file that asks as their context."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication


def translate(context: str, text: str) -> str:
    return QCoreApplication.translate(context, text)


def context_of(source: Path) -> str:
    """The file's name; in a package, with the package's name before it: ``SynthTrustPanel.lookSection``."""
    package = f"{source.parent.name}." if (source.parent / "__init__.py").is_file() else ""
    return package + source.stem


@cache
def _context(file_name: str) -> str:
    return context_of(Path(file_name))


def tr(text: str) -> str:
    return translate(_context(sys._getframe(1).f_code.co_filename), text)
