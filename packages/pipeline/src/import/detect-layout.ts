import { FlcError, suggest } from '@flc-native/errors';
import type { Detection, LayoutAdapter } from './adapter.js';
import { layouts } from './layouts/index.js';
import type { SourceTree } from './source-tree.js';

export interface ChosenLayout {
  readonly adapter: LayoutAdapter;
  readonly reason: string;
  readonly others: readonly string[];
}

/**
 * The adapter for a tree. INVALID_CONFIG for an unknown name, DATA_ERROR where `auto` recognizes
 * nothing or a named layout has none of its files there.
 */
export function chooseLayout(tree: SourceTree, name = 'auto'): ChosenLayout {
  if (name !== 'auto') {
    const adapter = layouts.find((entry) => entry.name === name);
    if (adapter === undefined) throw unknownLayout(name);
    const found = adapter.detect(tree);
    if (found === undefined) throw notThere(adapter, tree);
    return { adapter, reason: `asked for; ${found.reason}`, others: [] };
  }
  const found = layouts
    .map((adapter) => ({ adapter, detection: adapter.detect(tree) }))
    .filter((entry): entry is { adapter: LayoutAdapter; detection: Detection } => {
      return entry.detection !== undefined;
    })
    .sort((a, b) => b.detection.confidence - a.detection.confidence);
  const [best, ...others] = found;
  if (best === undefined) {
    throw new FlcError('DATA_ERROR', 'no known layout was recognized', {
      details: { file: tree.root, files: tree.files.length },
      remedy: `give --layout with one of ${layouts.map((entry) => entry.name).join(', ')}, or arrange the files as folder: ${layouts.find((entry) => entry.name === 'folder')?.form ?? ''}`,
    });
  }
  return {
    adapter: best.adapter,
    reason: best.detection.reason,
    others: others.map(({ adapter, detection }) => `${adapter.name}: ${detection.reason}`),
  };
}

function unknownLayout(name: string): FlcError {
  const names = layouts.map((entry) => entry.name);
  const near = suggest(name, names);
  return new FlcError('INVALID_CONFIG', `there is no layout "${name.slice(0, 40)}"`, {
    details: { known: names },
    remedy:
      near === undefined ? `use auto or one of ${names.join(', ')}` : `did you mean "${near}"?`,
  });
}

function notThere(adapter: LayoutAdapter, tree: SourceTree): FlcError {
  return new FlcError('DATA_ERROR', `no file of the layout ${adapter.name} was found`, {
    details: { file: tree.root, files: tree.files.length },
    remedy: `expected: ${adapter.form}; unpack archives first`,
  });
}
