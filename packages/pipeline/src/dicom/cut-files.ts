import { basename, dirname, extname } from 'node:path';

/**
 * Files that are too short for a DICOM header but are named like DICOM files beside them: slices of which a copy or a
 * disk left nothing, not notes that lie around.
 */
export function cutFiles(short: readonly string[], dicom: readonly string[]): string[] {
  const looks = new Set(dicom.flatMap(looksOf));
  return short.filter((file) => looksOf(file).some((look) => looks.has(look)));
}

/** Folder and extension, folder and name without its numbers. */
function looksOf(file: string): string[] {
  const [folder, name] = [dirname(file), basename(file)];
  const extension = extname(name);
  const numbered = /\d/.test(name) ? [`${folder}\n${name.replace(/\d+/g, '#')}`] : [];
  // The number after the last point of a UID is no extension.
  return /^\.[a-z]+$/i.test(extension) ? [`${folder}\n*${extension}`, ...numbered] : numbered;
}
