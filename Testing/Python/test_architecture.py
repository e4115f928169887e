"""What may import what."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import SynthTrustLib

LIBRARY = Path(SynthTrustLib.__file__).parent
ALLOWED_AT_FILE_SCOPE = {*sys.stdlib_module_names, "SynthTrustLib", "numpy", "scipy", "SimpleITK"}
ALLOWED_BY_ROOM = {"scene": {"slicer", "vtk", "vtkmodules"}}
FILES = sorted(LIBRARY.rglob("*.py"))
BENCHMARKS = sorted((LIBRARY.parent / "Testing" / "Benchmarks").glob("*.py"))


def file_scope_imports(tree: ast.Module) -> set[str]:
    """Top-level names that are imported when the file is; those for the type checker only are not."""
    names: set[str] = set()
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names.add(statement.module.partition(".")[0])
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            pending += statement.orelse
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.ClassDef):
            pending += [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)]
    return names


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(LIBRARY).as_posix() for path in FILES])
def test_a_file_imports_at_its_top_only_what_slicer_brings_along(path):
    room = path.relative_to(LIBRARY).parts[0]
    imported = file_scope_imports(ast.parse(path.read_text("utf-8")))
    assert imported <= ALLOWED_AT_FILE_SCOPE | ALLOWED_BY_ROOM.get(room, set())


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_a_benchmark_asks_the_library_for_what_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("SynthTrustLib"):
            module = importlib.import_module(node.module)
            for name in (alias.name for alias in node.names if not hasattr(module, alias.name)):
                importlib.import_module(f"{node.module}.{name}")


def test_the_command_line_starts_without_the_slow_libraries():
    code = (
        "import sys; import SynthTrustLib.cli as cli; cli.main(['--version']); "
        "import SynthTrustLib.runner.process.launch; "
        "print(sorted({'numpy', 'scipy', 'SimpleITK', 'torch', 'openvino', 'matplotlib', 'vtk'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=LIBRARY.parent)
    assert out.stdout.splitlines()[-1] == "[]"


def test_the_rooms_import_each_other_in_one_direction_only():
    importlinter = pytest.importorskip("importlinter.cli")
    assert importlinter.lint_imports(config_filename=str(LIBRARY.parent / "pyproject.toml"), no_cache=True) == 0


def test_no_modules_import_each_other_in_a_circle():
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("SynthTrustLib")
    sorter = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    sorter.prepare()  # raises CycleError, which names the circle
    assert sorter.is_active()


def test_a_run_does_not_wait_for_the_import_of_scipy_stats():
    rooms = (
        "SynthTrustLib.case.load, SynthTrustLib.maps.compute, SynthTrustLib.trust.assess, SynthTrustLib.runner.assess"
    )
    code = f"import sys, {rooms}; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=LIBRARY.parent).returncode == 0


def test_a_run_does_not_begin_with_the_import_of_what_only_the_scorecard_needs():
    code = "import sys, SynthTrustLib.runner.assess, SynthTrustLib.case.load; sys.exit('scipy.spatial' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=LIBRARY.parent).returncode == 0


def test_a_scene_is_written_without_all_of_vtk():
    pytest.importorskip("slicer_core")
    code = "import sys, SynthTrustLib.scene.result.archive, SynthTrustLib.scene.build; sys.exit('vtk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=LIBRARY.parent).returncode == 0
