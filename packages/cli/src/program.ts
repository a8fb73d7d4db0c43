import { Command, Option as CommanderOption } from 'commander';
import type { CommandSpec } from './command.js';
import type { Option } from './option.js';
import { flagName, type RawFlags } from './settings.js';

/** Flags that every command has beside its own. */
export interface CommonFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export type Action = (spec: CommandSpec, flags: RawFlags, common: CommonFlags) => Promise<void>;

/** The commander program of all commands; it throws commander's errors and prints nothing but help and version. */
export function buildProgram(
  version: string,
  commands: readonly CommandSpec[],
  action: Action,
): Command {
  const program = new Command('flc-native')
    .description(
      'Classifies focal liver lesions in multi-phase CT (ResGL-BDLSTM). Research software, not a medical device.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .addHelpText('after', '\nStart with: flc-native demo');
  for (const spec of commands) program.addCommand(buildCommand(spec, action));
  return program;
}

function buildCommand(spec: CommandSpec, action: Action): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(spec.description === undefined ? spec.summary : spec.description)
    .configureOutput({ writeErr: () => {} })
    .helpOption('-h, --help', 'print help')
    .allowExcessArguments(false)
    .exitOverride();
  for (const [key, option] of Object.entries(spec.options)) addOption(command, key, option);
  command
    .option('--config <file>', 'YAML file with the same settings, keys in camelCase; flags win')
    .option('--json', 'print the result as JSON on stdout')
    .option('--verbose', 'say more, and show stacks of errors')
    .addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  $ ${line}`).join('\n')}`)
    .action(async (flags: RawFlags & CommonFlags) => {
      const { config, json, verbose, ...own } = flags;
      await action(spec, own as RawFlags, {
        ...(typeof config === 'string' ? { config } : {}),
        json: json === true,
        verbose: verbose === true,
      });
    });
  return command;
}

function addOption(command: Command, key: string, option: Option<unknown>): void {
  const name = flagName(key);
  const ending = option.required
    ? ' (required)'
    : option.defaultText === undefined
      ? ''
      : ` (default: ${option.defaultText})`;
  if (option.placeholder === undefined) {
    command.option(name, option.help + ending);
    // The negative form overrules a configuration file; it is understood but not listed.
    command.addOption(new CommanderOption(name.replace('--', '--no-')).hideHelp());
    return;
  }
  const flags = `${name} ${option.placeholder}`;
  if (!option.repeatable) command.option(flags, option.help + ending);
  else command.option(flags, option.help + ending, append);
}

/** Commander's way of a repeated option; not its variadic form, which would swallow what follows. */
function append(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
