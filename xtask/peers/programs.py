"""Runs programs that the playground exported, and compares the losses that they print with those of the page.

usage: programs.py FOLDER
"""

import importlib.util
import json
import pathlib
import subprocess
import sys

# The losses are single precision sums in another order.
TOLERANCE = 1e-5


def losses(program):
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1]
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    return {words[0]: words[1] for words in lines if len(words) == 2}


def main():
    folder = pathlib.Path(sys.argv[1])
    peers = {".py": "tensorflow", "_keras.py": "keras", "_pytorch.py": "torch"}
    missing = [name for name in peers.values() if importlib.util.find_spec(name) is None]
    wrong, right = [], 0
    for page in sorted(folder.glob("*.json")):
        wanted = json.loads(page.read_text())
        for end, peer in peers.items():
            if peer in missing:
                continue
            found = losses(page.with_suffix("").with_name(page.stem + end))
            for which in ("training", "test"):
                try:
                    close = abs(float(found[f"{which} loss"]) - wanted[which]) <= TOLERANCE
                except (KeyError, TypeError, ValueError):
                    close = False
                right += close
                if not close:
                    wrong.append(f"{page.stem}{end}: {which} loss {wanted[which]} on the page, and here: {found}")
    print(f"{right} losses of exported programs are the page's; {len(wrong)} are not")
    if missing:
        print(f"not installed, and not run: {', '.join(missing)}")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


main()
