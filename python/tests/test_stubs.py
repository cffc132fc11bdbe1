"""What the stubs say of names and arguments fits the programs that run."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import tenseur

HERE = pathlib.Path(__file__).parent

# Whether a program's own variables are annotated is its own affair.
OF_THE_PACKAGE = re.compile(r"Module (\"tenseur[^\"]*\" )?has no attribute|\[call-arg\]|tenseur/.*: error")


def check(folder):
    """What mypy says of all programs, and of one that is wrong."""
    pytest.importorskip("mypy")
    package = pathlib.Path(tenseur.__file__).parent
    shutil.copytree(package, folder / "tenseur", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    subprocess.run([sys.executable, HERE.parent / "make_stubs.py", folder / "tenseur"], check=True)
    programs = [folder / "wrong.py"]
    programs[0].write_text("import tenseur as tf\n\ntf.reluu(1.0)\ntf.nn.relu(feature=1.0)\n")
    for program in sorted((HERE.parent / "programs").glob("*.py")):
        text = re.sub(r"(?m)^(from|import) tensorflow\b", r"\1 tenseur", program.read_text())
        programs.append(folder / program.name)
        programs[-1].write_text(text)
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "--follow-imports=silent",
               "--cache-dir", folder / "cache", *programs]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_programs_pass_mypy_and_what_is_wrong_does_not(tmp_path):
    lines = check(tmp_path)
    assert lines and "checked" in lines[-1], lines
    assert [line for line in lines if OF_THE_PACKAGE.search(line) and "wrong.py" not in line] == []
    assert any("wrong.py:3" in line and "has no attribute" in line for line in lines), lines
    assert any("wrong.py:4" in line and "call-arg" in line for line in lines), lines
