"""The ops of this kind as functions: `gen_ops` has all of them."""

from tenseur.python.ops.gen_ops import __getattr__  # noqa: F401
