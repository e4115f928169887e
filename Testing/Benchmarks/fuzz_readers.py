"""Feed the readers thousands of damaged files: each must end in an image or one SynthTrustError, and soon.

    python Testing/Benchmarks/fuzz_readers.py [--files 5000] [--seed 1]

Files are read in a child process with a limit on memory; a child that crashes, runs out of memory or takes longer than
ten seconds for one file fails the run, and so does any error that is no SynthTrustError.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

LIMIT_BYTES, LIMIT_SECONDS = 3 << 30, 10.0
PATIENCE_SECONDS = 300.0  # the start of a child on a busy machine included
KINDS = ("nii", "nii.gz", "nrrd", "mha", "dicom", "dicom multi-frame", "dicom lossless jpeg")


def make_sound(folder: Path, kind: str) -> tuple[Path, Path]:
    """A sound file of this kind; returns the file to damage and what to read."""
    import builders
    import dicom_files
    import SimpleITK as sitk

    shape = (9, 16, 20)
    voxels = np.random.default_rng(0).integers(0, 900, shape).astype(np.uint16)
    if kind == "dicom multi-frame":
        path = dicom_files.write_multiframe(folder / "IM", voxels, shared=dicom_files.study())
        return path, path
    if kind.startswith("dicom"):
        paths = dicom_files.write_series(folder / "s", voxels, shared=dicom_files.study())
        if "jpeg" in kind:
            writer = sitk.ImageFileWriter()
            writer.UseCompressionOn()
            writer.SetCompressor("JPEG")
            writer.KeepOriginalImageUIDOn()
            for path in paths:
                image = sitk.ReadImage(str(path))
                writer.SetFileName(str(path))
                writer.Execute(image)
        return paths[4], folder / "s"
    path = folder / f"a.{kind}"
    sitk.WriteImage(builders.grid(shape).to_sitk(voxels), str(path), useCompression=kind.endswith("gz"))
    return path, path


def work(kind: str, seed: int, count: int, results: multiprocessing.Queue) -> None:
    from fuzz_files import damaged

    from SynthTrustLib.case.read import read_image
    from SynthTrustLib.errors import SynthTrustError

    with tempfile.TemporaryDirectory() as name:
        path, target = make_sound(Path(name), kind)
        read_image(target)
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
        for damage, content in damaged(path.read_bytes(), np.random.default_rng(seed), count):
            path.write_bytes(content)
            begun = time.process_time()  # not of the clock: a busy machine is no slow reader
            try:
                read_image(target)
                outcome = "image"
            except SynthTrustError as error:
                outcome = f"{error.kind} error"
            except BaseException as error:
                outcome = f"FAILED {type(error).__name__} after {damage}: {error}"[:200]
            results.put((outcome, time.process_time() - begun))
    results.put(None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    bad = 0
    for n, kind in enumerate(KINDS):
        results = context.Queue()
        count = -(-options.files // len(KINDS))
        child = context.Process(target=work, args=(kind, options.seed + n, count, results))
        child.start()
        outcomes: Counter[str] = Counter()
        slowest = 0.0
        while True:
            try:
                result = results.get(timeout=PATIENCE_SECONDS)
            except Exception:
                outcomes["FAILED: the child crashed or hung"] += 1
                break
            if result is None:
                break
            outcomes[result[0]] += 1
            slowest = max(slowest, result[1])
        child.terminate()
        child.join()
        bad += sum(number for name, number in outcomes.items() if name.startswith("FAILED")) + (slowest > LIMIT_SECONDS)
        print(f"{kind}: {dict(outcomes)}, slowest {slowest:.2f} s", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
