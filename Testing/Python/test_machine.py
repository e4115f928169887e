"""A container or batch job is given less than the machine has."""

from __future__ import annotations

import pytest

from SynthTrustLib import machine


@pytest.fixture
def group(tmp_path, monkeypatch):
    """The folder of this process's control group, two levels below the root's."""
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    monkeypatch.setattr(machine, "OWN_GROUP", tmp_path / "self")
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(machine.os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 24}[name])
    (tmp_path / "self").write_text("1:cpu:/elsewhere\n0::/jobs/one\n")
    group = tmp_path / "jobs" / "one"
    group.mkdir(parents=True)
    return group


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("9900000 100000", 16), ("max 100000", 16)],
)
def test_a_quota_of_processor_time_counts_as_so_many_cores(group, quota, cores):
    (group / "cpu.max").write_text(quota + "\n")
    assert machine.cores() == cores


def test_limits_of_the_groups_above_hold_as_well(group):
    (group / "cpu.max").write_text("800000 100000\n")
    (group.parent / "cpu.max").write_text("300000 100000\n")
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text("4000000000\n")
    assert machine.cores() == 3 and machine.memory_bytes() == 4_000_000_000


def test_without_limits_it_is_what_the_machine_has(group):
    (group.parents[1] / "self").unlink()
    assert machine.cores() == 16 and machine.memory_bytes() == 1 << 36
