//! How a window slides over images: the strides, dilations and paddings of convolutions and poolings.

use tenseur_kernels::{Images, Window, WindowAxis};

use crate::error::{Code, Reason};
use crate::ops::{Attrs, DataFormat};
use crate::value::PartialShape;

/// What is put around an image before a window slides over it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// As much as makes the output `⌈input / stride⌉` large; of an odd number of places the greater half comes after.
    #[default]
    Same,
    /// Nothing: the window stays inside.
    Valid,
    /// So much before and after, along each axis of the image.
    Explicit(Vec<(usize, usize)>),
}

impl Padding {
    fn name(&self) -> &'static str {
        match self {
            Padding::Same => "SAME",
            Padding::Valid => "VALID",
            Padding::Explicit(_) => "EXPLICIT",
        }
    }
}

/// How a window slides over images with some axes: two of a picture, three of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sliding {
    /// How far it moves, along each axis.
    pub strides: Vec<usize>,
    /// How far its places are apart, along each axis.
    pub dilations: Vec<usize>,
    /// What is around the image.
    pub padding: Padding,
    /// Where the channels are.
    pub data_format: DataFormat,
}

/// A shape taken apart: batch, the axes of the image, channels.
#[derive(Clone, Debug)]
pub(crate) struct Extents {
    pub(crate) batch: Option<usize>,
    pub(crate) image: Vec<Option<usize>>,
    pub(crate) channels: Option<usize>,
}

impl Sliding {
    /// A window that moves by `strides`.
    pub fn new(strides: impl Into<Vec<usize>>, padding: Padding) -> Sliding {
        let strides = strides.into();
        let dilations = vec![1; strides.len()];
        Sliding { strides, dilations, padding, data_format: DataFormat::Nhwc }
    }

    /// Whether it is a window over images with `axes` axes: a program may say anything.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn check(&self, axes: usize) -> Result<(), Reason> {
        let Sliding { strides, dilations, padding, .. } = self;
        let padded = match padding {
            Padding::Explicit(paddings) => paddings.len(),
            _ => axes,
        };
        if strides.len() != axes || dilations.len() != axes || padded != axes {
            return Err(format!(
                "an image has {axes} axes; there are {} strides, {} dilations and {padded} paddings",
                strides.len(),
                dilations.len()
            )
            .into());
        }
        match strides.iter().chain(dilations).all(|&step| step >= 1) {
            true => Ok(()),
            false => Err(format!("strides {strides:?} and dilations {dilations:?} must be 1 or more").into()),
        }
    }

    /// How many axes an image has.
    pub(crate) fn axes(&self) -> usize {
        self.strides.len()
    }

    /// The attributes "strides", "padding", "explicit_paddings", "dilations" and "data_format", for images with `axes` axes.
    ///
    /// # Errors
    /// When one is missing or is a word that nobody knows; and, deferred to a run, when they say what cannot be.
    pub(crate) fn from_attrs(attrs: &Attrs, axes: usize) -> Result<Sliding, Reason> {
        let data_format = Sliding::format_from_attrs(attrs, axes)?;
        known_padding(attrs)?;
        let strides: Vec<i64> = attrs.require("strides")?;
        let dilations: Vec<i64> = attrs.optional("dilations", vec![1; axes + 2])?;
        let along = |name: &str, all: &[i64]| -> Result<Vec<usize>, Reason> {
            let (image, outside) = split(all, axes, data_format, name)?;
            let wrong = || {
                format!(
                    "attribute \"{name}\" is {all:?}; along an image it is 1 or more, along batch and channels 1"
                )
            };
            match (outside == [1, 1], image.iter().all(|&value| value >= 1)) {
                (true, true) => Ok(image.iter().map(|&value| value as usize).collect()),
                (false, _) if axes == 2 => Err(Reason::new(Code::Unimplemented, wrong())),
                _ => Err(wrong().into()),
            }
        };
        let sliding = || -> Result<Sliding, Reason> {
            let (strides, dilations) = (along("strides", &strides)?, along("dilations", &dilations)?);
            let padding = padding(attrs, axes, data_format)?;
            Ok(Sliding { strides, dilations, padding, data_format })
        };
        sliding().map_err(Reason::deferred)
    }

    /// The attributes "padding" and "explicit_paddings".
    pub(crate) fn padding_from_attrs(attrs: &Attrs, axes: usize) -> Result<Padding, Reason> {
        padding(attrs, axes, Sliding::format_from_attrs(attrs, axes)?)
    }

    /// The attribute "data_format" of images with `axes` axes.
    pub(crate) fn format_from_attrs(attrs: &Attrs, axes: usize) -> Result<DataFormat, Reason> {
        if axes == 2 {
            return DataFormat::from_attrs(attrs);
        }
        let name = attrs.optional("data_format", "NDHWC".to_string())?;
        match &name[..] {
            "NDHWC" => Ok(DataFormat::Nhwc),
            "NCDHW" => Ok(DataFormat::Nchw),
            _ => Err(format!("attribute \"data_format\" should be NDHWC or NCDHW and is \"{name}\"").into()),
        }
    }

    /// The attributes that it came from.
    pub(crate) fn attrs(&self, attrs: Attrs) -> Attrs {
        let attrs = attrs.with("strides", self.joined(&self.strides, 1, 1));
        self.attrs_of_padding(attrs).with("dilations", self.joined(&self.dilations, 1, 1))
    }

    /// The attributes of the padding, and "data_format".
    pub(crate) fn attrs_of_padding(&self, attrs: Attrs) -> Attrs {
        let attrs = attrs.with("padding", self.padding.name());
        let attrs = match &self.padding {
            Padding::Explicit(paddings) => {
                let mut all = paddings.clone();
                all.insert(0, (0, 0));
                all.insert(self.data_format.channel_axis(self.axes() + 2).min(all.len()), (0, 0));
                let all: Vec<i64> =
                    all.iter().flat_map(|&(before, after)| [before as i64, after as i64]).collect();
                attrs.with("explicit_paddings", all)
            }
            _ => attrs,
        };
        attrs.with("data_format", format_name(self.data_format, self.axes()))
    }

    /// A number for each axis of a tensor: those along the image, and those of channels and batch.
    pub(crate) fn joined(&self, image: &[usize], channels: i64, batch: i64) -> Vec<i64> {
        let mut all: Vec<i64> = image.iter().map(|&value| value as i64).collect();
        all.insert(0, batch);
        all.insert(self.data_format.channel_axis(self.axes() + 2).min(all.len()), channels);
        all
    }

    /// The shape of images taken apart.
    ///
    /// # Errors
    /// When it has another number of axes.
    pub(crate) fn extents(&self, shape: &PartialShape, what: &str) -> Result<Extents, Reason> {
        let rank = self.axes() + 2;
        let Some(sizes) = shape.sizes() else {
            return Ok(Extents { batch: None, image: vec![None; self.axes()], channels: None });
        };
        if sizes.len() != rank {
            return Err(format!("{what} must have {rank} axes and has shape {shape}").into());
        }
        let mut image = sizes.to_vec();
        let channels = image.remove(self.data_format.channel_axis(rank));
        let batch = image.remove(0);
        Ok(Extents { batch, image, channels })
    }

    /// The shape that these sizes make.
    pub(crate) fn shape(&self, extents: &Extents) -> PartialShape {
        let mut sizes = extents.image.clone();
        sizes.insert(0, extents.batch);
        sizes.insert(self.data_format.channel_axis(self.axes() + 2), extents.channels);
        sizes.into()
    }

    /// How a window of `size` places slides along axis `axis`, which has `input` places.
    ///
    /// # Errors
    /// When the window does not fit.
    pub(crate) fn along(&self, axis: usize, input: usize, size: usize) -> Result<WindowAxis, Reason> {
        let (stride, dilation) = (self.strides[axis], self.dilations[axis]);
        let too_large = || Reason::from(format!("a window of {size} places is too large"));
        let reach = size.saturating_sub(1).checked_mul(dilation).and_then(|reach| reach.checked_add(1));
        let reach = reach.filter(|&reach| reach < isize::MAX as usize / 4).ok_or_else(too_large)?;
        let (before, output) = match &self.padding {
            Padding::Same => {
                let output = input.div_ceil(stride);
                let needed = output.saturating_sub(1).saturating_mul(stride).saturating_add(reach);
                (needed.saturating_sub(input) / 2, output)
            }
            padding => {
                let (before, after) = match padding {
                    Padding::Explicit(paddings) => paddings[axis],
                    _ => (0, 0),
                };
                let padded = input.checked_add(before).and_then(|size| size.checked_add(after));
                // A window of no place reaches over 1 − dilation, as TensorFlow counts.
                let (padded, reach) = match size {
                    0 => (padded.and_then(|padded| padded.checked_add(dilation)), 1),
                    _ => (padded, reach),
                };
                let padded = padded.ok_or_else(too_large)?;
                // As TensorFlow divides, a window that stands out by less than a stride is laid down no time.
                let room = padded.saturating_add(stride).saturating_sub(reach);
                if reach >= padded.saturating_add(stride).saturating_add(stride) {
                    return Err(format!(
                        "a window that reaches over {reach} places does not fit into the {padded} of axis {axis}"
                    )
                    .into());
                }
                (before, room / stride)
            }
        };
        Ok(WindowAxis { input, output, size, stride, dilation, before })
    }

    /// The sizes of the output along the image, as far as they are known.
    ///
    /// # Errors
    /// When the window does not fit.
    pub(crate) fn outputs(
        &self,
        inputs: &[Option<usize>],
        sizes: &[Option<usize>],
    ) -> Result<Vec<Option<usize>>, Reason> {
        let along = |(axis, (input, size)): (usize, (&Option<usize>, &Option<usize>))| match (input, size) {
            (Some(input), Some(size)) => self.along(axis, *input, *size).map(|axis| Some(axis.output)),
            (Some(input), None) if self.padding == Padding::Same => {
                self.along(axis, *input, 1).map(|axis| Some(axis.output))
            }
            _ => Ok(None),
        };
        inputs.iter().zip(sizes).enumerate().map(along).collect()
    }

    /// The window over images of known size.
    ///
    /// # Errors
    /// When the window does not fit.
    pub(crate) fn window(&self, input: &Known, sizes: &[usize]) -> Result<Window, Reason> {
        let mut axes = [WindowAxis::ONE; 3];
        let first = axes.len() - self.axes();
        for (axis, (&input, &size)) in input.image.iter().zip(sizes).enumerate() {
            axes[first + axis] = self.along(axis, input, size)?;
        }
        Ok(Window { batch: input.batch, axes, channels: input.channels })
    }

    /// The sizes of images whose shape is known.
    ///
    /// # Errors
    /// When it is not, or has another number of axes.
    pub(crate) fn known(&self, shape: &PartialShape, what: &str) -> Result<Known, Reason> {
        let extents = self.extents(shape, what)?;
        let unknown = || Reason::from(format!("{what} has shape {shape}, which is not known before the run"));
        let image: Option<Vec<usize>> = extents.image.into_iter().collect();
        match (extents.batch, image, extents.channels) {
            (Some(batch), Some(image), Some(channels)) => Ok(Known { batch, image, channels }),
            _ => Err(unknown()),
        }
    }
}

/// The sizes of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) batch: usize,
    pub(crate) image: Vec<usize>,
    pub(crate) channels: usize,
}

impl Known {
    /// As kernels that turn images round want them.
    pub(crate) fn images(&self) -> Images {
        Images { batch: self.batch, channels: self.channels, pixels: self.image.iter().product() }
    }
}

fn format_name(format: DataFormat, axes: usize) -> &'static str {
    match (format, axes) {
        (DataFormat::Nhwc, 3) => "NDHWC",
        (DataFormat::Nchw, 3) => "NCDHW",
        _ => format.name(),
    }
}

/// Numbers along the image, and those along batch and channels.
fn split(all: &[i64], axes: usize, format: DataFormat, name: &str) -> Result<(Vec<i64>, [i64; 2]), Reason> {
    if all.len() != axes + 2 {
        return Err(format!(
            "attribute \"{name}\" has one number for each of {} axes and is {all:?}",
            axes + 2
        )
        .into());
    }
    let mut image = all.to_vec();
    let channels = image.remove(format.channel_axis(axes + 2));
    let batch = image.remove(0);
    Ok((image, [batch, channels]))
}

/// The attribute "ksize", or "strides", of a pooling: along the image, and along the channels.
pub(crate) fn pool_sizes(
    values: &[i64],
    name: &str,
    axes: usize,
    format: DataFormat,
) -> Result<(Vec<usize>, usize), Reason> {
    let (image, [batch, channels]) = split(values, axes, format, name)?;
    let wrong = || format!("\"{name}\" is {values:?}; it is 1 along the batch, and elsewhere 1 or more");
    match channels >= 1 && image.iter().all(|&size| size >= 1) {
        true if batch == 1 => Ok((image.iter().map(|&size| size as usize).collect(), channels as usize)),
        true if batch > 1 => Err(Reason::new(Code::Unimplemented, wrong())),
        _ => Err(wrong().into()),
    }
}

/// Whether the attribute "padding" is a word that is known.
pub(crate) fn known_padding(attrs: &Attrs) -> Result<(), Reason> {
    let name: String = attrs.require("padding")?;
    match ["SAME", "VALID", "EXPLICIT"].contains(&name.as_str()) {
        true => Ok(()),
        false => {
            Err(format!("attribute \"padding\" should be SAME, VALID or EXPLICIT and is \"{name}\"").into())
        }
    }
}

fn padding(attrs: &Attrs, axes: usize, format: DataFormat) -> Result<Padding, Reason> {
    known_padding(attrs)?;
    let name: String = attrs.require("padding")?;
    let explicit: Vec<i64> = attrs.optional("explicit_paddings", Vec::new())?;
    match &name[..] {
        "SAME" | "VALID" if !explicit.is_empty() => {
            Err(format!("attribute \"explicit_paddings\" is {explicit:?} and the padding {name}").into())
        }
        "SAME" => Ok(Padding::Same),
        "VALID" => Ok(Padding::Valid),
        _ => {
            let wrong = || {
                Reason::from(format!(
                    "attribute \"explicit_paddings\" has two numbers, 0 or more, for each of {} axes, zeros for batch \
                     and channels, and is {explicit:?}",
                    axes + 2
                ))
            };
            if explicit.len() != 2 * (axes + 2) || explicit.iter().any(|&padding| padding < 0) {
                return Err(wrong());
            }
            let mut pairs: Vec<(usize, usize)> =
                explicit.chunks_exact(2).map(|pair| (pair[0] as usize, pair[1] as usize)).collect();
            let outside = [pairs.remove(format.channel_axis(axes + 2)), pairs.remove(0)];
            if outside == [(0, 0); 2] { Ok(Padding::Explicit(pairs)) } else { Err(wrong()) }
        }
    }
}
