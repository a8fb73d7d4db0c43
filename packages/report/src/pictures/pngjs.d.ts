/** The part of pngjs 7.0.0 that png.ts uses; the package ships no types. */
declare module 'pngjs' {
  interface PngOptions {
    width?: number;
    height?: number;
    /** 0 grey, 2 RGB, 6 RGBA. */
    colorType?: 0 | 2 | 6;
    inputColorType?: 0 | 2 | 6;
    inputHasAlpha?: boolean;
    bitDepth?: 8;
    deflateLevel?: number;
    deflateStrategy?: number;
    filterType?: -1 | 0 | 1 | 2 | 3 | 4;
  }
  export class PNG {
    constructor(options?: PngOptions);
    width: number;
    height: number;
    data: Buffer;
    static sync: {
      read(bytes: Buffer): PNG;
      write(png: PNG, options?: PngOptions): Buffer;
    };
  }
}
