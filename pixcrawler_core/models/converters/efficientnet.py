"""EfficientNet-Lite0 from PyTorch's weights to ONNX: the layers are known, batch norms go into convolutions.

Architecture: Tan and Le, "EfficientNet" (2019), table 1, in the "Lite" variant (ReLU6, no squeeze and
excitation, stem and head not scaled); padding as TensorFlow's SAME, batch norm with epsilon 0.001.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.models.converters.graph import Graph
from pixcrawler_core.models.converters.torch_weights import read_weights

SIDE = 224
EPSILON = 1e-3
STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Stride of the first block of each stage; that of the others is 1."""
REPEATS = (1, 2, 2, 3, 3, 4, 1)
"""Blocks of each stage."""


def convert(members: Mapping[str, bytes]) -> bytes:
    """ONNX with the input `input` (n, 3, 224, 224), RGB as (value - 127) / 128.

    Outputs: `logits` (n, 1000) of ImageNet's classes in the usual order (that of their WordNet ids), and
    `embedding` (n, 1280), what the last layer sees.
    """
    (data,) = members.values()
    net = _Net(read_weights(data))
    value = net.convolve("input", "_conv_stem", "_bn0", stride=2)
    number = 0
    for stride, repeats in zip(STRIDES, REPEATS, strict=True):
        for repeat in range(repeats):
            value = net.block(value, f"_blocks.{number}.", stride if repeat == 0 else 1)
            number += 1
    value = net.convolve(value, "_conv_head", "_bn1")
    graph = net.graph
    embedding = graph.add("Flatten", [graph.add("GlobalAveragePool", [value])], axis=1)
    weights = [graph.constant(net.weights[f"_fc.{kind}"]) for kind in ("weight", "bias")]
    graph.name_output(embedding, "embedding")
    graph.name_output(graph.add("Gemm", [embedding, *weights], transB=1), "logits")
    outputs = {"logits": ("n", 1000), "embedding": ("n", 1280)}
    return graph.model("efficientnet-lite0", {"input": ("n", 3, SIDE, SIDE)}, outputs)


class _Net:
    """The graph, and the side of the picture at the point that has been reached."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = weights
        self.graph = Graph()
        self.side = SIDE
        self._bounds = [self.graph.constant(bound) for bound in (0, 6)]

    def block(self, value: str, prefix: str, stride: int) -> str:
        """An inverted residual: expand (but in the first block), convolve each channel, project."""
        before, channels = value, self._channels_in(prefix)
        if f"{prefix}_expand_conv.weight" in self.weights:
            value = self.convolve(value, f"{prefix}_expand_conv", f"{prefix}_bn0")
        value = self.convolve(value, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride)
        value = self.convolve(value, f"{prefix}_project_conv", f"{prefix}_bn2", linear=True)
        same = stride == 1 and self.weights[f"{prefix}_project_conv.weight"].shape[0] == channels
        return self.graph.add("Add", [value, before]) if same else value

    def convolve(self, value: str, name: str, norm: str, *, stride: int = 1, linear: bool = False) -> str:
        """A convolution with its batch norm, and ReLU6 unless linear."""
        weight, bias = self._folded(f"{name}.weight", norm)
        kernel = weight.shape[2]
        after = math.ceil(self.side / stride)
        padding = max((after - 1) * stride + kernel - self.side, 0)
        self.side = after
        value = self.graph.add(
            "Conv",
            [value, self.graph.constant(weight), self.graph.constant(bias)],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[padding // 2] * 2 + [padding - padding // 2] * 2,
            group=weight.shape[0] if name.endswith("_depthwise_conv") else 1,
        )
        return value if linear else self.graph.add("Clip", [value, *self._bounds])

    def _channels_in(self, prefix: str) -> int:
        expand = self.weights.get(f"{prefix}_expand_conv.weight")
        return int(
            self.weights[f"{prefix}_depthwise_conv.weight"].shape[0] if expand is None else expand.shape[1]
        )

    def _folded(self, weight: str, norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Weight and bias of a convolution that does the work of the batch norm after it, too."""
        gamma, beta, mean, variance = (
            self.weights[f"{norm}.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + np.float32(EPSILON))
        return self.weights[weight] * scale[:, None, None, None], beta - mean * scale
