"""A small ``slicer.parameterNodeWrapper``: typed fields on a scripted-module node, tied to widgets.

It keeps the behaviour of Slicer's own for the types that SynthTrust uses: MRML nodes, enums, floats within a range,
bool, int, str and list[str]. Widgets are matched by exact type, as there.
"""

from __future__ import annotations

import enum
import json
import typing
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from PySide6 import QtWidgets

from standin import widgets

PROPERTY = "SlicerParameterName"


@dataclass(frozen=True)
class WithinRange:
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Default:
    value: Any


class ObservedList(list):
    """What a field of list[str] reads as: Slicer's cannot be added to, as who does so might mean to change the node."""

    def __add__(self, other):
        raise NotImplementedError("Adding an ObservedList is not supported. However, += is supported.")

    __radd__ = __mul__ = __rmul__ = __add__


def parameterNodeWrapper(cls):
    """Class decorator: annotations become properties that live on the wrapped node."""
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = {
        name: _Field(name, hint, getattr(cls, name) if hasattr(cls, name) else _default(hint))
        for name, hint in hints.items()
    }
    for name, field in fields.items():
        setattr(cls, name, _property(field))

    def init(self, parameterNode) -> None:
        self.parameterNode = parameterNode
        self._ties: dict[int, list] = {}
        self._observers: dict[int, int] = {}
        self._writing_to_widgets = False
        _remember(self)
        itself = weakref.ref(self)
        tag = parameterNode.AddObserver("ModifiedEvent", lambda caller, event: _remember(itself()))
        weakref.finalize(self, parameterNode.RemoveObserver, tag)

    cls.__init__ = init
    cls.hints = hints
    cls.fields = fields
    for function in (
        connectGui,
        connectParametersToGui,
        disconnectGui,
        AddObserver,
        RemoveObserver,
        Modified,
        StartModify,
        EndModify,
    ):
        setattr(cls, function.__name__, function)
    return cls


def _plain(hint) -> tuple[Any, tuple]:
    if typing.get_origin(hint) is Annotated:
        plain, *annotations = typing.get_args(hint)
        return plain, tuple(annotations)
    return hint, ()


def _is_node(plain) -> bool:
    return isinstance(plain, type) and plain.__name__.startswith("vtkMRML")


def _default(hint):
    plain, annotations = _plain(hint)
    for annotation in annotations:
        if isinstance(annotation, Default):
            return annotation.value
    if _is_node(plain):
        return None
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return next(iter(plain))
    return (typing.get_origin(plain) or plain)()


@dataclass(frozen=True)
class _Field:
    """One annotation: how its value is kept on the node."""

    name: str
    hint: Any
    default: Any

    def read(self, node):
        plain, _ = _plain(self.hint)
        if _is_node(plain):
            return node.GetNodeReference(self.name)
        if self.name not in (node.GetParameterNames() or ()):
            return ObservedList() if isinstance(self.default, list) else self.default
        text = node.GetParameter(self.name)
        if isinstance(plain, type) and issubclass(plain, enum.Enum):
            return plain[text]
        if plain is str and not text.startswith('"'):  # as Slicer keeps it; the kept scenes' texts are quoted
            return text
        value = json.loads(text)
        return ObservedList(value) if isinstance(value, list) else value

    def write(self, node, value) -> None:
        plain, annotations = _plain(self.hint)
        if _is_node(plain):
            if value is not None and not value.IsA(plain.__name__):
                raise TypeError(f"{self.name}: {value.GetClassName()} is not a {plain.__name__}")
            node.SetNodeReferenceID(self.name, value.GetID() if value else None)
            return
        bounds = next((a for a in annotations if isinstance(a, WithinRange)), None)
        if bounds and not bounds.minimum <= value <= bounds.maximum:
            raise ValueError(f"{self.name}: {value} is not within {bounds}")
        if isinstance(plain, type) and issubclass(plain, enum.Enum):
            node.SetParameter(self.name, plain(value).name)
            return
        kind = typing.get_origin(plain) or plain
        if not isinstance(value, (int, float) if kind is float else kind):
            raise TypeError(f"{self.name}: {value!r} is not a {kind.__name__}")
        node.SetParameter(self.name, value if kind is str else json.dumps(value))


def _property(field: _Field) -> property:
    """As Slicer's, a value is read from the node when that says that it was modified, and not whenever it is asked."""

    def get(self):
        return self._values[field.name]

    def set_(self, value) -> None:
        was = self.StartModify()
        try:
            field.write(self.parameterNode, value)
            self._values[field.name] = field.read(self.parameterNode)
        finally:
            self.EndModify(was)

    return property(get, set_)


def _remember(self) -> None:
    self._values = {name: field.read(self.parameterNode) for name, field in self.fields.items()}


def AddObserver(self, event, callback, priority=0.0):
    return self.parameterNode.AddObserver(event, callback, priority)


def RemoveObserver(self, tag) -> None:
    self.parameterNode.RemoveObserver(tag)


def Modified(self) -> None:
    self.parameterNode.Modified()


def StartModify(self):
    return self.parameterNode.StartModify()


def EndModify(self, was) -> None:
    self.parameterNode.EndModify(was)


@dataclass
class _Tie:
    """One widget tied to one field."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], None]
    signal: Any
    slot: Any = None


def _tie(name: str, hint, widget) -> _Tie:
    plain, annotations = _plain(hint)
    kind = type(widget)
    if _is_node(plain) and kind is widgets.qMRMLNodeComboBox:
        return _Tie(name, widget.currentNode, widget.setCurrentNode, widget.currentNodeChanged)
    if plain is float and kind is widgets.ctkSliderWidget:
        bounds = next(a for a in annotations if isinstance(a, WithinRange))
        widget.setProperty("minimum", bounds.minimum)
        widget.setProperty("maximum", bounds.maximum)
        return _Tie(
            name, lambda: widget.property("value"), lambda v: widget.setProperty("value", v), widget.valueChanged
        )
    if plain is bool and kind in (QtWidgets.QCheckBox, QtWidgets.QPushButton):
        return _Tie(name, widget.isChecked, widget.setChecked, widget.toggled)
    if plain is str and kind is QtWidgets.QLineEdit:
        return _Tie(name, widget.text, widget.setText, widget.textChanged)
    if isinstance(plain, type) and issubclass(plain, enum.Enum) and kind is QtWidgets.QComboBox:
        members = list(plain)
        label = getattr(plain, "label", lambda member: member.name)
        widget.clear()
        for member in members:
            widget.addItem(label(member))
        return _Tie(
            name,
            lambda: members[widget.currentIndex()],
            lambda value: widget.setCurrentIndex(members.index(value)),
            widget.currentIndexChanged,
        )
    raise RuntimeError(f"Unable to create GUI connector from datatype '{hint}' to widget type '{kind}'")


def connectGui(self, gui) -> int:
    """Tie every widget of `gui` that carries the property SlicerParameterName, both ways; returns their tag."""
    named = {widget.property(PROPERTY): widget for widget in vars(gui).values()}
    return self.connectParametersToGui({name: widget for name, widget in named.items() if name})


def connectParametersToGui(self, mapping) -> int:
    """Tie fields to widgets, both ways; returns the tag for `disconnectGui`."""
    ties = [_tie(name, self.hints[name], widget) for name, widget in mapping.items()]
    tag = len(self._ties)
    self._ties[tag] = ties
    for tie in ties:
        tie.write(getattr(self, tie.name))
        tie.slot = _slot(self, tie)
        tie.signal.connect(tie.slot)
    self._observers[tag] = self.AddObserver("ModifiedEvent", lambda caller, event: _write_to_widgets(self))
    return tag


def _slot(self, tie: _Tie):
    def slot(*_) -> None:
        if not self._writing_to_widgets:
            setattr(self, tie.name, tie.read())

    return slot


def _write_to_widgets(self) -> None:
    if self._writing_to_widgets:
        return
    self._writing_to_widgets = True
    try:
        for ties in self._ties.values():
            for tie in ties:
                tie.write(getattr(self, tie.name))
    finally:
        self._writing_to_widgets = False


def disconnectGui(self, tag: int) -> None:
    # Left in place, it would be called after Python's garbage collector has taken it apart.
    if tag in self._observers:
        self.RemoveObserver(self._observers.pop(tag))
    for tie in self._ties.pop(tag, []):
        tie.signal.disconnect(tie.slot)
