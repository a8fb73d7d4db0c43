import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root, run, Stop } from './terminal.mjs';

// npm run demo [-- options of `flc-native demo`]
try {
  const { built } = await bootstrap();
  if (!built) throw new Stop('the build failed, so there is nothing to show');
  // Ctrl-C reaches the program too, which writes a checkpoint and ends; this process waits for that.
  process.on('SIGINT', () => {});
  const program = join(root, 'packages', 'cli', 'bin', 'flc-native.js');
  const { status } = await run(process.execPath, [program, 'demo', ...process.argv.slice(2)]);
  process.exitCode = status;
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
