"""What Slicer's Extensions Index checks before it takes an extension, and what its reviewers look for."""

from __future__ import annotations

import ast
import json
import re
import struct
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

import SynthTrustLib

ROOT = Path(__file__).resolve().parents[3]
ENTRY = ROOT / "SynthTrust.json"
CMAKE = (ROOT / "CMakeLists.txt").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
LARGEST_BYTES = 100e6

ENTRY_RULES = {
    "type": "object",
    "required": ["$schema", "category", "scm_url"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "category": {"type": "string"},
        "scm_url": {"type": "string"},
        "scm_revision": {"type": "string"},
        "scm_type": {"enum": ["git", "local"]},
        "build_dependencies": {"type": "array", "items": {"type": "string"}},
        "build_subdirectory": {"type": "string"},
        "dicom_support_rule": {"type": "string"},
        "enabled": {"type": "boolean"},
        "tier": {"type": "integer", "minimum": 1, "maximum": 5},
    },
}
"""Version 1.0.2 of the schema of catalogue entries."""

SLICER_CATEGORIES = {"Analysis", "Informatics", "Neuroimaging", "Quantification", "Segmentation", "Utilities"}
"""Those of the Index's categories that could fit."""


@pytest.fixture(scope="module")
def entry() -> dict:
    return json.loads(ENTRY.read_text("utf-8"))


def url_setting(name: str) -> str:
    """A URL setting as the Index's validator reads it: on one line, with no blank before the bracket."""
    found = re.findall(rf'^set\({name} "([^"\n]+)"\)$', CMAKE, re.MULTILINE)
    assert len(found) == 1, f"{name} is not set on one line"
    return found[0]


def in_this_repository(url: str, entry: dict) -> Path:
    """The file that a raw URL of the repository's branch points to."""
    owner = urlsplit(entry["scm_url"]).path.removesuffix(".git")
    prefix = f"https://raw.githubusercontent.com{owner}/{entry['scm_revision']}/"
    assert url.startswith(prefix), url
    return ROOT / url.removeprefix(prefix)


def png_size(path: Path) -> tuple[int, int]:
    start = path.read_bytes()[:24]
    assert start[:8] == b"\x89PNG\r\n\x1a\n", path
    return struct.unpack(">II", start[16:24])


def test_the_entry_follows_the_schema_of_catalogue_entries(entry):
    jsonschema.validate(entry, ENTRY_RULES)
    assert re.search(r"slicer-extension-catalog-entry-schema-v1\.0\.2\.json#?$", entry["$schema"])


@pytest.mark.parametrize("change", [{"tier": 6}, {"tier": "5"}, {"homepage": "x"}, {"build_dependencies": "A"}])
def test_the_schema_refuses_what_the_index_refuses(entry, change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(entry | change, ENTRY_RULES)


def test_the_repository_is_where_and_what_the_index_expects(entry):
    assert entry["category"] in SLICER_CATEGORIES
    url = urlsplit(entry["scm_url"])
    assert url.scheme in ("https", "git") and url.netloc
    assert Path(url.path).stem == f"Slicer{ENTRY.stem}"
    assert entry["build_subdirectory"] == "."


def test_the_entry_and_the_build_say_the_same(entry, extension):
    metadata = extension.metadata()
    assert metadata["EXTENSION_NAME"] == ENTRY.stem
    assert metadata["EXTENSION_CATEGORY"] == entry["category"]
    assert metadata["EXTENSION_TIER"] == str(entry["tier"])
    assert metadata["EXTENSION_HOMEPAGE"] == entry["scm_url"].removesuffix(".git")
    assert metadata["EXTENSION_DEPENDS"].split() == (entry["build_dependencies"] or ["NA"])


def test_nothing_that_the_catalogue_shows_is_left_empty(extension):
    metadata = extension.metadata()
    for name in ("CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "KEYWORDS", "RECOMMENDS"):
        assert metadata[f"EXTENSION_{name}"].strip(), name
    assert len(re.findall(r"[.?!](\s|$)", metadata["EXTENSION_DESCRIPTION"])) <= 3, "one or two sentences"


def test_the_icon_and_the_screenshots_are_there(entry):
    icon = in_this_repository(url_setting("EXTENSION_ICONURL"), entry)
    assert png_size(icon) == (128, 128)
    screenshots = [in_this_repository(url, entry) for url in url_setting("EXTENSION_SCREENSHOTURLS").split()]
    assert screenshots
    for path in screenshots:
        assert min(png_size(path)) >= 400, path


def test_the_licence_is_in_the_root_and_permissive():
    assert "Apache License" in (ROOT / "LICENSE.txt").read_text("utf-8")[:300]


def test_every_segmenter_has_its_own_licence_and_says_for_whom():
    for package in (ROOT / "Resources" / "Segmenters").iterdir():
        if package.is_dir():
            text = (package / "LICENSE").read_text("utf-8").lower()
            card = json.loads((package / "configs" / "synthtrust.json").read_text("utf-8"))
            assert re.search("non-?commercial", text) and "research" in text, package.name
            assert "research" in card["licence"].lower(), package.name


def test_the_repository_is_small_enough():
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in tracked.stdout.split("\0") if name]
    assert sum((ROOT / name).stat().st_size for name in names if (ROOT / name).is_file()) < LARGEST_BYTES


def test_the_module_imports_at_file_scope_only_what_slicer_brings_and_runs_nothing():
    allowed = {*sys.stdlib_module_names, "slicer", "qt", "ctk", "vtk", "numpy", "scipy", "SimpleITK", "SynthTrustPanel"}
    tree = ast.parse((ROOT / "SynthTrust" / "SynthTrust.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] in allowed, node.module
        elif isinstance(node, ast.For):  # makes the library importable from a source checkout
            assert "sys.path.insert" in ast.unparse(node)
        else:
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            assert is_docstring or isinstance(node, (ast.Assign, ast.ClassDef, ast.FunctionDef)), ast.unparse(node)


@pytest.mark.parametrize("heading", ["Modules", "Install", "Tutorial", "Limits", "Citing", "Licences", "Stored data"])
def test_the_readme_has_what_reviewers_ask_for(heading):
    assert re.search(rf"^## .*{heading}", README, re.MULTILINE | re.IGNORECASE)


def test_the_readme_begins_with_a_picture_and_the_intended_use():
    start = README[:2500]
    assert re.search(r"!\[[^\]]{20,}\]\(Resources/Screenshots/[\w-]+\.png\)", start)
    assert "research" in start.lower() and "not a medical device" in start


def test_no_sentence_of_the_readme_is_longer_than_25_words():
    text = re.sub(r"^    .*$", "", README, flags=re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text))
    blocks = re.split(r"\n\s*\n|\n(?=[-|#])", text)
    sentences = [one for block in blocks for one in re.split(r"(?<=[.!?:])\s+|\|", " ".join(block.split()))]
    assert len(sentences) > 100
    assert [one for one in sentences if len(re.findall(r"[\w'&%.-]*\w[\w'%.-]*", one)) > 25] == []


def test_the_readme_shows_the_pictures_that_make_pictures_takes():
    script = (ROOT / "Testing" / "Pictures" / "take_pictures.py").read_text("utf-8")
    taken = set(re.findall(r'folder / "([\w-]+\.png)"', script))
    assert taken == set(re.findall(r"\(Resources/Screenshots/([\w-]+\.png)\)", README))
    assert taken == {path.name for path in (ROOT / "Resources" / "Screenshots").iterdir()}


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("Docs/**/*.md")]), ids=lambda path: path.name)
def test_every_link_and_picture_of_a_page_leads_somewhere(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if urlsplit(target).scheme:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name}: {target}"


def test_every_decision_is_a_dated_record_of_the_index():
    folder = ROOT / "Docs" / "decisions"
    listed = re.findall(
        r"^\| \[(.+)\]\(([\w-]+\.md)\) \| (\d{4}-\d\d-\d\d) \|$", (folder / "README.md").read_text("utf-8"), re.M
    )
    assert sorted(name for _, name, _ in listed) == sorted({path.name for path in folder.iterdir()} - {"README.md"})
    for title, name, date in listed:
        text = (folder / name).read_text("utf-8")
        assert text.startswith(f"# {title}\n\n{date}"), name
        assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences", "Measurement"], name


def test_the_citation_file_follows_its_schema_and_names_this_version():
    pytest.importorskip("check_jsonschema")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    done = subprocess.run([*check, ROOT / "CITATION.cff"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"version: {SynthTrustLib.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_changelog_is_kept():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert versions[0] in ("Unreleased", SynthTrustLib.__version__)
