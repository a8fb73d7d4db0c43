mod start;

use super::divergence::{check_finite, diverged};
use super::event_log::EventLog;
use super::job::TrainingJob;
use super::out_of_memory;
use super::outcome_queue::{OutcomeQueue, Told};
use super::run_lock::RunLock;
use super::step_programs::StepPrograms;
use super::{
    Checkpoint, EarlyStopping, EndReason, Event, Learner, Portion, Progress, Tally, Validation,
    save_model,
};
use crate::config::TrainConfig;
use crate::data::{LesionStore, PlacedBatch};
use crate::distributed::Team;
use crate::sampler::{Members, Sampler};
use crate::{NetError, Result};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::Device;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingResult {
    pub reason: EndReason,
    pub step: i64,
    pub best_step: i64,
    pub best_accuracy: f64,
    pub seconds: f64,
    pub model_dir: PathBuf,
    /// Whether all processes see `run_dir`.
    pub run_dir_is_shared: bool,
}

/// Trains on the calling thread, which owns all tensors. Every event goes to `events.jsonl` and to `emit`. A cancelled run leaves a checkpoint.
/// With a placement this process is one of a team: all are called with the same job, and rank 0 alone writes files.
pub fn train(
    job: TrainingJob,
    cancelled: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(&Event),
) -> Result<TrainingResult> {
    job.config.validate()?;
    let team = Team::join(job.placement.as_ref(), cancelled)?;
    let outcome = train_in(&team, job, cancelled, emit);
    team.leave(outcome)
}

fn train_in(
    team: &Team,
    job: TrainingJob,
    cancelled: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(&Event),
) -> Result<TrainingResult> {
    let mut run = Run::start(team, job, cancelled, emit)?;
    let reason = loop {
        // What ends the loop is agreed on: all processes leave it at the same step.
        if team.any(cancelled())? {
            return run.cancel(emit);
        }
        if run.evaluation_is_due() {
            match run.evaluate(cancelled, emit) {
                Err(NetError::Cancelled { .. }) => return run.cancel(emit),
                other => other?,
            }
        }
        if run.stopping.should_stop() {
            break EndReason::Patience;
        }
        if run.step >= run.config.max_steps {
            break EndReason::MaxSteps;
        }
        run.train_step(emit)?;
        if run.step % run.config.checkpoint_every == 0 {
            run.checkpoint(emit)?;
        }
    };
    run.end(reason, emit)
}

struct Run<'a> {
    team: &'a Team,
    config: TrainConfig,
    run_dir: PathBuf,
    run_dir_is_shared: bool,
    device: Device,
    classes: Vec<i64>,
    data: String,
    store: LesionStore,
    sampler: Sampler,
    validation: Validation,
    learner: Learner,
    stopping: EarlyStopping,
    /// Rank 0's, as the log.
    _lock: Option<RunLock>,
    log: Option<EventLog>,
    /// Steps done.
    step: i64,
    last_evaluation: i64,
    /// Steps done before this process.
    first_step: i64,
    programs: StepPrograms,
    outcomes: OutcomeQueue,
    /// Notices that have been told.
    noticed: BTreeSet<String>,
    earlier_seconds: f64,
    clock: Instant,
}

impl<'a> Run<'a> {
    fn train_step(&mut self, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        let network = &self.config.network;
        let batch = self.sampler.draw(&self.config, self.step);
        let members = batch.share(self.team)?;
        let rows = batch.rows(network);
        let parts = members.parts(self.config.accumulate as usize);
        let plans: Vec<_> =
            parts.iter().map(|part| part.plan(&self.store, network, &self.classes)).collect();
        let shares: Vec<_> =
            parts.iter().map(|part| part.rows(network) as f64 / rows as f64).collect();
        let (team, store, learner) = (self.team, &self.store, &mut self.learner);
        let sums = self.programs.run(&plans, &mut |batches| {
            let portion = |(batch, &part): (&PlacedBatch, &f64)| {
                Ok(Portion { inputs: batch.inputs(store)?, targets: batch.targets()?, part })
            };
            learner.advance(team, batches.iter().zip(&shares).map(portion))
        });
        let sums = match sums {
            Ok(sums) => sums,
            Err(error) => return Err(self.explain(error, &members)),
        };
        self.step += 1;
        let told = self.outcomes.push(self.team, self.step, rows, &sums)?;
        self.tell(&told, emit)
    }

    fn explain(&self, error: NetError, members: &Members) -> NetError {
        let (classes, config) = (&self.classes, &self.config);
        out_of_memory::explain(
            error,
            &self.learner,
            members,
            &self.store,
            classes,
            config,
            self.device,
        )
    }

    /// Everything up to now, before what depends on it.
    fn tell_all(&mut self, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        let told = self.outcomes.flush(self.team)?;
        self.tell(&told, emit)
    }

    fn tell(&mut self, told: &[Told], emit: &mut dyn FnMut(&Event)) -> Result<()> {
        for Told { step, rows, sums, seconds } in told {
            let outcome = self.learner.outcome(*sums);
            if !outcome.loss.is_finite() {
                return Err(diverged(&format!("the loss is {}", outcome.loss), *step));
            }
            let done = (step - self.first_step) as f64;
            let eta =
                self.clock.elapsed().as_secs_f64() / done * (self.config.max_steps - step) as f64;
            self.report(Event::step(*step, outcome, *rows, *seconds, eta), emit)?;
        }
        let notices = self.programs.take_notices();
        self.notice(notices, emit)
    }

    /// Each once: what an evaluation meets, the next one meets again.
    fn notice(&mut self, messages: Vec<String>, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        for message in messages {
            if self.noticed.insert(message.clone()) {
                self.report(Event::Notice { step: self.step, message }, emit)?;
            }
        }
        Ok(())
    }

    /// Also after a resume from a checkpoint that was written before its evaluation.
    fn evaluation_is_due(&self) -> bool {
        let scheduled =
            self.step % self.config.evaluate_every == 0 || self.step == self.config.max_steps;
        self.step > self.last_evaluation && scheduled
    }

    fn evaluate(
        &mut self,
        cancelled: &dyn Fn() -> bool,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<()> {
        self.tell_all(emit)?;
        let begin = Instant::now();
        check_finite(self.learner.network.parameters.all(), self.step)?;
        let own =
            self.validation.evaluate(&self.learner.network, &self.store, self.device, cancelled);
        let own = own.map_err(|error| match error {
            NetError::NotFinite => diverged("a probability is NaN", self.step),
            other => other,
        });
        let tally = Tally::of_team(self.team, own)?;
        let (accuracy, loss) = (tally.accuracy(), tally.mean_loss());
        let reduced = tally.reduced_to.map(|patches| {
            format!("evaluation takes {patches} patches at once: memory did not hold more")
        });
        self.notice(tally.notices.into_iter().chain(reduced).collect(), emit)?;
        self.last_evaluation = self.step;
        let best = self.stopping.observe(self.step, accuracy);
        let seconds = begin.elapsed().as_secs_f64();
        self.report(Event::Evaluation { step: self.step, accuracy, loss, best, seconds }, emit)?;
        if best {
            // First the checkpoint: whatever ends the process, the run goes on from the step that the model is of, or from one that
            // writes the model again.
            self.checkpoint(emit)?;
            self.save_model()?;
        }
        self.outcomes.restart_clock();
        Ok(())
    }

    fn save_model(&self) -> Result<()> {
        if !self.team.writes() {
            return Ok(());
        }
        save_model(&self.model_dir(), &self.learner.network, self.config.background)
    }

    /// `None` where another process writes it.
    fn checkpoint(&mut self, emit: &mut dyn FnMut(&Event)) -> Result<Option<PathBuf>> {
        // A diverged state is not kept.
        self.tell_all(emit)?;
        if !self.team.writes() {
            return Ok(None);
        }
        let progress = Progress::new(
            self.step,
            self.last_evaluation,
            &self.stopping,
            self.seconds(),
            &self.data,
            &self.config,
            self.team.size(),
        );
        let checkpoint = Checkpoint::capture(&self.learner, progress)?;
        check_finite(checkpoint.tensors(), self.step)?;
        let path = checkpoint.write(&self.run_dir)?;
        self.report(
            Event::Checkpoint { step: self.step, path: within(&self.run_dir, &path) },
            emit,
        )?;
        Ok(Some(path))
    }

    fn cancel(mut self, emit: &mut dyn FnMut(&Event)) -> Result<TrainingResult> {
        let path = self.checkpoint(emit)?;
        self.report(self.end_event(EndReason::Cancelled), emit)?;
        Err(NetError::Cancelled { checkpoint: path })
    }

    fn end(mut self, reason: EndReason, emit: &mut dyn FnMut(&Event)) -> Result<TrainingResult> {
        self.checkpoint(emit)?;
        self.report(self.end_event(reason), emit)?;
        Ok(TrainingResult {
            reason,
            step: self.step,
            best_step: self.stopping.best_step,
            best_accuracy: self.stopping.best_accuracy,
            seconds: self.seconds(),
            model_dir: self.model_dir(),
            run_dir_is_shared: self.run_dir_is_shared,
        })
    }

    fn end_event(&self, reason: EndReason) -> Event {
        let EarlyStopping { best_step, best_accuracy, .. } = self.stopping;
        Event::End { reason, step: self.step, best_step, best_accuracy, seconds: self.seconds() }
    }

    fn report(&mut self, event: Event, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        if let Some(log) = &mut self.log {
            log.append(&event)?;
        }
        emit(&event);
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.earlier_seconds + self.clock.elapsed().as_secs_f64()
    }

    fn model_dir(&self) -> PathBuf {
        self.run_dir.join("model")
    }
}

/// A log holds no path of the machine: names of patients hide in folders.
fn within(run_dir: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(run_dir).unwrap_or(path).to_path_buf()
}
