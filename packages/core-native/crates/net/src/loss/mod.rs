//! The paper's joint loss: cross-entropy on three heads (inter) and distance to class centres (intra).

mod centers;
mod joint_loss;

pub use centers::Centers;
pub use joint_loss::{JointLoss, LossParts};
