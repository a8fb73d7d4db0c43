import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The cache of this user, shared by all checkouts.
 *
 * @param {import('./index.d.mts').Environment} [env]
 */
export function cacheDir(env = process.env) {
  if (env.FLC_HOME) return resolve(env.FLC_HOME);
  // XDG Base Directory Specification: a relative path in the variable is to be ignored.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return join(env.XDG_CACHE_HOME, 'flc-native');
  return join(homedir(), '.cache', 'flc-native');
}
