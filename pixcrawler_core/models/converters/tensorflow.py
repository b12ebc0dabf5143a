"""Translates graphs of TensorFlow.js into ONNX: the operators that NanoDet has, and no others.

TensorFlow has channels last where ONNX has them second: transpositions stand around what cares, and
onnxruntime takes out those that undo each other.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.graph import Graph

Array = NDArray[Any]
Node = Mapping[str, Any]
_TYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "float16": np.dtype("<f2"),
}
_CHANNELS_SECOND, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def read_constants(groups: Iterable[Mapping[str, Any]], data: bytes) -> dict[str, Array]:
    """The constants of a model by name; those kept as float16 become what they stand for."""
    constants, offset = {}, 0
    for weight in (weight for group in groups for weight in group["weights"]):
        stored = _TYPES[weight.get("quantization", weight)["dtype"]]
        count = math.prod(weight["shape"])
        array = np.frombuffer(data, stored, count, offset).reshape(weight["shape"])
        constants[weight["name"]] = array.astype(_TYPES[weight["dtype"]])
        offset += count * stored.itemsize
    return constants


class Translation:
    """A graph of TensorFlow, node by node in the order of computation, as a graph of ONNX.

    `inputs` has the names in ONNX of the placeholders. Raises ModelError for an operator, or a way to use
    one, that is not known.
    """

    def __init__(
        self, nodes: Iterable[Node], constants: Mapping[str, Array], inputs: Mapping[str, str]
    ) -> None:
        self.graph = Graph()
        self._constants = dict(constants)
        self._values: dict[str, Sequence[str]] = {name: [renamed] for name, renamed in inputs.items()}
        for node in nodes:
            name = node["name"]
            if name in self._constants or name in self._values:
                continue
            if all(_bare(each) in self._constants for each in node["input"]):
                self._constants[name] = self._folded(node)
            else:
                self._values[name] = self._translated(node)

    def value(self, reference: str) -> str:
        """The ONNX name of `node` or `node:output`."""
        name, _, output = reference.partition(":")
        if name not in self._values:
            self._values[name] = [self.graph.constant(self.constant(name))]
        return self._values[name][int(output or 0)]

    def constant(self, reference: str) -> Array:
        """The value of a node that does not depend on the inputs."""
        return self._constants[_bare(reference)]

    def _folded(self, node: Node) -> Array:
        operands = [self.constant(each) for each in node["input"]]
        if node["op"] in ("Add", "AddV2"):
            return np.add(*operands)
        if node["op"] == "SparseToDense" and operands[0].size == 0:
            return np.full(operands[1], operands[3])
        raise ModelError(f"the model has the operator {node['op']} on constants, which is not known here")

    def _translated(self, node: Node) -> Sequence[str]:
        translate = _OPERATORS.get(node["op"])
        if translate is None:
            raise ModelError(f"the model has the operator {node['op']}, which is not known here")
        result = translate(self, node)
        return [result] if isinstance(result, str) else result


def _bare(reference: str) -> str:
    return reference.partition(":")[0]


def _floats(to: Translation, node: Node) -> list[str]:
    return [to.value(each) for each in node["input"]]


def _same(operator: str) -> Callable[[Translation, Node], str]:
    """An operator that does the same to each element in both."""
    return lambda to, node: to.graph.add(operator, _floats(to, node))


def _identity(to: Translation, node: Node) -> str:
    return to.value(node["input"][0])


def _leaky(to: Translation, node: Node) -> str:
    return to.graph.add("LeakyRelu", _floats(to, node), alpha=node["attr"]["alpha"]["f"])


def _transpose(to: Translation, node: Node) -> str:
    value, order = node["input"]
    return to.graph.add("Transpose", [to.value(value)], perm=to.constant(order).tolist())


def _reshape(to: Translation, node: Node) -> str:
    value, shape = node["input"]
    return to.graph.add("Reshape", [to.value(value), to.graph.constant(to.constant(shape), np.int64)])


def _concat(to: Translation, node: Node) -> str:
    *values, axis = node["input"]
    return to.graph.add("Concat", [to.value(each) for each in values], axis=int(to.constant(axis)))


def _split(to: Translation, node: Node) -> Sequence[str]:
    value, sizes, axis = node["input"]
    parts = to.constant(sizes)
    inputs = [to.value(value), to.graph.constant(parts, np.int64)]
    return to.graph.split("Split", inputs, parts.size, axis=int(to.constant(axis)))


def _pad(to: Translation, node: Node) -> str:
    value, widths, *filler = node["input"]
    pads = to.graph.constant(to.constant(widths).T.ravel(), np.int64)
    return to.graph.add("Pad", [to.value(value), pads, *map(to.value, filler)])


def _convolution(to: Translation, node: Node) -> str:
    value, weight = node["input"]
    kernel = to.constant(weight).transpose(3, 2, 0, 1)
    return _spatial(
        to, node, "Conv", [value], [to.graph.constant(kernel)],
        kernel_shape=kernel.shape[2:], dilations=_numbers(node, "dilations"),
    )  # fmt: skip


def _max_pool(to: Translation, node: Node) -> str:
    return _spatial(to, node, "MaxPool", node["input"], [], kernel_shape=_numbers(node, "ksize"))


def _spatial(
    to: Translation, node: Node, operator: str, inputs: Sequence[str], more: Sequence[str], **attributes: Any
) -> str:
    """An operator on rows and columns, without padding."""
    if base64.b64decode(node["attr"]["padding"]["s"]) != b"VALID":
        raise ModelError(f"the model has padding in {node['op']}, which is not known here")
    values = [to.graph.add("Transpose", [to.value(each)], perm=_CHANNELS_SECOND) for each in inputs]
    value = to.graph.add(operator, [*values, *more], strides=_numbers(node, "strides"), **attributes)
    return to.graph.add("Transpose", [value], perm=_CHANNELS_LAST)


def _numbers(node: Node, attribute: str) -> list[int]:
    """Rows and columns of an attribute that has a number for each axis."""
    return [int(each) for each in node["attr"][attribute]["list"]["i"]][1:3]


def _resize(to: Translation, node: Node) -> str:
    value, size = node["input"]
    if node["attr"]["align_corners"]["b"] or not node["attr"]["half_pixel_centers"]["b"]:
        raise ModelError("the model resizes in a way that is not known here")
    second = to.graph.add("Transpose", [to.value(value)], perm=_CHANNELS_SECOND)
    kept, rows_and_columns = (
        to.graph.add("Shape", [second], end=2),
        to.graph.constant(to.constant(size), np.int64),
    )
    sizes = to.graph.add("Concat", [kept, rows_and_columns], axis=0)
    resized = to.graph.add("Resize", [second, "", "", sizes], mode="linear")
    return to.graph.add("Transpose", [resized], perm=_CHANNELS_LAST)


_OPERATORS: Mapping[str, Callable[[Translation, Node], str | Sequence[str]]] = {
    "Add": _same("Add"),
    "AddV2": _same("Add"),
    "ConcatV2": _concat,
    "Conv2D": _convolution,
    "Identity": _identity,
    "LeakyRelu": _leaky,
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "ResizeBilinear": _resize,
    "Sigmoid": _same("Sigmoid"),
    "SplitV": _split,
    "Transpose": _transpose,
}
