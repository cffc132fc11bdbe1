//! What all SVG pictures share: text that is safe to put into them, its width, and the frame around the picture.

use std::fmt::Write;

/// The width of one column of the monospaced text in pictures, as a part of the font's size. Menlo and DejaVu Sans
/// Mono, the widest of those that are usual, have 0.602.
pub(super) const COLUMN: f64 = 0.61;

/// Text as it stands in an SVG file: markup is escaped, and characters that XML does not allow are replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' => safe.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(character),
        }
    }
    safe
}

/// How many columns of a terminal, or of monospaced text in a picture, the text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(character_columns).sum()
}

fn character_columns(character: char) -> usize {
    match character as u32 {
        0..0x20 | 0x7f..0xa0 => 0,
        0x300..0x370 | 0x200b..0x2010 | 0x20d0..0x2100 | 0xfe00..0xfe10 => 0,
        0x1100..0x1160 | 0x2e80..0xa4d0 | 0xac00..0xd7a4 | 0xf900..0xfb00 | 0xfe30..0xfe70 => 2,
        0xff00..0xff61 | 0xffe0..0xffe7 | 0x1f300..0x1fb00 | 0x20000..0x3fffe => 2,
        _ => 1,
    }
}

/// The text without what would break a line or move the cursor, and with its middle left out where it takes more than
/// `most` columns: both ends of a name tell something.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let clean: Vec<char> =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(4 * most.max(1) + 1).collect();
    // Of a text that is longer than that only the end is still needed.
    let end: Vec<char> =
        text.chars().rev().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if clean.iter().map(|&c| character_columns(c)).sum::<usize>() <= most {
        return clean.into_iter().collect();
    }
    let room = most.saturating_sub(1);
    let fitting = |characters: &mut dyn Iterator<Item = &char>, room: usize| -> Vec<char> {
        let mut taken = 0;
        characters
            .take_while(|&&c| {
                taken += character_columns(c);
                taken <= room
            })
            .copied()
            .collect()
    };
    let head = fitting(&mut clean.iter(), room.div_ceil(2));
    let tail = fitting(&mut end.iter(), room / 2);
    head.into_iter().chain(['…']).chain(tail.into_iter().rev()).collect()
}

/// `text`, and spaces up to `width` columns.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// A picture: its size, what it shows in words, its own style rules for the light and for the dark scheme, and what
/// is in it.
pub(super) struct Picture<'a> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: &'a str,
    /// What somebody who does not see it should be told.
    pub(super) description: &'a str,
    pub(super) style: &'a str,
    pub(super) dark_style: &'a str,
    pub(super) body: &'a str,
}

impl Picture<'_> {
    /// The SVG file.
    pub(super) fn svg(&self) -> String {
        let Picture { width, height, style, dark_style, body, .. } = self;
        let (title, description) = (escaped(self.title), escaped(self.description));
        let mut svg = String::with_capacity(body.len() + 2048);
        let _ = write!(
            svg,
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{title}">
<title>{title}</title>
<desc>{description}</desc>
<style>
text{{font:13px system-ui,sans-serif;fill:#333}}.t{{font-size:15px;font-weight:600}}.background{{fill:#fff}}
{style}
@media(prefers-color-scheme:dark){{text{{fill:#ddd}}.background{{fill:#1c1c1e}}
{dark_style}}}
</style>
<rect class="background" width="100%" height="100%"/>
<text class="t" x="20" y="28">{title}</text>
{body}</svg>
"##
        );
        svg
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_forbidden_characters_replaced() {
        assert_eq!(escaped("<a & \"b\">\u{1}\r"), "&lt;a &amp; &quot;b&quot;&gt;\u{fffd}\u{fffd}");
    }

    #[test]
    fn shortened_text_fits_and_keeps_both_ends() {
        assert_eq!(shortened("layer1/MatMul", 20), "layer1/MatMul");
        assert_eq!(shortened("layer1/very/long/MatMul", 11), "layer…atMul");
        assert_eq!(shortened("a\nb", 5), "a\u{fffd}b");
        for most in 0..12 {
            for text in ["", "abcdefghijklmnop", "漢字漢字漢字漢字漢字", "e\u{301}e\u{301}e\u{301}e\u{301}"]
            {
                assert!(columns(&shortened(text, most)) <= most.max(1), "{text} {most}");
            }
        }
    }
}
