import { createHash } from 'node:crypto';
import type { CaseJob } from '../case/case-job.js';
import type { ResolvedPrepareOptions } from './prepare-options.js';
import { preparedVersion } from './prepared-format.js';

/** Hash of what a prepared case depends on besides the contents of its inputs. */
export function settingsHash(job: CaseJob, options: ResolvedPrepareOptions): string {
  const { workers: _, memory: _m, transforms: _t, shard: _s, ...relevant } = options;
  const withoutPaths = JSON.stringify({ preparedVersion, job, relevant }, (key, value) =>
    key === 'file' ? undefined : value,
  );
  return createHash('sha256').update(withoutPaths).digest('hex');
}

/** Hash of settings and contents together. */
export function caseKey(settings: string, contents: readonly { role: string; sha256: string }[]) {
  const text = JSON.stringify([settings, contents.map(({ role, sha256 }) => [role, sha256])]);
  return createHash('sha256').update(text).digest('hex');
}
