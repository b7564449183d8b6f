"""The second route: definitions in ball arithmetic, which encloses every rounding."""

from .numbers import ball, both, floats, is_ball, precision

__all__ = ["ball", "both", "floats", "is_ball", "precision"]
