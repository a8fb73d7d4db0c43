import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SetupProgress, Wheel, WheelSet } from '../setup/index.mjs';
import { ensureLibtorch, wheelSet } from '../setup/index.mjs';
import { batches, installWheels } from '../setup/install-wheels.mjs';
import { withLock } from '../setup/lock.mjs';
import { makeWheelSet } from '../setup/wheel-set.mjs';
import { plant, plantTorch, temporaryFolder } from './fake-torch.js';

let root: string;
let home: string;
let shelf: string;
let set: WheelSet;

beforeEach(() => {
  root = temporaryFolder();
  home = join(root, 'home');
  shelf = join(root, 'shelf');
  mkdirSync(home);
  mkdirSync(shelf);
  set = makeWheelSet('cpu', [
    makeWheel('torch', { 'torch/version.py': "__version__ = '2.11.0'\n", 'torch/bin/tool': '#!' }),
    makeWheel('cupti', { 'nvidia/lib/libcupti.so': 'x'.repeat(1000) }),
  ]);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const archives = new Map<string, Buffer>();

/** A wheel is a zip; Python's zipfile writes one whose `bin` members are executable. */
function makeArchive(members: string): Buffer {
  const code = `
import io, json, sys, zipfile
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, text in json.loads(sys.argv[1]).items():
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o755 if '/bin/' in name else 0o644) << 16
        archive.writestr(info, text)
sys.stdout.buffer.write(buffer.getvalue())
`;
  const archive = archives.get(members) ?? execFileSync('python3', ['-c', code, members]);
  archives.set(members, archive);
  return archive;
}

function makeWheel(project: string, members: Record<string, string>): Wheel {
  const file = `${project}-1.0-py3-none-any.whl`;
  const content = makeArchive(JSON.stringify(members));
  plant(join(shelf, file), content);
  return {
    project,
    version: '1.0',
    file,
    bytes: content.length,
    unpackedBytes: Object.values(members).join('').length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

const env = process.env;
const site = (): string => join(home, set.directoryName);

/** Stands for pip: copies from the shelf. */
function fakePip(fetched: string[], fail?: string) {
  return async (wheels: readonly Wheel[], to: string): Promise<void> => {
    for (const { project, file } of wheels) {
      if (project === fail) throw new Error('the network is gone');
      fetched.push(project);
      plant(join(to, file), readFileSync(join(shelf, file)));
    }
  };
}

describe('installWheels', () => {
  it('unpacks a carried folder and keeps its files', async () => {
    const events: SetupProgress[] = [];
    const onProgress = (progress: SetupProgress) => events.push(progress);
    expect(await installWheels(set, { home, from: shelf, env, onProgress })).toBe(site());
    expect(readFileSync(join(site(), 'torch/version.py'), 'utf8')).toContain('2.11.0');
    expect(statSync(join(site(), 'torch/bin/tool')).mode & 0o111).not.toBe(0);
    expect(readdirSync(shelf)).toHaveLength(2);
    expect(readdirSync(home)).toEqual([set.directoryName]);
    expect(events.map(({ step, detail }) => `${step} ${detail}`)).toEqual([
      'verify torch',
      'unpack torch',
      'verify cupti',
      'unpack cupti',
    ]);
  });

  it('fetches, unpacks and deletes the wheels', async () => {
    const fetched: string[] = [];
    await installWheels(set, { home, env, download: fakePip(fetched) });
    expect(fetched).toEqual(['torch', 'cupti']);
    expect(readdirSync(home)).toEqual([set.directoryName]);
    // Nothing is fetched again.
    await installWheels(set, { home, env, download: fakePip(fetched) });
    expect(fetched).toEqual(['torch', 'cupti']);
  });

  it('goes on where it was interrupted', async () => {
    const large = makeWheelSet(
      'cpu',
      set.wheels.map((wheel) => ({ ...wheel, bytes: 150e6 })),
    );
    set = large;
    const first: string[] = [];
    await expect(
      installWheels(large, { home, env, download: fakePip(first, 'cupti') }),
    ).rejects.toThrowError('the network is gone');
    expect(existsSync(site())).toBe(false);
    const second: string[] = [];
    await installWheels(large, { home, env, download: fakePip(second) });
    expect([first, second]).toEqual([['torch'], ['cupti']]);
    expect(readdirSync(home)).toEqual([set.directoryName]);
  });

  it('refuses a wheel with another checksum and leaves no set', async () => {
    const { file } = set.wheels[1] as Wheel;
    plant(join(shelf, file), 'something else');
    await expect(installWheels(set, { home, from: shelf, env })).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: `${join(shelf, file)} is not the pinned cupti 1.0: wrong sha256`,
      details: {
        expected: set.wheels[1]?.sha256,
        got: createHash('sha256').update('something else').digest('hex'),
      },
    });
    expect(existsSync(site())).toBe(false);
  });

  it('names the wheels that a carried folder lacks, before it unpacks any', async () => {
    rmSync(join(shelf, 'cupti-1.0-py3-none-any.whl'));
    await expect(installWheels(set, { home, from: shelf, env })).rejects.toMatchObject({
      code: 'IO_ERROR',
      message: `${shelf} lacks cupti-1.0-py3-none-any.whl`,
      remedy: expect.stringContaining('setup --download'),
    });
    expect(existsSync(join(`${site()}.partial`, 'torch'))).toBe(false);
  });

  it('takes what a smaller set has unpacked', async () => {
    await installWheels(set, { home, from: shelf, env });
    const seed = site();
    const added = makeWheel('cublas', { 'nvidia/lib/libcublas.so': 'y' });
    set = makeWheelSet('cuda', [...set.wheels, added]);
    const fetched: string[] = [];
    await installWheels(set, { home, seed, env, download: fakePip(fetched) });
    expect(fetched).toEqual(['cublas']);
    expect(readdirSync(join(site(), 'nvidia/lib'))).toEqual(['libcublas.so', 'libcupti.so']);
    expect(readdirSync(join(seed, 'nvidia/lib'))).toEqual(['libcupti.so']);
    const inode = (folder: string) => statSync(join(folder, 'torch/version.py')).ino;
    expect(inode(site())).toBe(inode(seed));
  });

  it('never writes outside its folder', async () => {
    const hostile = makeWheel('hostile', { '../../escaped.txt': 'x', '/absolute.txt': 'x' });
    set = makeWheelSet('cpu', [hostile]);
    await installWheels(set, { home, from: shelf, env });
    expect(readdirSync(root).sort()).toEqual(['home', 'shelf']);
    expect(readdirSync(home)).toEqual([set.directoryName]);
    expect(readdirSync(site())).toContain('escaped.txt');
  });
});

describe('batches', () => {
  it('keeps the order and about 200 MB a call', () => {
    const sized = [500e6, 1e6, 150e6, 60e6, 1e6].map(
      (bytes, i) => ({ project: String(i), bytes }) as Wheel,
    );
    const names = batches(sized).map((batch) => batch.map((wheel) => wheel.project));
    expect(names).toEqual([['0'], ['1', '2'], ['3', '4']]);
  });
});

describe('withLock', () => {
  it('lets one set-up work at a time', async () => {
    const lock = join(home, 'setup.lock');
    let working = 0;
    let most = 0;
    let waiting = 0;
    let allWait = () => {};
    const othersWait = new Promise<void>((done) => {
      allWait = done;
    });
    const onWait = () => {
      waiting += 1;
      if (waiting === 2) allWait();
    };
    const work = async (until?: Promise<void>) => {
      working += 1;
      most = Math.max(most, working);
      await until;
      // Long enough for another holder's process to say that it has the lock as well.
      await withLock(`${lock}.other`, {}, async () => {});
      working -= 1;
    };
    let others: Promise<void>[] = [];
    await withLock(lock, {}, () => {
      others = [1, 2].map(() => withLock(lock, { onWait }, () => work()));
      return work(othersWait);
    });
    await Promise.all(others);
    expect({ most, waiting }).toEqual({ most: 1, waiting: 2 });
  });

  it('is free again after a failure', async () => {
    const lock = join(home, 'setup.lock');
    const failing = withLock(lock, {}, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrowError('broken');
    await expect(withLock(lock, {}, async () => 'free')).resolves.toBe('free');
  });

  it('names a folder where it cannot lock', async () => {
    await expect(withLock(join(root, 'none', 'lock'), {}, async () => 1)).rejects.toMatchObject({
      code: 'IO_ERROR',
      message: expect.stringContaining('No such file'),
    });
  });

  it('stops waiting when it is cancelled', async () => {
    const lock = join(home, 'setup.lock');
    const cancellation = new AbortController();
    await withLock(lock, {}, async () => {
      const options = { signal: cancellation.signal, onWait: () => cancellation.abort() };
      await expect(withLock(lock, options, async () => 1)).rejects.toMatchObject({
        code: 'CANCELLED',
      });
    });
  });
});

describe('ensureLibtorch', () => {
  it('takes what is there and remembers it', async () => {
    const torch = plantTorch(join(home, wheelSet('cuda').directoryName), { cuda: true });
    const location = await ensureLibtorch({ env: { ...env, FLC_HOME: home }, cuda: true });
    expect(location).toMatchObject({ source: 'cache', torchDir: torch, cuda: true });
    expect(readdirSync(home)).toContain('selected');
  });

  it('takes a whole set from a carried folder only', async () => {
    const options = { env: { PATH: env.PATH, FLC_HOME: home }, cuda: true, forBuild: true };
    await expect(ensureLibtorch({ ...options, from: shelf })).rejects.toMatchObject({
      code: 'IO_ERROR',
      message: expect.stringContaining('lacks torch-2.11.0-cp311'),
    });
  });
});
