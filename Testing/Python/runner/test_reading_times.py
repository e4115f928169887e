"""Times and clicks of a reading are on disk line by line, and say nothing of who is read or who reads."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest

from SynthTrustLib.errors import OutputError
from SynthTrustLib.runner.files.reading_times import COLUMNS, ReadingTimes


def lines(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_step_is_a_line_as_soon_as_it_is_noted(tmp_path):
    clock = iter([100.0, 100.0, 103.25])
    times = ReadingTimes(tmp_path, lambda: next(clock))
    times.note("spot", by="key", result="2026-11-30T17:20:00+00:00", spot=2, region="WT")
    (spot,) = lines(times.path)
    assert tuple(spot) == COLUMNS
    assert (spot["what"], spot["by"], spot["spot"], spot["region"], spot["choice"]) == ("spot", "key", "2", "WT", "")
    assert spot["result"] == "2026-11-30T17:20:00+00:00"
    times.note("settled", by="button", spot=2, region="WT", choice="mix-75", taken="added")
    first, second = lines(times.path)
    assert (first["seconds"], second["seconds"]) == ("0.000", "3.250")
    assert (second["choice"], second["taken"]) == ("mix-75", "added")
    assert datetime.fromisoformat(first["time"]) <= datetime.fromisoformat(second["time"])


def test_an_earlier_file_is_never_written_over(tmp_path):
    paths = {ReadingTimes(tmp_path).path for _ in range(3)}
    assert len(paths) == 3 and all(path.parent == tmp_path for path in paths)


def test_a_folder_that_is_gone_is_one_clear_error(tmp_path):
    times = ReadingTimes(tmp_path)
    times.path.unlink()
    times.path.mkdir()
    for begin in (lambda: times.note("spot"), lambda: ReadingTimes(tmp_path / "no folder")):
        with pytest.raises(OutputError):
            begin()
