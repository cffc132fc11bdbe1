"""Names and tags of summaries."""

import contextlib
import re

from tenseur.python.framework import ops
from tenseur.python.platform import tf_logging

_INVALID = re.compile(r"[^-/\w\.]")


def collect(val, collections, default_collections):
    """Adds the summary to the collections, or to the default ones."""
    for key in default_collections if collections is None else collections:
        ops.add_to_collection(key, val)


def clean_tag(name):
    """The name with `_` for what names cannot have."""
    if name is not None:
        new_name = _INVALID.sub("_", name).lstrip("/")
        if new_name != name:
            tf_logging.info("Summary name %s is illegal; using %s instead.", name, new_name)
            name = new_name
    return name


@contextlib.contextmanager
def summary_scope(name, family=None, default_name=None, values=None):
    """Gives (tag, scope) of a summary; with `family`, the tag is `family/name`."""
    name = clean_tag(name)
    family = clean_tag(family)
    scope_base_name = name if family is None else f"{family}/{name}"
    with ops.name_scope(scope_base_name, default_name, values, skip_on_eager=False) as scope:
        if family is None:
            tag = scope.rstrip("/")
        else:
            tag = f"{family}/{scope.rstrip('/')}"
        yield tag, scope
