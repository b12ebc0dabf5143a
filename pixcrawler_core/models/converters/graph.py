"""Builds ONNX graphs, in the few ways that the converters need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
"""Operator set of ONNX 1.13; all that onnxruntime has run since 2023."""
IR_VERSION = 8

Shape = Sequence[int | str]
"""Sizes of the axes; a name stands for one that may be any."""


class Graph:
    """A graph under construction. Names of values are numbers, so that the same calls give the same bytes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._count = 0

    def constant(self, value: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        """A constant; its name."""
        name = self._name("k")
        array = np.array(value, kind, order="C")
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """A node with one output; the output's name."""
        return self.split(operator, inputs, 1, **attributes)[0]

    def split(self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """A node with several outputs; their names."""
        names = [self._name("t") for _ in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def name_output(self, value: str, name: str) -> None:
        """Give a value the name of an output of the model."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))

    def model(self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> bytes:
        """The file of the model; inputs and outputs are float32."""
        graph = helper.make_graph(
            self._nodes, name, _infos(inputs), _infos(outputs), initializer=self._constants
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"


def _infos(shapes: Mapping[str, Shape]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in shapes.items()
    ]
