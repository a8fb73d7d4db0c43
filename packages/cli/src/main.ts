import { version } from './version.js';

/**
 * Runs one call of the program: results on stdout, everything else on stderr.
 *
 * @param args the arguments after the program's name.
 * @returns the exit code (failure.ts).
 */
export async function main(args: readonly string[]): Promise<number> {
  // Work goes on when its listener has gone: a closed terminal, or the end of `| head`. Whether the result got out is asked in run.ts.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // Scripts ask for the version often; it needs no command.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const { run } = await import('./run.js');
  return await run(args);
}
