// The package's own "types" entry names a file that it does not contain (1.6.1).
declare module '@itk-wasm/image-io' {
  export interface ItkImage {
    imageType: {
      dimension: number;
      componentType: string;
      pixelType: string;
      components: number;
    };
    name: string;
    origin: number[];
    spacing: number[];
    direction: Float64Array;
    size: number[];
    data: ArrayBufferView | null;
    metadata: Map<string, unknown>;
  }
  export function readImageNode(file: string): Promise<ItkImage>;
  export function writeImageNode(
    image: ItkImage,
    file: string,
    options?: { useCompression?: boolean },
  ): Promise<void>;
}
