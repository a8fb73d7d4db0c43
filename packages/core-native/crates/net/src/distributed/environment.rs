//! The variables of torchrun and SLURM. A group of them that is set in part is an error: training alone by mistake would cost days.

use super::Placement;
use super::placement::default_timeout;
use crate::{NetError, Result};

type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn placement(environment: Environment) -> Result<Option<Placement>> {
    let is_set = |names: &[&str]| names.iter().any(|name| value(environment, name).is_some());
    let slurm = is_set(&["SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"]);
    // Scripts for SLURM often set the address by themselves.
    if is_set(&["RANK", "WORLD_SIZE", "LOCAL_RANK"])
        || (!slurm && is_set(&["MASTER_ADDR", "MASTER_PORT"]))
    {
        return torchrun(environment).map(Some);
    }
    if slurm { self::slurm(environment) } else { Ok(None) }
}

fn torchrun(environment: Environment) -> Result<Placement> {
    let launcher = "torchrun";
    let number = |name: &str| required_number(environment, name, launcher);
    let agent = value(environment, "TORCHELASTIC_USE_AGENT_STORE");
    Ok(Placement {
        rank: number("RANK")? as usize,
        world_size: number("WORLD_SIZE")? as usize,
        local_rank: number("LOCAL_RANK")? as usize,
        local_world_size: optional_number(environment, "LOCAL_WORLD_SIZE")?.unwrap_or(0) as usize,
        store: address(&required(environment, "MASTER_ADDR", launcher)?, number("MASTER_PORT")?),
        timeout_seconds: default_timeout(),
        store_is_served: agent.is_some_and(|text| text.eq_ignore_ascii_case("true")),
        attempt: optional_number(environment, "TORCHELASTIC_RESTART_COUNT")?.unwrap_or(0),
    })
}

/// SLURM sets ranks for every task that `srun` starts; one task trains alone.
fn slurm(environment: Environment) -> Result<Option<Placement>> {
    let launcher = "srun";
    let tasks = match optional_number(environment, "SLURM_STEP_NUM_TASKS")? {
        Some(tasks) => Some(tasks),
        None => optional_number(environment, "SLURM_NTASKS")?,
    };
    let rank = optional_number(environment, "SLURM_PROCID")?;
    // A batch script without a number of tasks has one, and is its process 0.
    if tasks == Some(1) || (tasks.is_none() && rank.unwrap_or(0) == 0) {
        return Ok(None);
    }
    let Some(tasks) = tasks else { return Err(missing("SLURM_NTASKS", launcher)) };
    let number = |name: &str| required_number(environment, name, launcher);
    let port = match optional_number(environment, "MASTER_PORT")? {
        Some(port) => port,
        // Jobs that share a machine get different ports.
        None => 15_000 + number("SLURM_JOB_ID")? % 20_000,
    };
    Ok(Some(Placement {
        rank: number("SLURM_PROCID")? as usize,
        world_size: tasks as usize,
        local_rank: number("SLURM_LOCALID")? as usize,
        local_world_size: 0,
        store: address(&master_of_slurm(environment)?, port),
        timeout_seconds: default_timeout(),
        store_is_served: false,
        attempt: optional_number(environment, "SLURM_STEP_ID")?.unwrap_or(0),
    }))
}

fn master_of_slurm(environment: Environment) -> Result<String> {
    let lists = ["SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"];
    let first = || lists.iter().find_map(|name| value(environment, name)).map(|l| first_host(&l));
    value(environment, "MASTER_ADDR")
        .or_else(first)
        .ok_or_else(|| missing("SLURM_JOB_NODELIST", "srun"))
}

/// The first of a list such as `gpu[003-006,010],x1`: `gpu003`.
fn first_host(list: &str) -> String {
    let end = |text: &str, of: &[char]| text.find(of).unwrap_or(text.len());
    let name = &list[..end(list, &['[', ','])];
    match list[name.len()..].strip_prefix('[') {
        Some(numbers) => format!("{name}{}", &numbers[..end(numbers, &['-', ',', ']'])]),
        None => name.into(),
    }
}

fn address(host: &str, port: u64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn value(environment: Environment, name: &str) -> Option<String> {
    environment(name).filter(|text| !text.is_empty())
}

fn required(environment: Environment, name: &str, launcher: &str) -> Result<String> {
    value(environment, name).ok_or_else(|| missing(name, launcher))
}

fn required_number(environment: Environment, name: &str, launcher: &str) -> Result<u64> {
    optional_number(environment, name)?.ok_or_else(|| missing(name, launcher))
}

fn optional_number(environment: Environment, name: &str) -> Result<Option<u64>> {
    let Some(text) = value(environment, name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        NetError::config(
            name,
            format!("the environment variable is \"{text}\", not a whole number"),
            "Correct it, or unset the variables of the launcher to train alone.",
        )
    })
}

fn missing(name: &str, launcher: &str) -> NetError {
    NetError::config(
        name,
        format!("the environment variable is not set, but others of {launcher} are"),
        format!(
            "Start the processes with {launcher}, which sets all of them, or unset the others to train alone."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(variables: &[(&str, &str)]) -> Result<Option<Placement>> {
        Placement::resolve(None, &|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
        })
    }

    const TORCHRUN: [(&str, &str); 5] = [
        ("RANK", "3"),
        ("WORLD_SIZE", "4"),
        ("LOCAL_RANK", "1"),
        ("MASTER_ADDR", "node1"),
        ("MASTER_PORT", "29500"),
    ];

    #[test]
    fn the_variables_of_torchrun_place_a_process() {
        let place = placed(&TORCHRUN).unwrap().unwrap();
        assert_eq!((place.rank, place.world_size, place.local_rank), (3, 4, 1));
        assert_eq!(place.address().unwrap(), ("node1", 29500));
        assert!(!place.store_is_served);
        let served = [("TORCHELASTIC_USE_AGENT_STORE", "True"), ("LOCAL_WORLD_SIZE", "2")];
        let place = placed(&[&TORCHRUN[..], &served].concat()).unwrap().unwrap();
        assert!(place.store_is_served && place.local_world_size == 2);
        assert_eq!(placed(&[]).unwrap(), None);
    }

    #[test]
    fn a_half_set_environment_names_what_is_missing() {
        for (missing, _) in TORCHRUN {
            let rest: Vec<_> =
                TORCHRUN.iter().filter(|(name, _)| *name != missing).copied().collect();
            let error = placed(&rest).unwrap_err();
            assert_eq!(error.code(), "INVALID_CONFIG");
            assert_eq!(error.details()["key"], missing);
        }
        let error = placed(&[("SLURM_NTASKS", "2"), ("SLURM_LOCALID", "0")]).unwrap_err();
        assert_eq!(error.details()["key"], "SLURM_JOB_ID");
        let error = placed(&[("SLURM_PROCID", "1")]).unwrap_err();
        assert_eq!(error.details()["key"], "SLURM_NTASKS");
        let error = placed(&[("RANK", "one")]).unwrap_err();
        assert_eq!(error.details()["key"], "RANK");
    }

    #[test]
    fn the_variables_of_slurm_place_a_process() {
        let slurm = [
            ("SLURM_PROCID", "5"),
            ("SLURM_NTASKS", "8"),
            ("SLURM_LOCALID", "1"),
            ("SLURM_JOB_NODELIST", "gpu[003-006,010],x1"),
            ("SLURM_JOB_ID", "40007"),
        ];
        let place = placed(&slurm).unwrap().unwrap();
        assert_eq!((place.rank, place.world_size, place.local_rank), (5, 8, 1));
        assert_eq!(place.address().unwrap(), ("gpu003", 15_007));
        let master = [("MASTER_ADDR", "head"), ("MASTER_PORT", "1234")];
        let place = placed(&[&slurm[..], &master].concat()).unwrap().unwrap();
        assert_eq!(place.address().unwrap(), ("head", 1234));
        // A batch script that asked for one task, or said nothing of tasks.
        assert_eq!(placed(&[("SLURM_PROCID", "0"), ("SLURM_NTASKS", "1")]).unwrap(), None);
        assert_eq!(placed(&[("SLURM_PROCID", "0"), ("SLURM_LOCALID", "0")]).unwrap(), None);
    }

    #[test]
    fn the_first_host_of_a_list() {
        for (list, first) in
            [("a", "a"), ("a,b", "a"), ("n[1,3]", "n1"), ("n[07-09]", "n07"), ("n1,m[2-3]", "n1")]
        {
            assert_eq!(first_host(list), first);
        }
    }
}
