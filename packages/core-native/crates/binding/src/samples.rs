use flc_net::data::{Sample, SampleRef};
use flc_net::{NetError, Result};
use napi::bindgen_prelude::{Float32Array, Int16Array, Uint8Array};
use napi_derive::napi;
use std::path::PathBuf;

/// A prepared sample: by `file` and `key`, or from memory by the other fields.
#[napi(object, object_to_js = false)]
pub struct BindingSample {
    pub file: Option<String>,
    pub key: Option<String>,
    /// HU, [phases, rows, columns], the margin included.
    pub image: Option<Int16Array>,
    /// 0 or 1, [rows, columns].
    pub mask: Option<Uint8Array>,
    /// [phases, rows, columns]
    pub shape: Option<Vec<u32>>,
    pub margin: Option<u32>,
    /// [phases, 2]: lower and upper bound of the intensity window.
    pub window: Option<Float32Array>,
}

/// Copies what JavaScript owns, so that nothing it does later is a race.
pub enum OwnedSample {
    File(SampleRef),
    Memory(Sample),
}

impl OwnedSample {
    pub fn from_binding(sample: BindingSample) -> Result<Self> {
        if let (Some(file), Some(key)) = (sample.file, sample.key) {
            return Ok(Self::File(SampleRef { file: PathBuf::from(file), key }));
        }
        let incomplete = || {
            NetError::data(
                "a sample has neither file and key nor image, mask, shape, margin and window",
                "Pass one of the two forms.",
            )
        };
        let shape = sample.shape.filter(|shape| shape.len() == 3).ok_or_else(incomplete)?;
        let (rows, columns) = (shape[1] as usize, shape[2] as usize);
        let margin = sample.margin.ok_or_else(incomplete)? as usize;
        let window = sample.window.ok_or_else(incomplete)?;
        let owned = Sample {
            image: sample.image.ok_or_else(incomplete)?.to_vec(),
            mask: sample.mask.ok_or_else(incomplete)?.to_vec(),
            phases: shape[0] as usize,
            rows,
            columns,
            margin,
            height: rows.saturating_sub(2 * margin),
            width: columns.saturating_sub(2 * margin),
            window: window.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect(),
        };
        owned.validate()?;
        Ok(Self::Memory(owned))
    }

    /// The samples in order, files read.
    pub fn read_all(samples: Vec<Self>, cancelled: &dyn Fn() -> bool) -> Result<Vec<Sample>> {
        let mut read = Vec::with_capacity(samples.len());
        for sample in samples {
            match sample {
                Self::Memory(sample) => read.push(sample),
                Self::File(at) => {
                    read.extend(Sample::read_all(std::slice::from_ref(&at), cancelled)?)
                }
            }
        }
        Ok(read)
    }
}
