import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A process that answers one JSON line for each JSON line (bench/peer/protocol.py). Every variant has a
 * process of its own, so that peak memories do not mix; only one of them works at a time.
 */
export class Contender {
  /**
   * @param {string} name
   * @param {string} command
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(name, command, args, env) {
    this.name = name;
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.stderr = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr = (this.stderr + text).slice(-4000);
    });
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(error.message));
      this.child.on('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Sends one operation and waits for its answer; rejects when the process reports an error or is gone.
   *
   * @param {string} op
   * @param {object} [fields]
   */
  async request(op, fields = {}) {
    this.child.stdin.write(`${JSON.stringify({ op, ...fields })}\n`);
    const next = await this.lines.next();
    if (next.done) throw new Error(`${this.name}: ${await this.ended}\n${this.stderr}`);
    const answer = JSON.parse(next.value);
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  async close() {
    this.child.stdin.end();
    await this.ended;
  }
}
