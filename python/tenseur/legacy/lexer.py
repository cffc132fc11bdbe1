"""Python 2's source as tokens, forgiving: what Python 3's own tokenizer refuses passes."""

import re

_TOKEN = re.compile(
    r"""(?P<string>(?:[bBuUrR]{0,3})(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))
    |(?P<comment>\#[^\n]*)
    |(?P<number>0[xX][0-9a-fA-F]+[lL]?|0[oO][0-7]+|0[bB][01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[lLjJ]?)
    |(?P<name>[^\W\d]\w*)
    |(?P<continued>\\\r?\n)
    |(?P<newline>\r?\n)
    |(?P<space>[ \t\f]+)
    |(?P<operator><>|\*\*=|//=|>>=|<<=|[-+*/%&|^=<>!]=|\*\*|//|>>|<<|->|.)""",
    re.VERBOSE | re.DOTALL,
)

OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


class Token:
    """A piece of source: its kind and its text, which may be replaced."""

    __slots__ = ("kind", "text")

    def __init__(self, kind, text):
        self.kind = kind
        self.text = text

    def __repr__(self):
        return f"{self.kind}:{self.text!r}"


def tokens(source):
    """All of the source, in order: joined again, the texts are the source."""
    return [Token(found.lastgroup, found.group()) for found in _TOKEN.finditer(source)]


def statements(source):
    """The source as lists of tokens, one for each simple statement or header (`if x:`), and what separates them."""
    pieces, piece, depth, lambdas = [], [], 0, 0
    for token in tokens(source):
        if token.kind == "operator":
            if token.text in OPENING:
                depth += 1
            elif token.text in CLOSING:
                depth = max(0, depth - 1)
        if token.kind == "name" and token.text == "lambda" and depth == 0:
            lambdas += 1
        ends = depth == 0 and (token.kind == "newline" or token.text == ";" and token.kind == "operator")
        if depth == 0 and token.kind == "operator" and token.text == ":":
            # A lambda's colon, or a header's, after which a statement may follow on the same line.
            if lambdas:
                lambdas -= 1
            else:
                piece.append(token)
                pieces.append(piece)
                piece = []
                continue
        if ends:
            pieces.append(piece)
            pieces.append([token])
            piece, lambdas = [], 0
        else:
            piece.append(token)
    pieces.append(piece)
    return pieces
