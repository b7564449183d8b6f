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
from .chain import bartlett_angles, biased_angles, data_angles, student_angles
from .geometry import line_angle, project, span_basis, vector_angle
from .laws import AngleLaw, AtomicLaw, IsotropicLaw, PowerLaw, TailLaw
from .monotonicity import (
    Monotonicity,
    Share,
    Step,
    biased_steps,
    hard_label_steps,
    monotonicity_index,
    rank_correlation,
)
from .risk import (
    Estimate,
    angle_risk,
    expected_risk,
    held_out_risk,
    risk_at_angle,
    transfer_risk,
)
from .students import biased_student, distilled_student, hard_label_flow, hard_label_student
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
    "Monotonicity",
    "PolynomialTask",
    "PowerLaw",
    "Share",
    "Step",
    "SymmetricTask",
    "TailLaw",
    "angle_risk",
    "bartlett_angles",
    "biased_angles",
    "biased_steps",
    "biased_student",
    "corollary1_bound",
    "corollary2_bound",
    "data_angles",
    "distilled_student",
    "expected_risk",
    "hard_label_flow",
    "hard_label_steps",
    "hard_label_student",
    "held_out_risk",
    "integral_bound",
    "line_angle",
    "margin_bound",
    "monotonicity_index",
    "power_integral_bound",
    "project",
    "rank_correlation",
    "risk_at_angle",
    "span_basis",
    "student_angles",
    "theorem3_bound",
    "transfer_risk",
    "vector_angle",
]
