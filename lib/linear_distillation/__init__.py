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
from .flow import Trajectory, gradient_descent, gradient_flow
from .geometry import line_angle, project, span_basis
from .laws import AngleLaw, AtomicLaw, IsotropicLaw, PowerLaw, TailLaw
from .objective import (
    growth_constant,
    loss,
    loss_gradient,
    loss_hessian,
    pl_constant,
    sharp_pl_constant,
    sublevel_intervals,
)
from .risk import (
    Estimate,
    angle_risk,
    expected_risk,
    held_out_risk,
    learning_curve,
    sweep,
    transfer_risk,
)
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
    "Trajectory",
    "angle_risk",
    "bartlett_angles",
    "corollary1_bound",
    "corollary2_bound",
    "data_angles",
    "distilled_student",
    "expected_risk",
    "gradient_descent",
    "gradient_flow",
    "growth_constant",
    "held_out_risk",
    "integral_bound",
    "learning_curve",
    "line_angle",
    "loss",
    "loss_gradient",
    "loss_hessian",
    "margin_bound",
    "pl_constant",
    "power_integral_bound",
    "project",
    "sharp_pl_constant",
    "span_basis",
    "student_angles",
    "sublevel_intervals",
    "sweep",
    "theorem3_bound",
    "transfer_risk",
]
