"""Programs that the playground exports print the page's losses, to the bit."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

FOLDER = pathlib.Path(os.environ.get("TENSEUR_EXPORTS", "does-not-exist"))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="cargo xtask package exports the programs")
@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.json")), ids=lambda page: page.stem)
def test_an_exported_program_has_the_losses_of_the_page(page):
    wanted = json.loads(page.read_text())
    command = [sys.executable, "-m", "tenseur", "--portable", str(page.with_suffix(".py"))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    printed = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if " " in line)
    for which in ("training", "test"):
        assert np.float32(printed[f"{which} loss"]) == np.float32(wanted[which])
