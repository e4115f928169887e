"""Everything that the panel does, without the panel."""

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from .editing import Editing
from .files import Files
from .givenOutlines import GivenOutlines
from .installing import Packages
from .parameters import Layout, Overlay, SynthTrustParameterNode
from .patients import Patients
from .results import Results
from .runs import Runs
from .segmenters import Segmenters
from .views import Views


class SynthTrustLogic(Patients, Segmenters, GivenOutlines, Packages, Runs, Results, ScriptedLoadableModuleLogic):
    """What the panel does, for Slicer's Python console and for batch use too.

    Example: assess every patient that is loaded, and write what was found::

        import SynthTrust
        logic = SynthTrust.SynthTrustLogic()
        for patient in logic.patients():
            volumes = {contrast: found.node for contrast, found in patient.contrasts.items()}
            result = logic.assess(volumes, "ladder", progress=lambda stage, fraction: print(f"{fraction:.0%} {stage}"))
            for row in result.scorecard.rows:
                print(row.label, row.value, row.unit, row.evidence, row.reason)
            logic.export(result, "/path/of/a/folder")

    `volumes` may be named by hand, too: ``{"FLAIR": node, "T1c": node}``.

    What is shown is in `views`, what is drawn by hand in `editing`, what is written in `files`. Each base class is
    another part of it, in a file of its own.

    No method opens a dialog; what goes wrong is raised as SynthTrustLib.errors.SynthTrustError.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        Runs.__init__(self)
        Results.__init__(self)
        self.views = Views(self)
        self.editing = Editing(self)
        self.files = Files(self)

    def getParameterNode(self, known=None):
        """The scene's parameter node in its wrapper; `known` itself where that is one of it.

        A wrapper observes its node for good, so that none is made without need.
        """
        node = super().getParameterNode()
        if known is not None and known.parameterNode is node:
            return known
        with slicer.util.NodeModify(node):
            for name, kind in (("overlay", Overlay), ("layout", Layout)):
                # From a scene of another version, which Slicer would make no wrapper of.
                if node.HasParameter(name) and node.GetParameter(name) not in kind.__members__:
                    node.UnsetParameter(name)
        return SynthTrustParameterNode(node)

    def show(self, result, parameterNode):
        """Bring the views in line with the parameters."""
        self.views.show(result, parameterNode)

    def export(self, result, folder, **options):
        """Write a result as files into a new folder inside `folder`; returns their paths.

        Options as of SynthTrustPanel.files.Files.exporting.
        """
        from SynthTrustLib.progress import finish

        return finish(self.files.exporting(result, folder, **options))
