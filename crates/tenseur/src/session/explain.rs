//! What a run would do, as text.

use smallvec::SmallVec;

use crate::compile::{self, Explanation, Unplanned};
use crate::error::Result;
use crate::graph::{Edge, Fact};
use crate::session::cache::{feed_fact, is_small};
use crate::session::{Executor, Feeds, Fetch, Session, Wanted};

impl Session {
    /// What [`run`](Session::run) would do, with these feeds: the steps of the plan, kernel by kernel, after all that the
    /// compiler does to the graph. Of a session with [`Executor::Reference`], and of what cannot be planned, it is the
    /// nodes as they were written, one by one. Nothing is run, and no variable need hold anything.
    ///
    /// # Errors
    /// As [`run`](Session::run), as far as the graph, the feeds and their shapes show them.
    ///
    /// ```
    /// use tenseur::Executor;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let a = tf.placeholder::<f32>([None, Some(3)], "a");
    /// let y = tf.placeholder::<f32>([None, Some(3)], "y");
    /// let loss = -(&y * nn::softmax(&a).log()).reduce_sum(..);
    ///
    /// let sess = Session::new(&tf)?;
    /// let feeds = feeds![a => array![[1.0, 2.0, 3.0]], y => array![[0.0, 0.0, 1.0]]];
    /// assert_eq!(sess.explain(&loss, feeds.clone())?.to_string(), "\
    /// a   float32 [1, 3]  fed
    /// y   float32 [1, 3]  fed
    /// %1  float32 [1]     CrossEntropyLoss(a, y)
    /// %2  float32 []      sum(%1)
    /// gives %2
    /// ");
    /// assert_eq!(sess.executor(Executor::Reference).explain(&loss, feeds)?.to_string(), "\
    /// a   float32 [1, 3]  fed
    /// y   float32 [1, 3]  fed
    /// %1  float32 [1, 3]  Softmax(a)
    /// %2  float32 [1, 3]  Log(%1)
    /// %3  float32 [1, 3]  Mul(y, %2)
    /// %4  float32 []      Sum(%3, [0, 1])
    /// %5  float32 []      Neg(%4)
    /// gives %5
    /// ");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn explain<F: Fetch>(&self, fetch: F, feeds: Feeds) -> Result<Explanation> {
        let mut wanted = Wanted::default();
        fetch.ask(&mut wanted);
        let contents = self.graph.read();
        if let Some(error) = contents.first_error() {
            return Err(error.clone());
        }
        let (fetches, targets) = self.resolve(&wanted)?;
        let fed = self.fed(&contents, &feeds, &[])?;
        let facts = |by_value: bool| -> Result<SmallVec<[(Edge, Fact); 4]>> {
            fed.iter().map(|feed| feed_fact(feed, by_value)).collect()
        };
        let by_value = fed.iter().any(|(_, fed)| is_small(fed));
        if self.executor == Executor::Planned {
            for by_value in [false, true].into_iter().take(1 + usize::from(by_value)) {
                let feeds = facts(by_value)?;
                let request = compile::Request { fetches: &fetches, targets: &targets, feeds: &feeds };
                match compile::explain(&contents, &request, &self.lock()) {
                    Ok(explanation) => return Ok(explanation),
                    Err(Unplanned::Error(error)) => return Err(error),
                    Err(Unplanned::Dynamic(_)) => {}
                }
            }
        }
        let feeds = facts(by_value)?;
        let request = compile::Request { fetches: &fetches, targets: &targets, feeds: &feeds };
        Ok(compile::node_by_node(&contents, &request))
    }
}
