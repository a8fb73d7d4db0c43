//! The network as the paper draws it: two residual pathways per phase, a BD-LSTM over the phases, three heads.

mod batch_norm;
mod bd_lstm;
mod linear;
mod memory_format;
mod parameters;
mod pathway;
mod resgl_bdlstm;
mod shortcut;
mod yasaka_pathway;

pub use batch_norm::{BN_EPSILON, BatchNorm};
pub use bd_lstm::BdLstm;
pub use linear::Linear;
pub use memory_format::channels_last;
pub use parameters::{Builder, Parameters, Source};
pub use pathway::{Block, ConvBn, Pathway, ResidualPathway};
pub use resgl_bdlstm::{Fusion, Inputs, Outputs, ResGlBdLstm};
pub use shortcut::{Shortcut, pad_shortcut};
pub use yasaka_pathway::{DenseLayers, YasakaPathway, ends_stage, pool};
