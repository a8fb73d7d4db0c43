//! Named tensors. The names are the file format: a PyTorch state_dict (method.md, section 3).

use crate::{NetError, Result, random};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// All weights and running statistics of a network, by name.
#[derive(Debug, Default)]
pub struct Parameters {
    trainable: BTreeMap<String, Tensor>,
    buffers: BTreeMap<String, Tensor>,
}

impl Parameters {
    /// Weights in the order of their names, the same in every process.
    pub fn trainable(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.trainable.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Weights and running statistics, in the order of their names within each kind.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.trainable.iter().chain(&self.buffers).map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Running means and variances, in the order of their names.
    pub fn statistics(&self) -> impl Iterator<Item = &Tensor> {
        self.buffers.values().filter(|tensor| tensor.is_floating_point())
    }

    pub fn count(&self) -> i64 {
        self.trainable.values().map(|tensor| tensor.numel() as i64).sum()
    }

    /// Copies `values` into the tensors in place. Missing, unknown and misshapen names are errors: a network is loaded whole or not at all.
    pub fn load(&self, values: &BTreeMap<String, Tensor>) -> Result<()> {
        self.refuse_unknown(values)?;
        let stored: Vec<_> = self
            .all()
            .map(|(name, tensor)| Ok((tensor, stored(values, name, &tensor.size())?)))
            .collect::<Result<_>>()?;
        let _no_grad = tch::no_grad_guard();
        for (tensor, value) in stored {
            tensor.shallow_clone().f_copy_(&value)?;
        }
        Ok(())
    }

    pub fn refuse_unknown(&self, values: &BTreeMap<String, Tensor>) -> Result<()> {
        let known =
            |name: &String| self.trainable.contains_key(name) || self.buffers.contains_key(name);
        match values.keys().find(|name| !known(name)) {
            Some(name) => Err(refuse(format!("unexpected tensor {name} in the weights"))),
            None => Ok(()),
        }
    }

    /// Copies that later steps do not touch.
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>> {
        let _no_grad = tch::no_grad_guard();
        self.all()
            .map(|(name, tensor)| {
                let mut copy = tensor.f_detach()?.f_empty_like()?;
                copy.f_copy_(tensor)?;
                Ok((name.to_string(), copy))
            })
            .collect()
    }
}

/// Makes named, initialised tensors below a prefix, on the device where they stay.
pub struct Builder<'a> {
    parameters: &'a mut Parameters,
    prefix: String,
    source: Source<'a>,
    kind: Kind,
    device: Device,
}

/// Where a network's numbers come from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// Drawn.
    Seed(u64),
    /// Stored ones. Missing and misshapen names are errors before anything of their size is made.
    Values(&'a BTreeMap<String, Tensor>),
}

impl<'a> Builder<'a> {
    pub fn new(
        parameters: &'a mut Parameters,
        source: Source<'a>,
        kind: Kind,
        device: Device,
    ) -> Self {
        Self { parameters, prefix: String::new(), source, kind, device }
    }

    /// A builder for the names below `name`.
    pub fn enter(&mut self, name: impl std::fmt::Display) -> Builder<'_> {
        let prefix = format!("{}{name}.", self.prefix);
        Builder {
            parameters: self.parameters,
            prefix,
            source: self.source,
            kind: self.kind,
            device: self.device,
        }
    }

    /// A weight drawn from N(0, variance), from a stream of its own name, so that no other layer's existence changes it.
    pub fn gaussian(&mut self, name: &str, shape: &[i64], variance: f64) -> Result<Tensor> {
        let full = format!("{}{name}", self.prefix);
        let tensor = match self.source {
            Source::Values(values) => stored(values, &full, shape)?,
            Source::Seed(seed) => {
                drawn(random::stream(seed, &format!("init/{full}"), 0), shape, variance)?
            }
        };
        self.weight(full, tensor)
    }

    pub fn constant(&mut self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        let full = format!("{}{name}", self.prefix);
        let tensor = self.stored_or_full(&full, shape, value, (Kind::Double, Device::Cpu))?;
        self.weight(full, tensor)
    }

    fn weight(&mut self, name: String, value: Tensor) -> Result<Tensor> {
        let tensor =
            value.f_to_device(self.device)?.f_to_kind(self.kind)?.f_set_requires_grad(true)?;
        self.parameters.trainable.insert(name, tensor.shallow_clone());
        Ok(tensor)
    }

    /// A tensor that is saved but not trained.
    pub fn buffer(&mut self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        self.buffer_of_kind(name, shape, value, self.kind)
    }

    pub fn buffer_of_kind(
        &mut self,
        name: &str,
        shape: &[i64],
        value: f64,
        kind: Kind,
    ) -> Result<Tensor> {
        let full = format!("{}{name}", self.prefix);
        let tensor = self.stored_or_full(&full, shape, value, (kind, self.device))?;
        let tensor = tensor.f_to_device(self.device)?.f_to_kind(kind)?;
        self.parameters.buffers.insert(full, tensor.shallow_clone());
        Ok(tensor)
    }

    fn stored_or_full(
        &self,
        full: &str,
        shape: &[i64],
        value: f64,
        options: (Kind, Device),
    ) -> Result<Tensor> {
        match self.source {
            Source::Values(values) => stored(values, full, shape),
            Source::Seed(_) => Ok(Tensor::f_full(shape, value, options)?),
        }
    }
}

fn drawn(mut generator: impl Rng, shape: &[i64], variance: f64) -> Result<Tensor> {
    let deviation = variance.sqrt();
    let too_large = || NetError::OutOfMemory {
        device: "cpu".into(),
        problem: format!("no room for a weight of shape {shape:?}"),
        remedy: "Use a smaller network.".into(),
    };
    let count = shape.iter().try_fold(1_usize, |count, &extent| count.checked_mul(extent as usize));
    let count = count.ok_or_else(too_large)?;
    let mut values: Vec<f64> = Vec::new();
    values.try_reserve_exact(count).map_err(|_| too_large())?;
    values.extend(
        (0..count)
            .map(|_| Distribution::<f64>::sample(&StandardNormal, &mut generator) * deviation),
    );
    Ok(Tensor::f_from_slice(&values)?.f_view(shape)?)
}

fn stored(values: &BTreeMap<String, Tensor>, name: &str, shape: &[i64]) -> Result<Tensor> {
    let value = values
        .get(name)
        .ok_or_else(|| refuse(format!("tensor {name} is missing in the weights")))?;
    if value.size() != shape {
        return Err(refuse(format!(
            "tensor {name} has shape {:?}, expected {shape:?}",
            value.size()
        )));
    }
    Ok(value.shallow_clone())
}

fn refuse(problem: String) -> NetError {
    NetError::data(problem, "Use weights that were made for this network configuration.")
}
