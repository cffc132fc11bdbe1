"""`python -m tenseur [--legacy] [--portable] program.py [arguments]`: runs a TensorFlow 1 program, unchanged.

The program runs as `python program.py [arguments]` would run it, except that `import tensorflow` gives tenseur. A notebook runs
as the program that its code cells are, one after the other.
"""

import os
import sys
import types

USAGE = """python -m tenseur [OPTIONS] PROGRAM [ARGUMENTS]     runs a program, or a notebook, that says `import tensorflow`
python -m tenseur [OPTIONS] -m MODULE [ARGUMENTS]   the same for a module
python -m tenseur --coverage PATH                   what a program uses of TensorFlow, and what of that is missing

--portable gives the same bits on every processor: slower, and meant for small networks
--legacy   repairs what else died under old programs: Python 2, TensorFlow 0, names that NumPy, SciPy, scikit-learn,
           matplotlib, gym and Pillow have removed"""


def _run_program(path, arguments, legacy):
    """Runs the file as `__main__`.

    Raises:
      what the program raises, SystemExit too.
    """
    sys.argv = [path, *arguments]
    _first_folder(os.path.dirname(os.path.realpath(path)))
    with open(path, "rb") as file:
        source = file.read()
    if path.endswith(".ipynb"):
        from tenseur import notebook_source
        source = notebook_source.program(source)
    if legacy:
        from tenseur.legacy import source as repair
        code = repair.compile_source(source, path)
    else:
        code = compile(source, path, "exec", dont_inherit=True)
    program = types.ModuleType("__main__")
    program.__file__ = path
    program.__builtins__ = __builtins__
    sys.modules["__main__"] = program
    exec(code, program.__dict__)


def _first_folder(folder):
    """Modules are looked for in `folder` first, as Python does; `python -P` and the command `tenseur` have no such place yet."""
    if sys.path and sys.path[0] in ("", os.getcwd()):
        sys.path[0] = folder
    else:
        sys.path.insert(0, folder)


def _run_module(name, arguments):
    import runpy
    sys.argv = [name, *arguments]
    _first_folder(os.getcwd())
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _without_own_frames(error):
    """The error's traceback from the program's first frame on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, "<frozen runpy>"):
        trace = trace.tb_next
    return trace


def main(arguments=None):
    """Does what the command line says; gives the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = set()
    while arguments and arguments[0] in ("--legacy", "--portable"):
        options.add(arguments[0])
        arguments = arguments[1:]
    legacy = "--legacy" in options
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if arguments else 2
    if arguments[0] == "--coverage":
        if len(arguments) != 2:
            print(USAGE, file=sys.stderr)
            return 2
        import tenseur
        print(tenseur.coverage(arguments[1]))
        return 0
    if arguments[0] == "-m" and len(arguments) < 2 or arguments[0].startswith("-") and arguments[0] != "-m":
        print(USAGE, file=sys.stderr)
        return 2
    if arguments[0] != "-m" and not os.path.isfile(arguments[0]):
        print(f"python -m tenseur: can't open file '{arguments[0]}'", file=sys.stderr)
        return 2
    from tenseur import import_hook
    import_hook.install()
    if legacy:
        from tenseur.legacy import repairs
        repairs.install()
    if "--portable" in options:
        from tenseur.python.client import session
        session.portable = True
    try:
        if arguments[0] == "-m":
            _run_module(arguments[1], arguments[2:])
        else:
            _run_program(arguments[0], arguments[1:], legacy)
    except Exception as error:
        sys.excepthook(type(error), error.with_traceback(_without_own_frames(error)), error.__traceback__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
