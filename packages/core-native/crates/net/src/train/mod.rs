//! Training: one visible loop (`trainer`), and beside it the step, early stopping, the event log and the checkpoint.

mod checkpoint;
mod divergence;
mod early_stopping;
mod event_log;
mod events;
mod job;
mod learner;
mod model_file;
mod out_of_memory;
mod outcome_queue;
mod run_lock;
mod shared_folder;
mod step_programs;
mod team_start;
mod trainer;
mod validation;

pub use checkpoint::{Checkpoint, Progress};
pub use early_stopping::EarlyStopping;
pub use events::{EndReason, Event};
pub use job::{TrainingJob, TrainingSample};
pub use learner::{Learner, Portion, StepOutcome};
pub use model_file::{load_model, save_model};
pub use run_lock::RunLock;
pub use step_programs::StepPrograms;
pub use trainer::{TrainingResult, train};
pub use validation::{Tally, Validation};
