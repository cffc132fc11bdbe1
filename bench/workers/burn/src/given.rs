//! The inputs and initial weights of a work, by name.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;

use burn::module::Param;
use burn::nn::Linear;
use burn::prelude::*;
use tenseur_bench_protocol::Request;
use zip::ZipArchive;

/// A file's arrays as tensors of a device that keeps account for gradients.
pub(crate) struct Given {
    pub(crate) device: Device,
    numbers: HashMap<String, TensorData>,
}

impl Given {
    pub(crate) fn load(request: &Request) -> Result<Given, String> {
        let numbers = read(request).map_err(|error| format!("{}: {error}", request.data.display()))?;
        Ok(Given { device: Device::flex().autodiff(), numbers })
    }

    fn data(&self, name: &str) -> Result<TensorData, String> {
        self.numbers.get(name).cloned().ok_or_else(|| format!("the data holds no array \"{name}\""))
    }

    pub(crate) fn tensor<const D: usize>(&self, name: &str) -> Result<Tensor<D>, String> {
        Ok(Tensor::from_data(self.data(name)?, &self.device))
    }

    pub(crate) fn integers(&self, name: &str) -> Result<Tensor<1, Int>, String> {
        Ok(Tensor::from_data(self.data(name)?, &self.device))
    }

    /// The numbers of the classes that the rows of y, each with a single 1, stand for.
    pub(crate) fn classes(&self) -> Result<Tensor<1, Int>, String> {
        Ok(self.tensor::<2>("y")?.argmax(1).squeeze_dim(1))
    }

    pub(crate) fn dense(&self, layer: usize) -> Result<Linear, String> {
        let (w, b) = (self.tensor(&format!("w{layer}"))?, self.tensor(&format!("b{layer}"))?);
        Ok(Linear { weight: Param::from_tensor(w), bias: Some(Param::from_tensor(b)) })
    }

    /// Fully connected layers, as many as there are weights.
    pub(crate) fn layers(&self) -> Result<Vec<Linear>, String> {
        let count = (1..).take_while(|layer| self.numbers.contains_key(&format!("w{layer}"))).count();
        (1..=count).map(|layer| self.dense(layer)).collect()
    }
}

/// The arrays of a file of NumPy's.
fn read(request: &Request) -> Result<HashMap<String, TensorData>, Box<dyn std::error::Error>> {
    let mut archive = ZipArchive::new(File::open(&request.data)?)?;
    let mut numbers = HashMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = String::from_utf8(file.name_raw().to_vec())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let array = array(&bytes).ok_or_else(|| format!("{name} is no array of float32 or int32"))?;
        numbers.insert(name.trim_end_matches(".npy").to_string(), array);
    }
    Ok(numbers)
}

/// An array of `.npy`'s first version: ten bytes, of which the last two are the length of a header in words, and the numbers in
/// the order of their axes.
fn array(bytes: &[u8]) -> Option<TensorData> {
    let length = usize::from(u16::from_le_bytes([*bytes.get(8)?, *bytes.get(9)?]));
    let (header, numbers) = bytes.get(10..)?.split_at_checked(length)?;
    let header = std::str::from_utf8(header).ok()?;
    let (_, shape) = header.split_once('(')?;
    let sizes = shape.split_once(')')?.0.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape: Vec<usize> = sizes.map(|size| size.parse().ok()).collect::<Option<_>>()?;
    let (words, _) = numbers.as_chunks::<4>();
    match header {
        header if header.contains("'fortran_order': True") => None,
        header if header.contains("'<f4'") => {
            Some(TensorData::new(words.iter().map(|&word| f32::from_le_bytes(word)).collect(), shape))
        }
        header if header.contains("'<i4'") => {
            Some(TensorData::new(words.iter().map(|&word| i32::from_le_bytes(word)).collect(), shape))
        }
        _ => None,
    }
}
