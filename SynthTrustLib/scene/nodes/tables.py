"""Text and tables, such as those of the scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vtkmodules.vtkCommonCore import VTK_ENCODING_UTF_8, vtkDoubleArray, vtkStringArray

from SynthTrustLib.scene.result.attributes import Mark, Role, add, new_node
from SynthTrustLib.trust.scorecard import Row, Scorecard

COLUMNS = ("Section", "Row", "Value", "Unit", "Evidence", "Status", "Reason")


def text_node(scene: Any, text: str, mark: Mark) -> Any:
    """A text node that is not in the scene yet."""
    node = new_node(scene, "vtkMRMLTextNode")
    node.SetEncoding(VTK_ENCODING_UTF_8)
    # In a file of its own: text within the scene's XML would lose its line breaks.
    node.SetForceCreateStorageNode(node.CreateStorageNodeAlways)
    node.SetText(text)
    mark.write_on(node)
    return node


def scorecard_table(scene: Any, scorecard: Scorecard, run: str) -> Any:
    """A table node with one line per row of the scorecard, all columns text."""
    lines = [
        (row.section, row.label, value_in_words(row), row.unit, row.evidence, row.status, row.reason)
        for row in scorecard.rows
    ]
    columns = [(title, [line[index] for line in lines]) for index, title in enumerate(COLUMNS)]
    return table_node(scene, "Scorecard table", columns, Mark(run, Role.SCORECARD_TABLE))


def value_in_words(row: Row) -> str:
    """The value with its interval, or ``"unknown"``."""
    if row.value is None:
        return "unknown"
    if isinstance(row.value, bool):
        return "yes" if row.value else "no"
    if isinstance(row.value, str):
        return row.value
    text = f"{row.value:.4g}"
    return text if row.interval is None else f"{text} ({row.interval[0]:.4g} to {row.interval[1]:.4g})"


def table_node(
    scene: Any, name: str, columns: Iterable[tuple[str, Sequence[str] | Sequence[float]]], mark: Mark
) -> Any:
    """A locked table node; a column is text or numbers (double), by its first value."""
    node = new_node(scene, "vtkMRMLTableNode")
    for title, values in columns:
        is_text = not values or isinstance(values[0], str)
        array: Any = vtkStringArray() if is_text else vtkDoubleArray()
        array.SetName(title)
        for value in values:
            array.InsertNextValue(str(value) if is_text else float(value))
        node.AddColumn(array)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)
    return add(scene, node, name, mark)
