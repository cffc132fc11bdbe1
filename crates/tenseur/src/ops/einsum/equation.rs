//! The equation of an einsum, `ab,bc->ac`: a letter for each axis of each operand.

use crate::error::Reason;

/// What stands for `…`, any number of axes that broadcast.
pub(super) const ELLIPSIS: char = '.';

/// The labels of each operand and of the result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Equation {
    pub(super) inputs: Vec<Vec<char>>,
    pub(super) output: Vec<char>,
}

impl Equation {
    /// Reads an equation. Without `->` the result has, in order of the alphabet, the labels that come once.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(text: &str) -> Result<Equation, Reason> {
        let spaceless: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (operands, output) = match spaceless.split_once("->") {
            Some((operands, output)) => (operands, Some(labels(output, text)?)),
            None => (&spaceless[..], None),
        };
        let inputs =
            operands.split(',').map(|operand| labels(operand, text)).collect::<Result<Vec<_>, _>>()?;
        let output = output.unwrap_or_else(|| {
            let all: Vec<char> = inputs.concat();
            let count = |label: char| all.iter().filter(|other| **other == label).count();
            let mut once: Vec<char> =
                all.iter().copied().filter(|&label| label != ELLIPSIS && count(label) == 1).collect();
            once.sort_unstable();
            let ellipsis = all.contains(&ELLIPSIS).then_some(ELLIPSIS);
            ellipsis.into_iter().chain(once).collect()
        });
        for label in &output {
            if !inputs.iter().any(|input| input.contains(label)) {
                let shown = if *label == ELLIPSIS { "...".to_string() } else { label.to_string() };
                return Err(format!("\"{text}\": the result has {shown}, and no operand does").into());
            }
        }
        Ok(Equation { inputs, output })
    }

    /// The equation as text.
    pub(super) fn text(&self) -> String {
        let inputs: Vec<String> = self.inputs.iter().map(|labels| written(labels)).collect();
        format!("{}->{}", inputs.join(","), written(&self.output))
    }
}

/// Labels as an equation has them.
pub(super) fn written(labels: &[char]) -> String {
    labels
        .iter()
        .map(|&label| if label == ELLIPSIS { "...".to_string() } else { label.to_string() })
        .collect()
}

/// The labels of one operand.
fn labels(operand: &str, text: &str) -> Result<Vec<char>, Reason> {
    let short = operand.replacen("...", ".", 1);
    match short.chars().find(|&c| c != ELLIPSIS && !c.is_ascii_alphabetic()) {
        Some(other) => Err(format!("\"{text}\": \"{other}\" labels no axis; letters do").into()),
        None if short.matches(ELLIPSIS).count() > 1 => {
            Err(format!("\"{text}\": \"{operand}\" has more than one ellipsis").into())
        }
        None if operand.matches(ELLIPSIS).count() != 3 * short.matches(ELLIPSIS).count() => {
            Err(format!("\"{text}\": \"{operand}\" has dots that are no ellipsis").into())
        }
        None => Ok(short.chars().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_read_and_written() {
        let read = |text: &str| Equation::parse(text).map(|equation| equation.text());
        assert_eq!(read("ab,bc->ac").unwrap(), "ab,bc->ac");
        assert_eq!(read(" ab , bc ").unwrap(), "ab,bc->ac");
        assert_eq!(read("...ij,...jk->...ik").unwrap(), "...ij,...jk->...ik");
        assert_eq!(read("ba...").unwrap(), "ba...->...ab");
        assert_eq!(read("ii->").unwrap(), "ii->");
        for wrong in ["ab->c", "a.b->a", "a....->a", "a1->a", "ab->...a", "a->b->c", "...a...->a"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
