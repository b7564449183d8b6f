"""Settings of Jupyter and of SymPy do not reach the chapters, whatever they are called."""

import clean
import pytest

SETTINGS = [
    "JUPYTER_PLATFORM_DIRS",
    "JUPYTER_PREFER_ENV_PATH",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTER_CONFIG_PATH",
    "SYMPY_DEBUG",
    "SYMPY_GROUND_TYPES",
    "SYMPY_USE_CACHE",
]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_left_out(tmp_path, name):
    ours = clean.environment({name: "0"}, tmp_path)
    assert name not in ours and ours == clean.environment({}, tmp_path)


@pytest.mark.parametrize("name", ["HOME", "PATH", "JUPYTERHUB_USER", "OMP_NUM_THREADS"])
def test_what_is_no_setting_stays(tmp_path, name):
    assert clean.environment({name: "x"}, tmp_path)[name] == "x"
