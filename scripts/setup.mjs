import { parseArgs } from 'node:util';
import {
  downloadWheels,
  ensureLibtorch,
  linkCheckout,
} from '../packages/core-native/setup/index.mjs';
import { reportProgress } from './setup-progress.mjs';
import { root, say } from './terminal.mjs';

const usage = `node scripts/setup.mjs [--cuda | --no-cuda] [--download DIR | --from DIR]
  provides libtorch for this checkout, without building anything
  --cuda, --no-cuda   with or without the GPU libraries (2.5 GB); default: if a fitting NVIDIA driver is present
  --download DIR      on a connected machine: only fetches the wheels into DIR
  --from DIR          on an isolated machine: takes the wheels from DIR
`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    cuda: { type: 'boolean' },
    download: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
const { cuda, download, from } = values;
const onProgress = reportProgress(say);
try {
  if (values.help) process.stdout.write(usage);
  else if (download !== undefined) {
    const { wheels } = await downloadWheels({ to: download, cuda, onProgress });
    say(`${wheels.length} wheels in ${download}`);
  } else {
    const found = await ensureLibtorch({ checkout: root, cuda, from, forBuild: true, onProgress });
    if (found.source !== 'environment' && found.source !== 'checkout') linkCheckout(root, found);
    say(`${found.version} in ${found.siteDir}`);
  }
} catch (error) {
  if (!(error instanceof Error) || error.name !== 'SetupError') throw error;
  const { remedy } = /** @type {import('../packages/core-native/setup/index.mjs').SetupError} */ (
    error
  );
  process.stderr.write(`${error.message}${remedy === undefined ? '' : `; ${remedy}`}\n`);
  process.exitCode = 1;
}
