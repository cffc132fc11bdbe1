//! Elements of files: records, lines of tables, pictures in folders. A file is open while its elements are read, and no more
//! of it is in memory than one of them.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::source::Given;
use super::{Dataset, Element, Result, Source, Stage};
use crate::data::gzip::{cannot_read, is_gzip};
use crate::error::{Code, Error};
use crate::formats::tf_record::TfRecordReader;
use crate::ops::by_arrays::OverArrays;
use crate::ops::codec::picture::Decode;
use crate::value::{Array, DType};

/// How TFRecord files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records {
    /// Whether damaged records are passed over; otherwise they are errors.
    pub skip_damaged: bool,
}

impl Dataset {
    /// The records of TFRecord files, one file after the other, packed or not: elements of a scalar string.
    ///
    /// ```
    /// use tenseur::Array;
    /// use tenseur::data::pipeline::{Dataset, Records};
    /// use tenseur::data::{Compression, Example, TfRecordWriter};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("labels.tfrecord");
    /// let mut writer = TfRecordWriter::create(&path, Compression::Gzip)?;
    /// for label in [3, 1, 4] {
    ///     writer.write(&Example::default().with("label", label).to_bytes())?;
    /// }
    /// writer.finish()?;
    /// let labels = Dataset::tf_records([&path], Records::default()).map(|element| {
    ///     let example = Example::from_bytes(&element[0].as_strings()?[0])?;
    ///     Ok(vec![example.feature("label").unwrap().to_array()?])
    /// });
    /// let all = labels.batch(3, false).iter()?.collect::<tenseur::Result<Vec<_>>>()?;
    /// assert_eq!(all[0][0], Array::new([3, 1], [3i64, 1, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tf_records<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, options: Records) -> Dataset {
        let paths = paths.into_iter().map(|path| path.as_ref().to_path_buf()).collect();
        Dataset::new(RecordFiles { paths, options })
    }

    /// The lines of a CSV file, gzipped or not, without the first if it is a `header`: an element has a scalar of each
    /// column, of these types. An empty cell is an error unless the column is of strings.
    ///
    /// ```
    /// use tenseur::data::pipeline::Dataset;
    /// use tenseur::{Array, DType};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("flowers.csv");
    /// std::fs::write(&path, "petal,kind\n1.5,iris\n0.5,\"lily, white\"\n")?;
    /// let lines = Dataset::csv(&path, true, &[DType::Float32, DType::String]);
    /// let all = lines.iter()?.collect::<tenseur::Result<Vec<_>>>()?;
    /// assert_eq!(all[1], [Array::scalar(0.5f32), Array::strings([], ["lily, white"])?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn csv(path: impl AsRef<Path>, header: bool, types: &[DType]) -> Dataset {
        Dataset::new(CsvFile { path: path.as_ref().to_path_buf(), header, types: types.to_vec() })
    }

    /// The pictures below a folder that has a folder for each class: a picture `[height, width, channels]` of uint8, and the
    /// number of its class, int32, in the order of [`image_folder_classes`]. PNG, JPEG and BMP files are read, of `channels`
    /// 1, 3 or 4, or as many as each has, if that is 0; other files are passed over by their ending.
    ///
    /// # Errors
    /// When the folder cannot be read or has no such folders.
    pub fn image_folder(path: impl AsRef<Path>, channels: i64) -> Result<Dataset> {
        let path = path.as_ref();
        let mut files = Vec::new();
        for (label, class) in image_folder_classes(path)?.iter().enumerate() {
            for file in entries(&path.join(class))? {
                let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
                if PICTURES.iter().any(|known| ending.eq_ignore_ascii_case(known)) && file.is_file() {
                    files.push((file, label as i32));
                }
            }
        }
        Ok(Dataset::new(Pictures { files, channels }))
    }
}

/// The names of a folder's folders, in order: the classes of [`Dataset::image_folder`].
///
/// # Errors
/// When the folder cannot be read or has no folders.
pub fn image_folder_classes(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let path = path.as_ref();
    let folders = entries(path)?.into_iter().filter(|entry| entry.is_dir());
    let names = folders.filter_map(|folder| Some(folder.file_name()?.to_str()?.to_string()));
    let names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    match names.is_empty() {
        true => Err(Error::invalid(format!("{} has no folders, one for each class", path.display()))),
        false => Ok(names),
    }
}

/// The endings of files that are taken for pictures.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "bmp"];

/// What is in a folder, in the order of names.
fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut entries: Vec<PathBuf> =
        entries.map_err(|error: io::Error| cannot_read(&path.display(), &error))?;
    entries.sort();
    Ok(entries)
}

struct RecordFiles {
    paths: Vec<PathBuf>,
    options: Records,
}

impl Source for RecordFiles {
    fn open(&self, _: u64) -> Result<Box<dyn Stage>> {
        let mut paths = self.paths.clone();
        paths.reverse();
        Ok(Box::new(RecordStage { paths, options: self.options, reader: None }))
    }
}

struct RecordStage {
    /// The files that are still to be read, the next one last.
    paths: Vec<PathBuf>,
    options: Records,
    reader: Option<TfRecordReader>,
}

impl RecordStage {
    /// Gives the next record to `take`; `None` at the end.
    fn with_next<T>(&mut self, take: impl FnOnce(&[u8]) -> Result<T>) -> Result<Option<T>> {
        loop {
            match &mut self.reader {
                Some(reader) => match reader.next_record()? {
                    Some(record) => return take(record).map(Some),
                    None => self.reader = None,
                },
                None => match self.paths.pop() {
                    Some(path) => {
                        let reader = TfRecordReader::open(&path)?;
                        let skip = self.options.skip_damaged;
                        self.reader = Some(if skip { reader.skip_damaged() } else { reader });
                    }
                    None => return Ok(None),
                },
            }
        }
    }
}

impl Stage for RecordStage {
    fn next(&mut self) -> Result<Option<Element>> {
        self.with_next(|record| Ok(vec![Array::strings([], [record])?]))
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        for passed in 0..count {
            if self.with_next(|_| Ok(()))?.is_none() {
                return Ok(passed);
            }
        }
        Ok(count)
    }
}

struct CsvFile {
    path: PathBuf,
    header: bool,
    types: Vec<DType>,
}

impl Source for CsvFile {
    fn open(&self, _: u64) -> Result<Box<dyn Stage>> {
        let CsvFile { path, header, types } = self;
        let cannot = |error: io::Error| cannot_read(&path.display(), &error);
        let mut file = File::open(path).map_err(cannot)?;
        let mut first = Vec::new();
        file.by_ref().take(2).read_to_end(&mut first).map_err(cannot)?;
        let packed = is_gzip(&first);
        let input = BufReader::new(io::Cursor::new(first).chain(file));
        let input: Box<dyn Read + Send> =
            if packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
        let reader = ::csv::ReaderBuilder::new().has_headers(*header).flexible(true).from_reader(input);
        let (name, types) = (path.display().to_string(), types.clone());
        let lines = reader.into_byte_records();
        Ok(Box::new(Given(lines.map(move |line| {
            let line = line.map_err(|error| Error::new(Code::DataLoss, format!("{name}: {error}")))?;
            let number = line.position().map_or(0, ::csv::Position::line);
            let at = |error: Error| error.context(format_args!("{name}, line {number}"));
            if line.len() != types.len() {
                let text = format!("there are {} cells and should be {}", line.len(), types.len());
                return Err(at(Error::invalid(text)));
            }
            let cells = line.iter().zip(&types).enumerate();
            cells
                .map(|(column, (cell, &dtype))| {
                    parsed(cell, dtype)
                        .map_err(|error| at(error.context(format_args!("column {}", column + 1))))
                })
                .collect()
        }))))
    }
}

/// A cell as a scalar.
fn parsed(cell: &[u8], dtype: DType) -> Result<Array> {
    if dtype == DType::String {
        return Array::strings([], [cell]);
    }
    let text = String::from_utf8_lossy(cell);
    let wrong = || Error::invalid(format!("\"{text}\" is no {dtype}"));
    match dtype {
        DType::Int64 => text.trim().parse::<i64>().map(Array::scalar).map_err(|_| wrong()),
        DType::Int32 => text.trim().parse::<i32>().map(Array::scalar).map_err(|_| wrong()),
        DType::Float64 => text.trim().parse::<f64>().map(Array::scalar).map_err(|_| wrong()),
        DType::Float32 => text.trim().parse::<f32>().map(Array::scalar).map_err(|_| wrong()),
        _ => Err(Error::invalid(format!("cells are float32, float64, int32, int64 or string, not {dtype}"))),
    }
}

struct Pictures {
    files: Vec<(PathBuf, i32)>,
    channels: i64,
}

impl Source for Pictures {
    fn open(&self, _: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(PictureStage { files: self.files.clone(), channels: self.channels, next: 0 }))
    }
}

struct PictureStage {
    files: Vec<(PathBuf, i32)>,
    channels: i64,
    next: usize,
}

impl Stage for PictureStage {
    fn next(&mut self) -> Result<Option<Element>> {
        let Some((path, label)) = self.files.get(self.next) else { return Ok(None) };
        self.next += 1;
        let bytes = fs::read(path).map_err(|error| cannot_read(&path.display(), &error))?;
        let contents = Array::strings([], [bytes])?;
        let decoded = Decode::<4>::new(self.channels, DType::UInt8).compute(&[contents]);
        let pictures = decoded.map_err(|reason| Error::from(reason).context(path.display()))?;
        Ok(Some(pictures.into_iter().take(1).chain([Array::scalar(*label)]).collect()))
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let passed = count.min((self.files.len() - self.next) as u64);
        self.next += passed as usize;
        Ok(passed)
    }
}
