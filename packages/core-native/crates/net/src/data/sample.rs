//! A prepared sample (one lesion on one slice), from its file or from memory.

use crate::config::Background;
use crate::{NetError, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Where a prepared sample lies: `file` holds tensors named `key`.image, .mask, .box, .window.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleRef {
    pub file: PathBuf,
    pub key: String,
}

/// A lesion with its surroundings. The ROI is the `height` x `width` rectangle that starts at (`margin`, `margin`).
#[derive(Debug, Clone)]
pub struct Sample {
    /// HU, [phases, rows, columns], the margin included.
    pub image: Vec<i16>,
    /// 0 or 1, [rows, columns].
    pub mask: Vec<u8>,
    pub phases: usize,
    pub rows: usize,
    pub columns: usize,
    pub margin: usize,
    pub height: usize,
    pub width: usize,
    /// Per phase: HU of -1 and of +1.
    pub window: Vec<[f32; 2]>,
}

impl Sample {
    /// Checks that the parts belong together.
    pub fn validate(&self) -> Result<()> {
        let consistent = self.phases > 0
            && self.height > 0
            && self.width > 0
            && self.rows == self.height + 2 * self.margin
            && self.columns == self.width + 2 * self.margin
            && self.mask.len() == self.rows * self.columns
            && self.image.len() == self.phases * self.rows * self.columns
            && self.window.len() == self.phases
            && self.window.iter().all(|[lower, upper]| lower.is_finite() && upper > lower);
        if consistent {
            return Ok(());
        }
        Err(NetError::data(
            "image, mask, box and window of the sample do not fit together",
            "Prepare the cohort again.",
        ))
    }

    /// The ROI of one phase and `border` pixels round it, at most the margin, on the network's scale: window to [-1, 1],
    /// outside the mask as `background` says. [height + 2 border, width + 2 border]
    pub fn normalized_roi(&self, phase: usize, border: usize, background: Background) -> Vec<f32> {
        let [lower, upper] = self.window[phase];
        let plane = phase * self.rows * self.columns;
        let start = self.margin - border.min(self.margin);
        let mut roi = Vec::with_capacity((self.height + 2 * border) * (self.width + 2 * border));
        for row in start..self.rows - start {
            for column in start..self.columns - start {
                let pixel = row * self.columns + column;
                let inside = self.mask[pixel] != 0;
                roi.push(match background {
                    Background::Lower if !inside => -1.0,
                    Background::Zero if !inside => 0.0,
                    _ => {
                        let unit = (f32::from(self.image[plane + pixel]) - lower) / (upper - lower);
                        unit.clamp(0.0, 1.0) * 2.0 - 1.0
                    }
                });
            }
        }
        roi
    }

    /// Reads `samples` in order; each file is read once.
    pub fn read_all(samples: &[SampleRef], cancelled: &dyn Fn() -> bool) -> Result<Vec<Self>> {
        let mut files: HashMap<&Path, Vec<u8>> = HashMap::new();
        let mut read = Vec::with_capacity(samples.len());
        for sample in samples {
            let path = sample.file.as_path();
            if !files.contains_key(path) {
                if cancelled() {
                    return Err(NetError::Cancelled { checkpoint: None });
                }
                // Samples of a file lie together in a cohort: keeping one file bounds the memory.
                files.clear();
                let bytes = std::fs::read(path).map_err(|source| NetError::io(path, source))?;
                files.insert(path, bytes);
            }
            read.push(Self::parse(&files[path], sample)?);
        }
        Ok(read)
    }

    fn parse(bytes: &[u8], at: &SampleRef) -> Result<Self> {
        let bad = |problem: String| NetError::Data {
            file: Some(at.file.clone()),
            problem,
            remedy: "Prepare the cohort again.".into(),
        };
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| bad(format!("no readable prepared case ({error})")))?;
        let tensor = |name: &str, dtype: Dtype, rank: usize| -> Result<TensorView<'_>> {
            let full = format!("{}.{name}", at.key);
            let view = file.tensor(&full).map_err(|_| bad(format!("tensor {full} is missing")))?;
            if view.dtype() != dtype || view.shape().len() != rank {
                return Err(bad(format!("tensor {full} is not {dtype:?} of rank {rank}")));
            }
            Ok(view)
        };
        let image = tensor("image", Dtype::I16, 3)?;
        let box_ = tensor("box", Dtype::I32, 1)?;
        let window = tensor("window", Dtype::F32, 2)?;
        let box_: Vec<i32> = box_
            .data()
            .chunks_exact(4)
            .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let (rows, columns) = (image.shape()[1], image.shape()[2]);
        let (Some(&height), Some(&width)) = (box_.get(2), box_.get(3)) else {
            return Err(bad(format!("{}.box has fewer than four numbers", at.key)));
        };
        let (height, width) = (height.max(0) as usize, width.max(0) as usize);
        let window: Vec<f32> = window
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let sample = Self {
            image: image.data().chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect(),
            mask: tensor("mask", Dtype::U8, 2)?.data().to_vec(),
            phases: image.shape()[0],
            rows,
            columns,
            margin: rows.saturating_sub(height) / 2,
            height,
            width,
            window: window.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect(),
        };
        sample.validate().map_err(|error| bad(format!("{}: {error}", at.key)))?;
        Ok(sample)
    }
}
