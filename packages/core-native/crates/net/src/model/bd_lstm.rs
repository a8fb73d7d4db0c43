//! The LSTM over the phases: forward reads NC -> PV (enhancement), backward PV -> NC (anti-enhancement).

use super::Builder;
use crate::Result;
use crate::config::{Directions, NetworkConfig, Readout};
use tch::{Cuda, Device, Tensor};

#[derive(Debug)]
pub struct BdLstm {
    /// Per direction: w_ih, w_hh, b_ih, b_hh, the order that libtorch takes.
    weights: Vec<Tensor>,
    bidirectional: bool,
    /// One direction only, and it reads from the last phase to the first.
    reversed: bool,
    hidden_size: i64,
    readout: Readout,
}

impl BdLstm {
    pub fn new(mut builder: Builder, config: &NetworkConfig) -> Result<Self> {
        let (hidden, input) = (config.hidden_size, config.step_features());
        let mut weights = Vec::new();
        let suffixes: &[&str] = if config.is_bidirectional() { &["", "_reverse"] } else { &[""] };
        for suffix in suffixes {
            let mut gaussian = |name: &str, fan_in: i64| {
                let shape = [4 * hidden, fan_in];
                builder.gaussian(&format!("{name}_l0{suffix}"), &shape, 1.0 / fan_in as f64)
            };
            weights.push(gaussian("weight_ih", input)?);
            weights.push(gaussian("weight_hh", hidden)?);
            for name in ["bias_ih", "bias_hh"] {
                weights.push(builder.constant(
                    &format!("{name}_l0{suffix}"),
                    &[4 * hidden],
                    0.0,
                )?);
            }
        }
        let bidirectional = config.is_bidirectional();
        pack_for_cudnn(&weights, input, hidden, bidirectional)?;
        Ok(Self {
            weights,
            bidirectional,
            reversed: config.directions == Directions::Backward,
            hidden_size: hidden,
            readout: config.readout,
        })
    }

    pub fn shallow_clone(&self) -> Self {
        Self { weights: self.weights.iter().map(Tensor::shallow_clone).collect(), ..*self }
    }

    /// `sequence` [n, phases, features] -> the feature f [n, feature_size].
    /// `last`: the last state of each direction side by side; `all`: every step's output, in the order of reading.
    pub fn forward(&self, sequence: &Tensor, train: bool) -> Result<Tensor> {
        let sequence = if self.reversed { sequence.f_flip([1])? } else { sequence.shallow_clone() };
        let directions = if self.bidirectional { 2 } else { 1 };
        let shape = [directions, sequence.size()[0], self.hidden_size];
        let zeros = Tensor::f_zeros(shape, (sequence.f_kind()?, sequence.device()))?;
        let (outputs, states, _) = sequence.f_lstm(
            &[&zeros, &zeros],
            &self.weights.iter().collect::<Vec<_>>(),
            true,
            1,
            0.0,
            train,
            self.bidirectional,
            true,
        )?;
        Ok(match self.readout {
            Readout::All => outputs.f_flatten(1, 2)?,
            // [directions, n, hidden] -> [n, directions * hidden]
            Readout::Last => states.f_transpose(0, 1)?.f_flatten(1, 2)?,
        })
    }
}

/// On a GPU the weights become parts of one block of memory, as cuDNN takes them; else it would gather them anew at every call, and
/// complain. They must stay there: `Parameters::load` copies into them.
fn pack_for_cudnn(weights: &[Tensor], input: i64, hidden: i64, bidirectional: bool) -> Result<()> {
    let on_gpu = weights.iter().all(|weight| matches!(weight.device(), Device::Cuda(_)));
    if !on_gpu || !Cuda::cudnn_is_available() {
        return Ok(());
    }
    let _no_grad = tch::no_grad_guard();
    const LSTM: i64 = 2;
    let _block = Tensor::f_internal_cudnn_rnn_flatten_weight(
        weights,
        4,
        input,
        LSTM,
        hidden,
        0,
        1,
        true,
        bidirectional,
    )?;
    Ok(())
}
