"""Opens a scene in the panel, does what a reviewer does, and saves it: ``python review.py SCENE REPORT OUT``.

The stand-in for Slicer can be started once a process; so this is a script of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Host")]

REVIEWER = "A. B."
COMMENT = "leaks into the ventricle"


def main(scene: Path, report: Path, out: Path) -> int:
    """Reject the whole tumor, edit one outline, delete the uncertainty maps, look at the core's disagreement; save."""
    from standin.application import Host

    host = Host(ROOT / "SynthTrust" / "SynthTrust.py")
    host.testing_enabled = True
    host.load_module()
    panel = host.open_module()
    host.process()

    import slicer

    if not slicer.util.loadScene(str(scene)):
        raise SystemExit("the scene does not open")
    host.process()
    result = panel.assessment()
    result.keep_report(report.read_text("utf-8"))
    result.mark_edited(next(iter(result.nodes.outlines.values())).GetSegmentation())
    for (kind, _), node in result.nodes.maps.items():
        if kind == "uncertainty":
            slicer.mrmlScene.RemoveNode(node)
    panel.ui.verdictTable.cellWidget(0, 1).setCurrentIndex(3)
    panel.ui.verdictTable.cellWidget(1, 0).setText(COMMENT)
    panel.ui.reviewerLineEdit.setText(REVIEWER)
    host.process()
    panel.ui.recordVerdictButton.click()
    panel.ui.overlayComboBox.setCurrentIndex(panel.ui.overlayComboBox.findText("Disagreement"))
    panel.ui.regionComboBox.setCurrentIndex(panel.ui.regionComboBox.findText("Tumor core"))
    host.process()
    saved = slicer.util.saveScene(str(out))
    host.close_module()
    return 0 if saved else 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
