//! Every draw takes a generator made from the run's seed, a named stream and a counter. No generator is carried from step to step,
//! so a resumed run needs no random state to be bit-equal to an uninterrupted one.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

pub fn stream(seed: u64, name: &str, counter: u64) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(b"flc-native/1");
    hash.update(seed.to_le_bytes());
    hash.update(name.as_bytes());
    hash.update([0]);
    hash.update(counter.to_le_bytes());
    ChaCha8Rng::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::stream;
    use rand::Rng;

    #[test]
    fn a_stream_depends_on_seed_name_and_counter_alone() {
        let draw = |seed, name, counter| stream(seed, name, counter).random::<u64>();
        assert_eq!(draw(1, "sampler", 2), draw(1, "sampler", 2));
        assert_ne!(draw(1, "sampler", 2), draw(2, "sampler", 2));
        assert_ne!(draw(1, "sampler", 2), draw(1, "augmentation", 2));
        assert_ne!(draw(1, "sampler", 2), draw(1, "sampler", 3));
    }
}
