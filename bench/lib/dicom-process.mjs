// One reading of a DICOM folder in a process of its own: prints seconds, peak memory and a hash of the HU.
//   node dicom-process.mjs ours|itk <folder>
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const [, , contender, folder] = process.argv;
const read = contender === 'ours' ? await ours() : await itk();
const started = performance.now();
const data = await read();
const seconds = (performance.now() - started) / 1000;
const peakBytes = process.resourceUsage().maxRSS * 1024;
const hash = createHash('sha256').update(new Uint8Array(Float32Array.from(data).buffer));
process.stdout.write(JSON.stringify({ seconds, peakBytes, sha256: hash.digest('hex') }));

async function ours() {
  const { readDicomStack, scanDicom } = await import('@flc-native/pipeline');
  return async () => {
    const { stacks, findings } = await scanDicom(folder);
    if (stacks.length !== 1 || findings.length > 0) throw new Error('the series is not one stack');
    return (await readDicomStack(stacks[0])).data;
  };
}

async function itk() {
  const { readImageDicomFileSeriesNode } = await import('@itk-wasm/dicom');
  return async () => {
    const inputImages = (await readdir(folder)).map((name) => join(folder, name));
    return (await readImageDicomFileSeriesNode({ inputImages })).outputImage.data;
  };
}
