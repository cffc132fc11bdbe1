//! Formulas in MathML, from the text that a terminal shows: Unicode's small letters become what stands below and above.

use std::fmt::Write;

use crate::draw::svg::escaped;

/// A formula in MathML's presentation elements, the inside of a `math` element: letters, numbers and signs each as what
/// they are, and what is written small in Unicode (`w₁₂⁽¹⁾`, `eˢ`, `x²`) below or above what it follows.
///
/// ```
/// use tenseur::draw::mathml;
/// assert_eq!(
///     mathml("σᵢ = x₁² + 0.5"),
///     "<mrow><msub><mi>σ</mi><mi>i</mi></msub><mo>=</mo><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>\
///      <mo>+</mo><mn>0.5</mn></mrow>"
/// );
/// ```
pub fn mathml(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::from("<mrow>");
    let mut at = 0;
    // Whether the last piece was a word, which has the space after it.
    let mut after_word = false;
    while at < characters.len() {
        let first = Kind::of(characters[at]);
        let end = match first {
            Kind::Sign => at + 1,
            _ => end_of(&characters, at, first),
        };
        if first == Kind::Space {
            at = end;
            continue;
        }
        let piece: String = characters[at..end].iter().collect();
        let base = match first {
            Kind::Number => format!("<mn>{}</mn>", escaped(&piece)),
            Kind::Letter if end - at == 1 => format!("<mi>{piece}</mi>"),
            Kind::Letter if characters.get(end) == Some(&'(') => {
                format!("<mi mathvariant=\"normal\">{}</mi>", escaped(&piece))
            }
            Kind::Letter => {
                // Words keep their spaces, which MathML else takes away.
                let space = |at: Option<usize>| match at.and_then(|at| characters.get(at)) {
                    Some(' ') => "\u{a0}",
                    _ => "",
                };
                let before = if at > 0 && !after_word { space(at.checked_sub(1)) } else { "" };
                format!("<mtext>{before}{}{}</mtext>", escaped(&piece), space(Some(end)))
            }
            Kind::Sign => format!("<mo>{}</mo>", escaped(&piece)),
            // Small letters that follow nothing.
            Kind::Space | Kind::Below | Kind::Above => "<mrow></mrow>".to_string(),
        };
        after_word = first == Kind::Letter && end - at > 1;
        at = if matches!(first, Kind::Below | Kind::Above) { at } else { end };
        let below_end = end_of(&characters, at, Kind::Below);
        let above_end = end_of(&characters, below_end, Kind::Above);
        let (below, above) = (small(&characters[at..below_end]), small(&characters[below_end..above_end]));
        let _ = match (below, above) {
            (None, None) => write!(out, "{base}"),
            (Some(below), None) => write!(out, "<msub>{base}{below}</msub>"),
            (None, Some(above)) => write!(out, "<msup>{base}{above}</msup>"),
            (Some(below), Some(above)) => write!(out, "<msubsup>{base}{below}{above}</msubsup>"),
        };
        at = above_end;
    }
    out.push_str("</mrow>");
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Space,
    Number,
    Letter,
    Below,
    Above,
    Sign,
}

impl Kind {
    fn of(character: char) -> Kind {
        match character {
            ' ' => Kind::Space,
            '0'..='9' | '.' => Kind::Number,
            _ if BELOW.iter().any(|(small, _)| *small == character) => Kind::Below,
            _ if ABOVE.iter().any(|(small, _)| *small == character) => Kind::Above,
            _ if character.is_alphabetic() || character == '_' || character == '∂' => Kind::Letter,
            _ => Kind::Sign,
        }
    }
}

/// Where characters of this kind end that begin at `at`.
fn end_of(characters: &[char], at: usize, kind: Kind) -> usize {
    let goes_on = |character: &&char| match (kind, Kind::of(**character)) {
        // A name may have numbers in it: `log1p`.
        (Kind::Letter, Kind::Letter | Kind::Number) => **character != '.',
        (kind, other) => kind == other,
    };
    at + characters[at..].iter().take_while(goes_on).count()
}

const BELOW: [(char, char); 16] = [
    ('₀', '0'),
    ('₁', '1'),
    ('₂', '2'),
    ('₃', '3'),
    ('₄', '4'),
    ('₅', '5'),
    ('₆', '6'),
    ('₇', '7'),
    ('₈', '8'),
    ('₉', '9'),
    ('ᵢ', 'i'),
    ('ⱼ', 'j'),
    ('ₖ', 'k'),
    ('ₙ', 'n'),
    ('ₜ', 't'),
    ('₊', '+'),
];

const ABOVE: [(char, char); 16] = [
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁽', '('),
    ('⁾', ')'),
    ('⁻', '−'),
    ('ˢ', 's'),
    ('ᵗ', 't'),
    ('ᵀ', 'T'),
];

/// What small letters stand for.
fn small(characters: &[char]) -> Option<String> {
    let large = |small: &char| {
        let mut all = BELOW.iter().chain(&ABOVE);
        all.find(|(found, _)| found == small).map_or(*small, |(_, large)| *large)
    };
    let text: String = characters.iter().map(large).collect();
    match text.chars().next()? {
        '0'..='9' => Some(format!("<mn>{text}</mn>")),
        _ if text.chars().count() == 1 => Some(format!("<mi>{text}</mi>")),
        _ => Some(format!("<mtext>{text}</mtext>")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_well_formed_and_lose_nothing() {
        for (text, read) in [
            ("n₁⁽¹⁾ = tanh(w₁₁⁽¹⁾·x + b₁⁽¹⁾)", "n1(1)=tanh(w11(1)·x+b1(1))"),
            ("leaky_relu(s) = max(0, s) + 0.2·min(0, s)", "leaky_relu(s)=max(0,s)+0.2·min(0,s)"),
            ("∂L/∂sᵢ < 1 & e⁻ˢ > 0", "∂L/∂si<1&e−s>0"),
            ("σ − y, for each example", "σ−y, for each example"),
            ("s where s ≥ 0, else eˢ − 1", "s where s≥0, else es−1"),
            ("², ᵢ", "2,i"),
            ("", ""),
        ] {
            let mathml = format!("<math>{}</math>", mathml(text));
            let tree =
                roxmltree::Document::parse(&mathml).unwrap_or_else(|error| panic!("{error}: {mathml}"));
            let texts = tree.descendants().filter(|node| node.is_text()).filter_map(|node| node.text());
            assert_eq!(texts.collect::<String>().replace('\u{a0}', " "), read, "{mathml}");
            for node in tree.descendants() {
                let children = node.children().filter(roxmltree::Node::is_element).count();
                let wanted = match node.tag_name().name() {
                    "msub" | "msup" => 2,
                    "msubsup" => 3,
                    _ => children,
                };
                assert_eq!(children, wanted, "{mathml}");
            }
        }
    }
}
