"""The child process of the panel: a cohort is run, or learned from, told as JSON lines (`runner.process`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.cohort.work.run import CohortRequest
from SynthTrustLib.runner.process.child import run_child
from SynthTrustLib.runner.process.events import Finished, Listener, Noted

SUBCOMMAND = "run-cohort"
"""Of ``python -m SynthTrustLib``."""


@dataclass(frozen=True)
class CohortJob:
    """What is to be done with a cohort."""

    cohort: Path  # its folder
    run: CohortRequest | None = None  # patients to run; None to learn from those that have run
    use: bool = False  # judge by what was learned from now on


def main(arguments: list[str]) -> int:
    """Do a `CohortJob` and return the exit code; arguments as of `runner.process.child.main`."""
    return run_child(arguments, CohortJob, _do)


def _do(job: CohortJob, tell: Listener) -> None:
    def say(line: str) -> None:
        tell(Noted(line))

    if job.run is not None:
        from SynthTrustLib.cohort.report.page import write_report
        from SynthTrustLib.cohort.work.run import run_cohort

        run_cohort(job.run, say, tell)
        write_report(job.cohort, say)
    else:
        from SynthTrustLib.cohort.hospital.commands import calibrate_cohort

        calibrate_cohort(job.cohort, use=job.use, say=say)
    tell(Finished(str(job.cohort)))
