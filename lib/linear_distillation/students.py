"""What learners end at."""

from ._checks import as_examples, as_teacher
from .geometry import project


def distilled_student(X, w_star):
    r"""The student that gradient flow from zero learns from soft labels.

    .. math:: \hat w = P\,w_\star, \qquad P \text{ the orthogonal projection onto }
        \operatorname{span}(X)

    which is :math:`X (X^\top X)^{-1} X^\top w_\star` for independent columns,
    and the teacher itself once the examples span the space.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets, one example a column; leading axes are a batch.
    w_star : array_like, shape (d,)
        The teacher, not zero.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or w_star is zero;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank of X.

    References
    ----------
    Phuong and Lampert (2019), Theorem 1.

    Examples
    --------
    >>> distilled_student([[1.0], [1.0]], [1.0, 0.0])
    array([0.5, 0.5])
    """
    w_star = as_teacher("w_star", w_star)
    return project(as_examples("X", X, dim=w_star.size), w_star)
