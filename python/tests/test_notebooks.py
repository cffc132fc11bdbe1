"""The course's notebooks run from top to bottom, in both languages, and say what the course says."""

import importlib.util
import os
import pathlib
import re

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "notebooks"


def make():
    spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "fr"])
def test_notebooks_are_what_their_source_makes(language):
    wanted = make().notebook((FOLDER / "course.txt").read_text(encoding="utf-8"), language)
    assert (FOLDER / f"course_{language}.ipynb").read_text(encoding="utf-8") == wanted, "run notebooks/make.py"


def test_languages_have_the_same_parts():
    kinds = [kind for kind, _ in make().blocks((FOLDER / "course.txt").read_text(encoding="utf-8"))]
    texts = [kind for kind in kinds if kind != "code"]
    assert texts == ["en", "fr"] * (len(texts) // 2) and kinds.count("code") >= 9


def run(language, monkeypatch):
    """What each cell of code printed, and the pictures of all."""
    nbformat = pytest.importorskip("nbformat", reason="notebooks are run where nbclient and ipykernel are installed")
    nbclient = pytest.importorskip("nbclient", reason="notebooks are run where nbclient and ipykernel are installed")
    pytest.importorskip("ipykernel", reason="notebooks are run where nbclient and ipykernel are installed")
    import tenseur
    package = os.path.dirname(os.path.dirname(tenseur.__file__))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])))
    notebook = nbformat.read(FOLDER / f"course_{language}.ipynb", 4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed, pictures = [], 0
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        printed.append("".join(output.get("text", "") for output in outputs if output.output_type == "stream"))
        for output in outputs:
            data = output.get("data", {})
            pictures += data.get("text/html", "").count("<svg") + ("image/svg+xml" in data)
    return printed, pictures


@pytest.mark.parametrize("language", ["en", "fr"])
def test_course(language, monkeypatch):
    printed, pictures = run(language, monkeypatch)
    text = "\n".join(printed)

    def numbers(pattern):
        """Those at the end of the line that begins so."""
        line = re.search(f"^(?:{pattern}).*", text, re.MULTILINE)
        assert line, f"no line like {pattern}\n{text}"
        return [float(word) for word in re.search(r"[-\d. ]*$", line[0])[0].split()]

    # A perceptron has no answer to XOR, a hidden layer has.
    assert numbers("perceptron +XOR") == [0.5, 0.5, 0.5, 0.5]
    assert numbers("(?:hidden layer|couche cachée) +XOR") == pytest.approx([0, 1, 1, 0], abs=0.02)
    # f′ from the graph is the closed form.
    misses = [float(miss) for miss in re.findall(r"(?:at most|au plus) (\S+)", text)]
    assert len(misses) == 7 and max(misses) < 1e-6
    # A playground's network tells the circle from what is around it.
    assert numbers("circle|cercle")[-1] < 0.05
    # The gradient of cross-entropy is σ − y, and nearly the quotient of differences.
    graph = re.findall(r"(?:from the graph|tirée du graphe) +(\[.*\])", text)
    formula = re.findall(r"σ − y +(\[.*\])", text)
    quotient = re.findall(r"quotient +(\[.*\])", text)
    assert len(graph) == 2 and graph == formula == quotient
    assert "E = 2000.0 2000.0" in text
    # By thirty layers Xavier's signal has gone, He's has not.
    last = [float(loss) for loss in re.findall(r"(?:of the last 20|des 20 derniers) (\S+)", text)]
    assert last[0] > 2.29 and last[1] < 2 and last[2] < 2
    # The sum by η and the mean by 32η are one descent; summed over the whole set, η kills the network.
    assert re.search(r"(?:same bits|mêmes bits) ?: True", text)
    assert re.search(r"(?:whole set|ensemble), 32η .* 2\.302\d", text)
    # What learns the digits.
    assert numbers("(?:epoch|époque) 30")[-1] > 0.96
    assert re.search(r"w = 10\.000, b = 0\.000", text)
    assert pictures >= 4 + 7 + 2 + 1 + 4 + 2
