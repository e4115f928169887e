"""Reads what SynthTrust must know of an ONNX file without any ONNX package: inputs, outputs and stored weights.

The wire format is that of protocol buffers; the field numbers are those of ``onnx.proto3`` (ONNX IR).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT, _INT64, _FLOAT16 = 1, 7, 10  # TensorProto.DataType
_STORED_TYPES: dict[int, Any] = {
    _FLOAT: "<f4",
    2: "u1",
    3: "i1",
    6: "<i4",
    _INT64: "<i8",
    9: "?",
    _FLOAT16: "<f2",
    11: "<f8",
}
_EXTERNAL = 1  # TensorProto.DataLocation
_DEEPEST = 16  # nesting of sub-graphs that we follow


class OnnxFileError(ValueError):
    """The bytes are not an ONNX model that can be read on its own."""


@dataclass(frozen=True)
class TensorInfo:
    """A graph input or output. `shape` has None where a size is left open."""

    name: str
    is_float32: bool
    shape: tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """What an ONNX file takes, gives and stores.

    `weights` are the initializers by name, as stored; one that Cast or Identity passes on has that output's name too
    (exporters store equal weights once, and name the others so), and one that DequantizeLinear reads has its values
    under the name of that output.
    """

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    weights: dict[str, npt.NDArray[Any]]


def read_onnx(data: bytes) -> OnnxFile:
    """Parse an ONNX model. Raises OnnxFileError if the bytes are not an ONNX model, or if it refers to other files."""
    try:
        graphs = [value for number, value in _fields(memoryview(data)) if number == 7]
        if len(graphs) != 1 or not isinstance(graphs[0], memoryview):
            raise OnnxFileError("there is no graph in it")
        return _graph(graphs[0])
    except (IndexError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise OnnxFileError("it is not an ONNX file") from error


def _graph(data: memoryview) -> OnnxFile:
    weights: dict[str, npt.NDArray[Any]] = {}
    inputs, outputs = [], []
    nodes: list[_Node] = []
    for number, value in _fields(data):
        if number == 1:
            _refuse_external(value)
            nodes.append(_node(value))
        elif number == 5:
            name, array = _tensor(value)
            weights[name] = array
        elif number == 11:
            inputs.append(_value_info(value))
        elif number == 12:
            outputs.append(_value_info(value))
        elif number == 15:
            raise OnnxFileError("it holds sparse weights")
    stored = set(weights)
    for node in nodes:  # in the order of the graph, so that chains resolve
        if not all(name in weights for name in node.inputs) or len(node.outputs) != 1:
            continue
        values = [weights[name] for name in node.inputs]
        if node.operation in ("Cast", "Identity") and len(values) == 1:
            weights[node.outputs[0]] = values[0]
        elif node.operation == "DequantizeLinear" and 2 <= len(values) <= 3:
            weights[node.outputs[0]] = _dequantized(node, *values)
    return OnnxFile(tuple(info for info in inputs if info.name not in stored), tuple(outputs), weights)


class _Node(NamedTuple):
    """One operation of the graph; `axis` as its attribute says, 1 (ONNX's default of DequantizeLinear) without one."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    axis: int


def _node(data: memoryview) -> _Node:
    inputs, outputs, operation, axis = [], [], "", 1
    for number, value in _fields(data):
        if number == 1:
            inputs.append(bytes(value).decode())
        elif number == 2:
            outputs.append(bytes(value).decode())
        elif number == 4:
            operation = bytes(value).decode()
        elif number == 5:
            attribute = dict(_fields(value))
            if bytes(attribute.get(1, b"")) == b"axis":
                axis = _signed(attribute.get(3, 0))
    return _Node(operation, tuple(inputs), tuple(outputs), axis)


def _dequantized(
    node: _Node, values: npt.NDArray[Any], scale: npt.NDArray[Any], zero: npt.NDArray[Any] | None = None
) -> npt.NDArray[np.float32]:
    """What DequantizeLinear makes of stored integers: (values - zero) * scale, one scale a channel of `node.axis`."""
    shape = [1] * values.ndim
    if scale.size > 1:
        if not -values.ndim <= node.axis < values.ndim or scale.shape != (values.shape[node.axis],):
            raise OnnxFileError(f"the scale of the weights {node.inputs[0]!r} does not fit them")
        shape[node.axis] = -1
    offset = np.float32(0) if zero is None else zero.astype(np.float32).reshape(shape)
    return np.asarray((values.astype(np.float32) - offset) * scale.astype(np.float32).reshape(shape), np.float32)


def _refuse_external(node: memoryview, depth: int = 0) -> None:
    """Follow a node's attributes (tensors and sub-graphs): none may point to another file."""
    if depth > _DEEPEST:
        raise OnnxFileError("its graph is nested too deeply")
    for number, attribute in _fields(node):
        if number != 5:
            continue
        for inner, value in _fields(attribute):
            if inner in (5, 10):
                _tensor(value)
            elif inner in (6, 11):
                for part, content in _fields(value):
                    if part == 1:
                        _refuse_external(content, depth + 1)
                    elif part == 5:
                        _tensor(content)


def _tensor(data: memoryview) -> tuple[str, npt.NDArray[Any]]:
    """Name and values of a TensorProto."""
    shape: list[int] = []
    kind, name, raw = 0, "", None
    floats: list[bytes] = []
    integers: list[int] = []
    for number, value in _fields(data):
        if number == 1:
            shape += _integers(value)
        elif number == 2:
            kind = value
        elif number == 4:
            floats.append(bytes(value))
        elif number in (5, 7):
            integers += _integers(value)
        elif number == 8:
            name = bytes(value).decode()
        elif number == 9:
            raw = value
        elif number == 13 or (number == 14 and value == _EXTERNAL):
            raise OnnxFileError("it keeps weights in another file")
    stored = _STORED_TYPES.get(kind)
    if stored is None:
        raise OnnxFileError(f"it holds values of an unexpected type ({kind})")
    if raw is not None:
        if len(raw) % np.dtype(stored).itemsize:
            raise OnnxFileError(f"the weights {name!r} are cut short")
        array = np.frombuffer(raw, stored)
    elif floats:
        array = np.frombuffer(b"".join(floats), "<f4")
    elif kind == _FLOAT16:
        array = np.array(integers, "<u2").view("<f2")
    else:
        array = np.array(integers, stored)
    if any(n < 0 for n in shape) or math.prod(shape) != array.size:
        raise OnnxFileError(f"the weights {name!r} do not have the size that they state")
    return name, array.reshape(shape)


def _value_info(data: memoryview) -> TensorInfo:
    name, kind = "", 0
    shape: list[int | None] = []
    for number, value in _fields(data):
        if number == 1:
            name = bytes(value).decode()
        elif number == 2:
            for tensor_number, tensor in _fields(value):
                if tensor_number != 1:
                    continue
                for part, content in _fields(tensor):
                    if part == 1:
                        kind = content
                    elif part == 2:
                        shape += [_dimension(dim) for field, dim in _fields(content) if field == 1]
    return TensorInfo(name, kind == _FLOAT, tuple(shape))


def _dimension(data: memoryview) -> int | None:
    for number, value in _fields(data):
        if number == 1:
            return int(value)
    return None


def _integers(value: Any) -> list[int]:
    """One integer, or a packed list of them, as signed 64-bit."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        numbers.append(_signed(number))
    return numbers


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 70, 7):
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return result, position
    raise OnnxFileError("it is not an ONNX file")


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """Field number and value of each field of a message: an int for varints, else a view of its bytes."""
    position, end = 0, len(data)
    while position < end:
        # Nearly all integers take one byte: calling for each of the tens of thousands in a model would take most of it.
        key = data[position]
        position += 1
        if key & 0x80:
            key, position = _varint(data, position - 1)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise OnnxFileError("it is not an ONNX file")
        if wire in (_VARINT, _BYTES):
            size = data[position]
            position += 1
            if size & 0x80:
                size, position = _varint(data, position - 1)
            if wire == _VARINT:
                yield number, size
                continue
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise OnnxFileError("it is not an ONNX file")
        if position + size > end:
            raise OnnxFileError("it is cut short")
        yield number, data[position : position + size]
        position += size
