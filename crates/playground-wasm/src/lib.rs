//! The playground's simulation in a browser's Worker: texts in, texts and bytes out. The Worker's script carries them.

use std::collections::VecDeque;

use js_sys::{Array, Date, Uint8Array};
use tenseur_playground::{Message, Simulation};
use wasm_bindgen::prelude::*;

/// A simulation, and what it has said and nobody has fetched.
#[wasm_bindgen]
pub struct Engine {
    simulation: Simulation,
    said: VecDeque<Message>,
}

#[wasm_bindgen]
impl Engine {
    /// A simulation that has said its welcome.
    ///
    /// # Errors
    /// When it does not start.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Engine, JsError> {
        let start = || {
            let mut simulation = Simulation::new("")?;
            let welcome = simulation.welcome()?;
            Ok((simulation, welcome))
        };
        let (simulation, welcome) =
            start().map_err(|error: tenseur::Error| JsError::new(&error.to_string()))?;
        Ok(Engine { simulation, said: VecDeque::from([welcome]) })
    }

    /// Takes a command; what it answers comes with the next tick.
    pub fn command(&mut self, text: &str) {
        self.said.extend(self.simulation.command(text, &mut Date::now));
    }

    /// Trains for about so many milliseconds, if there is something to do, and gives what was said since the last tick:
    /// strings, and byte arrays of their own.
    pub fn tick(&mut self, milliseconds: f64) -> Array {
        if self.simulation.is_busy() {
            self.said.extend(self.simulation.advance(milliseconds, &mut Date::now));
        }
        let value = |message| match message {
            Message::Text(text) => JsValue::from(text),
            Message::Binary(bytes) => Uint8Array::from(&bytes[..]).into(),
        };
        self.said.drain(..).map(value).collect()
    }

    /// Whether there is something to do, or to fetch, without another command.
    pub fn busy(&self) -> bool {
        !self.said.is_empty() || self.simulation.is_busy()
    }
}
