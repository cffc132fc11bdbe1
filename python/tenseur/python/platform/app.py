"""`tf.app`: runs a program's `main` with its flags parsed."""

import sys as _sys

from tenseur.python.platform import flags  # noqa: F401


def run(main=None, argv=None):
    """Parses the flags, calls `main` with what is left of the arguments, and exits with what it gives.

    `main` defaults to the function of that name in the program.
    """
    arguments = list(_sys.argv if argv is None else argv)
    try:
        left = flags.FLAGS(arguments, known_only=True)
    except flags.Error as error:
        _sys.stderr.write(f"FATAL Flags parsing error: {error}\nPass --helpshort or --helpfull to see help on flags.\n")
        _sys.exit(1)
    others = _sys.modules.get("absl.flags")
    if others is not None and others is not flags:
        # The program has taken its flags from absl itself, whose flags those of TensorFlow were.
        others.FLAGS(arguments, known_only=True)
    main = main or _sys.modules["__main__"].main
    _sys.exit(main(left))
