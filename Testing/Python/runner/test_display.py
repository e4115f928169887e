"""What a run says on the terminal."""

from __future__ import annotations

import io

from SynthTrustLib.runner.process.display import PlainLines
from SynthTrustLib.runner.process.events import Noted


def test_a_line_break_in_a_files_name_makes_no_line_of_its_own():
    stream = io.StringIO()
    PlainLines(stream)(Noted("T1: a\n100%  all is well.nii.gz"))
    assert stream.getvalue() == "T1: a 100% all is well.nii.gz\n"
