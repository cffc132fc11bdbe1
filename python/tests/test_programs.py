"""The programs of python/programs print, in tenseur, what TensorFlow prints (expected.json, see xtask/peers)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "programs"
EXPECTED = json.loads((PROGRAMS / "expected.json").read_text())


def run(name):
    """Runs a program as a user would, in a folder of its own; gives its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tenseur", str(PROGRAMS / f"{name}.py")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def numbers(text):
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return text


def results(output):
    """What the lines `RESULT name value…` say, by name."""
    lines = [line.partition(" ")[2].partition(" ") for line in output.splitlines() if line.startswith("RESULT ")]
    return {name: numbers(value) for name, _, value in lines}


def near(found, wanted, tolerance):
    """Whether numbers are equal but for the tolerance, in parts of the larger of 1 and the value; texts must be equal."""
    if isinstance(found, str) or isinstance(wanted, str):
        return found == wanted
    pairs = zip(found, wanted)
    return len(found) == len(wanted) and all(abs(a - b) <= tolerance * max(1, abs(b)) for a, b in pairs)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_program(name):
    done = run(name)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    found = results(done.stdout)
    assert list(found) == list(EXPECTED[name])
    wrong = [f"{key} is {found[key]}, and in TensorFlow {entry['value']}" for key, entry in EXPECTED[name].items()
             if not near(found[key], entry["value"], entry["tolerance"])]
    assert not wrong, "\n".join(wrong)


def test_every_program_has_expected_results():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(EXPECTED)


def test_results_tell_numbers_from_texts():
    assert results("Step 3\nRESULT loss 0.5\nRESULT names a:0,b:0\nRESULT w 1 -2.5e3\n") == {
        "loss": [0.5], "names": "a:0,b:0", "w": [1.0, -2500.0]}
    assert near([100.0], [100.005], 1e-4) and not near([1.0], [1.001], 1e-4) and not near([1.0], [1.0, 1.0], 1)
    assert not near([float("nan")], [1.0], 1) and not near("a", [1.0], 1)
