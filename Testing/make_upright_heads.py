"""Make Resources/Recognition/head_*.nii.gz, the upright heads that patients are compared with, of the sample patient.

python Testing/make_upright_heads.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import LPS, Geometry
from SynthTrustLib.case.place.register import prepare
from SynthTrustLib.case.place.upright import UPRIGHT_HEADS, stored_head


def make(out: Path) -> None:
    """Write both heads into a folder."""
    import SimpleITK as sitk

    for name in sorted(set(UPRIGHT_HEADS.values())):
        image = read_image(ROOT / "Resources" / "SamplePatient" / f"{name}.nii.gz")
        prepared = prepare(image.array, image.geometry, image.look)
        assert prepared is not None
        levels, origin = stored_head(prepared.coarse)
        matrix = np.diag([*prepared.coarse.image.GetSpacing(), 1.0])
        matrix[:3, 3] = origin
        made = Geometry(levels.shape, LPS @ matrix).to_sitk(levels)
        sitk.WriteImage(made, str(out / f"head_{name}.nii.gz"), useCompression=True, compressionLevel=9)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "Resources" / "Recognition")
    make(parser.parse_args().out)
