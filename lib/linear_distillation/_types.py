"""Types that many signatures share; nothing imports them but a type checker."""

from typing import Any, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ArrayLike",
    "Bools",
    "Count",
    "Floats",
    "Generator",
    "Ints",
    "Random",
    "Shape",
    "Values",
]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.integer[Any]]
Bools: TypeAlias = NDArray[np.bool_]
Count: TypeAlias = int | np.integer[Any]  # a whole number, also where NumPy made it
Random: TypeAlias = Generator | int | np.integer[Any]  # or a seed, as NumPy takes one
Shape: TypeAlias = int | tuple[int, ...]
Values: TypeAlias = np.float64 | Floats  # a number for one vector, an array for several
