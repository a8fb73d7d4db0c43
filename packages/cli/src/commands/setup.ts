import { FlcError } from '@flc-native/errors';
import { defineCommand } from '../command.js';
import { choice, text, withDefault } from '../option.js';
import type { Progress } from '../progress.js';

const options = {
  cuda: withDefault(
    choice(
      ['auto', 'yes', 'no'],
      'fetch the GPU libraries (2.5 GB); auto: where an NVIDIA driver is',
    ),
    'auto',
  ),
  download: text('<dir>', 'only fetch the files into this folder, for a machine without network'),
  from: text('<dir>', 'install from a folder made with --download; nothing is fetched'),
};

export const setup = defineCommand({
  name: 'setup',
  summary: 'provide libtorch, which the network runs on',
  description:
    'Finds an installed torch of the right version or fetches it into a cache of this user (FLC_HOME moves it). Done once.',
  examples: [
    'flc-native setup',
    'flc-native setup --download wheels --cuda yes   # on a connected machine',
    'flc-native setup --from wheels                  # on an isolated one',
  ],
  options,
  async run(settings, { signal, progress, note }) {
    const { downloadWheels, ensureLibtorch, SetupError } = await import(
      '@flc-native/core-native/setup'
    );
    const cuda = settings.cuda === 'auto' ? undefined : settings.cuda === 'yes';
    const bars = stepBars(progress, note);
    const common = { cuda, signal, onProgress: bars.update };
    try {
      if (settings.download !== undefined) {
        const set = await downloadWheels({ ...common, to: settings.download });
        return {
          json: { downloaded: set.wheels.map(({ file, sha256 }) => ({ file, sha256 })) },
          text: `${set.wheels.length} files are in ${settings.download}. There: flc-native setup --from <dir>`,
        };
      }
      const found = await ensureLibtorch({ ...common, from: settings.from });
      return {
        json: { version: found.version, cuda: found.cuda, source: found.source },
        text: `libtorch ${found.version} is ready (${found.torchDir}). Next: flc-native doctor`,
      };
    } catch (thrown) {
      if (!(thrown instanceof SetupError)) throw thrown;
      const { code, message, details, remedy, cause } = thrown;
      throw new FlcError(code, message, {
        details,
        cause,
        ...(remedy === undefined ? {} : { remedy }),
      });
    } finally {
      bars.stop();
    }
  },
});

type Note = (line: string) => void;
type StartProgress = (title: string) => Progress;

/** One bar for each step of the set-up; megabytes, because bytes are hard to read. */
function stepBars(progress: StartProgress, note: Note) {
  let current: { readonly step: string; readonly bar: Progress } | undefined;
  return {
    update(event: { step: string; done: number; total: number; detail: string }) {
      if (event.total === 0) return note(event.detail);
      if (current?.step !== event.step) {
        current?.bar.stop();
        current = { step: event.step, bar: progress(`${event.step} (MB)`) };
      }
      const megabytes = (bytes: number) => Math.round(bytes / 1e6);
      current.bar.update(megabytes(event.done), megabytes(event.total), event.detail);
    },
    stop() {
      current?.bar.stop();
    },
  };
}
