"""CenterFace for pictures of any size: the file of the package is ONNX with a fixed size written into it."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

AXES = {
    "input": ("n", None, "height", "width"),
    "centres": ("n", None, "height/4", "width/4"),
    "sizes": ("n", None, "height/4", "width/4"),
    "offsets": ("n", None, "height/4", "width/4"),
    "landmarks": ("n", None, "height/4", "width/4"),
}
"""Input and outputs in their order, with names of their axes; None leaves the number that the file has."""


def convert(members: Mapping[str, bytes]) -> bytes:
    """ONNX with the input `input` (n, 3, height, width), RGB 0..255, sides multiples of 32.

    Outputs, each at a quarter of the size: `centres` (1 channel, probability of a face's centre), `sizes` (2,
    logarithms of its height and width over 4), `offsets` (2, of the centre in y and x), `landmarks` (10).
    """
    (data,) = members.values()
    model = onnx.ModelProto.FromString(data)
    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    del graph.input[:], graph.value_info[:]
    graph.input.extend(inputs)
    ends = [*graph.input, *graph.output]
    _rename(graph, {end.name: name for end, name in zip(ends, AXES, strict=True)})
    for end, names in zip(ends, AXES.values(), strict=True):
        for axis, name in zip(end.type.tensor_type.shape.dim, names, strict=True):
            if name is not None:
                axis.dim_param = name
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """Give values new names, wherever they stand."""
    for value in (*graph.input, *graph.output):
        value.name = names[value.name]
    for node in graph.node:
        node.input[:] = [names.get(each, each) for each in node.input]
        node.output[:] = [names.get(each, each) for each in node.output]
