"""`absl.app`: runs a program's `main` with its flags parsed."""

import sys

from tenseur.python.lib.absl import logging
from tenseur.python.platform import flags

_callbacks = []


class Error(Exception):
    """An error of this module."""


class UsageError(Error):
    """Arguments that a program's `main` does not take: `run` prints the message and the help, and exits."""

    def __init__(self, message, exitcode=1):
        super().__init__(message)
        self.exitcode = exitcode


def usage(shorthelp=False, writeto_stdout=False, detailed_error=None, exitcode=None):
    """Writes what the program is for, and its flags; exits with `exitcode`, if there is one."""
    stream = sys.stdout if writeto_stdout else sys.stderr
    about = sys.modules["__main__"].__doc__ or f"\nUSAGE: {sys.argv[0]} [flags]\n"
    stream.write(f"{about.replace('%s', sys.argv[0])}\n{flags.FLAGS.main_module_help()}\n")
    if detailed_error is not None:
        stream.write(f"\n{detailed_error}\n")
    if exitcode is not None:
        sys.exit(exitcode)


def parse_flags_with_usage(args):
    """The arguments that are no flags; a flag that cannot be read ends the program with a message."""
    try:
        return flags.FLAGS(args)
    except flags.Error as error:
        sys.stderr.write(f"FATAL Flags parsing error: {error}\nPass --helpshort or --helpfull to see help on flags.\n")
        sys.exit(1)


def call_after_init(callback):
    """Calls the function when `run` has parsed the flags; at once if it has already."""
    _callbacks.append(callback) if not flags.FLAGS.is_parsed() else callback()


def run(main, argv=None, flags_parser=parse_flags_with_usage):
    """Parses the flags, calls `main` with the arguments that are none, and exits with what it gives."""
    arguments = flags_parser(list(sys.argv if argv is None else argv))
    logging.set_verbosity(flags.FLAGS.verbosity)
    while _callbacks:
        _callbacks.pop(0)()
    if flags.FLAGS.only_check_args:
        sys.exit(0)
    try:
        sys.exit(main(arguments))
    except UsageError as error:
        usage(shorthelp=True, detailed_error=error, exitcode=error.exitcode)


flags.DEFINE_boolean("only_check_args", False, "Set to true to validate args and exit.", allow_override=True)


class HelpFlag(flags.BooleanFlag):
    """`--help`, which every program takes."""

    NAME, SHORT_NAME = "help", "?"

    def __init__(self):
        super().__init__(self.NAME, False, "show this help", short_name=self.SHORT_NAME)


class HelpshortFlag(HelpFlag):
    """`--helpshort`."""

    NAME, SHORT_NAME = "helpshort", None


class HelpfullFlag(HelpFlag):
    """`--helpfull`."""

    NAME, SHORT_NAME = "helpfull", None
