"""The command line: what it prints, writes and returns, whatever happens."""

import errno
import json
import os
import platform
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from linear_distillation import __main__ as cli
from linear_distillation import __version__
from linear_distillation.claims import REGISTRY
from linear_distillation.claims.claim import Claim
from linear_distillation.claims.slack import AtMost
from linear_distillation.evidence import KINDS

COMMAND = [sys.executable, "-u", "-m", "linear_distillation"]
RUN = "import runpy; runpy.run_module('linear_distillation', run_name='__main__')"
TWO = ["minimisers", "gradient"]


def verify(*arguments):
    return cli.main(["verify", *arguments])


@pytest.fixture
def planted(monkeypatch):
    """Put a check into the registry, and return its id."""

    def plant(check, **fields):
        claim = Claim("planted", "a test", "planted", check, **fields)
        monkeypatch.setitem(REGISTRY, claim.id, claim)
        return claim.id

    return plant


def false(draw):
    return AtMost(draw.uniform(), 0.5, scale=1.0)


def broken(draw):
    raise ZeroDivisionError("by design")


# What is printed


def test_true_claims_pass(capsys):
    assert verify(*TWO) == 0
    out = capsys.readouterr().out
    assert out.count("pass 4/4") == 2 and "Nothing failed." in out
    assert "seed 0. False-alarm rate of a run 1e-06" in out


def test_a_false_claim_fails(capsys, planted):
    assert verify(planted(false), *TWO, "--quiet") == 1
    out = capsys.readouterr().out
    assert "refuted" in out and "Failed: planted" in out and "gradient" not in out


def test_one_claim_that_raises_does_not_end_the_run(capsys, planted, tmp_path):
    output = tmp_path / "evidence.json"
    assert verify(planted(broken), *TWO, "--output", str(output)) == 1
    assert "ERROR ZeroDivisionError: by design" in capsys.readouterr().out
    rows = json.loads(output.read_text())["claims"]
    assert [row["id"] for row in rows] == ["planted", *TWO]
    assert rows[0]["error"]["at"].startswith("planted at [") and "error" not in rows[1]


def test_json_has_the_stated_form(capsys, tmp_path):
    output = tmp_path / "a" / "evidence.json"
    assert verify("gradient", "--json", "--output", str(output)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads(output.read_text())
    assert report["seed"] == 0 and report["false_alarm_rate"] == 1e-6 and report["complete"]
    (row,) = report["claims"]
    assert (row["id"], row["paper"], row["rests_on"]) == ("gradient", "Appendix A", [])
    assert tuple(row["evidence"]) == KINDS
    verdicts = {"pass", "fail", "unknown", "not applicable"}
    assert {kind["verdict"] for kind in row["evidence"].values()} <= verdicts


def test_workers_and_order_do_not_change_evidence(capsys):
    ids = ["gradient", "hessian", "minimisers"]
    verify(*ids, "--json")
    one = json.loads(capsys.readouterr().out)["claims"]
    verify(*reversed(ids), "--json", "--jobs", "2")
    assert json.loads(capsys.readouterr().out)["claims"] == one[::-1]


def test_several_seeds_are_summed_up(capsys, planted):
    assert verify(*TWO, "--seeds", "3", "--quiet") == 0
    out = capsys.readouterr().out
    assert "seeds 0 to 2" in out and "Mutants refuted: 24 of 24." in out
    assert verify(planted(false), "--seeds", "2", "--seed", "5", "--quiet") == 1
    assert "failed at seeds [5, 6]" in capsys.readouterr().out


def test_replay_rebuilds_cases_of_claims_and_mutants(capsys):
    verify("corollary-A1", "--replay")
    lines = capsys.readouterr().out.splitlines()
    code = "\n".join(line.strip() for line in lines if line.startswith("      "))
    exec(code)
    out = capsys.readouterr().out
    cases = 2 + len(REGISTRY["corollary-A1"].mutants) + len(REGISTRY["corollary-A1"].without)
    assert out.count("slack in [") == cases and out.count("slack in [-") >= cases - 1
    assert "count(1, 10) = " in out and " <= " in out


def test_list_names_every_claim(capsys):
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(claim in out for claim in REGISTRY)


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out.strip() == __version__


# Arguments and files


def test_an_unknown_claim_is_a_bad_argument(capsys):
    with pytest.raises(SystemExit) as stop:
        verify("minimiser")
    assert stop.value.code == 2
    assert "near: minimisers" in capsys.readouterr().err


@pytest.mark.parametrize(
    "bad",
    [["--budget", "huge"], ["--seed", "-1"], ["--jobs", "two"], ["--seeds", "0"]],
)
def test_bad_options(bad):
    with pytest.raises(SystemExit) as stop:
        verify(*bad)
    assert stop.value.code == 2


@pytest.mark.parametrize("text, count", [("1", 1), ("0", 1), ("999999", len(REGISTRY))])
def test_jobs_are_bounded_by_the_work(text, count):
    assert cli.jobs(text) == count
    assert cli.jobs("-1") >= 1


def test_what_cannot_be_written_is_told_before_the_work(capsys, planted, tmp_path):
    name = planted(broken)  # would be a row of its own if work began
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below"):
        assert verify(name, "--output", str(path)) == 3
        printed = capsys.readouterr()
        assert printed.err.startswith("linear_distillation: --output: ") and not printed.out


def test_a_full_disk_keeps_the_old_report(capsys, monkeypatch, tmp_path):
    output = tmp_path / "evidence.json"
    output.write_text("the old one")

    def full(path, text):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.Path, "write_text", full)
    assert verify("gradient", "--output", str(output)) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["evidence.json"]
    assert output.read_text() == "the old one"


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path, capsys):
    (tmp_path / "there").mkdir()
    link, gone = tmp_path / "link.json", tmp_path / "gone.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    gone.symlink_to("gone.json")
    assert verify("gradient", "--quiet", "--output", str(link)) == 0
    assert link.is_symlink() and json.loads((tmp_path / "there" / "real.json").read_text())
    assert verify("gradient", "--output", str(gone)) == 3 and gone.is_symlink()


@pytest.mark.parametrize("option", ["--output", "--report"])
def test_what_is_no_file_is_never_replaced(option, capsys, planted, tmp_path):
    pipe, data = tmp_path / "pipe", tmp_path / "x.csv"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    data.write_text("a,logit\n1,2\n")
    work = ["verify", planted(broken)] if option == "--output" else ["study", str(data)]
    for path in (pipe, tmp_path / "link"):
        assert cli.main([*work, option, str(path)]) == 3
        printed = capsys.readouterr()
        assert f"{option}: {path} is no regular file" in printed.err and not printed.out
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "command", [["list"], ["verify", "gradient"], ["verify", "gradient", "--json"]]
)
def test_standard_output_on_a_full_disk(command, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    for method in ("write", "flush"):
        with monkeypatch.context() as patch:
            patch.setattr(sys.stdout, method, full)
            assert cli.main(command) == 3
        error = "cannot write to standard output (No space left on device)\n"
        assert capsys.readouterr().err == f"linear_distillation: {error}"
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(command) == 3


def test_a_process_with_a_full_disk_says_no_more_than_that(tmp_path):
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); {RUN}"
    with (tmp_path / "out").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-c", limit, "list"], stdout=out, stderr=subprocess.PIPE, text=True
        )
    error = "cannot write to standard output (File too large)\n"
    assert (done.returncode, done.stderr) == (3, f"linear_distillation: {error}")


# Signals


@pytest.mark.parametrize(
    "options, left",
    [
        ([], "; what is printed above stands"),
        (["--quiet"], "; nothing is printed or kept"),
        (["--json"], "; nothing is printed or kept"),
        (["--json", "--output"], "; {} holds what was finished"),
        (["--output"], "; what is printed above stands; {} holds what was finished"),
    ],
)
@pytest.mark.parametrize("finished", [0, 1])
def test_what_is_said_of_an_interrupted_run_is_true(
    finished, options, left, monkeypatch, capsys, tmp_path
):
    def stopped(ids, *rest):
        yield from [row for row in rows(ids, *rest) if finished]
        raise KeyboardInterrupt

    rows, output = cli.examined, str(tmp_path / "evidence.json")
    monkeypatch.setattr(cli, "examined", stopped)
    assert verify("gradient", *options, *[output] * ("--output" in options)) == 130
    said = capsys.readouterr().err
    assert said == f"interrupted{left if finished else '; nothing is printed or kept'}\n".format(
        output
    )
    assert os.path.exists(output) == ("holds" in said)


def running(*arguments):
    return subprocess.Popen(
        [*COMMAND, "verify", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_an_interrupt_loses_no_row(tmp_path):
    output = tmp_path / "evidence.json"
    with running("gradient", "theorem-A3", "--output", str(output)) as process:
        while not output.exists():
            time.sleep(0.05)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in error
    report = json.loads(output.read_text())
    assert [row["id"] for row in report["claims"]] == ["gradient"] and not report["complete"]


def test_an_interrupt_loses_one_run_of_several(tmp_path):
    output = tmp_path / "evidence.json"
    with running("gradient", "--seeds", "1000", "--output", str(output)) as process:
        while not output.exists():
            time.sleep(0.05)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads(output.read_text())
    assert report["seeds"] == [*range(len(report["seeds"]))] and len(report["seeds"]) < 1000
    assert [row["id"] for row in report["claims"]] == ["gradient"]


def children(pid):
    """The workers that a process has started."""
    return [
        child.pid for child in psutil.Process(pid).children() if "loky" in " ".join(child.cmdline())
    ]


def test_termination_leaves_no_process():
    with running("--budget", "full", "--jobs", "2") as process:
        until = time.monotonic() + 60
        while len(workers := children(process.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(workers) >= 2
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    until = time.monotonic() + 20
    while any(map(psutil.pid_exists, workers)):
        time.sleep(0.1)
        assert time.monotonic() < until


def test_a_closed_pipe_ends_quietly():
    with subprocess.Popen([*COMMAND, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as it:
        it.stdout.close()
        assert it.stderr.read() == b""
        assert it.wait(timeout=60) == 128 + signal.SIGPIPE


# Machines


def evidence_with(kernel, jobs, ids):
    """What a process finds whose matrix products are those of another processor."""
    command = [*COMMAND, "verify", *ids, "--json", "--quiet", "--jobs", str(jobs)]
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["claims"]


def architecture(kernel):
    """Whose matrix products NumPy then takes."""
    code = (
        "import numpy, threadpoolctl as t; print([p['architecture'] for p in t.threadpool_info()])"
    )
    command, environment = [sys.executable, "-c", code], os.environ | {"OPENBLAS_CORETYPE": kernel}
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


def without_last_digits(value):
    """Evidence without the slacks and the places of the worst cases, which rounding moves."""
    if isinstance(value, dict):
        moved = ("smallest", "worst", "point", "witness")
        return {key: without_last_digits(part) for key, part in value.items() if key not in moved}
    return [without_last_digits(part) for part in value] if isinstance(value, list) else value


def test_processors_differ_by_less_than_what_is_declared():
    if "openblas" in str(np.__config__.CONFIG) and platform.machine() == "x86_64":
        assert architecture("Haswell") != architecture("Prescott")
    ids = ["theorem-1-projection", "lemma-1", "hessian-bound"]
    one, other = evidence_with("Haswell", 1, ids), evidence_with("Prescott", 2, ids)
    assert without_last_digits(one) == without_last_digits(other)
    for row, twin in zip(one, other, strict=True):
        for kind in ("sampling", "search"):
            (low, high), (least, most) = (r["evidence"][kind]["smallest"] for r in (row, twin))
            assert low <= most and least <= high
