"""The support vector machine of BRISQUE: from the text of libsvm and a pickle of ranges to NPZ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.pickles import loads
from pixcrawler_core.models.converters.zips import npz_bytes

FEATURES = 36


def convert(members: Mapping[str, bytes]) -> bytes:
    """NPZ of float64 arrays for an epsilon-SVR with a radial kernel, trained on LIVE (Mittal et al. 2012).

    `support` (n, 36), `weights` (n,), `gamma` (), `rho` (); `low` and `high` (36,) are the range of each
    feature, which is mapped to -1..1 before. The score of a picture with the features x is
    sum(weights * exp(-gamma * |support - x|^2)) - rho: 0 is good, 100 is bad.
    """
    head, _, body = members["svm.txt"].decode("ascii").partition("\nSV\n")
    header = dict(line.split(" ", 1) for line in head.splitlines())
    if (header["svm_type"], header["kernel_type"]) != ("epsilon_svr", "rbf"):
        raise ModelError(f"svm.txt is of type {header['svm_type']} with kernel {header['kernel_type']}")
    weights, support = _vectors(body)
    ranges = loads(members["normalize.pickle"], {})
    return npz_bytes(
        {
            "support": support,
            "weights": weights,
            "gamma": np.array(float(header["gamma"])),
            "rho": np.array(float(header["rho"])),
            "low": np.array(ranges["min_"], np.float64).reshape(FEATURES),
            "high": np.array(ranges["max_"], np.float64).reshape(FEATURES),
        }
    )


def _vectors(body: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (n,) and support vectors (n, 36); features that a line leaves out are 0."""
    rows = [line.split() for line in body.splitlines() if line]
    weights = np.array([float(row[0]) for row in rows])
    support = np.zeros((len(rows), FEATURES))
    for vector, row in zip(support, rows, strict=True):
        for entry in row[1:]:
            index, _, value = entry.partition(":")
            vector[int(index) - 1] = float(value)
    return weights, support
