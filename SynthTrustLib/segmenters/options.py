"""The command-line options of commands that need segmenters; reading this file needs the standard library alone."""

from __future__ import annotations

import argparse
from pathlib import Path

ENGINES = ("auto", "openvino", "openvino-fp32", "onnxruntime", "torch")
"""What can be chosen to run the networks."""


def add_segmenter_folder(parser: argparse._ActionsContainer) -> None:
    """Add ``--segmenter-folder``, which may be given more than once, to a parser or a group of options."""
    parser.add_argument(
        "--segmenter-folder",
        dest="segmenter_folders",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a folder with more segmenter packages; may be repeated",
    )
