use crate::{NetError, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Outputs of the two fully connected layers before the last one, as in the authors' re-implementation of Yasaka et al.
pub const YASAKA_LAYERS: [i64; 2] = [256, 128];

/// What a pathway is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backbone {
    /// The paper's: He et al. 2016, 6n + 2 layers.
    #[default]
    Residual,
    /// Pairs of convolutions, pooling and fully connected layers (Yasaka et al. 2018).
    Yasaka,
}

/// Which residual pathways a ResGLNet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pathways {
    Both,
    Local,
    Global,
}

/// How the phases come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseFusion {
    /// A bidirectional LSTM over the phases (the paper).
    Bdlstm,
    /// An LSTM in one direction.
    Lstm,
    /// The features of all phases side by side (ResGLNet's and ResNet_Local's rows of Table 2).
    Concat,
    /// One ResGLNet that takes the phases as input channels.
    Channels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Directions {
    Both,
    /// NC -> PV, enhancement.
    Forward,
    /// PV -> NC, anti-enhancement.
    Backward,
}

/// Which LSTM outputs make the feature f.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// Last state of each direction.
    Last,
    /// Every step's output (the authors' code).
    All,
}

/// Shortcut where a block changes width or resolution (He et al. 2016, options A and B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shortcut {
    Pad,
    Projection,
}

/// Architecture: everything that decides names and shapes of the weights (method.md, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkConfig {
    /// P.
    pub phases: i64,
    /// K.
    pub classes: i64,
    /// n of 6n + 2.
    pub depth: i64,
    pub widths: [i64; 3],
    /// Per direction.
    pub hidden_size: i64,
    pub readout: Readout,
    pub shortcut: Shortcut,
    pub pathways: Pathways,
    pub phase_fusion: PhaseFusion,
    pub directions: Directions,
    /// Side of a patch in pixels of the CT.
    pub patch_size: i64,
    /// Side to which a patch is resized.
    pub patch_input: i64,
    /// Side to which a ROI is resized.
    pub roi_input: i64,
    #[serde(default)]
    pub backbone: Backbone,
    /// Sides in pixels of two patches round the centre of each grid patch (Frid-Adar et al. 2017). The local pathway sees the
    /// first, the global pathway the second instead of the ROI.
    #[serde(default)]
    pub patch_scales: Option<[i64; 2]>,
    /// Which of a sample's phases the network reads, in this order; all in theirs where absent.
    #[serde(default)]
    pub phase_order: Option<Vec<i64>>,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            phases: 3,
            classes: 4,
            depth: 3,
            widths: [16, 32, 64],
            hidden_size: 64,
            readout: Readout::Last,
            shortcut: Shortcut::Pad,
            pathways: Pathways::Both,
            phase_fusion: PhaseFusion::Bdlstm,
            directions: Directions::Both,
            patch_size: 7,
            patch_input: 64,
            roi_input: 128,
            backbone: Backbone::Residual,
            patch_scales: None,
            phase_order: None,
        }
    }
}

impl NetworkConfig {
    pub fn has_local(&self) -> bool {
        self.pathways != Pathways::Global
    }

    pub fn has_global(&self) -> bool {
        self.pathways != Pathways::Local
    }

    /// The auxiliary heads exist only where there are two pathways to tell apart.
    pub fn has_auxiliary_heads(&self) -> bool {
        self.pathways == Pathways::Both
    }

    pub fn is_recurrent(&self) -> bool {
        matches!(self.phase_fusion, PhaseFusion::Bdlstm | PhaseFusion::Lstm)
    }

    pub fn is_bidirectional(&self) -> bool {
        self.phase_fusion == PhaseFusion::Bdlstm
    }

    /// Number of ResGLNets: one per phase, or one for all where phases are channels.
    pub fn branches(&self) -> i64 {
        if self.phase_fusion == PhaseFusion::Channels { 1 } else { self.phases }
    }

    pub fn input_channels(&self) -> i64 {
        if self.phase_fusion == PhaseFusion::Channels { self.phases } else { 1 }
    }

    /// Length of one pathway's feature.
    pub fn pathway_features(&self) -> i64 {
        match self.backbone {
            Backbone::Residual => self.widths[2],
            Backbone::Yasaka => YASAKA_LAYERS[1],
        }
    }

    /// The global pathway sees the whole ROI, once however many patches share it.
    pub fn shares_rois(&self) -> bool {
        self.has_global() && self.patch_scales.is_none()
    }

    /// Sides of what is cut for each patch, one for each pathway that sees patches.
    pub fn cut_sides(&self) -> Vec<i64> {
        match self.patch_scales {
            Some(sides) => sides.to_vec(),
            None => vec![self.patch_size],
        }
    }

    /// Length of one step of the LSTM's sequence: the branch's pathways side by side.
    pub fn step_features(&self) -> i64 {
        self.pathway_features() * if self.has_auxiliary_heads() { 2 } else { 1 }
    }

    /// Length of the feature f that `fc` and the intra-loss see.
    pub fn feature_size(&self) -> i64 {
        if !self.is_recurrent() {
            return self.step_features() * self.branches();
        }
        let directions = if self.is_bidirectional() { 2 } else { 1 };
        let steps = if self.readout == Readout::All { self.phases } else { 1 };
        self.hidden_size * directions * steps
    }

    pub fn validate(&self) -> Result<()> {
        self.validate_counts()?;
        if self.shortcut == Shortcut::Pad && self.widths.windows(2).any(|w| w[1] < w[0]) {
            return Err(NetError::config(
                "widths",
                "a stage is narrower than the one before, which a parameter-free shortcut cannot do",
                "Use shortcut: projection, or widths that do not fall.",
            ));
        }
        self.validate_scales()?;
        self.validate_phase_order()?;
        self.validate_directions()
    }

    /// The upper bounds are far from what trains anywhere: a slip, or a file that is none of ours, is an error and not the end of the
    /// process for want of memory.
    fn validate_counts(&self) -> Result<()> {
        let mut counts = vec![
            ("phases", self.phases, 1, 64),
            // A predicted class is a byte.
            ("classes", self.classes, 2, 256),
            ("depth", self.depth, 1, 64),
            ("hiddenSize", self.hidden_size, 1, 8192),
            ("patchSize", self.patch_size, 1, 4095),
            // Three stages halve it twice.
            ("patchInput", self.patch_input, 8, 4095),
            ("roiInput", self.roi_input, 8, 4095),
        ];
        counts.extend(self.widths.map(|width| ("widths", width, 1, 8192)));
        counts.extend(
            self.patch_scales.into_iter().flatten().map(|side| ("patchScales", side, 1, 4095)),
        );
        match counts.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
            None => Ok(()),
            Some((key, value, least, most)) => Err(NetError::config(
                key,
                format!("{value} is not between {least} and {most}"),
                format!("Use {least} to {most}."),
            )),
        }
    }

    fn validate_scales(&self) -> Result<()> {
        let Some(sides) = self.patch_scales else { return Ok(()) };
        let centred = |side: i64| side >= 1 && (side - self.patch_size) % 2 == 0;
        if self.pathways == Pathways::Both && sides.into_iter().all(centred) {
            return Ok(());
        }
        Err(NetError::config(
            "patchScales",
            format!("{sides:?} cannot lie round the centre of a patch of {}", self.patch_size),
            "Use odd sides, and pathways: both.",
        ))
    }

    fn validate_phase_order(&self) -> Result<()> {
        let Some(order) = &self.phase_order else { return Ok(()) };
        let distinct: BTreeSet<_> = order.iter().collect();
        if order.len() as i64 == self.phases
            && distinct.len() == order.len()
            && order.iter().all(|&i| i >= 0)
        {
            return Ok(());
        }
        Err(NetError::config(
            "phaseOrder",
            format!("{order:?} does not name {} different phases", self.phases),
            "Give the index of each phase that the network reads, once.",
        ))
    }

    fn validate_directions(&self) -> Result<()> {
        let both = self.directions == Directions::Both;
        match self.phase_fusion {
            PhaseFusion::Bdlstm if !both => Err(NetError::config(
                "directions",
                "phaseFusion bdlstm reads the phases in both directions",
                "Use phaseFusion: lstm for one direction.",
            )),
            PhaseFusion::Lstm if both => Err(NetError::config(
                "directions",
                "phaseFusion lstm reads the phases in one direction",
                "Use directions: forward or backward, or phaseFusion: bdlstm.",
            )),
            _ => Ok(()),
        }
    }
}
