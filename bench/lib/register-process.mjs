// Moves the phase in a folder (written by writePair) onto its reference, with its mask, record and picture, and prints one
// line of JSON: what it took, and where the points went. A process of its own, so that its peak memory is that of one pair.
//
//   node bench/lib/register-process.mjs <folder> <method>
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { carryPhase, readVolume, resolveRegistration, transformPoint } from '@flc-native/pipeline';

const [folder, method] = process.argv.slice(2);
const read = (name) => readVolume(join(folder, `${name}.nii`));
const cpuBefore = process.cpuUsage();
const started = performance.now();
const pair = {
  caseId: 'case',
  phase: 'moving',
  modality: 'CT',
  fixed: await read('fixed'),
  moving: await read('moving'),
  liver: await read('liver'),
  lesions: [
    { key: 'lesion', label: 1, fixed: await read('lesion'), moving: await read('movingLesion') },
  ],
  method,
  settings: resolveRegistration(),
};
const { transform, quality } = await carryPhase(pair, folder);
const seconds = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const peakBytes = process.resourceUsage().maxRSS * 1024;
const points = JSON.parse(await readFile(join(folder, 'points.json'), 'utf8'));
const places = points.map((point) => transformPoint(transform, point));
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, peakBytes, quality, places })}\n`);
