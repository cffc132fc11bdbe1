//! The systems that are compared: how each is built, and how its worker is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo_program, environment, run};

use super::{FOLDER, node};

/// A system, by what runs its worker.
pub(super) struct System {
    /// Its name on the command line.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    worker: Source,
    /// Its colour in pictures.
    pub(super) colour: &'static str,
}

enum Source {
    /// A package of the project's workspace.
    Package { name: &'static str, arguments: &'static [&'static str], program: &'static str },
    /// A package of its own, outside the workspace, and the crate that is measured.
    Outside { folder: &'static str, program: &'static str, measured: &'static str },
    /// A script, and the Python package that is measured.
    Script { script: &'static str, package: &'static str },
    /// A script for Node.js, what makes ready what it loads, and the version of that.
    Node { script: &'static str, make: fn() -> Result<(), String>, version: fn() -> String },
}

/// Where the packages outside the workspace are built.
const OUTSIDE: &str = "target/bench/workers";

const BENCH: Source = Source::Package {
    name: "tenseur",
    arguments: &["--package", "tenseur-bench"],
    program: "target/release/tenseur-bench",
};

pub(super) const TENSEUR: System =
    System { key: "tenseur", title: "tenseur", worker: BENCH, colour: "#d9480f" };

/// The same in WebAssembly.
pub(super) const WASM: System = System {
    key: "wasm",
    title: "tenseur in WebAssembly",
    worker: Source::Node { script: "wasm.mjs", make: node::webassembly, version: node::version },
    colour: "#f08c5a",
};

/// tenseur, where a longer chain of nodes is compared with this one.
pub(super) const SHORT_CHAIN: System =
    System { key: "short_chain", title: "tenseur, 10,000 nodes", worker: BENCH, colour: "#f08c5a" };

/// What measures the machine's limits, as the others measure their work.
pub(super) const LIMITS: System = System {
    key: "limits",
    title: "limit",
    worker: Source::Package {
        name: "limits",
        arguments: &["--package", "tenseur-kernels", "--example", "limits"],
        program: "target/release/examples/limits",
    },
    colour: "#868e96",
};

pub(super) const PEERS: [System; 7] = [
    System {
        key: "tensorflow",
        title: "TensorFlow 1",
        worker: Source::Script { script: "tensorflow1.py", package: "tensorflow-cpu" },
        colour: "#b08900",
    },
    System {
        key: "jax",
        title: "JAX",
        worker: Source::Script { script: "jax_worker.py", package: "jax" },
        colour: "#7048e8",
    },
    System {
        key: "pytorch",
        title: "PyTorch",
        worker: Source::Script { script: "pytorch_worker.py", package: "torch" },
        colour: "#c2255c",
    },
    System {
        key: "candle",
        title: "candle",
        worker: Source::Outside {
            folder: "candle",
            program: "tenseur-bench-candle",
            measured: "candle-core",
        },
        colour: "#2b8a3e",
    },
    System {
        key: "burn",
        title: "burn",
        worker: Source::Outside { folder: "burn", program: "tenseur-bench-burn", measured: "burn" },
        colour: "#1971c2",
    },
    System {
        key: "playground",
        title: "TensorFlow Playground",
        worker: Source::Node {
            script: "playground.mjs",
            make: node::playground,
            version: node::playground_version,
        },
        colour: "#0c8599",
    },
    System {
        key: "links",
        title: "objects and links",
        worker: Source::Node { script: "links.mjs", make: || Ok(()), version: node::version },
        colour: "#5c7cfa",
    },
];

/// How many threads works are done with: one and two, where there are two.
pub(super) fn threads() -> impl Iterator<Item = usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    [1, 2].into_iter().filter(move |&threads| threads <= cores)
}

/// Builds and installs what the systems need. Those that are left are the ones that can be measured here: what takes Node.js,
/// or a program that is fetched, is named and left out where it cannot be had.
pub(super) fn build(systems: Vec<&'static System>) -> Result<Vec<&'static System>, String> {
    std::fs::create_dir_all(FOLDER).map_err(|error| format!("{FOLDER}: {error}"))?;
    if systems.iter().any(|system| matches!(system.worker, Source::Script { .. })) {
        environment::install(&[environment::TENSORFLOW, environment::PYTORCH, environment::JAX])?;
    }
    LIMITS.build()?;
    let mut ready = Vec::new();
    for system in systems {
        match (system.build(), &system.worker) {
            (Ok(()), _) => ready.push(system),
            (Err(message), Source::Node { .. }) => {
                eprintln!("{} is left out: {message}", system.title);
            }
            (Err(message), _) => return Err(message),
        }
    }
    Ok(ready)
}

impl System {
    fn build(&self) -> Result<(), String> {
        let mut command = Command::new(cargo_program());
        command.args(["build", "--release"]);
        match &self.worker {
            Source::Package { arguments, .. } => {
                command.args(*arguments);
            }
            Source::Outside { folder, .. } => {
                command.args(["--target-dir", OUTSIDE, "--manifest-path"]).arg(manifest(folder));
                // As candle's own builds do; the kernels of both are chosen in part when they are compiled.
                command.env("RUSTFLAGS", "-C target-cpu=native").env_remove("CARGO_ENCODED_RUSTFLAGS");
            }
            Source::Script { .. } => return Ok(()),
            Source::Node { make, .. } => return node::there().and_then(|()| make()),
        }
        run(command)
    }

    /// The command that starts its worker, to compute with so many threads on as many cores.
    pub(super) fn command(&self, threads: usize) -> Command {
        let script = |name: &str| Path::new("bench/workers").join(name);
        let program: Vec<PathBuf> = match &self.worker {
            Source::Package { program, .. } => vec![program.into()],
            Source::Outside { program, .. } => vec![Path::new(OUTSIDE).join("release").join(program)],
            Source::Script { script: name, .. } => vec![environment::python(), script(name)],
            Source::Node { script: name, .. } => vec!["node".into(), script(name)],
        };
        let mut command = match binds_to_cores() {
            true => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &processors(threads)]).args(&program);
                command
            }
            false => {
                let mut command = Command::new(&program[0]);
                command.args(&program[1..]);
                command
            }
        };
        for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        if threads == 1 {
            command.env("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1");
        }
        command.env("TF_CPP_MIN_LOG_LEVEL", "3").env("CUDA_VISIBLE_DEVICES", "").env("JAX_PLATFORMS", "cpu");
        command
    }

    /// Which version is measured; nothing if that cannot be found out.
    pub(super) fn version(&self) -> String {
        let mut command = Command::new(cargo_program());
        command.args(["pkgid", "--package"]);
        match &self.worker {
            Source::Package { name, .. } => command.arg(name),
            Source::Outside { folder, measured, .. } => {
                command.arg(measured).arg("--manifest-path").arg(manifest(folder))
            }
            Source::Script { package, .. } => return environment::version(package),
            Source::Node { version, .. } => return version(),
        };
        node::first_line(command).rsplit(['#', '@']).next().unwrap_or_default().to_string()
    }
}

fn manifest(folder: &str) -> PathBuf {
    Path::new("bench/workers").join(folder).join("Cargo.toml")
}

/// The numbers of so many processors, as `taskset` takes them, each in a core of its own as far as there are cores.
fn processors(count: usize) -> String {
    let all = std::thread::available_parallelism().map_or(1, usize::from).max(count);
    let first_in_core = |processor| {
        let path = format!("/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list");
        first_of(&std::fs::read_to_string(path).unwrap_or_default()).unwrap_or(processor)
    };
    let chosen = apart(&(0..all).map(first_in_core).collect::<Vec<_>>(), count);
    chosen.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// So many processors, of which each tells the first one of its core: those of other cores come first, since two threads of one core
/// share its arithmetic.
fn apart(first_in_core: &[usize], count: usize) -> Vec<usize> {
    let (firsts, others): (Vec<usize>, Vec<usize>) =
        (0..first_in_core.len()).partition(|&processor| first_in_core[processor] == processor);
    firsts.into_iter().chain(others).take(count).collect()
}

/// The first number of a list such as `0,8` or `0-1`.
fn first_of(list: &str) -> Option<usize> {
    list.trim().split([',', '-']).next()?.parse().ok()
}

/// Whether processes can be bound to cores here.
fn binds_to_cores() -> bool {
    Command::new("taskset").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_have_processors_of_their_own() {
        assert_eq!(["0\n", "0,8\n", "6-7\n", ""].map(first_of), [Some(0), Some(0), Some(6), None]);
        // Neighbours share a core, or the two halves do, or none.
        assert_eq!(apart(&[0, 0, 2, 2], 2), [0, 2]);
        assert_eq!(apart(&[0, 1, 0, 1], 2), [0, 1]);
        assert_eq!(apart(&[0, 1, 2, 3], 2), [0, 1]);
        assert_eq!(apart(&[0, 0, 2, 2], 3), [0, 2, 1]);
        assert_eq!(processors(2).split(',').count(), 2);
    }
}
