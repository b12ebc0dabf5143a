"""Writes ZIP and NPZ files whose bytes depend on their contents alone: stored, dated 1980, in given order."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of the members, not compressed, since the output of zlib depends on its version."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """What `numpy.load` reads as arrays by name, without pickles."""
    return zip_bytes({f"{name}.npy": _npy(array) for name, array in arrays.items()})


def _npy(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return out.getvalue()
