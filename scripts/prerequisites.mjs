import { spawnSync } from 'node:child_process';

/**
 * What a machine must have before anything of ours runs, and the command that installs it (Debian's where it differs).
 *
 * @type {readonly {
 *   name: string,
 *   commands: readonly string[],
 *   atLeast?: string,
 *   remedy: string,
 * }[]}
 */
const tools = [
  {
    name: 'Rust (cargo)',
    commands: ['cargo'],
    atLeast: '1.88',
    remedy: "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y",
  },
  { name: 'a C++ compiler', commands: ['c++', 'g++'], remedy: 'sudo apt-get install -y g++' },
  { name: 'python3', commands: ['python3'], remedy: 'sudo apt-get install -y python3 python3-pip' },
];

const leastNode = '20.19';

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{ found: string[], missing: string[] }} `missing` has one line each, with the remedy
 */
export function checkPrerequisites(env = process.env) {
  const found = [];
  const missing = [];
  if (isAtLeast(process.versions.node, leastNode)) found.push(`Node ${process.versions.node}`);
  else {
    missing.push(
      `Node ${leastNode} or newer is needed, this is ${process.versions.node}; install it: ` +
        'nvm install 22 (or from https://nodejs.org)',
    );
  }
  for (const { name, commands, atLeast, remedy } of tools) {
    const version = commands.map((command) => versionOf(command, env)).find((v) => v !== undefined);
    if (version === undefined) missing.push(`${name} was not found; install it: ${remedy}`);
    else if (atLeast !== undefined && !isAtLeast(version, atLeast)) {
      missing.push(
        `${name} ${atLeast} or newer is needed, this is ${version}; install it: ${remedy}`,
      );
    } else found.push(`${name} ${version}`);
  }
  return { found, missing };
}

/**
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 */
function versionOf(command, env) {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', env });
  return status === 0
    ? (stdout.match(/\d+\.\d+(?:\.\d+)?/)?.[0] ?? 'of unknown version')
    : undefined;
}

/**
 * @param {string} version
 * @param {string} least `major.minor`
 */
function isAtLeast(version, least) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
