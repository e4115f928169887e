"""Printed as JSON: what the module finds beside itself, in the stand-in for Slicer; run by test_install_tree.

``python found_by_the_module.py MODULE_FILE HOST_FOLDER``
"""

from __future__ import annotations

import importlib
import json
import sys
import unittest
from pathlib import Path


def main(module_file: Path, host_folder: Path) -> None:
    sys.path.insert(0, str(host_folder))
    from standin.application import Host

    host = Host(module_file)
    host.load_module()
    module = host.module
    library = importlib.import_module("SynthTrustLib")
    resource_path = importlib.import_module("SynthTrustLib.resources").resource_path
    icon = host.parent.icon
    # What slicer.testing.runUnitTest runs: slicer_add_python_unittest hands it the module's name.
    self_test = [test.id() for suite in unittest.TestLoader().loadTestsFromModule(module) for test in suite]
    import slicer

    found = {
        "module": module.__file__,
        "library": library.__file__,
        "panel": importlib.import_module("SynthTrustPanel").__file__,
        "resources": [str(module.RESOURCES), str(resource_path("Schemas").parent)],
        "icon": not icon.isNull(),
        "ui": slicer.util.loadUI(str(module.RESOURCES / "UI" / "SynthTrust.ui")).objectName(),
        "schemas": sorted(path.name for path in resource_path("Schemas").iterdir()),
        "self_test": [".".join(name.split(".")[-2:]) for name in self_test],
        "segmenters": [package.card.id for package in module.SynthTrustLogic().findSegmenters()],
        "sample_patient": sorted(map(str, module.SynthTrustLogic().loadSamplePatient())),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
