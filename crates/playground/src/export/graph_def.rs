//! The graph as a GraphDef: variables start with the weights of the page. `init` gives them their values; `mean_loss:0` is
//! the loss of what is fed to `points:0` and `labels:0`.

use tenseur::Result;

use super::Model;
use crate::network::Network;

/// The file, in base 64.
pub(super) fn file(model: &Model<'_>) -> Result<String> {
    let network = Network::new(model.config, model.outputs(), Some(model.parameters))?;
    Ok(base64(&network.graph.as_graph_def()?))
}

/// Base 64 (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, at| word << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_is_that_of_the_rfc() {
        let texts = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, coded) in texts {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }
}
