"""Take the pictures of the README: ``make pictures``, or ``python Testing/Pictures/take_pictures.py [FOLDER]``.

They show the panel as it is now, on the sample patient and with the shipped segmenters, in the stand-in for Slicer
(Testing/Host), and go to Resources/Screenshots. It takes a little longer than a run.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Host"), str(Path(__file__).parent)]

from camera import PANEL_WIDTH, Camera, beside, keep
from overview import draw_overview

ONE_VIEW = (760, 600)


def main(folder: Path) -> None:
    camera = Camera(ROOT / "SynthTrust" / "SynthTrust.py")
    camera.load_sample_patient()
    keep(camera.sections("patient", "segmenters", "run"), folder / "1-patient-and-segmenters.png")
    result = camera.run()
    keep(camera.sections("scorecard"), folder / "2-scorecard.png")
    camera.look("disagreement", "one")
    camera.ui.nextSpotButton.click()
    camera.host.process()
    camera.zoom(0.9, *ONE_VIEW, spot=result.scorecard.review_spots[0])
    keep(beside(camera.sections("look"), camera.views(*ONE_VIEW)), folder / "3-look.png")
    camera.look("contours", "side by side")
    side_by_side = (PANEL_WIDTH + ONE_VIEW[0], 370 if len(result.segmenters) <= 3 else 740)
    camera.zoom(0.8, *side_by_side, result)
    keep(camera.views(*side_by_side), folder / "4-side-by-side.png")
    camera.ui.exportPathLineEdit.setProperty("currentPath", tempfile.gettempdir())  # nobody's home
    keep(camera.sections("verdict", "export"), folder / "5-verdict-and-export.png")
    keep(draw_overview(camera, result), folder / "SynthTrust.png")
    camera.look("none", "one")
    camera.zoom(1.15, 202, 170, result)
    keep(camera.views(202, 170).copy(1, 18, 200, 150), ROOT / "Resources" / "Icons" / "SamplePatient.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "Resources" / "Screenshots")
