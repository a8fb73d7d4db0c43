import { createRequire } from 'node:module';

/** The part of pngjs 7.0.0 that is used; the package ships no types. */
interface Pngjs {
  readonly PNG: {
    new (options: { width: number; height: number }): { data: Buffer };
    readonly sync: { write(png: { data: Buffer }, options: object): Buffer };
  };
}

/** An 8-bit grey PNG of `[height, width]` values. The same pixels give the same bytes. */
export function formatGreyPng(grey: Uint8Array, width: number, height: number): Uint8Array {
  const { PNG } = createRequire(import.meta.url)('pngjs') as Pngjs;
  const png = new PNG({ width, height });
  png.data = Buffer.from(grey);
  return PNG.sync.write(png, {
    colorType: 0,
    inputColorType: 0,
    inputHasAlpha: false,
    // Filter "up" with zlib's level 6 takes half the time of the library's defaults for files as small.
    ...{ deflateLevel: 6, deflateStrategy: 0, filterType: 2 },
  });
}
