//! Hands a simulation the commands of a file, and prints a line for each message: its type, its length and a hash of its
//! bytes. `cargo xtask page` holds the engine in WebAssembly to the same lines.

use tenseur_playground::{Message, Simulation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("transcript COMMANDS.json")?;
    let commands: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut simulation = Simulation::new("")?;
    print(&simulation.welcome()?);
    // No time passes, so that everything is done at once.
    let mut clock = || 0.0;
    for command in commands {
        let mut messages = simulation.command(&command.to_string(), &mut clock);
        if messages.is_empty() {
            messages = simulation.advance(10.0, &mut clock);
        }
        messages.iter().for_each(print);
    }
    Ok(())
}

fn print(message: &Message) {
    let (kind, bytes) = match message {
        Message::Text(text) => ("text", text.as_bytes()),
        Message::Binary(bytes) => ("binary", &bytes[..]),
    };
    // FNV-1a, of 32 bits, which JavaScript can compute too.
    let hash =
        bytes.iter().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    println!("{kind} {} {hash:08x}", bytes.len());
}
