import { FlcError, toFlcError } from '@flc-native/errors';
import { CommanderError } from 'commander';
import type { CommandSpec, Outcome, Surroundings } from './command.js';
import { commands } from './commands/index.js';
import { exitCodeOf, formatFailure } from './failure.js';
import { listenForInterruption } from './interruption.js';
import { buildProgram, type CommonFlags } from './program.js';
import { progressFactory } from './progress.js';
import { redactPaths } from './redact.js';
import { type RawFlags, resolveSettings } from './settings.js';
import { version } from './version.js';

/** Parses one call and runs its command. See main.ts. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(version(), commands, async (spec, flags, common) => {
    exitCode = await runCommand(spec, flags, common, args);
  });
  try {
    if (args.length === 0) {
      process.stderr.write(`${program.helpInformation()}\n`);
      return 2;
    }
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? usageError(thrown) : toFlcError(thrown);
    return fail(error, args, { json: args.includes('--json') });
  }
}

async function runCommand(
  spec: CommandSpec,
  flags: RawFlags,
  common: CommonFlags,
  args: readonly string[],
): Promise<number> {
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const interruption = listenForInterruption(note, spec.savesWhenStopped === true);
  try {
    const settings = await resolveSettings(spec.options, flags, common.config);
    const surroundings: Surroundings = {
      signal: interruption.signal,
      json: common.json === true,
      verbose: common.verbose === true,
      note,
      progress: await progressFactory(process.stderr),
    };
    const outcome = await spec.run(settings, surroundings);
    if (outcome !== undefined) await printOutcome(outcome, surroundings.json);
    return outcome?.exitCode ?? 0;
  } catch (thrown) {
    return await fail(toFlcError(thrown), args, common);
  } finally {
    interruption.dispose();
  }
}

async function printOutcome(outcome: Outcome, json: boolean): Promise<void> {
  await writeOut(json ? JSON.stringify(outcome.json, null, 2) : outcome.text);
}

async function fail(
  error: FlcError,
  args: readonly string[],
  { json, verbose }: CommonFlags,
): Promise<number> {
  const debug = verbose === true || (process.env.FLC_DEBUG ?? '') !== '';
  process.stderr.write(`${formatFailure(error, debug)}\n`);
  if (json) {
    const shown = JSON.stringify({ error: redactPaths(error.toJSON(), args) }, null, 2);
    await writeOut(shown).catch(() => {});
  }
  return exitCodeOf(error.code);
}

/** Waits until stdout took the text, so that a pipe does not lose its end. Rejects with IO_ERROR, unless nobody reads it. */
function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (cause) => {
      const code = (cause as NodeJS.ErrnoException | null | undefined)?.code;
      if (code === undefined || code === 'EPIPE') resolve();
      else reject(new FlcError('IO_ERROR', `writing the result failed (${code})`, { cause }));
    });
  });
}

function usageError(thrown: CommanderError): FlcError {
  // commander: "error: unknown option '--jsn'\n(Did you mean --json?)"
  const [first = '', ...rest] = thrown.message.replace(/^error: /, '').split('\n');
  const hint = rest
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '');
  return new FlcError('INVALID_CONFIG', first, {
    remedy: hint === '' ? 'See flc-native --help, or flc-native <command> --help.' : hint,
  });
}
