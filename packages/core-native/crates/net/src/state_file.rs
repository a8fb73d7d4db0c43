//! Named tensors on disk: safetensors with string metadata and a checksum, written beside the target and renamed, so that a reader
//! sees the old file or the new one and nothing between.

use crate::{NetError, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use tch::{Kind, Tensor};

/// Over names, types, shapes, data and metadata.
const CHECKSUM: &str = "sha256.v2";
/// Of earlier files: over names and data alone.
const OLD_CHECKSUM: &str = "sha256";

#[derive(Debug)]
pub struct StateFile {
    pub tensors: BTreeMap<String, Tensor>,
    pub metadata: BTreeMap<String, String>,
    /// A checksum was there, and is right.
    pub is_verified: bool,
}

pub fn write(
    file: &Path,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let mut parts = Vec::with_capacity(tensors.len());
    let mut checksum = Checksum::default();
    for (name, tensor) in tensors {
        let (dtype, bytes) = to_bytes(tensor)?;
        let shape: Vec<_> = tensor.size().iter().map(|&extent| extent as usize).collect();
        checksum.add(name, dtype, &shape, &bytes);
        parts.push((name, dtype, tensor.size(), bytes));
    }
    let mut metadata = metadata.clone();
    metadata.insert(CHECKSUM.into(), checksum.finish(&metadata));
    write_atomic(file, &serialize(&metadata, parts)?)
}

/// The safetensors layout: length of the header, header, data. Written here because the crate keeps metadata in a hash map, whose
/// order differs from run to run: equal states must be equal files. Wide types come first, so that every tensor is aligned.
fn serialize(
    metadata: &BTreeMap<String, String>,
    mut parts: Vec<(&String, Dtype, Vec<i64>, Vec<u8>)>,
) -> Result<Vec<u8>> {
    parts.sort_by_key(|(name, dtype, _, _)| (std::cmp::Reverse(dtype.bitsize()), *name));
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), json!(metadata));
    let mut offset = 0;
    for (name, dtype, shape, bytes) in &parts {
        let range = [offset, offset + bytes.len()];
        header.insert(
            (*name).clone(),
            json!({ "dtype": dtype, "shape": shape, "data_offsets": range }),
        );
        offset = range[1];
    }
    let mut header =
        serde_json::to_vec(&header).map_err(|error| NetError::Internal(error.to_string()))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = Vec::with_capacity(8 + header.len() + offset);
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header);
    parts.iter().for_each(|(_, _, _, bytes)| file.extend(bytes));
    Ok(file)
}

pub fn read(file: &Path) -> Result<StateFile> {
    let bytes = std::fs::read(file).map_err(|source| NetError::io(file, source))?;
    let corrupt = |problem: String| NetError::CheckpointCorrupt {
        file: file.to_path_buf(),
        problem,
        remedy: "Use another copy of the file, or train again.".into(),
    };
    let (_, header) = SafeTensors::read_metadata(&bytes)
        .map_err(|error| corrupt(format!("no readable safetensors file ({error})")))?;
    let views = SafeTensors::deserialize(&bytes).map_err(|error| corrupt(error.to_string()))?;
    let metadata: BTreeMap<_, _> = header
        .metadata()
        .iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut named: Vec<_> = views.tensors();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let mut tensors = BTreeMap::new();
    let (mut checksum, mut old_checksum) = (Checksum::default(), Sha256::new());
    let is_old = metadata.contains_key(OLD_CHECKSUM);
    for (name, view) in named {
        if is_old {
            old_checksum.update(&name);
            old_checksum.update(view.data());
        } else {
            checksum.add(&name, view.dtype(), view.shape(), view.data());
        }
        let tensor = from_view(&view)
            .ok_or_else(|| corrupt(format!("tensor {name} has an unsupported type")))?
            .map_err(|_| corrupt(format!("tensor {name} has an impossible shape")))?;
        tensors.insert(name, tensor);
    }
    let sum = if is_old { hex(&old_checksum.finalize()) } else { checksum.finish(&metadata) };
    let expected = metadata.get(if is_old { OLD_CHECKSUM } else { CHECKSUM });
    if expected.is_some_and(|expected| *expected != sum) {
        return Err(corrupt("its checksum does not match its content".into()));
    }
    let is_verified = expected.is_some();
    Ok(StateFile { tensors, metadata, is_verified })
}

/// The name of a tensor that has a NaN or an infinite number.
pub fn first_not_finite<'a>(
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Result<Option<String>> {
    let _no_grad = tch::no_grad_guard();
    for (name, tensor) in tensors {
        if tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
            return Ok(Some(name.into()));
        }
    }
    Ok(None)
}

/// SHA-256 of all that a state file says, in the order of the names.
#[derive(Default)]
struct Checksum(Sha256);

impl Checksum {
    fn add(&mut self, name: &str, dtype: Dtype, shape: &[usize], data: &[u8]) {
        self.0.update(json!([name, dtype, shape, data.len()]).to_string());
        self.0.update(data);
    }

    fn finish(mut self, metadata: &BTreeMap<String, String>) -> String {
        for (key, value) in metadata.iter().filter(|(key, _)| *key != CHECKSUM) {
            self.0.update(json!([key, value]).to_string());
        }
        hex(&self.0.finalize())
    }
}

/// Writes `bytes` to a temporary file in the same folder, flushes it to disk and renames it.
pub fn write_atomic(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let io = |source| NetError::io(file, source);
    std::fs::create_dir_all(folder).map_err(io)?;
    // A temporary file is private; a result is as readable as the user's files are (umask).
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut temporary =
        tempfile::Builder::new().permissions(permissions).tempfile_in(folder).map_err(io)?;
    temporary.write_all(bytes).map_err(io)?;
    temporary.as_file().sync_all().map_err(io)?;
    temporary.persist(file).map_err(|error| io(error.error))?;
    Ok(())
}

fn to_bytes(tensor: &Tensor) -> Result<(Dtype, Vec<u8>)> {
    let tensor = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
    let (dtype, size) = match tensor.f_kind()? {
        Kind::Double => (Dtype::F64, 8),
        Kind::Float => (Dtype::F32, 4),
        Kind::BFloat16 => (Dtype::BF16, 2),
        Kind::Int64 => (Dtype::I64, 8),
        Kind::Int => (Dtype::I32, 4),
        Kind::Int16 => (Dtype::I16, 2),
        Kind::Uint8 => (Dtype::U8, 1),
        kind => return Err(NetError::Internal(format!("cannot save tensors of kind {kind:?}"))),
    };
    let mut bytes = vec![0; tensor.numel() * size];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
    Ok((dtype, bytes))
}

fn from_view(view: &TensorView) -> Option<Result<Tensor>> {
    let kind = match view.dtype() {
        Dtype::F64 => Kind::Double,
        Dtype::F32 => Kind::Float,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::I64 => Kind::Int64,
        Dtype::I32 => Kind::Int,
        Dtype::I16 => Kind::Int16,
        Dtype::U8 => Kind::Uint8,
        _ => return None,
    };
    let shape: Vec<i64> = view.shape().iter().map(|&extent| extent as i64).collect();
    Some(Tensor::f_from_data_size(view.data(), &shape, kind).map_err(NetError::from))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
