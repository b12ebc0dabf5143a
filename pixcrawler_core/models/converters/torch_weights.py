"""Reads the weights out of a PyTorch file from before its ZIP format (version 1.6), without PyTorch."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.pickles import Restricted, load

MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of such a file (`torch.serialization.MAGIC_NUMBER`)."""
_TYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor(NamedTuple):
    """A piece of a storage; counts are in elements."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    **{("torch", name): name for name in _TYPES},
}


class _Unpickler(Restricted):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, _ALLOWED)
        self.types: dict[str, str] = {}

    def persistent_load(self, pid: Any, /) -> str:
        """A storage: ("storage", type, key, place, elements, view)."""
        key = str(pid[2])
        self.types[key] = pid[1]
        return key


def read_weights(data: bytes) -> Mapping[str, NDArray[Any]]:
    """The tensors of a state dictionary by name; float32 or int64. Raises ModelError for anything else."""
    file = io.BytesIO(data)
    if load(_Unpickler(file)) != MAGIC:
        raise ModelError("the file of weights does not begin as PyTorch's do")
    for _ in ("protocol", "sizes of types"):
        load(_Unpickler(file))
    reader = _Unpickler(file)
    tensors = load(reader)
    storages = {key: _storage(file, reader.types.get(key, "")) for key in load(_Unpickler(file))}
    return {name: _cut(name, tensor, storages) for name, tensor in tensors.items()}


def _storage(file: io.BytesIO, kind: str) -> NDArray[Any]:
    if kind not in _TYPES:
        raise ModelError(f"the file of weights has a storage of the unknown type {kind!r}")
    count = int.from_bytes(file.read(8), "little")
    size = count * _TYPES[kind].itemsize
    data = file.read(size)
    if len(data) != size:
        raise ModelError(f"the file of weights ends early: {size:,} bytes were to come, {len(data):,} came")
    return np.frombuffer(data, _TYPES[kind])


def _cut(name: str, tensor: _Tensor, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    values, offset, shape, strides = storages[tensor.storage], tensor.offset, tensor.shape, tensor.strides
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min((offset, *shape, *strides)) < 0 or last >= values.size:
        raise ModelError(f"the tensor {name!r} reaches out of its storage")
    steps = [stride * values.itemsize for stride in strides]
    return np.ascontiguousarray(
        np.lib.stride_tricks.as_strided(values[offset:], shape, steps, writeable=False)
    )
