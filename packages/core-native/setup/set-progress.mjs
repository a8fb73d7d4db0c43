/** @typedef {import('./index.d.mts').SetupProgress} SetupProgress */
/** @typedef {import('./index.d.mts').Wheel} Wheel */

/** Adds the bytes of the wheel at hand to those of the wheels before it. */
export class SetProgress {
  #onProgress;
  #total;
  #done = { bytes: 0, unpackedBytes: 0 };

  /**
   * @param {readonly Wheel[]} wheels all that will be handled
   * @param {((progress: SetupProgress) => void) | undefined} onProgress
   */
  constructor(wheels, onProgress) {
    this.#onProgress = onProgress;
    this.#total = {
      bytes: wheels.reduce((bytes, wheel) => bytes + wheel.bytes, 0),
      unpackedBytes: wheels.reduce((bytes, wheel) => bytes + wheel.unpackedBytes, 0),
    };
  }

  /**
   * @param {readonly Wheel[]} batch
   * @returns {(bytes: number) => void} takes the bytes of the batch that have come
   */
  ofDownload(batch) {
    const detail = batch.map((wheel) => wheel.project).join(' ');
    const report = (/** @type {number} */ bytes) =>
      this.#report('download', this.#done.bytes + bytes, this.#total.bytes, detail);
    report(0);
    return report;
  }

  /** @param {Wheel} wheel */
  verify(wheel) {
    this.#report('verify', this.#done.bytes, this.#total.bytes, wheel.project);
  }

  /**
   * @param {Wheel} wheel
   * @param {number} bytes written of it
   */
  unpack(wheel, bytes) {
    const done = this.#done.unpackedBytes + bytes;
    this.#report('unpack', done, this.#total.unpackedBytes, wheel.project);
  }

  /** @param {Wheel} wheel */
  finish(wheel) {
    this.#done.bytes += wheel.bytes;
    this.#done.unpackedBytes += wheel.unpackedBytes;
  }

  /**
   * @param {SetupProgress['step']} step
   * @param {number} done
   * @param {number} total
   * @param {string} detail
   */
  #report(step, done, total, detail) {
    this.#onProgress?.({ step, done, total, detail });
  }
}
