"""Linear distillation: what a linear student learns from a linear teacher.

The library behind the executable companion of Phuong and Lampert, *Towards
Understanding Knowledge Distillation* (ICML 2019). Examples are the columns of
X (d, n); angles are in radians; randomness is a ``numpy.random.Generator``.

What most readers need is here; everything else is in the modules of `MODULES`,
which load when they are asked for: ``linear_distillation.chain.student_angles``.
"""

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from .bounds import (
    approximate_bound,
    corollary1_bound,
    corollary2_bound,
    integral_bound,
    theorem3_bound,
)
from .deep import deep_gradient_flow
from .flow import gradient_flow
from .geometry import line_angle
from .objective import loss, loss_gradient, loss_hessian, pl_constant
from .parallel import parallel_bound, power_bound
from .pool import Pool
from .risk import expected_risk, learning_curve, transfer_risk
from .sizes import sample_size
from .students import biased_student, deep_student, distilled_student, hard_label_student
from .tasks import (
    FiniteTask,
    GaussianTask,
    IsotropicTask,
    MarginTask,
    MixtureTask,
    PolynomialTask,
    SymmetricTask,
)

__version__ = "0.1.0"

__all__ = [
    "FiniteTask",
    "GaussianTask",
    "IsotropicTask",
    "MarginTask",
    "MixtureTask",
    "PolynomialTask",
    "Pool",
    "SymmetricTask",
    "approximate_bound",
    "biased_student",
    "corollary1_bound",
    "corollary2_bound",
    "deep_gradient_flow",
    "deep_student",
    "distilled_student",
    "expected_risk",
    "gradient_flow",
    "hard_label_student",
    "integral_bound",
    "learning_curve",
    "line_angle",
    "loss",
    "loss_gradient",
    "loss_hessian",
    "parallel_bound",
    "pl_constant",
    "power_bound",
    "sample_size",
    "theorem3_bound",
    "transfer_risk",
    "verify",
    "__version__",
]

if TYPE_CHECKING:  # what `__getattr__` loads when it is asked for
    from . import bounds as bounds
    from . import chain as chain
    from . import class_risk as class_risk
    from . import classes as classes
    from . import deep as deep
    from . import evidence as evidence
    from . import flow as flow
    from . import geometry as geometry
    from . import laws as laws
    from . import monotonicity as monotonicity
    from . import networks as networks
    from . import noise as noise
    from . import objective as objective
    from . import parallel as parallel
    from . import plots as plots
    from . import quadrature as quadrature
    from . import relu as relu
    from . import rise as rise
    from . import risk as risk
    from . import sizes as sizes
    from . import students as students
    from . import tasks as tasks
    from .evidence import verify

# From the ground up: a module imports only from those before it, but that `deep`
# takes its warning from `quadrature`. A test holds it.
MODULES = [
    "geometry",
    "objective",
    "networks",
    "flow",
    "deep",
    "students",
    "noise",
    "classes",
    "quadrature",
    "laws",
    "tasks",
    "chain",
    "bounds",
    "parallel",
    "risk",
    "sizes",
    "rise",
    "monotonicity",
    "kernels",
    "spectrum",
    "leverage",
    "selection",
    "class_risk",
    "pool",
    "relu",
    "evidence",
    "plots",
]

# Names that stood here in version 0.1, and warn for one version.
MOVED = [
    "AngleLaw",
    "AtomicLaw",
    "DeepTrajectory",
    "EmpiricalTail",
    "Estimate",
    "IsotropicLaw",
    "Monotonicity",
    "PowerLaw",
    "SampleSize",
    "Share",
    "Step",
    "TailLaw",
    "Trajectory",
    "angle_risk",
    "balanced_weights",
    "bartlett_angles",
    "biased_angles",
    "biased_steps",
    "climbing_risk",
    "data_angles",
    "deep_rate",
    "deviation_angle",
    "empirical_tail",
    "end_to_end",
    "envelope",
    "envelope_bound",
    "exact_expected_risk",
    "exchange_rise",
    "gradient_descent",
    "growth_constant",
    "hard_label_flow",
    "hard_label_steps",
    "held_out_risk",
    "imbalance",
    "induced_flow",
    "induced_velocity",
    "layer_gradients",
    "lever_examples",
    "margin_bound",
    "monotonicity_index",
    "narrow_mixture_risk",
    "parallel_factors",
    "power_integral_bound",
    "project",
    "rank_correlation",
    "risk_at_angle",
    "saddle_distance",
    "sharp_pl_constant",
    "sharp_start_bound",
    "span_basis",
    "start_bound",
    "student_angles",
    "sublevel_intervals",
    "sweep",
    "tan_moment",
    "tangent_point",
    "vector_angle",
]


if not TYPE_CHECKING:  # for a type checker, every name would be right

    def __getattr__(name: str) -> Any:
        """Public modules, when they are first asked for, and old names."""
        if name in MODULES:
            return importlib.import_module(f".{name}", __name__)
        if name == "verify":  # the claims load when they are asked for
            return importlib.import_module(".evidence", __name__).verify
        if name not in MOVED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        parts = (importlib.import_module(f".{module}", __name__) for module in MODULES[:-2])
        home = next(part for part in parts if name in part.__all__)
        message = f"{__name__}.{name} is now {home.__name__}.{name}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(home, name)


def __dir__() -> list[str]:
    return [*globals(), *MODULES]
