import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether all of these, relative to the folder, are files. */
export async function filesExist(folder: string, files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        (status) => status.isFile(),
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}
