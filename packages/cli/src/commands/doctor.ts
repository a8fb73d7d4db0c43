import { defineCommand } from '../command.js';
import type { Finding } from '../diagnosis.js';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'say what was found on this machine and what is wrong',
  description:
    'Prints Node, system, libtorch, CUDA, NCCL, memory and disk, and a remedy for whatever is wrong. Done if the network can run on the CPU.',
  examples: ['flc-native doctor', 'flc-native doctor --json'],
  options: {},
  async run() {
    const { diagnose } = await import('../diagnosis.js');
    const { facts, findings, usable } = await diagnose();
    const width = Math.max(...facts.map(({ name }) => name.length));
    return {
      exitCode: usable ? 0 : 1,
      json: {
        usable,
        facts: Object.fromEntries(facts.map(({ name, value }) => [name, value])),
        findings,
      },
      text: [
        ...facts.map(({ name, text }) => `${name.padEnd(width)}  ${text}`),
        ...findings.map(line),
        usable ? 'The network can run here.' : 'The network cannot run here yet.',
      ].join('\n'),
    };
  },
});

function line({ severity, message, remedy }: Finding): string {
  return `${severity}: ${message}\n  remedy: ${remedy}`;
}
