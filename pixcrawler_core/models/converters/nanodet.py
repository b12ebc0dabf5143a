"""NanoDet from TensorFlow.js to ONNX."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pixcrawler_core.models.converters.tensorflow import Translation, read_constants

SIDE = 416
CLASSES = 80
"""Classes of COCO."""
BINS = 44
"""Four sides of a box with eleven bins each."""
STRIDES = (8, 16, 32)
SOURCES = {
    "scores": ("Identity", "Identity_1", "Identity_2"),
    "boxes": ("Identity_3", "Identity_4", "Identity_5"),
}
"""Nodes of the source that are outputs, in the order of the strides."""


def convert(members: Mapping[str, bytes]) -> bytes:
    """ONNX with the input `input` (1, 3, 416, 416), BGR less mean over deviation.

    Outputs for each stride s of 8, 16, 32, with (416 / s)^2 cells by rows: `scores_s` (1, cells, 80),
    probabilities 0..1; `boxes_s` (1, cells, 44), logits over eleven bins for each side (left, top, right,
    bottom): the distance from the cell's centre in strides is the mean of the bins 0..10 by softmax.
    """
    document = json.loads(members["nanodet.json"])
    constants = read_constants(document["weightsManifest"], members["nanodet.bin"])
    translation = Translation(document["modelTopology"]["node"], constants, {"input_1": "input"})
    outputs = {}
    for kind, width in (("scores", CLASSES), ("boxes", BINS)):
        for stride, source in zip(STRIDES, SOURCES[kind], strict=True):
            name = f"{kind}_{stride}"
            translation.graph.name_output(translation.value(source), name)
            outputs[name] = (1, (SIDE // stride) ** 2, width)
    return translation.graph.model("nanodet", {"input": (1, 3, SIDE, SIDE)}, outputs)
