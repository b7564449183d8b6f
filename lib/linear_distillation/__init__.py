"""Linear distillation: what a linear student learns from a linear teacher.

The library behind the executable companion of Phuong and Lampert, *Towards
Understanding Knowledge Distillation* (ICML 2019). Examples are the columns of
X (d, n); angles are in radians; randomness is a ``numpy.random.Generator``.
"""

from .bounds import (
    corollary1_bound,
    corollary2_bound,
    integral_bound,
    margin_bound,
    power_integral_bound,
    theorem3_bound,
)
from .chain import bartlett_angles, data_angles, student_angles
from .geometry import line_angle, project, span_basis
from .laws import AngleLaw, AtomicLaw, IsotropicLaw, PowerLaw, TailLaw
from .parallel import (
    envelope,
    envelope_bound,
    exact_expected_risk,
    parallel_bound,
    parallel_factors,
    power_bound,
    tan_moment,
    tangent_point,
)
from .risk import Estimate, angle_risk, expected_risk, held_out_risk, transfer_risk
from .students import distilled_student
from .tasks import FiniteTask, IsotropicTask, MarginTask, MixtureTask, PolynomialTask, SymmetricTask

__all__ = [
    "AngleLaw",
    "AtomicLaw",
    "Estimate",
    "FiniteTask",
    "IsotropicLaw",
    "IsotropicTask",
    "MarginTask",
    "MixtureTask",
    "PolynomialTask",
    "PowerLaw",
    "SymmetricTask",
    "TailLaw",
    "angle_risk",
    "bartlett_angles",
    "corollary1_bound",
    "corollary2_bound",
    "data_angles",
    "distilled_student",
    "envelope",
    "envelope_bound",
    "exact_expected_risk",
    "expected_risk",
    "held_out_risk",
    "integral_bound",
    "line_angle",
    "margin_bound",
    "parallel_bound",
    "parallel_factors",
    "power_bound",
    "power_integral_bound",
    "project",
    "span_basis",
    "student_angles",
    "tan_moment",
    "tangent_point",
    "theorem3_bound",
    "transfer_risk",
]
