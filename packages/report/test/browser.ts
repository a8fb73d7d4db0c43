import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** The first Chromium on the path, or undefined. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown> & { readonly request?: { readonly url: string } };
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/**
 * One page of a headless Chromium, driven by the DevTools protocol over a pipe (`--remote-debugging-pipe`: messages of
 * JSON on file descriptors 3 and 4, each ended by a zero byte).
 */
export class Browser {
  /** Everything the page told: console, exceptions, log entries such as a refused request. */
  readonly complaints: string[] = [];
  /** Addresses that the page asked for, without the document itself. */
  readonly requests: string[] = [];
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #events = new Map<string, () => void>();
  #session: string | undefined;
  #nextId = 1;
  #rest = '';

  private constructor(process: ChildProcess, profile: string) {
    this.#process = process;
    this.#profile = profile;
    process.once('exit', this.#ended).once('error', this.#ended);
    (process.stdio[3] as Writable).on('error', this.#ended);
    (process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = `${this.#rest}${text}`.split('\0');
      this.#rest = messages.pop() ?? '';
      for (const message of messages) this.#receive(JSON.parse(message) as Message);
    });
  }

  /** Whoever still waits for an answer learns that there will be none. */
  #ended = () => {
    for (const answer of this.#waiting.values()) answer({ error: { message: 'Chromium ended' } });
    this.#waiting.clear();
  };

  static async start(executable: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'flc-chromium-'));
    // Without a sandbox: as root, as in a container, Chromium has none, and the page is ours.
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
    const child = spawn(
      executable,
      [
        ...flags,
        '--disable-dev-shm-usage',
        '--remote-debugging-pipe',
        `--user-data-dir=${profile}`,
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    const browser = new Browser(child, profile);
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network'])
      await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens an address and waits until it is loaded. */
  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.#events.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** Empties what was heard so far. */
  forget(): void {
    this.complaints.length = 0;
    this.requests.length = 0;
  }

  async appear(width: number, scheme: 'light' | 'dark'): Promise<void> {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 };
    await this.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  /** The value of an expression in the page, as JSON carries it. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer));
    return (answer.result as { value: T }).value;
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    (this.#process.stdio[3] as Writable).write(
      `${JSON.stringify({ id, method, params, ...session })}\0`,
    );
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #receive({ id, method, params, ...answer }: Message): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
      return;
    }
    if (method === 'Network.requestWillBeSent' && params?.type !== 'Document') {
      const url = params?.request?.url ?? '';
      if (!url.startsWith('data:')) this.requests.push(url);
    }
    if (
      ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(
        method ?? '',
      )
    ) {
      this.complaints.push(JSON.stringify(params));
    }
    this.#events.get(method ?? '')?.();
  }
}
