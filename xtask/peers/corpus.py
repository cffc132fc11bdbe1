"""Runs public TensorFlow 1 programs through `python -m tenseur --legacy`, and the same through TensorFlow to compare.

    python xtask/peers/corpus.py --sources FOLDER --mnist FOLDER --standins FOLDER --python PYTHON [--tensorflow PYTHON]

Nothing is fetched: `--sources` has the repositories of tf1_programs.tsv unpacked as OWNER+NAME, at the commits named there;
`--standins` has files under the names that programs download (MNIST is put there from `--mnist`). Results are kept in
target/corpus and written to docs/tf1-programs.md.
"""

import argparse
import collections
import concurrent.futures
import gzip
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What a program would download comes from the folder of stand-ins, and no program reaches the network.
OFFLINE = '''
import io, os, shutil, sys, urllib.error, urllib.parse, urllib.request
_folder = os.environ["CORPUS_STANDINS"]
def _file(address):
    address = getattr(address, "full_url", address)
    name = os.path.basename(urllib.parse.urlparse(address).path)
    path = os.path.join(_folder, name)
    if not name or not os.path.isfile(path):
        raise urllib.error.URLError(f"no stand-in for {address}")
    return path
class _Answer(io.BytesIO):
    status = code = status_code = 200
    ok = True
    headers = {}
    def info(self): return {"Content-Length": str(len(self.getvalue()))}
    def geturl(self): return ""
    def getheader(self, name, default=None): return default
    @property
    def content(self): return self.getvalue()
    @property
    def text(self): return self.getvalue().decode("utf-8", "replace")
    @property
    def raw(self): return self
    def iter_content(self, size=1): yield self.getvalue()
    def iter_lines(self, **_): return iter(self.getvalue().splitlines())
    def raise_for_status(self): pass
def _open(address, *_, **__): return _Answer(open(_file(address), "rb").read())
def _retrieve(url, filename=None, reporthook=None, data=None):
    filename = filename or os.path.join("/tmp", os.path.basename(_file(url)))
    shutil.copy(_file(url), filename)
    return filename, {}
urllib.request.urlopen, urllib.request.urlretrieve = _open, _retrieve
class _Requests:
    def find_spec(self, name, path=None, target=None):
        if name != "requests": return None
        sys.meta_path.remove(self)
        import importlib.machinery, requests
        requests.get = requests.api.get = lambda address, *_, **__: _open(address)
        requests.Session.get = lambda self, address, *_, **__: _open(address)
        self.module = requests
        return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec): return self.module
    def exec_module(self, module): pass
sys.meta_path.insert(0, _Requests())
'''

# A window that nobody looks at: who waits for a key or a button goes on.
BACKEND = '''
from matplotlib.backends.backend_agg import FigureCanvasAgg
class FigureCanvas(FigureCanvasAgg):
    def start_event_loop(self, timeout=0): pass
'''

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf)"
_MEASURE = re.compile(r"(accuracy|acc|loss|cost|error|mse|l2|likelihood|reward|perplexity)\b[^\n\d\-+.]{0,24}?[\s:=\[(]*(%?)(" + _NUMBER + ")", re.I)


def read_list(path):
    """Repository, commit, path and arguments of each program."""
    with open(path, encoding="utf-8") as file:
        return [(*line.rstrip("\n").split("\t"), "")[:4] for line in file if line.strip()]


def measure(text):
    """The last loss, cost or accuracy that was printed: (its name, its value); `None` where there is none."""
    found = None
    for found in _MEASURE.finditer(text):
        pass
    return None if found is None else (found.group(1).lower(), float(found.group(3)))


def _listing(folder):
    """All that lies in a folder; folders end in a slash."""
    return {os.path.join(place, name) for place, folders, names in os.walk(folder)
            for name in [*names, *(f"{one}/" for one in folders)]}


def _remove(paths):
    """Files, then folders, the innermost first."""
    for path in sorted(paths, key=lambda path: (path.endswith("/"), -len(path))):
        try:
            os.rmdir(path) if path.endswith("/") else os.unlink(path)
        except OSError:
            pass


def _limits():
    os.setsid()
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))


#: The status of a program in which nothing has moved at the end of its time.
HANGS = 1000


def _moves(group):
    """Whether a thread of a group's processes runs, or waits for a processor, at any of twenty moments."""
    for _ in range(20):
        for entry in os.listdir("/proc"):
            try:
                if not entry.isdigit() or os.getpgid(int(entry)) != group:
                    continue
                for thread in os.listdir(f"/proc/{entry}/task"):
                    state = Path(f"/proc/{entry}/task/{thread}/stat").read_text().rpartition(")")[2].split()[0]
                    if state in "RD":
                        return True
            except OSError:
                continue
        time.sleep(0.1)
    return False


_running = {}


def _end_all(*_):
    """Ends the programs that run, when the runner itself is ended."""
    for process in list(_running.values()):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    os._exit(1)


def run(command, folder, environment, seconds):
    """Runs a program within its folder: (exit status or `None` where the time was over, what it printed, errors, seconds)."""
    start = time.monotonic()
    process = _running[threading.get_ident()] = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=_limits)
    try:
        out, errors = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        moves = _moves(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        try:
            out, errors = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, errors = process.communicate()
        status = None if moves else HANGS
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    return status, out.decode("utf-8", "replace"), errors.decode("utf-8", "replace"), time.monotonic() - start


# A thread or a process of the program that an error has ended.
_ENDED_ALONE = re.compile(r"^(Exception in thread |Process Process-\d+)", re.M)


def _ended_alone(errors):
    """The error that has ended a thread or a process of the program, other than that the time was over; "" where none has."""
    starts = [found.start() for found in _ENDED_ALONE.finditer(errors)] + [len(errors)]
    for start, end in zip(starts, starts[1:]):
        lines = errors[start:end].split("\n")[1:]
        error = next((line for line in lines if re.match(r"[A-Za-z_][\w.]*(:|$)", line)), "")
        if error and not error.startswith("KeyboardInterrupt"):
            return error[:300]
    return ""


def judge(status, out, errors):
    """The outcome in a word, and for a failure the last line of its traceback."""
    if status == 0:
        ended = _ended_alone(errors)
        if ended:
            return "failed", ended
        return "ran to the end", ""
    if status == HANGS:
        return "failed", "waits for ever"
    if status is None:
        ended = _ended_alone(errors)
        if ended:
            return "failed", ended
        return "trained a minute", ""
    if status < 0:
        return "failed", f"signal {-status}"
    return "failed", _last_error(errors) or f"exit status {status}"


def _last_error(errors):
    lines = [line for line in errors.strip().split("\n") if line.strip()]
    named = [line for line in lines if re.match(r"^[\w.]+(Error|Exception|Interrupt|Warning|Exit|Iteration)\b", line)]
    return (named or lines or [""])[-1].strip()[:300]


def _write_digits(standins, path):
    """8,000 digits as a table of the label and 784 pixels a line: what these programs ask their users to fetch by hand."""
    images = gzip.decompress((standins / "train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((standins / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(["label", *(f"pixel{number}" for number in range(784))]) + "\n")
        for number in range(8000):
            file.write(",".join(map(str, [labels[number], *images[784 * number:784 * (number + 1)]])) + "\n")


class Corpus:
    """The programs, and how they are run."""

    def __init__(self, options):
        self.options = options
        self.place = ROOT / "target" / "corpus"
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "offline").mkdir(exist_ok=True)
        (self.place / "offline" / "sitecustomize.py").write_text(OFFLINE)
        (self.place / "offline" / "unseen_window.py").write_text(BACKEND)
        # What a program leaves behind is removed: of two in one folder, one waits.
        self.folders = collections.defaultdict(threading.Lock)
        self.results_file = Path(options.results or self.place / "results.json")
        self.results = json.loads(self.results_file.read_text()) if self.results_file.exists() else {}
        self._mnist()

    def _mnist(self):
        standins = Path(self.options.standins)
        for file in Path(self.options.mnist).glob("*ubyte*"):
            packed = standins / (file.name if file.name.endswith(".gz") else file.name + ".gz")
            if not packed.exists():
                data = file.read_bytes()
                packed.write_bytes(data if file.name.endswith(".gz") else gzip.compress(data, 1))
        repository = Path(self.options.sources) / "lazyprogrammer+machine_learning_examples"
        if repository.exists() and not (repository / "large_files" / "train.csv").exists():
            _write_digits(standins, repository / "large_files" / "train.csv")

    def environment(self, *paths):
        environment = dict(os.environ, MPLBACKEND="module://unseen_window",
                           CORPUS_STANDINS=str(Path(self.options.standins).resolve()),
                           PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1", TF_CPP_MIN_LOG_LEVEL="3",
                           SDL_VIDEODRIVER="dummy", PYTHONWARNINGS="ignore",
                           PYTHONPATH=os.pathsep.join([str(self.place / "offline"), *map(str, paths)]))
        environment.pop("DISPLAY", None)
        return environment

    def run_one(self, program, peer):
        """Runs one program, with tenseur or with TensorFlow, and leaves its folder as it was."""
        repository, _, path, arguments = program
        source = Path(self.options.sources) / repository.replace("/", "+") / path
        folder = source.parent
        if peer:
            command = [self.options.tensorflow, str(HERE / "corpus_tensorflow.py"), source.name, *shlex.split(arguments)]
            environment = self.environment(*filter(None, [self.options.tensorflow_path]), self.options.package)
            environment["TF_USE_LEGACY_KERAS"] = "1"
        else:
            command = [self.options.python, "-P", "-m", "tenseur", "--legacy", source.name, *shlex.split(arguments)]
            environment = self.environment(self.options.package)
        with self.folders[folder]:
            before = _listing(folder)
            status, out, errors, seconds = run(command, folder, environment, self.options.seconds)
            _remove(_listing(folder) - before)
        outcome, reason = judge(status, out, errors)
        logs = self.place / ("logs-tensorflow" if peer else "logs")
        logs.mkdir(exist_ok=True)
        (logs / f"{repository}/{path}".replace("/", "+")).with_suffix(".txt").write_text(
            f"{outcome} {reason}\n--- output\n{out[-20000:]}\n--- errors\n{errors[-20000:]}")
        found = measure(out + "\n" + errors)
        return {"outcome": outcome, "reason": reason, "seconds": round(seconds, 1), "measure": found,
                "printed": bool(out.strip())}

    def keep(self, key, name, result):
        self.results.setdefault(key, {})[name] = result
        temporary = self.results_file.with_suffix(".new")
        temporary.write_text(json.dumps(self.results, indent=1, sort_keys=True))
        temporary.replace(self.results_file)

    def chosen(self, peer):
        programs = read_list(self.options.list)
        name = "tensorflow" if peer else "tenseur"
        found = []
        for program in programs:
            key = f"{program[0]}/{program[2]}"
            result = self.results.get(key, {}).get(name)
            if self.options.only and not re.search(self.options.only, key):
                continue
            if self.options.failed and result and result["outcome"] != "failed":
                continue
            if self.options.new and result:
                continue
            found.append((result["seconds"] if result else 1000, program, key))
        return [(program, key) for _, program, key in sorted(found, key=lambda item: item[0])]

    def run_all(self, peer):
        name = "tensorflow" if peer else "tenseur"
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = {pool.submit(self.run_one, program, peer): key for program, key in self.chosen(peer)}
            for done in concurrent.futures.as_completed(waiting):
                key, result = waiting[done], done.result()
                self.keep(key, name, result)
                print(f"{result['outcome']:16} {result['seconds']:5.1f} s  {key}  {result['reason']}", flush=True)


def _others(counts):
    cannot = counts.get("cannot run here", 0)
    return f", {cannot} can run with no implementation of TensorFlow here" if cannot else ""


def _number(result):
    if not result or not result.get("measure"):
        return ""
    name, value = result["measure"]
    cut = ", cut" if result["outcome"] == "trained a minute" else ""
    return f"{name} {value:.6g}{cut}"


def write_table(corpus, path):
    """docs/tf1-programs.md: each program, how far it came, TensorFlow's last number and tenseur's."""
    programs = read_list(corpus.options.list)
    rows, counts = [], {}
    cannot = _cannot()
    for repository, _, file, _ in sorted(programs):
        key = f"{repository}/{file}"
        mine = corpus.results.get(key, {}).get("tenseur") or {"outcome": "not tried", "seconds": 0, "reason": ""}
        theirs = corpus.results.get(key, {}).get("tensorflow")
        outcome = mine["outcome"]
        why = ""
        if outcome not in ("ran to the end", "trained a minute"):
            why = cannot.get(key, "")
            if why:
                outcome = "cannot run here"
            else:
                why = mine["reason"]
        counts[outcome] = counts.get(outcome, 0) + 1
        note = f"{outcome}: {why}".replace("|", "\\|") if why else outcome
        rows.append(f"| {key} | {note} | {_number(theirs)} | {_number(mine)} | {mine['seconds']:.0f} |")
    good = counts.get("ran to the end", 0) + counts.get("trained a minute", 0)
    able = len(programs) - counts.get("cannot run here", 0)
    text = f"""# TensorFlow 1 programs

{len(programs)} public programs that TensorFlow runs, through `python -m tenseur --legacy`, unchanged: **{good} of {able} run**
({100 * good / max(1, able):.0f} %). {counts.get("ran to the end", 0)} ran to the end, {counts.get("trained a minute", 0)} trained for a minute without
error, {counts.get("failed", 0)} failed{_others(counts)}.

tenseur's rows come from one pass, in which what failed was run once more. Each program ran for a minute at most, two at a
time, without a window, on two cores that other work shared: the seconds are an upper bound, and a program that was cut after
a minute has come as far as it came. What programs download was replaced by files made up for this (MNIST is real), so that
the numbers of other data mean nothing but that the two agree.

The numbers are the last loss, cost, accuracy or reward that a program printed, under TensorFlow 2's compatibility mode and under
tenseur. Most programs draw their initial weights without a seed, and TensorFlow 2 seeds ops otherwise than TensorFlow 1 did; there,
and where a run was cut (so marked), numbers agree roughly or not at all. Where both draw the same weights, as in
lab-07-3-linear_regression_min_max.py, they are the same but for rounding. Where TensorFlow has no number, the program printed
none, was not run, or needs what TensorFlow 2 has removed.
`xtask/peers/corpus.py` makes this table from the list in `xtask/peers/tf1_programs.tsv`.

| program | outcome | TensorFlow | tenseur | seconds |
|---|---|---|---|---|
""" + "\n".join(rows) + "\n"
    Path(path).write_text(text)
    print(counts)


def _cannot():
    """For programs that no implementation of TensorFlow can run here: why."""
    path = HERE / "tf1_programs_cannot.tsv"
    if not path.exists():
        return {}
    return dict(line.rstrip("\n").split("\t") for line in path.read_text().splitlines() if line.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", required=True, help="the repositories, as OWNER+NAME")
    parser.add_argument("--mnist", required=True, help="MNIST's four files")
    parser.add_argument("--standins", required=True, help="what programs would download, by file name")
    parser.add_argument("--python", default=sys.executable, help="a Python with NumPy and what else programs import")
    parser.add_argument("--package", default=str(ROOT / "python"), help="where the package tenseur lies")
    parser.add_argument("--tensorflow", help="a Python with TensorFlow, to compare")
    parser.add_argument("--tensorflow-path", default="", help="folders with more packages for it")
    parser.add_argument("--list", default=str(HERE / "tf1_programs.tsv"))
    parser.add_argument("--results", help="where results are kept (target/corpus/results.json)")
    parser.add_argument("--only", help="a pattern that names must match")
    parser.add_argument("--failed", action="store_true", help="only what has failed or was not tried")
    parser.add_argument("--new", action="store_true", help="only what was not tried")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--peer-only", action="store_true", help="run TensorFlow, not tenseur")
    parser.add_argument("--write", default=str(ROOT / "docs" / "tf1-programs.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end_all)
    signal.signal(signal.SIGINT, _end_all)
    corpus = Corpus(options)
    if not options.peer_only:
        corpus.run_all(False)
    if options.tensorflow:
        corpus.run_all(True)
    write_table(corpus, options.write)


if __name__ == "__main__":
    main()
