/** @typedef {import('../packages/core-native/setup/index.mjs').SetupProgress} SetupProgress */

/** A line at most this often, unless the step or the file changes. */
const everyMilliseconds = 5000;

/** @type {Readonly<Record<SetupProgress['step'], string>>} */
const verbs = { download: 'fetching', verify: 'checking', unpack: 'unpacking', wait: '', note: '' };

/**
 * Turns the events of the set-up into few lines: what it does and how far it is.
 *
 * @param {(text: string) => void} say
 * @returns {(progress: SetupProgress) => void}
 */
export function reportProgress(say) {
  let last = { step: '', time: Number.NEGATIVE_INFINITY };
  return ({ step, done, total, detail }) => {
    if (step === 'wait' || step === 'note') return say(detail);
    // Checking takes a second or two; the line before and the line after say enough.
    if (step === 'verify') return;
    const time = performance.now();
    if (step === last.step && time - last.time < everyMilliseconds) return;
    last = { step, time };
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    say(`${verbs[step]} ${megabytes(done)} of ${megabytes(total)} MB (${percent} %), ${detail}`);
  };
}

/** @param {number} bytes */
function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
