"""Linear distillation: what a linear student learns from a linear teacher.

The library behind the executable companion of Phuong and Lampert, *Towards
Understanding Knowledge Distillation* (ICML 2019). Examples are the columns of
X (d, n); angles are in radians; randomness is a ``numpy.random.Generator``.
"""

from .bounds import (
    SampleSize,
    approximate_bound,
    corollary1_bound,
    corollary2_bound,
    deviation_angle,
    integral_bound,
    margin_bound,
    power_integral_bound,
    sample_size,
    theorem3_bound,
)
from .chain import bartlett_angles, biased_angles, data_angles, student_angles
from .flow import Trajectory, gradient_descent, gradient_flow
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
from .objective import (
    growth_constant,
    loss,
    loss_gradient,
    loss_hessian,
    pl_constant,
    sharp_pl_constant,
    sublevel_intervals,
)
from .rise import climbing_risk, exchange_rise, lever_examples, narrow_mixture_risk
from .risk import Estimate, angle_risk, expected_risk, held_out_risk, risk_at_angle, transfer_risk
from .students import biased_student, distilled_student, hard_label_flow, hard_label_student
from .tasks import (
    EmpiricalTail,
    FiniteTask,
    GaussianTask,
    IsotropicTask,
    MarginTask,
    MixtureTask,
    PolynomialTask,
    SymmetricTask,
    empirical_tail,
)

__all__ = [
    "AngleLaw",
    "AtomicLaw",
    "EmpiricalTail",
    "Estimate",
    "FiniteTask",
    "GaussianTask",
    "IsotropicLaw",
    "IsotropicTask",
    "MarginTask",
    "MixtureTask",
    "Monotonicity",
    "PolynomialTask",
    "PowerLaw",
    "SampleSize",
    "Share",
    "Step",
    "SymmetricTask",
    "TailLaw",
    "Trajectory",
    "angle_risk",
    "approximate_bound",
    "bartlett_angles",
    "biased_angles",
    "biased_steps",
    "biased_student",
    "climbing_risk",
    "corollary1_bound",
    "corollary2_bound",
    "data_angles",
    "deviation_angle",
    "distilled_student",
    "empirical_tail",
    "exchange_rise",
    "expected_risk",
    "gradient_descent",
    "gradient_flow",
    "growth_constant",
    "hard_label_flow",
    "hard_label_steps",
    "hard_label_student",
    "held_out_risk",
    "integral_bound",
    "lever_examples",
    "line_angle",
    "loss",
    "loss_gradient",
    "loss_hessian",
    "margin_bound",
    "monotonicity_index",
    "narrow_mixture_risk",
    "pl_constant",
    "power_integral_bound",
    "project",
    "rank_correlation",
    "risk_at_angle",
    "sample_size",
    "sharp_pl_constant",
    "span_basis",
    "student_angles",
    "sublevel_intervals",
    "theorem3_bound",
    "transfer_risk",
    "vector_angle",
]
