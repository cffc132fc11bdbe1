"""Runs the programs of python/programs in TensorFlow, and compares with expected.json or writes it.

usage: record_programs.py [--write] [NAME…]

What a program finds stands in its last lines, `RESULT name value…`. expected.json has for each of them what TensorFlow
gives, and the tolerance: how far from it another's sums, made in another order, may end, in parts of the larger of 1 and
the value. A new result has the tolerance below; others are kept.
"""

import json
import os
import pathlib
import sys
import tempfile
import traceback
import types

sys.path.insert(0, os.path.dirname(__file__))
PROGRAMS = pathlib.Path(__file__).resolve().parents[2] / "python/programs"
TOLERANCE = 1e-4


def numbers(text):
    """The values of one result: numbers where they are numbers, else the text."""
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return text


def results(output):
    """What the lines `RESULT name value…` say, by name."""
    lines = [line.partition(" ")[2].partition(" ") for line in output.splitlines() if line.startswith("RESULT ")]
    return {name: numbers(value) for name, _, value in lines}


def run(path):
    """Runs a program in a process of its own, which has TensorFlow already; gives what it printed and its status."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.dup2(writer, 1)
            os.chdir(tempfile.mkdtemp())
            sys.argv = [str(path)]
            program = sys.modules["__main__"] = types.ModuleType("__main__")
            program.__file__ = str(path)
            exec(compile(path.read_text(), path, "exec"), program.__dict__)
            status = 0
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status if isinstance(status, int) else 1)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        output = pipe.read()
    return output, os.waitpid(child, 0)[1]


def near(found, wanted, tolerance):
    if isinstance(found, str) or isinstance(wanted, str):
        return found == wanted
    pairs = zip(found, wanted)
    return len(found) == len(wanted) and all(abs(a - b) <= tolerance * max(1, abs(b)) for a, b in pairs)


def text(expected):
    """The file's text: a line for each result."""
    programs = []
    for name, results in sorted(expected.items()):
        lines = [f"    {json.dumps(key)}: {json.dumps(entry)}" for key, entry in results.items()]
        programs.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(programs) + "\n}\n"


def main(arguments):
    import tensorflow1
    tensorflow1.install()
    write = "--write" in arguments
    names = [argument for argument in arguments if argument != "--write"]
    file = PROGRAMS / "expected.json"
    expected = json.loads(file.read_text()) if file.exists() else {}
    wrong, right = [], 0
    for path in sorted(PROGRAMS.glob("*.py")):
        if names and path.stem not in names:
            continue
        output, status = run(path)
        found, known = results(output), expected.get(path.stem, {})
        if status != 0 or not found:
            wrong.append(f"{path.stem}: fails in TensorFlow, or has no result")
            continue
        for name, value in found.items():
            wanted = known.get(name, {"value": None, "tolerance": TOLERANCE})
            if wanted["value"] is not None and near(value, wanted["value"], wanted["tolerance"]):
                right += 1
            elif write:
                known[name] = {"value": value, "tolerance": 0 if isinstance(value, str) else wanted["tolerance"]}
            else:
                wrong.append(f"{path.stem}: {name} is {value} in TensorFlow, and {wanted['value']} in expected.json")
        if write:
            expected[path.stem] = {name: known[name] for name in found}
    if write:
        here = {path.stem for path in PROGRAMS.glob("*.py")}
        file.write_text(text({name: results for name, results in expected.items() if name in here}))
    print(f"{right} results of programs are TensorFlow's; {len(wrong)} are not")
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
