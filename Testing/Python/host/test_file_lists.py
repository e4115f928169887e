"""What CMake installs is what is there."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LISTS = (ROOT / "Files.cmake").read_text("utf-8")


def listed(variable: str) -> set[str]:
    block = re.search(rf"set\({variable}\n(.*?)\)\n", LISTS, re.DOTALL)
    assert block, f"{variable} is not in Files.cmake"
    return set(re.findall(r'"([^"]+)"', block[1]))


LABORATORY = ("SynthTrustLib/mixes/", "Resources/Study/")


def on_disk(folder: str) -> set[str]:
    """What should be installed; the laboratory should not."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not any(part in ("__pycache__", "Screenshots") or part.startswith(".") for part in path.parts[-6:])
        and not path.relative_to(ROOT).as_posix().startswith(LABORATORY)
    }


@pytest.mark.parametrize(
    ("folder", "variables"),
    [
        ("SynthTrustLib", ["SynthTrust_LIBRARY_SCRIPTS", "SynthTrust_LIBRARY_DATA"]),
        ("Resources", ["SynthTrust_RESOURCES"]),
    ],
)
def test_every_file_is_listed_and_every_listed_file_is_there(folder, variables):
    assert set.union(*map(listed, variables)) == on_disk(folder), "run: python Testing/list_files.py --write"


def test_the_laboratory_and_its_study_are_there_but_not_listed():
    for folder in LABORATORY:
        assert (ROOT / folder).is_dir()
        assert folder not in LISTS


def test_every_script_of_the_module_is_listed_and_there():
    scripts = {f"SynthTrust/{name}" for name in listed("SynthTrust_MODULE_SCRIPTS")}
    assert scripts == on_disk("SynthTrust") - {"SynthTrust/CMakeLists.txt"}


def test_the_script_agrees_that_the_lists_are_up_to_date():
    assert runpy.run_path(str(ROOT / "Testing" / "list_files.py"))["text"]() == LISTS


def test_cmake_uses_every_list():
    text = "".join(
        path.read_text("utf-8") for path in (ROOT / "CMakeLists.txt", ROOT / "SynthTrust" / "CMakeLists.txt")
    )
    for variable in re.findall(r"set\((\w+)\n", LISTS):
        assert f"${{{variable}}}" in text


def test_no_file_at_the_top_of_the_module_folder_would_be_taken_for_another_module():
    assert [path.name for path in (ROOT / "SynthTrust").glob("*.py")] == ["SynthTrust.py"]
