"""The command `study` and its report: what they say, and what is wrong with a bad file."""

import csv
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import linear_distillation as ld
from linear_distillation import _report, _study, _svg
from linear_distillation.__main__ import main

TEACHERS = "npz", "skops"
ROOT = Path(__file__).parents[1]
SVG = "{http://www.w3.org/2000/svg}"


def rng():
    return np.random.default_rng(0)


@pytest.fixture
def data():
    X = rng().standard_normal((60, 4))
    return np.vstack([X, -X]), np.array([2.0, 1, -1, 0.5])


def write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def table(tmp_path, data):
    X, w = data
    return write_csv(tmp_path / "data.csv", ["a", "b", "c", "d", "logit"], np.c_[X, X @ w])


def study(capsys, *arguments):
    """Exit status, output and errors of a run with few sets."""
    status = main(["study", *map(str, arguments), "--sets", "12"])
    return status, *capsys.readouterr()


# What it says


def test_table_of_a_csv(table, capsys):
    status, out, err = study(capsys, table, "--risk", "0.2")
    assert (status, err) == (0, "")
    assert "60 rows in the pool, 60 in the test, 4 features of rank 4, 2 classes" in out
    rows = re.findall(r"^ +\d+ +[\d.]+ +[\d.]+ to [\d.]+ .*$", out, re.MULTILINE)
    assert [int(row.split()[0]) for row in rows] == [1, 2, 3, 4]
    assert re.search(r"For a risk of 20 %:\n  needed      \d \(\d to \d\); measured: 12", out)
    assert out.count("  predicted   ") == 2 and "  guaranteed  " in out


def test_columns_may_be_numbered_as_pandas_does(table, data, tmp_path, capsys):
    X, w = data
    path = write_csv(tmp_path / "n.csv", ["0", "1", "2", "3", "4"], np.c_[X, X @ w])
    named, numbered = study(capsys, table), study(capsys, path, "--logits", "4")
    assert numbered[0] == 0 and numbered[1:] == tuple(
        t.replace(str(table), str(path)) for t in named[1:]
    )


def test_it_repeats_itself(table, capsys):
    first = study(capsys, table)
    assert study(capsys, table) == first
    for jobs in ("2", "0", "-1", "999"):
        assert study(capsys, table, "--jobs", jobs) == first


@pytest.mark.parametrize("names", [("coef", "intercept"), ("coef_", "intercept_")])
def test_data_and_coefficients(tmp_path, data, capsys, names):
    X, w = data
    np.savez(tmp_path / "x.npz", X=X)
    np.savez(tmp_path / "coef.npz", **{names[0]: w[None], names[1]: [0.5]})
    run = tmp_path / "x.npz", "--teacher", tmp_path / "coef.npz"
    assert "5 features of rank 5, 2 classes" in study(capsys, *run)[1]
    np.savez(tmp_path / "both.npz", X=X, z=X @ w + 0.5)
    known = tmp_path / "both.npz", "--logits", "z", "--intercept"
    assert study(capsys, *known)[1] == study(capsys, *run)[1]


def test_coefficients_of_several_classes(tmp_path, data, capsys):
    X, w = data
    np.savez(tmp_path / "x.npz", X=X)
    np.savez(tmp_path / "coef.npz", coef=np.c_[w, -w, w[::-1]].T, intercept=[0.0, 0, 1])
    out = study(capsys, tmp_path / "x.npz", "--teacher", tmp_path / "coef.npz")[1]
    assert "3 classes" in out and "no angles" in out


def test_logits_of_several_classes_and_columns_to_drop(tmp_path, data, capsys):
    X, w = data
    rows = [[*x, "name", *z] for x, z in zip(X, np.c_[X @ w, -X @ w, X[:, 0]], strict=True)]
    path = write_csv(tmp_path / "x.csv", [*"abcd", "id", "p", "q", "r"], rows)
    status, out, _ = study(capsys, path, "--logits", "p,q,r", "--drop", "id")
    assert status == 0 and "4 features of rank 4, 3 classes" in out


def test_standardised_columns(tmp_path, data, capsys):
    X, w = data
    moved = np.c_[X * [1, 1e4, 1, 1e-3] + [5, 0, 2, 0], np.ones(len(X))]
    path = write_csv(tmp_path / "x.csv", [*"abcde", "logit"], np.c_[moved, X @ w])
    assert "note on scale" in study(capsys, path)[1]
    out = study(capsys, path, "--standardise")[1]
    assert "note on scale" not in out and "5 features of rank 5" in out


def test_coefficients_without_their_intercept(tmp_path, data, capsys):
    X, w = data
    np.savez(tmp_path / "x.npz", X=X + 3)
    np.savez(tmp_path / "coef.npz", coef=w)
    out = study(capsys, tmp_path / "x.npz", "--teacher", tmp_path / "coef.npz")[1]
    assert "note on centring: they are linear without an intercept" in out


@pytest.mark.parametrize("name", ["data", "models"])
def test_a_missing_extra_is_named(tmp_path, data, capsys, monkeypatch, name):
    needed, suffix = {"data": ("pandas", "parquet"), "models": ("skops", "skops")}[name]
    monkeypatch.setitem(sys.modules, needed, None)
    np.savez(tmp_path / "x.npz", X=data[0])
    path = tmp_path / f"x.{suffix}"
    path.write_text("x")
    run = [path] if name == "data" else [tmp_path / "x.npz", "--teacher", path]
    status, _, err = study(capsys, *run)
    assert status == 3 and f"install this package with its extra `{name}`" in err


def test_parquet(table, tmp_path, data, capsys):
    """A valid file says what the same table in CSV says. (pyarrow is not in the lock.)"""
    pytest.importorskip("pyarrow")
    import pandas as pd

    pd.read_csv(table).to_parquet(tmp_path / "data.parquet")
    assert study(capsys, tmp_path / "data.parquet") == study(capsys, table)


def test_skops(tmp_path, data, capsys):
    """A valid file says what the model's coefficients say. (skops is not in the lock.)"""
    skops = pytest.importorskip("skops.io")
    X, w = data
    model = LogisticRegression().fit(X, X @ w > 0)
    skops.dump(model, tmp_path / "m.skops")
    np.savez(tmp_path / "x.npz", X=X)
    np.savez(tmp_path / "m.npz", coef=model.coef_, intercept=model.intercept_)
    runs = [study(capsys, tmp_path / "x.npz", "--teacher", tmp_path / f"m.{k}") for k in TEACHERS]
    assert runs[0][0] == 0 and runs[0] == runs[1]


def test_the_command_of_the_readme_runs(table, tmp_path, capsys, monkeypatch):
    line = re.search(r"linear_distillation (study .*)$", (ROOT / "README.md").read_text(), re.M)[1]
    monkeypatch.chdir(tmp_path)
    table.write_text(table.read_text().replace("logit", "score", 1))
    assert main([*line.split(), "--sets", "12"]) == 0
    assert "For a risk of 5 %:" in capsys.readouterr().out
    assert (tmp_path / "out.html").read_text().count("<svg") == 3


# The report


def test_report_is_whole_and_asks_no_host(table, tmp_path, capsys):
    path = tmp_path / "out.html"
    status, out, _ = study(capsys, table, "--report", path)
    assert status == 0 and out.endswith(f"{path} is written.\n")
    page = path.read_text()
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    outside = set(re.findall(r"https?://[^\"' <]+", page)) - {"http://www.w3.org/2000/svg"}
    assert not outside and not re.search(r"<script|<link|src=|url\(|@import", page)
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 3
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.find(f"{SVG}title").text
        texts = [text.text for text in root.iter(f"{SVG}text")]
        assert {"examples n", "direction", "angle in degrees"} & set(texts)
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x")) <= 640 and 0 <= float(text.get("y")) <= 400
    assert list(tmp_path.glob(".*")) == []


def test_names_are_escaped(data):
    X, w = data
    found = _study.study(ld.Pool(X, X @ w), 0.1, 4, rng())
    page = _report.page(found, "<script>alert('a')</script>")
    assert "<script" not in page and "&lt;script&gt;" in page


def test_a_report_that_fails_leaves_what_was_there(data, tmp_path, monkeypatch):
    X, w = data
    path = tmp_path / "out.html"
    path.write_text("old")

    def broken(*arguments):
        raise RuntimeError("no picture")

    monkeypatch.setattr(_report, "curve_picture", broken)
    with pytest.raises(RuntimeError):
        ld.Pool(X, X @ w).report(path, n_sets=4)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["out.html"]


@pytest.mark.parametrize("ends", [(1, 60), (1e-4, 1), (1, 2), (0.02, 0.9)])
def test_logarithmic_axes_have_ticks(ends):
    found = _svg.ticks(ends, True)
    assert (
        2 <= len(found) <= 12
        and (found >= ends[0] * 0.99).all()
        and (found <= ends[1] * 1.01).all()
    )


def digits():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X, y % 2)
    return ld.Pool.from_model(model, X)


def numbers(svg):
    """All coordinates of a picture."""
    return np.array([float(x) for x in re.findall(r"-?\d+\.?\d*", svg)])


def test_picture_of_the_readme_is_that_of_a_report():
    found = _study.study(digits(), 0.05, 100, rng())
    drawn, stored = _report.curve_picture(found), ROOT / "book/images/own-teacher.svg"
    if not stored.exists() or os.environ.get("RENEW"):
        stored.write_text(drawn + "\n")
    np.testing.assert_allclose(numbers(stored.read_text()), numbers(drawn), atol=2)
    assert "(book/images/own-teacher.svg)" in (ROOT / "README.md").read_text()


def test_a_pool_of_several_classes_and_a_small_one():
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    found = _study.study(ld.Pool.from_model(model, X), 0.05, 10, rng())
    assert found.tail is None and found.predicted["rows"] <= 10
    assert any("no angles" in line for line in _study.lines(found))
    tiny = _study.study(ld.Pool(np.eye(4) + 1.0, [1.0, -1, 2, 1]), 0.5, 4, rng())
    assert tiny.curve.n.tolist()[0] == 1 and list(_study.lines(tiny))


# Bad files


def bad(name, text=None, **arrays):
    """Make a bad file."""

    def make(folder):
        path = folder / name
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        elif arrays:
            np.savez(path, **arrays)
        return path

    return make


pickled = np.array([{"a": 1}], dtype=object)
X8 = np.arange(16.0).reshape(8, 2) - 7.5
BAD_DATA = {
    "missing": (bad("no.csv"), "cannot be read (No such file"),
    "kind": (bad("x.pkl", "x"), "expected .npz, .csv, .parquet; a pickle is not loaded"),
    "empty": (bad("x.csv", ""), "empty; expected a header"),
    "header only": (bad("x.csv", "a,logit\n"), "no rows below the header"),
    "blank header": (bad("x.csv", " ,\n1,2\n"), "empty; expected a header and rows of numbers"),
    "no header": (
        bad("x.csv", "1,2\n3,4e1\n"),
        "x.csv, line 1: these are numbers; expected a header, a name for each column",
    ),
    "semicolons": (
        bad("x.csv", "a;logit\n1;2\n"),
        "x.csv, line 1: columns are separated by commas here, and this header has none",
    ),
    "tabs": (bad("x.csv", "a\tlogit\n1\t2\n"), "line 1: columns are separated by commas"),
    "underscore": (
        bad("x.csv", "a,logit\n1,2\n1_000,2\n"),
        "line 3: column 'a' holds '1_000', not a number",
    ),
    "other digits": (bad("x.csv", "a,logit\n1,\u0663\n"), "line 2: column 'logit' holds '\u0663'"),
    "text": (bad("x.csv", "a,logit\n1,2\n1,x\n"), "line 3: column 'logit' holds 'x', not a number"),
    "short row": (bad("x.csv", "a,logit\n1,2\n1\n"), "line 3: 1 fields, the header has 2"),
    "nan": (bad("x.csv", "a,logit\n1,2\nnan,2\n"), "row 1 of the data: column 'a' is not finite"),
    "bytes": (bad("x.csv", b"a,logit\n\xff\xfe,2\n"), "no CSV file in UTF-8"),
    "twice": (bad("x.csv", "a,a,logit\n1,2,3\n"), "two columns have one name"),
    "only logits": (bad("x.csv", "logit\n1\n2\n"), "no columns but logits"),
    "no logits": (bad("x.csv", "a,b\n1,2\n3,4\n"), "no logits; give --logits or --teacher"),
    "few rows": (bad("x.csv", "a,logit\n1,2\n3,4\n"), "X: expected at least 4 rows"),
    "no zip": (bad("x.npz", "hello"), "no "),
    "half a zip": (bad("x.npz", b"PK\x03\x04abc"), "no "),
    "pickled": (bad("x.npz", X=pickled), "no .npz file of plain arrays"),
    "no X": (bad("x.npz", Y=X8), "no array 'X'; there are Y"),
    "shapes": (bad("x.npz", X=X8, logits=X8[1:, 0]), "logits: expected shape"),
    "one axis": (bad("x.npz", X=X8[:, 0], logits=X8[:, 0]), "X: expected 2 axes"),
    "no parquet": (bad("x.parquet", "hello"), ""),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data(case, tmp_path, capsys):
    make, message = BAD_DATA[case]
    report = tmp_path / "out.html"
    status, out, err = study(capsys, make(tmp_path), "--report", report)
    assert (status, out) == (3, "") and message in err and err.count("\n") == 1
    assert err.startswith("linear_distillation: ") and not report.exists()


@pytest.mark.parametrize("case", ["blank header", "no header", "semicolons"])
def test_bad_headers_are_told_in_the_words_of_the_page(case):
    words = BAD_DATA[case][1].rpartition("line 1: ")[2]
    assert words in (ROOT / "book/_interactive/own-maths.js").read_text(encoding="utf8")


def test_names_of_columns_may_hold_numbers(tmp_path, data, capsys):
    X, w = data
    path = write_csv(tmp_path / "x.csv", [1, 2, 3, "4_0", "logit"], np.c_[X, X @ w])
    assert "4 features of rank 4" in study(capsys, path)[1]


BAD_TEACHERS = {
    "missing": (bad("no.npz"), "cannot be read (No such file"),
    "kind": (bad("m.joblib", "x"), "expected .npz, .skops; a pickle is not loaded"),
    "skops": (bad("m.skops", "x"), ""),
    "no coef": (bad("m.npz", w=X8[0]), "no array 'coef'; there are w"),
    "shape": (bad("m.npz", coef=X8[:, 0]), "coef has the shape (8,), the data have 2 features"),
    "nan": (bad("m.npz", coef=np.array([np.nan, 1])), "coef holds more than finite numbers"),
    "intercepts": (bad("m.npz", coef=X8[:3], intercept=np.ones(2)), "2 intercepts for 3 classes"),
    "pickled": (bad("m.npz", coef=pickled), "no .npz file of plain arrays"),
}


@pytest.mark.parametrize("case", BAD_TEACHERS)
def test_bad_teachers(case, tmp_path, capsys):
    make, message = BAD_TEACHERS[case]
    np.savez(tmp_path / "x.npz", X=X8)
    status, out, err = study(capsys, tmp_path / "x.npz", "--teacher", make(tmp_path))
    assert (status, out) == (3, "") and message in err


def test_a_pickle_inside_is_not_loaded(tmp_path, capsys):
    """It would leave a file behind."""

    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    np.savez(tmp_path / "x.npz", X=np.array([Trap()], dtype=object))
    np.savez(tmp_path / "good.npz", X=X8)
    assert study(capsys, tmp_path / "x.npz")[0] == 3
    assert study(capsys, tmp_path / "good.npz", "--teacher", tmp_path / "x.npz")[0] == 3
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "path, message", [("", "is a directory"), ("nowhere/out.html", "cannot write")]
)
def test_a_report_that_cannot_be_written_is_told_before_the_work(
    table, tmp_path, capsys, path, message
):
    status, out, err = study(capsys, table, "--report", tmp_path / path)
    assert (status, out) == (3, "") and message in err


@pytest.mark.parametrize(
    "arguments", [[], ["x.csv", "--risk", "1"], ["x.csv", "--sets", "1"], ["x.csv", "--seed", "-1"]]
)
def test_bad_arguments(arguments):
    command = [sys.executable, "-m", "linear_distillation", "study", *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout == "" and "usage" in run.stderr


def test_unknown_columns(table, tmp_path, capsys):
    assert "no column 'z'; there are a, b, c, d, logit" in study(capsys, table, "--logits", "z")[2]
    assert "no column 'z'" in study(capsys, table, "--drop", "z")[2]
    np.savez(tmp_path / "x.npz", X=X8)
    assert "have no names to drop" in study(capsys, tmp_path / "x.npz", "--drop", "a")[2]
