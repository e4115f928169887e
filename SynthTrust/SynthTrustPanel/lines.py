"""Lines of text: those that the parameter node keeps, and paths."""


def followPath(line, onPath):
    """Call `onPath` whenever the path of a ctkPathLineEdit changes, also when it is emptied.

    CTK takes an empty path for one that is not valid, and tells of valid ones only.
    """
    line.currentPathChanged.connect(lambda *unused: onPath())
    line.validInputChanged.connect(lambda isValid: None if isValid else onPath())


class Lines:
    """Ties line edits to texts of the parameter node (field -> widget).

    Slicer's own tie writes a text back after each letter, so that who corrects it in the middle is sent to its end.
    """

    def __init__(self, panel, widgets):
        self._panel = panel
        self._widgets = widgets
        for field, widget in widgets.items():
            widget.textChanged.connect(lambda text, field=field: self._onText(field, text))

    def update(self):
        """Show what the parameter node holds; a line that shows it already is left alone."""
        for field, widget in self._widgets.items():
            text = getattr(self._panel.parameterNode, field)
            if widget.text != text:
                widget.text = text

    def _onText(self, field, text):
        node = self._panel.parameterNode
        if node is not None and getattr(node, field) != text:
            setattr(node, field, text)
