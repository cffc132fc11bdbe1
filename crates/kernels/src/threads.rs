//! A pool of few long-lived threads that run the pieces of one loop at a time.
//!
//! Work is cut into pieces by its shape, never by the number of threads, and the pieces are claimed one by one from a
//! counter; so what is computed does not depend on who computed it. The calling thread takes part. Threads of the pool
//! look for work for a moment after the last, then park.
//!
//! How a loop is handed over: there is one job at a time, and whoever holds the list of workers is its owner. The owner
//! writes down the job and then offers `seats`. A worker that takes a seat may read the job; nobody else may. When the
//! pieces are used up the owner takes back the seats that are left, which tells how many were taken, and waits until
//! as many workers have `left`. A worker that never came (because the machine was busy, or because the process was
//! forked without its threads) is not waited for.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Condvar, Mutex, PoisonError, TryLockError};
use std::thread::{Builder, Thread};
use std::time::{Duration, Instant};

use crate::denormals::FlushDenormals;
use crate::{Buffer, KernelError};

/// For how long a thread looks for work, or for the end of it, before it parks. To wake a parked thread costs the waker
/// up to 20 µs on a virtual machine, and the sleeper three times that: about as long is worth looking.
const SPIN: Duration = Duration::from_micros(200);

/// For how long of this it keeps its processor to itself; after that it lets others go first.
const SPIN_ALONE: Duration = Duration::from_micros(20);

/// The most threads the pool will have.
const MOST_WORKERS: usize = 255;

/// Bytes of scratch memory that a thread of the pool is born with, so that its first piece need not allocate.
pub(crate) const SCRATCH: usize = 1 << 20;

/// Runs `body(0)`, `body(1)`, …, `body(pieces - 1)`, at most `threads` of them at once, and returns when all are done.
///
/// The caller takes part. Pieces go to whoever is free, so `body` must give the same result for a piece whoever runs
/// it, and should have pieces of about equal size. The whole ought to be worth some ten microseconds: handing over to a
/// waiting thread takes a third of one, but waking a parked one takes tens.
///
/// With one thread or one piece, under WebAssembly, inside a piece, and while another caller has the pool, everything
/// runs on the calling thread. Allocates nothing once the pool has as many threads as were asked for.
///
/// # Panics
/// If a piece panics, the panic goes on in the caller when all pieces that had begun have ended; others may not run.
pub fn parallel_for(threads: usize, pieces: usize, body: &(dyn Fn(usize) + Sync)) {
    share(threads, pieces, Helpers::Woken, body);
}

/// Which threads of the pool take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Helpers {
    /// As many as are asked for.
    Woken,
    /// Those that wait awake, for they had a piece just before.
    Awake,
}

fn share(threads: usize, pieces: usize, which: Helpers, body: &(dyn Fn(usize) + Sync)) {
    static POOL: Pool = Pool::new();
    let helpers = threads.min(pieces).saturating_sub(1);
    if helpers == 0 || cfg!(target_family = "wasm") {
        return (0..pieces).for_each(body);
    }
    let mut workers = match POOL.workers.try_lock() {
        Ok(workers) => workers,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return (0..pieces).for_each(body),
    };
    let asleep = |worker: &Worker| worker.asleep.load(Relaxed);
    if which == Helpers::Awake && workers.iter().take(helpers).all(asleep) {
        drop(workers);
        return (0..pieces).for_each(body);
    }
    let outcome = POOL.run(&mut workers, helpers, which, pieces, body);
    drop(workers);
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// As [`parallel_for`], of pieces that can fail: the error is that of the first piece that has one.
pub(crate) fn first_error(
    threads: usize,
    pieces: usize,
    work: &(dyn Fn(usize) -> Result<(), KernelError> + Sync),
) -> Result<(), KernelError> {
    first_error_of(threads, pieces, Helpers::Woken, work)
}

/// As [`first_error`], by those threads of the pool that are awake: for work of a few microseconds, which waking one would
/// outlast. In a run whose steps follow each other closely they are.
pub(crate) fn first_error_of_awake(
    threads: usize,
    pieces: usize,
    work: &(dyn Fn(usize) -> Result<(), KernelError> + Sync),
) -> Result<(), KernelError> {
    first_error_of(threads, pieces, Helpers::Awake, work)
}

fn first_error_of(
    threads: usize,
    pieces: usize,
    which: Helpers,
    work: &(dyn Fn(usize) -> Result<(), KernelError> + Sync),
) -> Result<(), KernelError> {
    let first_error: Mutex<Option<(usize, KernelError)>> = Mutex::new(None);
    share(threads, pieces, which, &|piece| {
        if let Err(error) = work(piece) {
            let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
            if first.as_ref().is_none_or(|&(earlier, _)| piece < earlier) {
                *first = Some((piece, error));
            }
        }
    });
    let first_error = first_error.into_inner().unwrap_or_else(PoisonError::into_inner);
    first_error.map_or(Ok(()), |(_, error)| Err(error))
}

/// Calls `body` with this thread's scratch memory, aligned to 64 bytes and of at least `bytes` bytes; what is in it is
/// left from earlier uses. Inside `body` another call would have to allocate its own.
pub(crate) fn with_scratch<R>(bytes: usize, body: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = MEMORY.take().filter(|buffer| buffer.len() >= bytes);
    let buffer = buffer.get_or_insert_with(|| Buffer::zeroed(bytes.max(SCRATCH)));
    let result = body(buffer.bytes_mut());
    MEMORY.set(Some(std::mem::replace(buffer, Buffer::zeroed(0))));
    result
}

/// As [`with_scratch`], of memory apart from that: for what a caller of [`parallel_for`] shares with all its pieces, of
/// which each may use its thread's scratch memory.
pub(crate) fn with_shared_scratch<R>(bytes: usize, body: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = SHARED.take().filter(|buffer| buffer.len() >= bytes);
    let buffer = buffer.get_or_insert_with(|| Buffer::zeroed(bytes));
    let result = body(buffer.bytes_mut());
    SHARED.set(Some(std::mem::replace(buffer, Buffer::zeroed(0))));
    result
}

thread_local! {
    static MEMORY: Cell<Option<Buffer>> = const { Cell::new(None) };
    static SHARED: Cell<Option<Buffer>> = const { Cell::new(None) };
}

/// One loop: what the owner writes down before it offers seats.
#[derive(Clone, Copy)]
struct Job {
    /// A reference whose true life ends when the owner's `run` returns.
    body: &'static (dyn Fn(usize) + Sync),
    pieces: usize,
}

type Panic = Box<dyn Any + Send>;

/// A number with a cache line of its own (two, since processors fetch them in pairs).
#[repr(align(128))]
struct Lone<T>(T);

struct Pool {
    /// Held by the owner of the job.
    workers: Mutex<Vec<Worker>>,
    /// Written by the owner while nobody is seated, read by those who took a seat.
    job: UnsafeCell<Option<Job>>,
    /// Workers that may still join the job.
    seats: Lone<AtomicUsize>,
    /// The next piece to be claimed.
    next: Lone<AtomicUsize>,
    /// Workers that joined the job and are through with it.
    left: Lone<AtomicUsize>,
    /// The first panic of a worker's piece.
    panic: Mutex<Option<Panic>>,
    /// Whether the owner sleeps on `all_left`.
    owner_sleeps: AtomicBool,
    door: Mutex<()>,
    all_left: Condvar,
}

// SAFETY: `job` is the only part that is not `Sync` by itself. It is written only by the owner (one, by the mutex), and
// only while `seats` is 0 and all who took one have left; it is read only by workers between taking a seat and leaving.
// Taking a seat acquires what the owner released when it offered them, and the owner acquires each worker's leaving.
unsafe impl Sync for Pool {}

/// The pool's side of one of its threads.
struct Worker {
    thread: Thread,
    asleep: Arc<AtomicBool>,
}

impl Pool {
    const fn new() -> Pool {
        Pool {
            workers: Mutex::new(Vec::new()),
            job: UnsafeCell::new(None),
            seats: Lone(AtomicUsize::new(0)),
            next: Lone(AtomicUsize::new(0)),
            left: Lone(AtomicUsize::new(0)),
            panic: Mutex::new(None),
            owner_sleeps: AtomicBool::new(false),
            door: Mutex::new(()),
            all_left: Condvar::new(),
        }
    }

    /// The owner's part.
    fn run(
        &'static self,
        workers: &mut Vec<Worker>,
        helpers: usize,
        which: Helpers,
        pieces: usize,
        body: &(dyn Fn(usize) + Sync),
    ) -> Result<(), Panic> {
        while which == Helpers::Woken && workers.len() < helpers.min(MOST_WORKERS) {
            // Without another thread the work still gets done.
            let Some(worker) = self.spawn(workers.len()) else { break };
            workers.push(worker);
        }
        let helpers = helpers.min(workers.len());
        // SAFETY: only the lifetime changes. `body` is used by this call and by workers that took a seat, and this call
        // does not return, nor unwind, before they have left.
        let body: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(body) };
        let job = Job { body, pieces };
        // SAFETY: this thread holds `workers`, `seats` is 0, and whoever sat has left: nobody else looks at the job.
        unsafe { *self.job.get() = Some(job) };
        self.next.0.store(0, Relaxed);
        self.left.0.store(0, Relaxed);
        // With the load below, and with its mirror image in `sleep`: either the worker sees the seats or it is woken.
        self.seats.0.store(helpers, SeqCst);
        for worker in workers[..helpers].iter().filter(|_| which == Helpers::Woken) {
            if worker.asleep.load(SeqCst) && worker.asleep.swap(false, SeqCst) {
                worker.thread.unpark();
            }
        }
        let mine = catch_unwind(AssertUnwindSafe(|| self.claim_pieces(job)));
        if mine.is_err() {
            self.next.0.store(pieces, Relaxed);
        }
        let joined = helpers - self.seats.0.swap(0, SeqCst);
        self.wait_for(joined);
        let theirs = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        mine.and(theirs.map_or(Ok(()), Err))
    }

    fn claim_pieces(&self, job: Job) {
        loop {
            let piece = self.next.0.fetch_add(1, Relaxed);
            if piece >= job.pieces {
                return;
            }
            (job.body)(piece);
        }
    }

    /// Returns when `joined` workers have left.
    fn wait_for(&self, joined: usize) {
        if spin_until(|| self.left.0.load(Acquire) == joined) {
            return;
        }
        // With its mirror image in `leave`: either this thread sees the worker leave or the worker sees it asleep.
        self.owner_sleeps.store(true, SeqCst);
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        while self.left.0.load(SeqCst) != joined {
            door = self.all_left.wait(door).unwrap_or_else(PoisonError::into_inner);
        }
        self.owner_sleeps.store(false, SeqCst);
    }

    fn spawn(&'static self, index: usize) -> Option<Worker> {
        let asleep = Arc::new(AtomicBool::new(false));
        let flag = asleep.clone();
        let builder = Builder::new().name(format!("tenseur-{}", index + 1));
        let handle = builder.spawn(move || self.serve(&flag)).ok()?;
        Some(Worker { thread: handle.thread().clone(), asleep })
    }

    /// A worker's life.
    fn serve(&self, asleep: &AtomicBool) -> ! {
        with_scratch(SCRATCH, |_| ());
        let _flush = FlushDenormals::begin();
        loop {
            if !spin_until(|| self.seats.0.load(Relaxed) > 0) {
                self.sleep(asleep);
            }
            if self.take_seat() {
                // SAFETY: this thread is seated, so the owner neither writes the job nor lets it die before it left.
                let job = unsafe { *self.job.get() };
                if let Some(job) = job
                    && let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.claim_pieces(job)))
                {
                    self.next.0.store(job.pieces, Relaxed);
                    self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
                }
                self.leave();
            }
        }
    }

    fn sleep(&self, asleep: &AtomicBool) {
        asleep.store(true, SeqCst);
        while asleep.load(SeqCst) && self.seats.0.load(SeqCst) == 0 {
            std::thread::park();
        }
        asleep.store(false, SeqCst);
    }

    fn take_seat(&self) -> bool {
        self.seats.0.fetch_update(Acquire, Relaxed, |seats| seats.checked_sub(1)).is_ok()
    }

    fn leave(&self) {
        self.left.0.fetch_add(1, SeqCst);
        if self.owner_sleeps.load(SeqCst) {
            // Whoever holds the door is between its look at `left` and its sleep.
            drop(self.door.lock().unwrap_or_else(PoisonError::into_inner));
            self.all_left.notify_all();
        }
    }
}

/// Whether `done` became true within [`SPIN`].
fn spin_until(done: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            if done() {
                return true;
            }
            std::hint::spin_loop();
        }
        let elapsed = start.elapsed();
        if elapsed > SPIN {
            return done();
        }
        if elapsed > SPIN_ALONE {
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(threads: usize, pieces: usize) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
        parallel_for(threads, pieces, &|piece| {
            counts[piece].fetch_add(1, Relaxed);
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_piece_runs_once() {
        for threads in 0..6 {
            for pieces in [0, 1, 2, 3, 7, 100] {
                assert_eq!(counts(threads, pieces), vec![1; pieces], "{threads} threads");
            }
        }
    }

    #[test]
    fn work_for_those_awake_is_done_whether_anybody_is_or_not() {
        for pause in [Duration::ZERO, SPIN * 20] {
            parallel_for(3, 3, &|_| ());
            std::thread::sleep(pause);
            let counts: Vec<AtomicUsize> = (0..50).map(|_| AtomicUsize::new(0)).collect();
            let work = |piece: usize| {
                counts[piece].fetch_add(1, Relaxed);
                if piece < 45 { Ok(()) } else { Err(KernelError::invalid(format!("piece {piece}"))) }
            };
            let outcome = first_error_of_awake(3, 50, &work);
            assert_eq!(outcome, Err(KernelError::invalid("piece 45")));
            assert!(counts.into_iter().all(|count| count.into_inner() == 1));
        }
    }

    #[test]
    fn no_more_than_so_many_at_once() {
        for threads in 1..5 {
            let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            for _ in 0..200 {
                parallel_for(threads, 8, &|_| {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::hint::spin_loop();
                    running.fetch_sub(1, SeqCst);
                });
            }
            assert!(most.into_inner() <= threads);
        }
    }

    #[test]
    fn what_pieces_write_is_seen_afterwards() {
        // Thousands of hand-overs with nothing between them, and some after the workers went to sleep.
        let mut sums = [0u64; 3];
        for round in 0..20_000u64 {
            let cells = sums.each_mut().map(Mutex::new);
            parallel_for(3, 3, &|piece| **cells[piece].lock().unwrap() += round + piece as u64);
            if round % 4_000 == 0 {
                std::thread::sleep(SPIN * 3);
            }
        }
        let once: u64 = (0..20_000).sum();
        assert_eq!(sums, [once, once + 20_000, once + 40_000]);
    }

    #[test]
    fn loops_inside_loops_and_beside_loops_finish() {
        let total = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..300 {
                        parallel_for(3, 4, &|_| {
                            parallel_for(3, 5, &|_| {
                                total.fetch_add(1, Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * 300 * 4 * 5);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        for unlucky in 0..4 {
            let outcome = catch_unwind(|| {
                parallel_for(2, 4, &|piece| {
                    std::thread::sleep(Duration::from_micros(200));
                    assert_ne!(piece, unlucky, "piece of bad luck");
                });
            });
            let panic = outcome.unwrap_err();
            assert!(panic.downcast_ref::<String>().unwrap().contains("piece of bad luck"));
            assert_eq!(counts(2, 9), [1; 9]);
        }
    }

    #[test]
    fn the_owner_sleeps_through_a_long_piece() {
        let slow = Mutex::new(0);
        parallel_for(2, 2, &|piece| {
            std::thread::sleep(SPIN * (1 + 40 * piece as u32));
            *slow.lock().unwrap() += 1;
        });
        assert_eq!(slow.into_inner().unwrap(), 2);
    }

    #[test]
    fn scratch_is_kept_grows_and_nests() {
        let first = with_scratch(10, |outer| {
            assert!(outer.len() >= SCRATCH);
            with_scratch(10, |inner| assert_ne!(inner.as_ptr(), outer.as_ptr()));
            outer.as_ptr() as usize
        });
        assert_eq!(with_scratch(SCRATCH, |scratch| scratch.as_ptr() as usize), first);
        with_scratch(3 * SCRATCH, |scratch| assert_eq!(scratch.len(), 3 * SCRATCH));
        with_scratch(1, |scratch| assert_eq!(scratch.len(), 3 * SCRATCH));
    }
}
