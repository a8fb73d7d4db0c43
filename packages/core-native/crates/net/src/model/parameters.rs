//! Named tensors. The names are the file format: a PyTorch state_dict (method.md, section 3).

use crate::{NetError, Result, random};
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
        let refuse = |problem: String| {
            NetError::data(problem, "Use weights that were made for this network configuration.")
        };
        if let Some(unknown) = values
            .keys()
            .find(|name| !self.trainable.contains_key(*name) && !self.buffers.contains_key(*name))
        {
            return Err(refuse(format!("unexpected tensor {unknown} in the weights")));
        }
        for (name, tensor) in self.all() {
            let value = values
                .get(name)
                .ok_or_else(|| refuse(format!("tensor {name} is missing in the weights")))?;
            if value.size() != tensor.size() {
                let problem = format!(
                    "tensor {name} has shape {:?}, expected {:?}",
                    value.size(),
                    tensor.size()
                );
                return Err(refuse(problem));
            }
        }
        let _no_grad = tch::no_grad_guard();
        for (name, tensor) in self.all() {
            if let Some(value) = values.get(name) {
                tensor.shallow_clone().f_copy_(value)?;
            }
        }
        Ok(())
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
    seed: u64,
    kind: Kind,
    device: Device,
}

impl<'a> Builder<'a> {
    pub fn new(parameters: &'a mut Parameters, seed: u64, kind: Kind, device: Device) -> Self {
        Self { parameters, prefix: String::new(), seed, kind, device }
    }

    /// A builder for the names below `name`.
    pub fn enter(&mut self, name: impl std::fmt::Display) -> Builder<'_> {
        let prefix = format!("{}{name}.", self.prefix);
        Builder {
            parameters: self.parameters,
            prefix,
            seed: self.seed,
            kind: self.kind,
            device: self.device,
        }
    }

    /// A weight drawn from N(0, variance), from a stream of its own name, so that no other layer's existence changes it.
    pub fn gaussian(&mut self, name: &str, shape: &[i64], variance: f64) -> Result<Tensor> {
        let full = format!("{}{name}", self.prefix);
        let mut generator = random::stream(self.seed, &format!("init/{full}"), 0);
        let deviation = variance.sqrt();
        let count = shape.iter().product::<i64>() as usize;
        let values: Vec<f64> = (0..count)
            .map(|_| Distribution::<f64>::sample(&StandardNormal, &mut generator) * deviation)
            .collect();
        let tensor = Tensor::f_from_slice(&values)?.f_view(shape)?;
        self.weight(full, tensor)
    }

    pub fn constant(&mut self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        let tensor = Tensor::f_full(shape, value, (Kind::Double, Device::Cpu))?;
        self.weight(format!("{}{name}", self.prefix), tensor)
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
        let tensor = Tensor::f_full(shape, value, (kind, self.device))?;
        self.parameters.buffers.insert(format!("{}{name}", self.prefix), tensor.shallow_clone());
        Ok(tensor)
    }
}
