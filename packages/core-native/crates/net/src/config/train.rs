use super::NetworkConfig;
use crate::{NetError, Result, runtime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntraReduction {
    /// The paper's.
    Sum,
    Mean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SamplerKind {
    /// R ROIs with B/R patches each; the global pathway runs once per ROI.
    Grouped,
    /// B patches drawn independently, pair-wise: the paper's plainest reading.
    Uniform,
}

/// How likely a ROI is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoiDraw {
    /// In proportion to its patches: every patch is about equally likely where there are many ROIs.
    #[default]
    Patches,
    /// The same, within its class; every class is equally likely, and a class of few ROIs repeats them within a batch.
    Classes,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// SGD with momentum, the paper's.
    #[default]
    Momentum,
    /// Kingma and Ba 2015, with beta 0.9 and 0.999.
    Adam,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Augmentation {
    /// Flips and quarter turns, one draw per ROI and step.
    Dihedral,
    None,
}

/// What pixels outside the lesion mask become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Background {
    /// -1, the lower end of the window.
    Lower,
    Zero,
    Keep,
}

/// Arithmetic of the pathways. LSTM, heads, loss and all stored weights stay float32 under `bf16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Float32,
    /// float32 whose products a GPU rounds to TensorFloat-32; elsewhere the same as float32.
    Tf32,
    Bf16,
    Float64,
}

/// On a GPU: whether the step is captured as a CUDA graph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Graphs {
    /// Where that can be done.
    #[default]
    Auto,
    Off,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    #[default]
    Off,
    On,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LossWeights {
    pub last: f64,
    pub local: f64,
    pub global: f64,
}

/// A training run (method.md, sections 4 and 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainConfig {
    pub network: NetworkConfig,
    pub loss_weights: LossWeights,
    /// Weight of the intra-loss.
    pub lambda: f64,
    /// Rate of the centres.
    pub alpha: f64,
    pub intra_reduction: IntraReduction,
    #[serde(default)]
    pub optimizer: OptimizerKind,
    pub learning_rate: f64,
    pub momentum: f64,
    /// Coupled L2 on every parameter, BN and biases included.
    pub weight_decay: f64,
    pub batch_size: i64,
    /// Parts into which a batch is cut, whole ROIs each, to bound memory. Gradients and centres are the whole batch's; batch statistics
    /// are each part's own.
    #[serde(default = "one")]
    pub accumulate: i64,
    pub sampler: SamplerKind,
    pub rois_per_batch: i64,
    #[serde(default)]
    pub roi_draw: RoiDraw,
    pub augmentation: Augmentation,
    pub background: Background,
    pub max_steps: i64,
    pub evaluate_every: i64,
    pub evaluate_patches_per_lesion: i64,
    /// Evaluations without a better accuracy before training stops.
    pub patience: i64,
    pub checkpoint_every: i64,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// CPU threads; 0 is resolved to the number of cores and the result is what a checkpoint keeps.
    pub threads: i64,
    pub precision: Precision,
    #[serde(default)]
    pub graphs: Graphs,
    /// On a GPU: the phases' pathways run on streams side by side.
    #[serde(default)]
    pub phase_streams: Switch,
    /// On a GPU: steps from one reading of the losses to the next. On a CPU every step is read.
    #[serde(default = "ten")]
    pub report_every: i64,
    pub seed: u64,
}

fn one() -> i64 {
    1
}

fn ten() -> i64 {
    10
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            network: NetworkConfig::default(),
            loss_weights: LossWeights { last: 0.5, local: 0.25, global: 0.25 },
            lambda: 0.1,
            alpha: 0.2,
            intra_reduction: IntraReduction::Sum,
            optimizer: OptimizerKind::Momentum,
            learning_rate: 0.01,
            momentum: 0.9,
            weight_decay: 4e-5,
            batch_size: 100,
            accumulate: 1,
            sampler: SamplerKind::Grouped,
            rois_per_batch: 10,
            roi_draw: RoiDraw::Patches,
            augmentation: Augmentation::Dihedral,
            background: Background::Lower,
            max_steps: 3000,
            evaluate_every: 100,
            evaluate_patches_per_lesion: 32,
            patience: 10,
            checkpoint_every: 500,
            device: "auto".into(),
            threads: 0,
            precision: Precision::Float32,
            graphs: Graphs::Auto,
            phase_streams: Switch::Off,
            report_every: 10,
            seed: 0,
        }
    }
}

impl TrainConfig {
    /// Defaults overlaid with `overrides`, checked as a whole.
    pub fn resolve(overrides: &Value) -> Result<Self> {
        let defaults = serde_json::to_value(Self::default())
            .map_err(|error| NetError::Internal(error.to_string()))?;
        let config: Self = super::merge(defaults, overrides)?;
        config.validate()?;
        Ok(config)
    }

    pub fn validate(&self) -> Result<()> {
        self.network.validate()?;
        self.validate_counts()?;
        let rates = [
            ("learningRate", self.learning_rate),
            ("momentum", self.momentum),
            ("weightDecay", self.weight_decay),
            ("lambda", self.lambda),
            ("alpha", self.alpha),
            ("lossWeights.last", self.loss_weights.last),
            ("lossWeights.local", self.loss_weights.local),
            ("lossWeights.global", self.loss_weights.global),
        ];
        for (key, value) in rates {
            if !value.is_finite() || value < 0.0 {
                return Err(NetError::config(
                    key,
                    format!("{value} is not a number of 0 or more"),
                    "Use a finite, non-negative number.",
                ));
            }
        }
        let weights = self.loss_weights;
        if weights.last + weights.local + weights.global == 0.0 {
            return Err(NetError::config("lossWeights", "all are 0", "Give one head a weight."));
        }
        if self.sampler == SamplerKind::Grouped && self.batch_size % self.rois_per_batch != 0 {
            return Err(NetError::config(
                "roisPerBatch",
                format!("{} does not divide batchSize {}", self.rois_per_batch, self.batch_size),
                "Each ROI gives the same number of patches: choose a divisor of batchSize.",
            ));
        }
        if self.sampler == SamplerKind::Uniform && self.roi_draw == RoiDraw::Classes {
            return Err(NetError::config(
                "roiDraw",
                "classes has no meaning with the uniform sampler, which draws patches",
                "Use the grouped sampler, or roiDraw patches.",
            ));
        }
        let rois = match self.sampler {
            SamplerKind::Grouped if self.network.has_local() => self.rois_per_batch,
            _ => self.batch_size,
        };
        if self.accumulate > rois {
            return Err(NetError::config(
                "accumulate",
                format!("{rois} ROIs of a batch cannot be cut into {} parts", self.accumulate),
                format!("Each part takes whole ROIs: use {rois} or less."),
            ));
        }
        crate::device::DeviceSpec::parse(&self.device).map(|_| ())
    }

    fn validate_counts(&self) -> Result<()> {
        let counts = [
            ("batchSize", self.batch_size, 2),
            ("accumulate", self.accumulate, 1),
            ("roisPerBatch", self.rois_per_batch, 1),
            ("maxSteps", self.max_steps, 1),
            ("evaluateEvery", self.evaluate_every, 1),
            ("evaluatePatchesPerLesion", self.evaluate_patches_per_lesion, 1),
            ("patience", self.patience, 1),
            ("checkpointEvery", self.checkpoint_every, 1),
            ("reportEvery", self.report_every, 1),
        ];
        runtime::check_threads(self.threads)?;
        match counts.into_iter().find(|(_, value, least)| value < least) {
            Some((key, value, least)) => Err(NetError::config(
                key,
                format!("{value} is below {least}"),
                format!("Use {least} or more."),
            )),
            None => Ok(()),
        }
    }
}
