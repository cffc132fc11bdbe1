"""What becomes of the threads that are in a run when the program ends, as those that fill queues are.

Python ends such threads where they next ask for the interpreter. In the middle of the engine that would end the whole
process with an abort; so the runs are ended first, and the threads rest, outside the engine, until the process is gone.
"""

import atexit
import threading
import time

#: How long the end of a program waits for runs of other threads.
SECONDS = 10

_runs = {}
_leaving = False


def begin(session):
    """This thread begins a run."""
    _runs[threading.get_ident()] = session
    if _leaving:
        end()


def end():
    """This thread's run has ended; if the program has too, it goes no further."""
    _runs.pop(threading.get_ident(), None)
    if _leaving and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()


@atexit.register
def _leave():
    global _leaving
    _leaving = True
    own, until = threading.get_ident(), time.monotonic() + SECONDS
    while time.monotonic() < until:
        others = [session for thread, session in list(_runs.items()) if thread != own]
        if not others:
            return
        for session in others:
            session.interrupt()
        time.sleep(0.005)
