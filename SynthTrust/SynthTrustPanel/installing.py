"""Packages that Slicer does not bring: asked for with their size, and installed when they are needed."""

import importlib.util
import subprocess

import slicer
from slicer.i18n import tr as _

ENGINES = ("openvino", "onnxruntime")
REPORT = (  # module, what pip is given, name, megabytes of the download with what it needs itself
    ("jinja2", "jinja2>=3.1", "Jinja2", 1),
    ("matplotlib", "matplotlib>=3.9", "Matplotlib", 25),
)
DICOM = (("highdicom", "highdicom>=0.27", "highdicom", 5),)
COHORT = (("distributed", "dask[distributed]>=2025.1", "Dask", 8), ("locket", "locket>=1.0", "locket", 1))


def _isMissing(module):
    return not importlib.util.find_spec(module)


def missing(packages):
    """Those of these that Slicer does not bring, as SynthTrustLib.segmenters.engines.engine.Requirement."""
    from SynthTrustLib.segmenters.engines.engine import Requirement

    return [Requirement(*package) for module, *package in packages if _isMissing(module)]


class Packages:
    """The part of the logic that knows what a run needs."""

    def missingPackages(self, engine=True):
        """What a run needs and Slicer does not bring (`missing`); outlines made elsewhere alone need no `engine`."""
        from SynthTrustLib.segmenters.engines.engine import cpu_requirement

        engines = [cpu_requirement()] if engine and all(map(_isMissing, ENGINES)) else []
        return engines + missing(REPORT)

    def installPackages(self, packages):
        """Install what `missing` has named, without asking again; does nothing in testing mode.

        Raises subprocess.CalledProcessError if it cannot be installed, e.g. because there is no internet.
        """
        import slicer.packaging

        slicer.packaging.pip_ensure([p.pip for p in packages], prompt_install=False, requester="SynthTrust")


def install(logic, packages, purpose):
    """Ask for `packages`, as `missing` names them, and install them.

    Returns why they are not there, in one sentence, and what a developer wants to know; both empty where they are.

    `purpose` begins the question: "To run segmenters".
    """
    if not packages:
        return "", ""
    lines = [_("{name}, about {size} MB").format(name=package.name, size=package.megabytes) for package in packages]
    question = _(
        "{purpose}, SynthTrust needs packages that Slicer does not bring. About {size} MB will be downloaded from the "
        "Python Package Index and installed into Slicer:\n\n{packages}\n\nInstall them now?"
    ).format(purpose=purpose, size=sum(package.megabytes for package in packages), packages="\n".join(lines))
    if not slicer.util.confirmOkCancelDisplay(question, "SynthTrust"):
        return _("It was not started: the packages that it needs were not installed."), ""
    try:
        logic.installPackages(packages)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        problem = _(
            "The packages could not be installed. Check the connection to the internet, or install them from files "
            "with PythonSlicer -m pip install, then try again."
        )
        return problem, str(error)
    return "", ""
