"""Compiles old source: Python 2's is written as Python 3's first, then calls of what is gone go to stand-ins."""

import ast
import builtins
import io
import tokenize
import types
import warnings

from tenseur.legacy import lexer, numpy_names, python2
from tenseur.legacy.lexer import CLOSING, OPENING

#: The name under which compiled programs find the stand-ins.
STAND_INS = "__tenseur_stand_ins__"
setattr(builtins, STAND_INS, types.SimpleNamespace(**{
    **{name: value for name, value in vars(python2).items() if not name.startswith("__")},
    "formatted": numpy_names.formatted, "scalar": numpy_names.scalar, "fitted": numpy_names.fitted}))


def compile_source(data, path):
    """The code of a program's file.

    Raises:
      SyntaxError: where the source is neither Python 3 nor a Python 2 that can be repaired.
    """
    source = _decode(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        tree, is_python2 = _parse(source, path)
        tree = _Rewriter(is_python2 and not _has_true_division(tree)).rewrite(tree, is_python2)
        return compile(tree, path, "exec", dont_inherit=True)


def parse(data, path):
    """The tree of a file that may be Python 2's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parse(_decode(data), path)[0]


def _decode(data):
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        text = data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(source, path):
    """The tree, and whether the source was Python 2's."""
    try:
        return ast.parse(source, path), False
    except SyntaxError as error:
        first = error
    # Tabs alone may be what is wrong; Python 2 took one for a stop at every eighth column.
    expanded = _expand_tabs(source)
    for attempt in (lambda: expanded, lambda: repair(source), lambda: repair(expanded), lambda: repair(expanded, True)):
        try:
            return ast.parse(attempt(), path), True
        except SyntaxError:
            pass
    raise first


def _expand_tabs(source):
    lines = []
    for line in source.split("\n"):
        body = line.lstrip(" \t\f")
        lines.append(line[: len(line) - len(body)].expandtabs(8) + body)
    return "\n".join(lines)


def repair(source, prints=False):
    """Python 2's source as Python 3's: prints, raises, excepts, `exec`, `<>`, backquotes, octals, longs, tuple parameters.

    Args:
      prints: whether prints are statements although the source says that they are a function's calls.
    """
    has_print_function = "print_function" in source and not prints
    return "".join(_statement(piece, has_print_function) for piece in lexer.statements(source))


def _statement(piece, has_print_function):
    _repair_tokens(piece)
    start = next((at for at, token in enumerate(piece) if token.kind not in ("space", "continued", "newline", "comment")), None)
    if start is None:
        return _text(piece)
    lead, body, tail = piece[:start], piece[start:], []
    while body and body[-1].kind in ("space", "comment", "newline"):
        tail.insert(0, body.pop())
    first = body[0]
    if first.kind == "name":
        if first.text == "print" and not has_print_function:
            return _text(lead) + _print(body) + _text(tail)
        if first.text == "exec":
            return _text(lead) + _exec(body) + _text(tail)
        if first.text == "raise":
            return _text(lead) + _raise(body) + _text(tail)
        if first.text == "except":
            return _text(lead) + _except(body) + _text(tail)
    return _text(piece)


def _text(piece):
    return "".join(token.text for token in piece)


def _repair_tokens(piece):
    """What is wrong within expressions, in place."""
    open_quote = None
    for at, token in enumerate(piece):
        if token.kind == "number":
            text = token.text.rstrip("lL")
            if len(text) > 1 and text[0] == "0" and text.isdigit() and text.strip("0"):
                text = "0o" + text.lstrip("0")
            token.text = text
        elif token.kind == "string" and token.text[:2].lower() == "ur":
            token.text = token.text[0] + token.text[2:]
        elif token.kind == "operator":
            if token.text == "<>":
                token.text = "!="
            elif token.text == "`":
                if open_quote is None:
                    open_quote, token.text = at, "repr("
                else:
                    open_quote, token.text = None, ")"
        elif token.kind == "name" and token.text in ("lambda", "def"):
            _tuple_parameters(piece, at)


def _tuple_parameters(piece, at):
    """`lambda (a, b): …` takes one argument whose name tells its parts; the rewriter takes it apart again."""
    start = at + 1
    if piece[at].text == "def":
        while start < len(piece) and piece[start].text != "(":
            start += 1
        start += 1
    depth = 0
    while start < len(piece):
        token = piece[start]
        if token.text == "(" and token.kind == "operator" and depth == 0:
            before = _text(piece[at:start]).rstrip()
            if before.endswith(("=", "]")):
                return
            end = start
            while end < len(piece) and piece[end].text != ")":
                end += 1
            names = [part.text for part in piece[start:end] if part.kind == "name"]
            if names and all(part.kind in ("name", "space") or part.text in ("(", ",") for part in piece[start:end]):
                token.text = python2.TUPLE_NAME + "__and__".join(names)
                for part in piece[start + 1:end + 1]:
                    part.text = ""
            start = end
        elif token.text in OPENING:
            depth += 1
        elif token.text in CLOSING:
            depth -= 1
            if depth < 0:
                return
        elif token.text == ":" and depth == 0:
            return
        start += 1


def _arguments(piece):
    """The parts of a list, without their commas."""
    parts, part, depth = [], [], 0
    for token in piece:
        if token.kind == "operator":
            if token.text in OPENING or token.text == "repr(":
                depth += 1
            elif token.text in CLOSING:
                depth -= 1
            elif token.text == "," and depth == 0:
                parts.append(part)
                part = []
                continue
        part.append(token)
    parts.append(part)
    return [_text(part).strip() for part in parts]


def _is_call(body):
    """Whether `print (…)` is all of the statement."""
    rest = [token for token in body[1:] if token.kind not in ("space", "continued")]
    if not rest or rest[0].text != "(":
        return False
    depth = 0
    for at, token in enumerate(rest):
        if token.kind == "operator" and token.text in OPENING or token.text == "repr(":
            depth += 1
        elif token.kind == "operator" and token.text in CLOSING:
            depth -= 1
            if depth == 0:
                return at == len(rest) - 1
    return False


def _print(body):
    if _is_call(body):
        return _text(body)
    follows = next((token.text for token in body[1:] if token.kind not in ("space", "continued")), "")
    if follows in ("=", ".", ",", ")"):
        return _text(body)
    parts = _arguments(body[1:])
    options = ""
    if parts[0].startswith(">>"):
        options += f", file={parts.pop(0)[2:].strip()}"
    if parts and len(parts) > 1 and parts[-1] == "":
        parts.pop()
        options += ", end=' '"
    inside = ", ".join(parts) + options
    return f"print({inside.removeprefix(', ')})"


def _exec(body):
    if _is_call(body):
        return _text(body)
    depth = 0
    for at, token in enumerate(body):
        if token.kind == "operator" and token.text in OPENING:
            depth += 1
        elif token.kind == "operator" and token.text in CLOSING:
            depth -= 1
        elif depth == 0 and token.kind == "name" and token.text == "in":
            return f"exec({_text(body[1:at]).strip()}, {_text(body[at + 1:]).strip()})"
    return f"exec({_text(body[1:]).strip()})"


def _raise(body):
    parts = _arguments(body[1:])
    if len(parts) == 1:
        return _text(body)
    trace = f".with_traceback({parts[2]})" if len(parts) > 2 else ""
    return f"raise {parts[0]}({parts[1]}){trace}"


def _except(body):
    if body[-1].text != ":":
        return _text(body)
    parts = _arguments(body[1:-1])
    return f"except {parts[0]} as {parts[1]}:" if len(parts) == 2 else _text(body)


def _has_true_division(tree):
    return any(isinstance(node, ast.ImportFrom) and node.module == "__future__"
               and any(alias.name == "division" for alias in node.names) for node in tree.body)


def _is_text(node):
    """Whether the expression is a string's literal."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) or isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _is_text(node.left))


def _is_plain(node):
    """Whether the expression gives no array: a literal, a collection, a function."""
    return isinstance(node, (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Lambda, ast.JoinedStr, ast.ListComp, ast.DictComp))


class _Rewriter(ast.NodeTransformer):
    """Sends to stand-ins what Python 3 and today's libraries do not have."""

    def __init__(self, divides_integers):
        self._divides_integers = divides_integers
        self._is_python2 = False

    def rewrite(self, tree, is_python2):
        self._is_python2 = is_python2
        return ast.fix_missing_locations(self.visit(tree))

    def _stand_in(self, name, node):
        return ast.copy_location(ast.Attribute(ast.Name(STAND_INS, ast.Load()), name, ast.Load()), node)

    def _call(self, name, arguments, node):
        return ast.copy_location(ast.Call(self._stand_in(name, node), arguments, []), node)

    def visit_Call(self, node):
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Name) and called.id in ("float", "int", "round", "complex") and node.args and not node.keywords:
            return self._call("scalar", [called, *node.args], node)
        if isinstance(called, ast.Attribute):
            plain = not node.keywords and not any(isinstance(argument, ast.Starred) for argument in node.args)
            if called.attr in python2.ARRAY_METHODS:
                call = self._call(called.attr, [called.value, *node.args], node)
                call.keywords = node.keywords
                return call
            if plain and len(node.args) == python2.METHODS.get(called.attr, -1):
                return self._call(called.attr, [called.value, *node.args], node)
            if plain and not node.args and called.attr in ("keys", "values", "items"):
                return self._call("listed", [node], node)
        return node

    def visit_ClassDef(self, node):
        """An iterator of Python 2 has `next`, and what can be compared `__cmp__`; Python asks for `__next__` and `__lt__`."""
        self.generic_visit(node)
        methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        if "next" in methods and "__iter__" in methods and "__next__" not in methods:
            node.body.append(ast.copy_location(
                ast.Assign([ast.Name("__next__", ast.Store())], ast.Name("next", ast.Load())), node))
        if "__cmp__" in methods:
            for name in python2.COMPARISONS:
                if name not in methods:
                    node.body.append(ast.copy_location(
                        ast.Assign([ast.Name(name, ast.Store())], self._stand_in(python2.COMPARISONS[name], node)), node))
        return node

    def visit_Name(self, node):
        if self._is_python2 and isinstance(node.ctx, ast.Load) and node.id in python2.LISTS:
            return self._call("chosen", [ast.copy_location(ast.Constant(node.id), node),
                                         ast.copy_location(ast.Name(node.id, ast.Load()), node)], node)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if self._divides_integers and isinstance(node.op, ast.Div):
            return self._call("divide", [node.left, node.right], node)
        if isinstance(node.op, ast.Mod) and _is_text(node.left):
            return self._call("formatted", [node.left, node.right], node)
        return node

    def visit_Assign(self, node):
        """`a[i] = x` takes an array of one element for it, as NumPy did."""
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript) or any(
                isinstance(part, ast.Slice) for part in ast.walk(target.slice)) or _is_plain(node.value):
            return node
        kept = "__tenseur_value__"
        keep = ast.Assign([ast.Name(kept, ast.Store())], node.value)
        store = ast.Assign([target], ast.Name(kept, ast.Load()))
        again = ast.Assign([target], self._call("fitted", [ast.Name(kept, ast.Load())], node))
        failed = ast.ExceptHandler(ast.Name("ValueError", ast.Load()), None, [again])
        return [ast.copy_location(one, node) for one in (keep, ast.Try([store], [failed], [], []))]

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if self._divides_integers and isinstance(node.op, ast.Div) and isinstance(node.target, ast.Name):
            value = self._call("divide", [ast.copy_location(ast.Name(node.target.id, ast.Load()), node), node.value], node)
            return ast.copy_location(ast.Assign([node.target], value), node)
        return node

    def visit_Lambda(self, node):
        self.generic_visit(node)
        for argument in node.args.args:
            names = python2.tuple_names(argument.arg)
            if names:
                inner = ast.Lambda(ast.arguments(posonlyargs=[], args=[ast.arg(name) for name in names], kwonlyargs=[],
                                                 kw_defaults=[], defaults=[]), node.body)
                whole = ast.Starred(ast.Name(argument.arg, ast.Load()), ast.Load())
                node.body = ast.copy_location(ast.Call(inner, [whole], []), node.body)
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        for argument in node.args.args:
            names = python2.tuple_names(argument.arg)
            if names:
                target = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
                node.body.insert(0, ast.copy_location(ast.Assign([target], ast.Name(argument.arg, ast.Load())), node))
        if node.name == "_read32":
            # Of TensorFlow's first reader of MNIST, which many programs have copied: an array of one number was a size.
            for part in ast.walk(node):
                if isinstance(part, ast.Return) and part.value is not None:
                    part.value = self._call("one_number", [part.value], node)
        return node
