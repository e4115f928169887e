"""Feed the readers thousands of damaged files: each must end in an image or one SynthTrustError, and soon.

    python Testing/Benchmarks/fuzz_readers.py [--files 5000] [--flips 2000] [--seed 1]

Then single bits are flipped, as a bad disk or memory flips them: in the compressed voxels of every format with a
checksum each flip must be refused or leave voxels and geometry identical, and in plain files and headers what is read
must be an image that there can be.

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

from fuzz_files import CHECKSUMMED

LIMIT_BYTES, LIMIT_SECONDS = 3 << 30, 10.0
PATIENCE_SECONDS = 300.0  # the start of a child on a busy machine included
PLAIN = ("plain.nii", "plain.nrrd", "plain.mha")
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

    from SynthTrustLib.case.file.read import read_image
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


def flip(kind: str, seed: int, count: int, results: multiprocessing.Queue) -> None:
    """One bit flipped, `count` times: in the compressed voxels of `kind`, or anywhere in a plain file."""
    import SimpleITK as sitk
    from fuzz_files import checksummed_file, one_bit_flipped

    from SynthTrustLib.case.file.read import FARTHEST_MM, POSSIBLE_VOXEL_MM, read_image
    from SynthTrustLib.errors import SynthTrustError

    with tempfile.TemporaryDirectory() as name:
        target = Path(name, kind)
        if kind in CHECKSUMMED:
            path, start, end = checksummed_file(Path(name), kind)
        else:
            path, _, _ = checksummed_file(Path(name), "a.nii.gz")
            sitk.WriteImage(sitk.ReadImage(str(path)), str(target), useCompression=False)
            path, start, end = target, 0, min(1200, target.stat().st_size)
        sound = read_image(target)
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
        for content in one_bit_flipped(path.read_bytes(), np.random.default_rng(seed), count, start, end):
            path.write_bytes(content)
            begun = time.process_time()
            try:
                image = read_image(target)
                grid = image.geometry
                if np.array_equal(image.array, sound.array) and grid.is_same(sound.geometry, 0.0):
                    outcome = "identical"
                elif kind in CHECKSUMMED:
                    outcome = "FAILED: read although damaged"
                elif (
                    not np.isfinite(image.array).all()
                    or not POSSIBLE_VOXEL_MM[0] <= min(grid.spacing) <= max(grid.spacing) <= POSSIBLE_VOXEL_MM[1]
                    or np.abs(grid.corners_ras()).max() > FARTHEST_MM
                ):
                    outcome = "FAILED: an image that there cannot be"
                else:
                    outcome = "other image"
            except SynthTrustError as error:
                outcome = f"{error.kind} error"
            except BaseException as error:
                outcome = f"FAILED {type(error).__name__}: {error}"[:200]
            results.put((outcome, time.process_time() - begun))
    results.put(None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    bad = 0
    jobs = [(work, kind, -(-options.files // len(KINDS))) for kind in KINDS if options.files]
    flipped = (*CHECKSUMMED, *PLAIN)
    jobs += [(flip, kind, -(-options.flips // len(flipped))) for kind in flipped if options.flips]
    for n, (job, kind, count) in enumerate(jobs):
        results = context.Queue()
        child = context.Process(target=job, args=(kind, options.seed + n, count, results))
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
        print(f"{job.__name__} {kind}: {dict(outcomes)}, slowest {slowest:.2f} s", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
