//! Where the channels of an image are.

use crate::error::Reason;
use crate::ops::Attrs;

/// The order of the axes of a batch of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataFormat {
    /// `[batch, height, width, channels]`: TensorFlow's default. Of other ranks, the last axis.
    #[default]
    Nhwc,
    /// `[batch, channels, height, width]`. Of other ranks, the axis after the batch.
    Nchw,
}

impl DataFormat {
    /// TensorFlow's name: `NHWC`.
    pub fn name(self) -> &'static str {
        match self {
            DataFormat::Nhwc => "NHWC",
            DataFormat::Nchw => "NCHW",
        }
    }

    /// The axis of the channels of a tensor with `rank` axes.
    pub fn channel_axis(self, rank: usize) -> usize {
        match self {
            DataFormat::Nhwc => rank.saturating_sub(1),
            DataFormat::Nchw => 1,
        }
    }

    /// The attribute "data_format", NHWC where it is missing.
    ///
    /// # Errors
    /// When it is another.
    pub fn from_attrs(attrs: &Attrs) -> Result<DataFormat, Reason> {
        let name = attrs.optional("data_format", "NHWC".to_string())?;
        match &name[..] {
            "NHWC" => Ok(DataFormat::Nhwc),
            "NCHW" => Ok(DataFormat::Nchw),
            _ => Err(format!("attribute \"data_format\" should be NHWC or NCHW and is \"{name}\"").into()),
        }
    }
}
