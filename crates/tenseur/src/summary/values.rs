//! Summaries of arrays, without a graph.

use super::{PluginData, Summary, SummaryKind, SummaryMetadata, SummaryValue};
use crate::error::Result;
use crate::formats::tensor_proto::proto_from_array;
use crate::ops::summary::{audio, histogram, image, value};
use crate::value::Array;

/// Red, for pixels that are not finite.
const RED: [u8; 4] = [255, 0, 0, 255];

/// What makes TensorBoard show strings.
pub(super) fn text_metadata() -> SummaryMetadata {
    let plugin = PluginData { plugin_name: "text".to_string(), content: Vec::new() };
    SummaryMetadata { plugin_data: Some(plugin), ..SummaryMetadata::default() }
}

impl Summary {
    /// The same, with a number.
    ///
    /// ```
    /// use tenseur::{array, summary::Summary};
    /// let summary = Summary::default()
    ///     .scalar("loss", 0.25)
    ///     .histogram("weights", &array![[1.0, -1.0], [0.5, 0.0]])?
    ///     .text("remark", "it **learns**")?;
    /// assert_eq!(summary.value.len(), 3);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn scalar(self, tag: impl Into<String>, number: f32) -> Summary {
        self.with([value(tag, SummaryKind::Simple(number))])
    }

    /// The same, with how the numbers of an array are spread.
    ///
    /// # Errors
    /// When one is NaN or infinite, or the elements are no numbers.
    pub fn histogram(self, tag: impl Into<String>, numbers: &Array) -> Result<Summary> {
        let tag = tag.into();
        let histogram = histogram::histogram_of_array(&tag, numbers)?;
        Ok(self.with([value(tag, SummaryKind::Histogram(histogram))]))
    }

    /// The same, with the first `most` pictures of a batch: see [`image`](super::image).
    ///
    /// # Errors
    /// When these are no pictures.
    pub fn image(self, tag: &str, images: &Array, most: i64) -> Result<Summary> {
        Ok(self.with(image::pictures(tag, images, most, &RED)?))
    }

    /// The same, with the first `most` sounds of a batch: see [`audio`](super::audio).
    ///
    /// # Errors
    /// When these are no sounds, or `sample_rate` is no rate.
    pub fn audio(self, tag: &str, sounds: &Array, sample_rate: f32, most: i64) -> Result<Summary> {
        Ok(self.with(audio::sounds(tag, sounds, sample_rate, most)?))
    }

    /// The same, with a text in Markdown.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn text(self, tag: impl Into<String>, text: &str) -> Result<Summary> {
        let kind = SummaryKind::Tensor(proto_from_array(&Array::strings([], [text])?));
        Ok(self.with([SummaryValue { metadata: Some(text_metadata()), ..value(tag, kind) }]))
    }

    fn with(mut self, values: impl IntoIterator<Item = SummaryValue>) -> Summary {
        self.value.extend(values);
        self
    }
}
