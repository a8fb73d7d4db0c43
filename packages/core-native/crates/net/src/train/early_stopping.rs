/// Validation accuracy decides when training stops and which weights are kept (the paper).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    patience: i64,
    pub best_accuracy: f64,
    pub best_step: i64,
    pub evaluations_since_best: i64,
}

impl EarlyStopping {
    pub fn new(patience: i64) -> Self {
        Self { patience, best_accuracy: -1.0, best_step: 0, evaluations_since_best: 0 }
    }

    /// Where a resumed run left off.
    pub fn restore(
        patience: i64,
        best_accuracy: f64,
        best_step: i64,
        evaluations_since_best: i64,
    ) -> Self {
        Self { patience, best_accuracy, best_step, evaluations_since_best }
    }

    /// True if this is the best accuracy so far; an equal one is not better.
    pub fn observe(&mut self, step: i64, accuracy: f64) -> bool {
        let better = accuracy > self.best_accuracy;
        if better {
            (self.best_accuracy, self.best_step, self.evaluations_since_best) = (accuracy, step, 0);
        } else {
            self.evaluations_since_best += 1;
        }
        better
    }

    pub fn should_stop(&self) -> bool {
        self.evaluations_since_best >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::EarlyStopping;

    #[test]
    fn stops_after_patience_evaluations_without_a_strictly_better_one() {
        let mut stopping = EarlyStopping::new(2);
        assert!(stopping.observe(100, 0.5));
        assert!(!stopping.observe(200, 0.5));
        assert!(!stopping.should_stop());
        assert!(stopping.observe(300, 0.6));
        assert!(!stopping.observe(400, 0.1));
        assert!(!stopping.observe(500, 0.6));
        assert!(stopping.should_stop());
        assert_eq!((stopping.best_step, stopping.best_accuracy), (300, 0.6));
    }
}
