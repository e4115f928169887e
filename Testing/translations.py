"""The translations of the panel: ``make translations``, or ``python Testing/translations.py``.

Brings every .ts file in Resources/Translations up to date with the texts of the panel: new ones are added as
unfinished, those that are gone are dropped. It goes Slicer's way: every `_("text")` is rewritten into
`translate("Context", "text")` with the context that slicer.i18n looks up at run time (the file's name, with the
package's before it), and Qt's lupdate takes it from there.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
TRANSLATIONS = ROOT / "Resources" / "Translations"
UI = ROOT / "Resources" / "UI" / "SynthTrust.ui"


def context_of(source: Path) -> str:
    """As slicer.i18n names it: the file, with the package's name before it where it is in one."""
    package = f"{source.parent.name}." if (source.parent / "__init__.py").is_file() else ""
    return package + source.stem


def texts_of(source: Path) -> list[tuple[str, str]]:
    """(context, text) of every text that a Python file of the panel shows, in order.

    Raises
    ------
    ValueError
        If a text is pieced together before it is translated: no translator would ever see it whole.
    """
    found = []
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "translate")):
            continue
        if not all(isinstance(argument, ast.Constant) for argument in node.args):
            if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in node.args):
                raise ValueError(
                    f"{source.name}:{node.lineno}: translate the whole text, then fill it in with format()"
                )
            continue  # a word of the library: see library_words
        words = [argument.value for argument in node.args]
        found.append((node.lineno, (context_of(source) if node.func.id == "_" else words[0], words[-1])))
    return [pair for _, pair in sorted(found)]


def panel_files() -> list[Path]:
    """The Python files of the module and its panel."""
    return sorted((ROOT / "SynthTrust").rglob("*.py"))


def library_words() -> list[str]:
    """The library's words that the panel shows in the user's language: SynthTrustPanel/words.py."""
    from SynthTrustLib.cohort.report.worklist import WAITING
    from SynthTrustLib.cohort.state import Outcome
    from SynthTrustLib.cohort.verdicts import DIFFER
    from SynthTrustLib.maps.registry import MAPS
    from SynthTrustLib.report.wording import SECTION_TITLES
    from SynthTrustLib.task.glioma import GLIOMA
    from SynthTrustLib.trust.verdict import Decision
    from SynthTrustLib.vocabulary import Evidence, Status

    words = [
        *(region.name for region in GLIOMA.regions),
        *(kind.name for kind in MAPS.values()),
        *Status,
        *Evidence,
        *Decision,
        *SECTION_TITLES.values(),
        *Outcome,
        WAITING,
        DIFFER,
        *_stages(),
    ]
    return list(dict.fromkeys(map(str, words)))


def _stages() -> Iterator[str]:
    """What the rooms of a run call their stages; those that name a segmenter are not the same in every run."""
    for room in ("case", "segmenters", "maps", "trust", "runner"):
        for source in sorted((ROOT / "SynthTrustLib" / room).rglob("*.py")):
            text = source.read_text("utf-8")
            # Most files have no stage, and a walk over them all would take seconds.
            for node in ast.walk(ast.parse(text)) if "progress(" in text else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "progress":
                    stage = node.args[0]
                    if isinstance(stage, ast.Constant):
                        yield stage.value


def update(files: list[Path]) -> None:
    """Bring .ts files up to date; those that are not there are made."""
    with tempfile.TemporaryDirectory() as folder:
        rewritten = Path(folder) / "texts.py"
        texts = [pair for source in panel_files() for pair in texts_of(source)]
        texts += [("SynthTrustLib", word) for word in library_words()]
        lines = [
            f"translate({json.dumps(context)}, {json.dumps(text, ensure_ascii=False)})\n"
            for context, text in texts
            if not context.startswith("qSlicer")  # Slicer translates these itself
        ]
        rewritten.write_text("".join(lines), "utf-8")
        for path in files:
            language = path.stem.partition("_")[2].replace("-", "_")
            tool = Path(sys.executable).with_name("pyside6-lupdate")
            command = [tool, rewritten, UI, "-ts", path, "-locations", "none", "-no-obsolete"]
            command += ["-source-language", "en_US", "-target-language", language]
            subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    update(sorted(TRANSLATIONS.glob("*.ts")))


if __name__ == "__main__":
    main()
