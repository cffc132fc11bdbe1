"""Makes the notebooks of the course, in both languages, from course.txt.

    python notebooks/make.py

course.txt is a row of blocks. A line `--- en` begins a text in English, `--- fr` the same in French, `--- code` a cell of
code, in which `⟦loss|coût⟧` stands for words that have a language.
"""

import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent
LANGUAGES = ("en", "fr")


def blocks(source):
    """The blocks: pairs of kind and text."""
    parts = re.split(r"^--- (en|fr|code)\n", source, flags=re.MULTILINE)
    return [(kind, text.strip("\n")) for kind, text in zip(parts[1::2], parts[2::2])]


def notebook(source, language):
    """The notebook's text (format 4.5, without outputs)."""
    cells = []
    for kind, text in blocks(source):
        if kind not in ("code", language):
            continue
        cell = {"cell_type": "code" if kind == "code" else "markdown", "id": f"cell-{len(cells) + 1}", "metadata": {}}
        if kind == "code":
            cell.update(execution_count=None, outputs=[])
            text = re.sub(r"⟦([^|⟧]*)\|([^⟧]*)⟧", lambda words: words[1 + LANGUAGES.index(language)], text)
        cell["source"] = text.splitlines(keepends=True)
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
             "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def main():
    source = (FOLDER / "course.txt").read_text(encoding="utf-8")
    for language in LANGUAGES:
        (FOLDER / f"course_{language}.ipynb").write_text(notebook(source, language), encoding="utf-8")


if __name__ == "__main__":
    main()
