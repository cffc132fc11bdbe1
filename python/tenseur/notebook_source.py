"""A notebook's code cells as one program: what is Jupyter's own in them (`%matplotlib inline`, `!pip install`) is left out."""

import json
import re

# A cell whose first line says `%%bash` is not Python; after these it is.
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun"})
_MAGIC = re.compile(r"\s*(%%?|!|\?)|\s*[\w.]+\?{1,2}\s*$")
_FUTURE = re.compile(r"^from __future__ import [\w, ]+", re.M)
_ASSIGNED_MAGIC = re.compile(r"(\s*[\w., ]+=\s*)[%!](?!=)")


def program(data):
    """The Python source, as bytes, of the notebook whose file's bytes are `data`; cells are apart by an empty line.

    Raises:
      ValueError: where `data` is no notebook.
    """
    try:
        notebook = json.loads(data)
        # Notebooks of before 2015 have their cells in worksheets, and the source as `input`.
        cells = notebook["cells"] if "cells" in notebook else [
            cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a notebook: {error}") from None
    text = "\n\n".join(_plain(source if isinstance(source, str) else "".join(source)) for source in sources) + "\n"
    # Each cell may ask for Python 3's ways at its beginning, a program only at its own.
    asked = _FUTURE.findall(text)
    return "".join([*(f"{line}\n" for line in dict.fromkeys(asked)), _FUTURE.sub("pass", text) if asked else text]).encode()


def _plain(cell):
    """The cell without what is Jupyter's own; every line stays where it is."""
    first = re.match(r"\s*%%(\w+)", cell)
    if first and first.group(1) not in _PYTHON_CELLS:
        return "\n" * cell.count("\n")
    lines, statement = [], ""
    for line in cell.split("\n"):
        # Within brackets, and after a backslash, `%` is an operator.
        if not _is_open(statement):
            statement = ""
            assigned = _ASSIGNED_MAGIC.match(line)
            if assigned:
                line = f"{assigned.group(1)}None"
            elif _MAGIC.match(line):
                line = line[: len(line) - len(line.lstrip())] + "pass"
        statement += line + "\n"
        lines.append(line)
    return "\n".join(lines)


def _is_open(statement):
    """Whether the statement goes on in the next line."""
    from tenseur.legacy import lexer
    if not statement:
        return False
    if statement.rstrip(" \t\n").endswith("\\"):
        return True
    depth, quoted = 0, False
    for token in lexer.tokens(statement):
        if token.kind == "operator":
            depth += (token.text in lexer.OPENING) - (token.text in lexer.CLOSING)
            # A quote that stands alone opens a text of several lines.
            quoted = quoted or token.text in ("'", '"')
    return depth > 0 or quoted and ('"""' in statement or "'''" in statement)
