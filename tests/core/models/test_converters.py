from __future__ import annotations

import base64
import io
import pickle
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.brisque import convert as convert_brisque
from pixcrawler_core.models.converters.tensorflow import Translation, read_constants
from pixcrawler_core.models.converters.torch_weights import MAGIC, read_weights
from pixcrawler_core.models.converters.zips import npz_bytes, zip_bytes

Array = NDArray[Any]
SAME = {"s": base64.b64encode(b"SAME").decode()}
VALID = {"padding": {"s": base64.b64encode(b"VALID").decode()}}
INPUT = np.random.default_rng(7).normal(size=(1, 6, 8, 3)).astype(np.float32)


def test_archives_are_the_same_on_every_run() -> None:
    members = {"b": b"later", "a": b"earlier"}
    assert zip_bytes(members) == zip_bytes(members)
    assert zip_bytes(members) != zip_bytes(dict(reversed(members.items())))
    arrays = {"scalar": np.array(0.5), "table": np.arange(6).reshape(2, 3).T}
    with np.load(io.BytesIO(npz_bytes(arrays)), allow_pickle=False) as found:
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].shape == array.shape


def test_a_support_vector_machine_is_read_with_its_gaps() -> None:
    text = "svm_type epsilon_svr\nkernel_type rbf\ngamma 0.5\nrho -2.5\nSV\n-4 1:-1 36:0.5\n3.5 2:1\n"
    ranges = {"min_": [0.0] * 36, "max_": [2.0] * 36}
    made = convert_brisque({"svm.txt": text.encode(), "normalize.pickle": pickle.dumps(ranges)})
    with np.load(io.BytesIO(made), allow_pickle=False) as found:
        assert found["weights"].tolist() == [-4, 3.5]
        assert [found["support"][0, 0], found["support"][0, 35], found["support"][1, 1]] == [-1, 0.5, 1]
        assert np.abs(found["support"]).sum() == 2.5
        assert (found["gamma"], found["rho"], found["high"][0]) == (0.5, -2.5, 2.0)
    with pytest.raises(ModelError, match="kernel linear"):
        convert_brisque({"svm.txt": text.replace("rbf", "linear").encode(), "normalize.pickle": b""})


def weights(
    shape: Sequence[int], strides: Sequence[int], offset: int = 0, kind: str = "FloatStorage"
) -> bytes:
    """A file of weights with the tensor `w`, cut out of the storage 0, 1, ... 11."""
    numbers = [f"({''.join(f'I{each}' + chr(10) for each in axes)}t" for axes in (shape, strides)]
    state = (
        f"ccollections\nOrderedDict\n)RS'w'\nctorch._utils\n_rebuild_tensor_v2\n"
        f"((S'storage'\nctorch\n{kind}\nS'0'\nS'cpu'\nI12\nNtQI{offset}\n{numbers[0]}{numbers[1]}"
        "I00\nccollections\nOrderedDict\n)RtRs."
    )
    head = [pickle.dumps(each) for each in (MAGIC, 1001, {"little_endian": True})]
    values = np.arange(12, dtype="<f4")
    return b"".join(
        [*head, state.encode(), pickle.dumps(["0"]), (12).to_bytes(8, "little"), values.tobytes()]
    )


def test_weights_are_read_however_they_lie() -> None:
    values = np.arange(12, dtype=np.float32)
    np.testing.assert_array_equal(read_weights(weights((3, 4), (4, 1)))["w"], values.reshape(3, 4))
    np.testing.assert_array_equal(read_weights(weights((4, 3), (1, 4)))["w"], values.reshape(3, 4).T)
    np.testing.assert_array_equal(read_weights(weights((2,), (3,), 5))["w"], values[[5, 8]])
    assert read_weights(weights((), (), 7))["w"] == 7


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (weights((13,), (1,)), "'w' reaches out of its storage"),
        (weights((4, 3), (4, 1)), "'w' reaches out of its storage"),
        (weights((2,), (-1,), 5), "'w' reaches out of its storage"),
        (weights((2,), (1,), -1), "'w' reaches out of its storage"),
        (weights((12,), (1,))[:-1], "48 bytes were to come, 47 came"),
        (weights((12,), (1,), kind="DoubleStorage"), r"names torch\.DoubleStorage, which is not allowed"),
        (pickle.dumps(MAGIC + 1), "does not begin as PyTorch's do"),
        (b"PK\x03\x04", "the pickle is damaged"),
        (b"", "the pickle is damaged"),
    ],
)
def test_weights_that_are_not_right_are_refused(data: bytes, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        read_weights(data)


def node(name: str, operator: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": operator, "input": list(inputs), "attr": attributes}


def numbers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def translated(nodes: Sequence[dict[str, Any]], constants: dict[str, Any], value: str = "out") -> Array:
    """What the graph makes of INPUT by way of ONNX."""
    arrays = {name: np.asarray(each) for name, each in constants.items()}
    placeholder = {"name": "in", "op": "Placeholder", "attr": {}}
    known = [{"name": name, "op": "Const", "attr": {}} for name in arrays]
    translation = Translation([placeholder, *known, *nodes], arrays, {"in": "input"})
    translation.graph.name_output(translation.value(value), "output")
    model = translation.graph.model("test", {"input": INPUT.shape}, {"output": ("a", "b", "c", "d")})
    (found,) = onnxruntime.InferenceSession(model).run(None, {"input": INPUT})
    return np.asarray(found)


def test_convolutions_with_leaks() -> None:
    kernel = np.random.default_rng(1).normal(size=(3, 3, 3, 5)).astype(np.float32)
    bias = np.arange(5, dtype=np.float32)
    found = translated(
        [
            node(
                "c",
                "Conv2D",
                "in",
                "kernel",
                strides=numbers(1, 2, 1, 1),
                dilations=numbers(1, 1, 1, 1),
                **VALID,
            ),
            node("b", "Add", "c", "bias"),
            node("out", "LeakyRelu", "b", alpha={"f": 0.1}),
        ],
        {"kernel": kernel, "bias": bias},
    )
    windows = sliding_window_view(INPUT[0], (3, 3), axis=(0, 1))[::2]
    expected = np.einsum("hwcij,ijco->hwo", windows, kernel) + bias
    np.testing.assert_allclose(found[0], np.where(expected > 0, expected, expected * 0.1), atol=1e-5)


def test_padding_and_pooling() -> None:
    found = translated(
        [
            node("p", "PadV2", "in", "widths", "filler"),
            node("out", "MaxPool", "p", ksize=numbers(1, 2, 3, 1), strides=numbers(1, 2, 3, 1), **VALID),
        ],
        {"widths": np.array([[0, 0], [2, 0], [0, 1], [0, 0]]), "filler": np.float32(-9)},
    )
    padded = np.pad(INPUT[0], ((2, 0), (0, 1), (0, 0)), constant_values=-9)
    np.testing.assert_array_equal(found[0], padded.reshape(4, 2, 3, 3, 3).max(axis=(1, 3)))


def test_resizing_by_the_centres_of_pixels() -> None:
    flags = {"align_corners": {"b": False}, "half_pixel_centers": {"b": True}}
    found = translated(
        [node("out", "ResizeBilinear", "in", "size", **flags)], {"size": np.array([12, 16], np.int32)}
    )
    np.testing.assert_allclose(found[0], cv2.resize(INPUT[0], (16, 12)), atol=1e-5)


def test_splitting_joining_and_reshaping_to_a_computed_shape() -> None:
    found = translated(
        [
            node("s", "SplitV", "in", "sizes", "last"),
            node("t", "Transpose", "s:1", "order"),
            node("zeros", "SparseToDense", "nowhere", "length", "nothing", "zero"),
            node("shape", "AddV2", "known", "zeros"),
            node("r", "Reshape", "t", "shape"),
            node("j", "ConcatV2", "r", "r", "last"),
            node("i", "Identity", "j"),
            node("out", "Sigmoid", "i"),
        ],
        {
            "sizes": np.array([1, 2], np.int32), "last": np.int32(3),
            "order": np.array([0, 3, 1, 2], np.int32),
            "nowhere": np.zeros((0, 1), np.int32), "length": np.array([4], np.int32),
            "nothing": np.zeros(0, np.int32), "zero": np.int32(0), "known": np.array([1, 4, 4, 6], np.int32),
        },
    )  # fmt: skip
    half = INPUT[..., 1:].transpose(0, 3, 1, 2).reshape(1, 4, 4, 6)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-np.concatenate([half, half], 3))), atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([node("out", "Erf", "in")], "operator Erf, which is not known"),
        ([node("out", "Mul", "k", "k")], "operator Mul on constants"),
        (
            [node("out", "MaxPool", "in", ksize=numbers(1, 2, 2, 1), padding=SAME)],
            "padding in MaxPool",
        ),
        (
            [
                node(
                    "out",
                    "ResizeBilinear",
                    "in",
                    "k",
                    align_corners={"b": True},
                    half_pixel_centers={"b": False},
                )
            ],
            "resizes in a way",
        ),
    ],
)
def test_what_is_not_known_is_told(nodes: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ModelError, match=told):
        translated(nodes, {"k": np.ones(2, np.float32)})


def test_constants_are_cut_out_of_the_bytes() -> None:
    half = np.array([[0.5, -2.0]], "<f2")
    whole = np.array([7, 8, 9], "<i4")
    groups: list[dict[str, Any]] = [
        {
            "weights": [
                {"name": "a", "shape": [1, 2], "dtype": "float32", "quantization": {"dtype": "float16"}}
            ]
        },
        {"weights": [{"name": "b", "shape": [3], "dtype": "int32"}]},
    ]
    found = read_constants(groups, half.tobytes() + whole.tobytes())
    assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(found["a"], half)
    np.testing.assert_array_equal(found["b"], whole)
