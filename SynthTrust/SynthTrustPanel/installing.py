"""Packages that Slicer does not bring: asked for with their size, and installed when they are needed."""

import subprocess

import slicer
from slicer.i18n import tr as _


def install(logic, packages, purpose):
    """Ask for `packages` (SynthTrustLib.segmenters.engines.engine.Requirement) and install them.

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
