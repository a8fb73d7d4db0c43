/**
 * A worker's script by its path below this package's sources, without extension. Sources run directly (tests) have no
 * compiled worker beside them; the build's is taken.
 */
export function compiledWorker(path: string): URL {
  const sources = import.meta.url.endsWith('.ts') ? '../../dist' : '..';
  return new URL(`${sources}/${path}.js`, import.meta.url);
}
