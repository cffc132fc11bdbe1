//! What is measured in WebAssembly: a step of a small network, in a session like the playground's. `wasm.mjs` carries the
//! talk with the runner, and takes the time.

use tenseur::Prepared;
use tenseur::formats::npz;
use tenseur::prelude::*;
use tenseur::session::Fetch;
use wasm_bindgen::prelude::*;

/// The rate of descent.
const RATE: f32 = 0.01;

/// A network that learns by plain gradient descent: fully connected, tanh between the layers, mean square.
#[wasm_bindgen]
pub struct Small {
    session: Session,
    cost: Tensor,
    train: Operation,
    inputs: [Tensor; 2],
    arrays: [Array; 2],
    call: Option<Prepared>,
}

#[wasm_bindgen]
impl Small {
    /// A network with the weights of an `.npz` file.
    ///
    /// # Errors
    /// When the file is none, or lacks an array.
    #[wasm_bindgen(constructor)]
    pub fn new(file: &[u8]) -> Result<Small, JsError> {
        Ok(Small::read(file)?)
    }

    /// Makes so many steps; the losses before each.
    ///
    /// # Errors
    /// When a run fails.
    pub fn losses(&mut self, steps: usize) -> Result<Vec<f32>, JsError> {
        let mut call = self.prepare((&self.cost, &self.train))?;
        let mut losses = Vec::new();
        for _ in 0..steps {
            call.run(&[&self.arrays[0], &self.arrays[1]])?;
            losses.push(call.output(0).as_slice::<f32>()?[0]);
        }
        self.call = Some(self.prepare(&self.train)?);
        Ok(losses)
    }

    /// Makes so many steps.
    ///
    /// # Errors
    /// When a run fails.
    pub fn run(&mut self, steps: usize) -> Result<(), JsError> {
        let Some(call) = &mut self.call else { return Err(JsError::new("ask for losses first")) };
        for _ in 0..steps {
            call.run(&[&self.arrays[0], &self.arrays[1]])?;
        }
        Ok(())
    }
}

impl Small {
    fn read(file: &[u8]) -> tenseur::Result<Small> {
        let arrays = npz::decode(file)?;
        let array = |name: &str| {
            let missing = || tenseur::Error::invalid(format!("the data holds no array \"{name}\""));
            arrays.get(name).cloned().ok_or_else(missing)
        };
        let (x_array, y_array) = (array("x")?, array("y")?);
        let tf = Graph::new();
        let rows = |array: &Array, name| tf.placeholder::<f32>([None, Some(array.shape()[1])], name);
        let (x, y) = (rows(&x_array, "x"), rows(&y_array, "y"));
        let layers = (1..).take_while(|layer| arrays.contains_key(&format!("w{layer}"))).count();
        let mut signal = x.clone();
        for layer in 1..=layers {
            let named = |kind: &str| format!("{kind}{layer}");
            let w = tf.variable(&array(&named("w"))?, &named("w"));
            let b = tf.variable(&array(&named("b"))?, &named("b"));
            signal = signal.matmul(&w) + &b;
            if layer < layers {
                signal = nn::tanh(&signal);
            }
        }
        let cost = (signal - &y).square().reduce_mean(..);
        let train = train::GradientDescentOptimizer::new(RATE).minimize(&cost);
        let session = Session::new(&tf)?.portable();
        session.run_op(&tf.global_variables_initializer(), feeds![])?;
        Ok(Small { session, cost, train, inputs: [x, y], arrays: [x_array, y_array], call: None })
    }

    fn prepare(&self, fetch: impl Fetch) -> tenseur::Result<Prepared> {
        let [x, y] = &self.inputs;
        self.session.prepare(fetch, &[(x, &self.arrays[0]), (y, &self.arrays[1])])
    }
}
