"""Linear distillation: what a linear student learns from a linear teacher.

The library behind the executable companion of Phuong and Lampert, *Towards
Understanding Knowledge Distillation* (ICML 2019). Examples are the columns of
X (d, n); angles are in radians; randomness is a ``numpy.random.Generator``.
"""

from importlib.metadata import version as _version

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
from .deep import (
    DeepTrajectory,
    deep_gradient_flow,
    deep_rate,
    induced_flow,
    saddle_distance,
    sharp_start_bound,
    start_bound,
)
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
from .networks import balanced_weights, end_to_end, imbalance, induced_velocity, layer_gradients
from .objective import (
    growth_constant,
    loss,
    loss_gradient,
    loss_hessian,
    pl_constant,
    sharp_pl_constant,
    sublevel_intervals,
)
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
from .rise import climbing_risk, exchange_rise, lever_examples, narrow_mixture_risk
from .risk import (
    Estimate,
    angle_risk,
    expected_risk,
    held_out_risk,
    learning_curve,
    risk_at_angle,
    sweep,
    transfer_risk,
)
from .students import (
    biased_student,
    deep_student,
    distilled_student,
    hard_label_flow,
    hard_label_student,
)
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

__version__ = _version("linear-distillation")

__all__ = [
    "AngleLaw",
    "AtomicLaw",
    "DeepTrajectory",
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
    "balanced_weights",
    "bartlett_angles",
    "biased_angles",
    "biased_steps",
    "biased_student",
    "climbing_risk",
    "corollary1_bound",
    "corollary2_bound",
    "data_angles",
    "deep_gradient_flow",
    "deep_rate",
    "deep_student",
    "deviation_angle",
    "distilled_student",
    "empirical_tail",
    "end_to_end",
    "envelope",
    "envelope_bound",
    "exact_expected_risk",
    "exchange_rise",
    "expected_risk",
    "gradient_descent",
    "gradient_flow",
    "growth_constant",
    "hard_label_flow",
    "hard_label_steps",
    "hard_label_student",
    "held_out_risk",
    "imbalance",
    "induced_flow",
    "induced_velocity",
    "integral_bound",
    "layer_gradients",
    "learning_curve",
    "lever_examples",
    "line_angle",
    "loss",
    "loss_gradient",
    "loss_hessian",
    "margin_bound",
    "monotonicity_index",
    "narrow_mixture_risk",
    "parallel_bound",
    "parallel_factors",
    "pl_constant",
    "power_bound",
    "power_integral_bound",
    "project",
    "rank_correlation",
    "risk_at_angle",
    "saddle_distance",
    "sample_size",
    "sharp_pl_constant",
    "sharp_start_bound",
    "span_basis",
    "start_bound",
    "student_angles",
    "sublevel_intervals",
    "sweep",
    "tan_moment",
    "tangent_point",
    "theorem3_bound",
    "transfer_risk",
    "vector_angle",
]
