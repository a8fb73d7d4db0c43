/**
 * Entry of the decoder thread, the only file that runs @itk-wasm/dicom: a fault in its WebAssembly
 * then ends this thread, not the process. Frames come with a header of their own making.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { type Image, InterfaceTypes, runPipelineNode } from 'itk-wasm';

export interface DecodeRequest {
  /** Whole DICOM files of one frame each, in order. */
  readonly files: readonly Uint8Array[];
}
export type DecodeAnswer =
  | { readonly data: ArrayBufferView; readonly size: readonly number[] }
  | { readonly error: string };

const pipelinePath = join(
  dirname(fileURLToPath(import.meta.resolve('@itk-wasm/dicom'))),
  'pipelines',
  'read-image-dicom-file-series',
);

parentPort?.on('message', async ({ files }: DecodeRequest) => {
  const answer = await decode(files);
  parentPort?.postMessage(answer);
});

async function decode(files: readonly Uint8Array[]): Promise<DecodeAnswer> {
  try {
    const names = files.map((_, i) => `frame-${String(i).padStart(6, '0')}.dcm`);
    const args = ['0', '1', '--memory-io', '--input-images', ...names, '--single-sorted-series'];
    const outputs = [{ type: InterfaceTypes.Image }, { type: InterfaceTypes.JsonCompatible }];
    const inputs = files.map((data, i) => ({
      type: InterfaceTypes.BinaryFile,
      data: { path: names[i] as string, data },
    }));
    const result = await runPipelineNode(pipelinePath, args, outputs, inputs);
    if (result.returnValue !== 0) return { error: result.stderr || 'no message' };
    const image = result.outputs[0]?.data as Image | undefined;
    if (image?.data == null) return { error: 'no image' };
    return { data: image.data as ArrayBufferView, size: image.size };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
