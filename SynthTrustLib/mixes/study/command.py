"""``synthtrust mixes study``: everything in a plan, from generator to report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from SynthTrustLib.mixes import console


def add_command(subparsers: Any) -> None:
    """Add ``study``."""
    study = subparsers.add_parser("study", help="train what is missing in a plan, measure it, write the study report")
    study.add_argument("plan", type=Path, metavar="PLAN", help="plan file (YAML)")
    study.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder or table of labelled cases")
    study.add_argument("--work", type=Path, required=True, metavar="DIR", help="samples and checkpoints are kept here")
    study.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of segmenter packages")
    study.add_argument("--report", type=Path, required=True, metavar="DIR", help="folder of the study report")
    study.add_argument(
        "--part", choices=("calibration", "test"), default="test", help="held-out patients to measure on"
    )
    study.add_argument("--draws", type=int, default=1000, help="resamplings behind an interval of the audits")
    study.add_argument(
        "--finished-only", action="store_true", help="train nothing; report on the segmenters that are there"
    )
    study.add_argument("--calibration", type=Path, metavar="FILE", help="add the track record of this calibration")
    study.set_defaults(run=_study)


def _study(arguments: argparse.Namespace) -> None:
    from SynthTrustLib.mixes.study.study import run_study

    path = run_study(
        arguments.plan,
        arguments.data,
        arguments.work,
        arguments.out,
        arguments.report,
        part=arguments.part,
        draws=arguments.draws,
        finished_only=arguments.finished_only,
        calibration=arguments.calibration,
        progress=console.lines(),
    )
    print(path)
