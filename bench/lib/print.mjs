import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/**
 * Prints a benchmark's table, checks and claims on stdout and writes the same as JSON where asked. A claim is
 * a figure beside its target and never decides the exit code; a failed check (wrong numbers) does.
 *
 * @param {{ title: string, note?: string, unit?: { name: string, count: number }, results: object[], missing: object[],
 *   checks: { name: string, value: number, limit: number }[],
 *   claims: { name: string, value: number, target: number, atMost?: boolean }[] }} benchmark
 * @param {{ quick: boolean, json?: string, threads: number, repeats: number }} options
 * @param {object | undefined} torch
 * @param {object | null} [gpu] on which the contenders ran
 */
export function publish(benchmark, options, torch, gpu) {
  const { title, unit, results, missing, checks, claims } = benchmark;
  const lines = [`${title}${options.quick ? ' (quick: sizes too small to mean anything)' : ''}`];
  lines.push(
    `${gpu ? `${gpu.name}, driver ${gpu.driver_version}, ` : ''}${cpus()[0]?.model}, ${options.threads} threads, torch ${torch?.torch ?? 'not loaded'}`,
    '',
  );
  lines.push(row(['contender', 'median s', 'best s', unit ? `${unit.name}/s` : '', 'peak GiB']));
  for (const { name, seconds, median, memoryBytes } of results) {
    const rate = unit ? (unit.count / median).toFixed(1) : '';
    const best = Math.min(...seconds).toFixed(3);
    const peak = memoryBytes === undefined ? '' : (memoryBytes / 2 ** 30).toFixed(2);
    lines.push(row([name, median.toFixed(3), best, rate, peak]));
  }
  for (const { name, reason } of missing) lines.push(`${name}: not measured: ${reason}`);
  if (checks.length > 0) lines.push('');
  for (const { name, value, limit } of checks) {
    lines.push(
      `${value <= limit ? 'ok ' : 'OFF'} ${name}: ${value.toExponential(2)} (limit ${limit})`,
    );
  }
  if (claims.length > 0) lines.push('');
  for (const { name, value, target, atMost } of claims) {
    const met = (atMost ? value <= target : value >= target) ? 'met' : 'not met';
    const bound = `${atMost ? 'at most' : 'at least'} ${target}`;
    lines.push(`${name}: ${value.toFixed(2)} (target ${bound}${options.quick ? '' : `, ${met}`})`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (options.json) {
    const machine = {
      processor: cpus()[0]?.model,
      memoryBytes: totalmem(),
      node: process.version,
      ...torch,
      ...(gpu ? { gpu } : {}),
    };
    const kept = results.map(({ logits, ...result }) => result);
    // Where the file lay is nothing that was measured.
    const { json: _, ...settings } = options;
    const record = { ...benchmark, results: kept, machine, options: settings };
    writeFileSync(options.json, `${JSON.stringify(record, null, 2)}\n`);
  }
  // Whatever is missing under --quick did not run although its libraries are there.
  if (options.quick && missing.length > 0) process.exitCode = 1;
  if (checks.some(({ value, limit }) => !(value <= limit))) process.exitCode = 1;
}

/** @param {string[]} cells */
function row(cells) {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(26) : cell.padStart(12))).join('');
}
