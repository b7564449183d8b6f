"""What is promised outside the library: the lock, the README, a light import."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import chapters
import compare
import platforms
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from linear_distillation import __version__

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
EXTRAS = re.search(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
DECLARED = [
    *PROJECT["dependencies"],
    *(line for name in EXTRAS for line in PROJECT["optional-dependencies"][name]),
]
SLOW = {"sympy", "matplotlib", "joblib", "dask", "tqdm"} | {
    f"scipy.{name}" for name in ("special", "optimize", "stats", "interpolate", "integrate")
}
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# What markers see of a system: sys_platform, os_name, platform_system, platform_machine.
SYSTEMS = {
    "linux": ("linux", "posix", "Linux", "x86_64"),
    "linux on arm64": ("linux", "posix", "Linux", "aarch64"),
    "darwin": ("darwin", "posix", "Darwin", "arm64"),
    "darwin on Intel": ("darwin", "posix", "Darwin", "x86_64"),
    "win32": ("win32", "nt", "Windows", "AMD64"),
}
MARKERS = ("sys_platform", "os_name", "platform_system", "platform_machine")
HERE = default_environment()["sys_platform"], "{}.{}".format(*sys.version_info)


def environment(system, python):
    """What markers see on a system such as win32, with a Python such as 3.12."""
    names = zip(MARKERS, SYSTEMS[system], strict=True)
    python = {"python_version": python, "python_full_version": f"{python}.9"}
    return default_environment() | dict(names) | python


def applies(need, extra, there):
    return not need.marker or need.marker.evaluate(there | {"extra": extra})


def pinned(lock, there):
    """The versions of a lock that hold in an environment: name -> version."""
    lines = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    pins = [pin for pin in map(Requirement, lines) if applies(pin, "", there)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


def closure(declared, there):
    """All that is needed, directly or not: name -> requirements on it, by what is installed."""
    met, left = {}, [need for need in map(Requirement, declared) if applies(need, "", there)]
    while left:
        need = left.pop()
        found = met.setdefault(canonicalize_name(need.name), [])
        if need not in found:
            found.append(need)
            extras = {"", *need.extras}
            left += [n for n in needs(need.name) if any(applies(n, e, there) for e in extras)]
    return met


@cache
def needs(name):
    """What an installed package requires; nothing is known of one for other systems only."""
    try:
        return [Requirement(line) for line in distribution(name).requires or []]
    except PackageNotFoundError:
        return []


def unmet(wanted, pins):
    """The requirements that the pinned versions do not satisfy."""
    return sorted(
        str(need)
        for name, found in wanted.items()
        for need in found
        if name not in pins or not need.specifier.contains(pins[name], prereleases=True)
    )


@pytest.mark.locked
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_lock_is_what_is_declared_and_needed(system, python):
    """In both directions: no requirement without its pin, no pin without a requirement."""
    there = environment(system, python)
    wanted, pins = closure(DECLARED, there), pinned(LOCK, there)
    assert unmet(wanted, pins) == []
    assert sorted(pins.keys() - wanted.keys()) == []


@pytest.mark.locked
def test_installed_is_what_is_locked():
    """The test above reads what installed packages require."""
    pins = pinned(LOCK, environment(*HERE) | default_environment())
    assert {name: version(name) for name in pins} == pins


def test_lock_that_lags_behind_is_seen():
    lock = "numpy==1.26.4\nscipy==1.17.1 ; python_full_version < '3.12'\n"
    old, new = environment("linux", "3.11"), environment("linux", "3.12")
    wanted = closure(["numpy>=2", "scipy", "tqdm"], old)
    assert {"numpy>=2", "tqdm"} <= set(unmet(wanted, pinned(lock, old)))
    assert unmet({"scipy": [Requirement("scipy")]}, pinned(lock, old)) == []
    assert unmet({"scipy": [Requirement("scipy")]}, pinned(lock, new)) == ["scipy"]


def test_a_pin_for_one_kind_of_processor_is_seen():
    lock = "cffi==1 ; platform_machine == 'x86_64' and sys_platform == 'darwin'\n"
    held = {name for name in SYSTEMS if pinned(lock, environment(name, "3.12"))}
    assert held == {"darwin on Intel"}
    lock = "cffi==1 ; platform_machine == 'aarch64'\n"
    held = {name for name in SYSTEMS if pinned(lock, environment(name, "3.12"))}
    assert held == {"linux on arm64"}


def test_what_others_need_is_followed_with_their_extras():
    windows, linux = environment("win32", "3.12"), environment("linux", "3.12")
    assert {"click", "numpy"} <= closure(["dask[array]"], linux).keys()
    assert "numpy" not in closure(["dask"], linux)
    assert "colorama" in closure(["tqdm"], windows) and "colorama" not in closure(["tqdm"], linux)


def test_large_packages_that_no_command_needs_are_left_out():
    assert {"book", "lab", "test"} <= set(EXTRAS) <= PROJECT["optional-dependencies"].keys()
    assert not {"bench", "mutants"} & set(EXTRAS)
    assert not re.search(r"^(torch|triton|nvidia-|cuda-)", LOCK, re.MULTILINE)


EVERY = {*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])}


@pytest.mark.parametrize("line", sorted(EVERY))
def test_every_dependency_has_a_floor(line):
    """`make floors` installs it, but for those of `bench` and `mutants`, and runs the library."""
    assert any(part.operator == ">=" for part in Requirement(line).specifier)


def test_the_floor_of_scipy_is_above_what_failed():
    """In 1.15 LSODA with bands fails; `hard_label_flow` takes it."""
    (scipy,) = [need for need in map(Requirement, DECLARED) if need.name == "scipy"]
    assert scipy.specifier.contains("1.16.0") and not scipy.specifier.contains("1.15.99")


def test_one_version_everywhere():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))["version"]
    assert cited == PROJECT["version"] == version("linear-distillation") == __version__


def test_workflow_tries_the_floors_and_a_mac():
    jobs = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())["jobs"]
    tried = {tuple(row.values()) for row in jobs["versions"]["strategy"]["matrix"]["include"]}
    assert {("3.11", "lowest", "ubuntu-latest"), ("3.14", "newest", "ubuntu-latest")} <= tried
    assert ("3.14", "newest", "macos-latest") in tried and jobs["mac"]["steps"]


def test_a_failed_comparison_of_two_builds_is_told(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a/same").write_text("x")
        (tmp_path / name / "a/dated").write_text(name)
    assert compare.differing(tmp_path / "one", tmp_path / "two", []) == ["a/dated"]
    assert compare.differing(tmp_path / "one", tmp_path / "two", {"dated": "by the hour"}) == []
    (tmp_path / "two/new").touch()
    assert compare.differing(tmp_path / "one", tmp_path / "two", ["dated"]) == ["new"]


def test_a_package_without_a_wheel_is_named(monkeypatch):
    """And what else fails ends the run, so that no dry run is taken for one that passed."""

    def complaint(uv, lock, system, python):
        return "Because ruff==1.0 has no usable wheels and" if "ruff" in lock else ""

    monkeypatch.setattr(platforms, "complaint", complaint)
    assert platforms.lacking("uv", "numpy==2.0\nruff==1.0\n", "linux", "3.12") == {"ruff"}
    monkeypatch.setattr(platforms, "complaint", lambda *arguments: "no network")
    with pytest.raises(SystemExit, match="linux, Python 3.12: no network"):
        platforms.lacking("uv", "numpy==2.0\n", "linux", "3.12")


# What uv says of a package that is pinned once, and of one that is pinned twice.
SAID = {
    "ruff": "Because ruff==1.0 has no usable wheels and you require ruff==1.0, we",
    "argon2-cffi-bindings": "Because argon2-cffi-bindings{sys_platform == 'darwin'}==26.1.0 has\n"
    "no usable wheels and you require argon2-cffi-bindings{sys_platform == 'darwin'}==26.1.0, we",
    "numpy": "Because numpy==2.0 has no wheels with a matching Python version tag, we",
}


@pytest.mark.parametrize("name, said", SAID.items())
def test_uv_names_a_package_without_a_wheel_in_many_forms(monkeypatch, name, said):
    lock = f"{name}==1.0 ; sys_platform == 'darwin'\n{name}==2.0\nscipy==1.0\n"

    def complaint(uv, lock, system, python):
        return said if name in lock else ""

    monkeypatch.setattr(platforms, "complaint", complaint)
    assert platforms.lacking("uv", lock, "linux", "3.12") == {name}


def test_dry_runs_are_for_the_systems_that_the_readme_names(monkeypatch):
    """The oldest macOS and glibc; what has no wheels for musl, and for which processor."""
    asked = []

    def run(command, env, **options):
        asked.append(env["MACOSX_DEPLOYMENT_TARGET"])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(platforms.subprocess, "run", run)
    assert platforms.complaint("uv", "numpy==2.0\n", "aarch64-apple-darwin", "3.12") == ""
    assert asked == ["12.0"] and "macOS 12 or newer" in README
    assert {"x86_64-manylinux_2_28", "aarch64-manylinux_2_28"} <= platforms.SYSTEMS.keys()
    assert "glibc 2.28 or newer" in README
    intel, arm = (platforms.SYSTEMS[f"{m}-unknown-linux-musl"] for m in ("x86_64", "aarch64"))
    (row,) = re.findall(r"^\| .*musl \| (.*) \|$", README, re.MULTILINE)
    both, more = row.split("; ")
    assert set(re.findall(r"`([\w-]+)`", both)) == intel
    assert set(re.findall(r"`([\w-]+)`", more)) == arm - intel and "arm64" in more


def test_lock_names_versions_and_no_place_to_get_them():
    assert "://" not in LOCK and "--" not in LOCK.replace("'", "")


def test_conda_installs_from_the_lock():
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(item["pip"] for item in wanted if isinstance(item, dict))
    python = next(item for item in wanted if str(item).startswith("python="))
    assert {"-r requirements.lock", "-e ."} <= set(pip)
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_readme_code_runs_and_prints_what_is_said(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    exec("\n".join(blocks), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed and all(f"`{line}`" in README for line in printed)


def test_readme_links_lead_to_files():
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_readme_picture_is_the_figure_of_the_chapter():
    figure = chapters.figure(ROOT / "book/why-it-works/data-geometry.ipynb", "fig-data-geometry")
    assert "(book/images/data-geometry.png)" in README
    same = (ROOT / "book/images/data-geometry.png").read_bytes() == figure
    assert same, "the picture in the README is stale; run make notebooks"


def test_import_loads_nothing_slow():
    command = "import sys, linear_distillation; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "linear_distillation.bounds" in loaded
    assert loaded & SLOW == set()
    assert "linear_distillation._types" not in loaded  # for type checkers alone


def built(target, folder):
    """The archive that hatchling makes: an sdist or a wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return path


def test_wheel_says_that_it_is_typed(tmp_path):
    with zipfile.ZipFile(built("wheel", tmp_path)) as archive:
        assert "linear_distillation/py.typed" in archive.namelist()


def test_sdist_holds_all_that_is_tracked(tmp_path):
    """So it builds the book."""
    with tarfile.open(built("sdist", tmp_path)) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"requirements.lock", "environment.yml", "CITATION.cff", ".ci/run", "_toc.yml"} <= held
    assert not [name for name in held if name.startswith((".venv", "_build"))]
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
        assert set(listed.stdout.split()) - held == set()
