//! Whether all processes see the run's folder: what follows training may then be shared among machines too.

use crate::distributed::Team;
use crate::{NetError, Result, state_file};
use serde_json::json;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const FILE: &str = "team";

/// Rank 0 leaves a word in the folder, tells it to the others, and they look whether they find it. A folder of the same name on another
/// machine holds another word or none. Alone: true.
pub(super) fn folder_is_shared(team: &Team, run_dir: &Path) -> Result<bool> {
    let file = run_dir.join(FILE);
    let word = team.words_of_first("folder", || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let word = format!("{} {}", std::process::id(), now.as_nanos());
        state_file::write_atomic(&file, word.as_bytes())?;
        Ok(json!(word))
    })?;
    // Rank 0 gets no word: it wrote it.
    let is_missing =
        word.is_some_and(|word| std::fs::read_to_string(&file).ok().as_deref() != word.as_str());
    let shared = !team.any(is_missing)?;
    if team.writes() && !team.is_alone() {
        std::fs::remove_file(&file).map_err(|source| NetError::io(&file, source))?;
    }
    Ok(shared)
}
