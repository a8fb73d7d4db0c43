// Reads a synthetic CT series of 512 x 512 x 60 (31 MB, explicit little endian, names shuffled): scanned, sorted by
// geometry, checked for missing, duplicate and uneven slices, and rescaled to HU. Claim: under 1 s.
//
//   node bench/dicom-series.mjs [--quick] [--repeats N] [--json results.json]
//
// Each contender is a process of its own in every round, loaded modules included in its memory but not in its time.
// Peers: @itk-wasm/dicom (sorts, but reports no gap), and pydicom where FLC_PYTHON names an interpreter that has it.
// The page cache is warm on all sides.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dicomFile, uidOf } from '@flc-native/pipeline';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';

const options = readOptions();
const size = options.quick ? [64, 64, 12] : [512, 512, 60];
const rounds = options.repeats;
const spacing = [0.75, 0.75, 2.5];
const limitSeconds = 1;

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = process.env.FLC_PYTHON ?? 'python3';
const contenders = [
  { name: 'flc-native', command: [process.execPath, here('lib/dicom-process.mjs'), 'ours'] },
  { name: '@itk-wasm/dicom', command: [process.execPath, here('lib/dicom-process.mjs'), 'itk'] },
  { name: 'pydicom', command: [python, here('peer/dicom_peer.py')] },
];

const folder = await mkdtemp(join(tmpdir(), 'flc-bench-dicom-'));
try {
  const expected = await writeSeries(folder);
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) await measure(contender, expected);
  }
  const [ours] = contenders;
  const rows = contenders.map(summary);
  const result = {
    size,
    rounds,
    contenders: rows,
    correct: rows.filter(({ seconds }) => seconds !== null).every(({ correct }) => correct),
    claim: { seconds: limitSeconds, met: median(ours.seconds) < limitSeconds },
  };
  for (const { name, seconds, peakMiB, reason } of rows) {
    const text = seconds === null ? `not measured: ${reason}` : `${seconds} s, peak ${peakMiB} MiB`;
    process.stderr.write(`${name.padEnd(16)} ${text}\n`);
  }
  const text = `${JSON.stringify(result, null, 2)}\n`;
  if (options.json !== undefined) await writeFile(options.json, text);
  process.stdout.write(text);
  process.exitCode = result.correct ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(contender, expected) {
  if (contender.missing !== undefined) return;
  const [program, ...args] = contender.command;
  try {
    const { stdout } = await run(program, [...args, folder], { maxBuffer: 2 ** 20 });
    const answer = JSON.parse(stdout);
    contender.seconds = [...(contender.seconds ?? []), answer.seconds];
    contender.peakBytes = Math.max(contender.peakBytes ?? 0, answer.peakBytes);
    contender.wrong ||= answer.sha256 !== expected;
    process.stderr.write(`${contender.name}: ${answer.seconds.toFixed(3)} s\n`);
  } catch (error) {
    // A peer may be absent; we may not.
    if (contender === contenders[0]) throw error;
    contender.missing = 'it cannot be started here';
  }
}

function summary({ name, seconds, peakBytes, wrong, missing }) {
  if (seconds === undefined) return { name, seconds: null, reason: missing };
  return {
    name,
    seconds: Number(median(seconds).toFixed(3)),
    best: Number(Math.min(...seconds).toFixed(3)),
    peakMiB: Math.round(peakBytes / 2 ** 20),
    correct: wrong !== true,
  };
}

/** Writes the series; returns the SHA-256 of its HU as float32, x fastest, slices from below. */
async function writeSeries(into) {
  const [nx, ny, nz] = size;
  const hash = createHash('sha256');
  const us = (value) => ({ vr: 'US', value });
  const ds = (...value) => ({ vr: 'DS', value });
  let state = 1;
  for (let z = 0; z < nz; z += 1) {
    const stored = new Uint16Array(nx * ny);
    const hu = new Float32Array(nx * ny);
    for (let i = 0; i < stored.length; i += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      stored[i] = 900 + (state >>> 24) + z;
      hu[i] = stored[i] - 1024;
    }
    hash.update(new Uint8Array(hu.buffer));
    const elements = {
      x00080016: { vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
      x00080018: { vr: 'UI', value: uidOf(`instance ${z}`) },
      x00080060: { vr: 'CS', value: 'CT' },
      x0020000d: { vr: 'UI', value: uidOf('study') },
      x0020000e: { vr: 'UI', value: uidOf('series') },
      x00200012: { vr: 'IS', value: [1] },
      x00200013: { vr: 'IS', value: [nz - z] },
      x00200032: ds(-190, -190, spacing[2] * z),
      x00200037: ds(1, 0, 0, 0, 1, 0),
      x00200052: { vr: 'UI', value: uidOf('frame of reference') },
      x00280002: us(1),
      x00280004: { vr: 'CS', value: 'MONOCHROME2' },
      x00280010: us(ny),
      x00280011: us(nx),
      x00280030: ds(spacing[1], spacing[0]),
      x00280100: us(16),
      x00280101: us(16),
      x00280102: us(15),
      x00280103: us(0),
      x00281052: ds(-1024),
      x00281053: ds(1),
      x7fe00010: { vr: 'OW', value: new Uint8Array(stored.buffer) },
    };
    const name = `IM${String((z * 7919) % 10007).padStart(5, '0')}`;
    await writeFile(join(into, name), dicomFile({ syntaxUid: '1.2.840.10008.1.2.1', elements }));
  }
  return hash.digest('hex');
}
