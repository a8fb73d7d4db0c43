import { createRequire } from 'node:module';

/** The package's version. */
export function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { version: string };
  return manifest.version;
}
