"""Anything array-like -> checked float64 arrays; knows nothing of what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
"""Array of float64, any shape."""

IntArray = NDArray[np.int64]
"""Array of int64, any shape."""


def finite_vector(values: ArrayLike) -> FloatArray:
    """Return values as a (N,) float64 array.

    Raises:
        ValueError: Not one-dimensional, or a value is NaN or infinite.
    """
    return _finite(values, 1, "(N,)")


def finite_matrix(values: ArrayLike, shape: str) -> FloatArray:
    """Return values as a two-dimensional float64 array.

    Args:
        values: The values.
        shape: What the axes mean, such as ``(M, N)``, for the message.

    Raises:
        ValueError: Not two-dimensional, or a value is NaN or infinite.
    """
    return _finite(values, 2, shape)


def _finite(values: ArrayLike, num_axes: int, shape: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != num_axes:
        raise ValueError(f"expected values of shape {shape}, got shape {array.shape}")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(f"expected finite values, got {count} that are not")
    return array
