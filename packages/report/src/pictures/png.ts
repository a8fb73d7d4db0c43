// The package ships no types; without this line a program that includes this file alone would not find ours.
/// <reference path="./pngjs.d.ts" />
import { PNG } from 'pngjs';
import type { Raster } from './raster.js';

/** An 8-bit RGB PNG. The only file here that knows the PNG library. */
export function formatPng(raster: Raster): Uint8Array {
  const png = new PNG({ width: raster.width, height: raster.height });
  png.data = Buffer.from(raster.data);
  return PNG.sync.write(png, {
    colorType: 2,
    inputColorType: 2,
    inputHasAlpha: false,
    // Rows of enlarged pixels repeat the row above: filter 2 ("up", PNG specification 9.2) with zlib's level 6 and its own
    // strategy makes files as small as level 9 in half the time or less; the library's defaults are level 9, strategy 3.
    ...{ deflateLevel: 6, deflateStrategy: 0, filterType: 2 },
  });
}

/** For a page that asks for no further file. */
export function toDataUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
