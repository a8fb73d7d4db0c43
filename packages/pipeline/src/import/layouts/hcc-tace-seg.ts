import { counted } from '../../text/counted.js';
import type { LayoutAdapter } from '../adapter.js';
import type { ImportWarning } from '../imported.js';
import { className } from '../lesion-class.js';
import { mayBeDicom, readPatients } from './dicom.js';

const patient = /(?:^|\/)(HCC_\d{3})\//;

/** Faults of single patients that users of the set have reported. */
const knownFaults: readonly { message: string; patients: readonly string[] }[] = [
  { message: 'phases lie on different slice grids', patients: ['HCC_008', 'HCC_010', 'HCC_011'] },
  { message: 'slices of SEG and CT do not match', patients: ['HCC_001'] },
  { message: 'arterial phase only', patients: ['HCC_012'] },
];

/** doi:10.7937/TCIA.5FNA-0924 */
export const hccTaceSeg: LayoutAdapter = {
  name: 'hcc-tace-seg',
  title: 'HCC-TACE-Seg (CT as DICOM, 105 patients with HCC, several acquisitions in a series)',
  modality: 'CT',
  licence: 'CC BY 4.0: name the source',
  source: 'doi:10.7937/TCIA.5FNA-0924',
  form: 'HCC_<nnn>/<study>/<series>/ with CT and SEG (segments Liver, Mass, Portal vein, Abdominal aorta)',
  detect(tree) {
    const found = new Set(
      tree.files.filter(mayBeDicom).flatMap((file) => patient.exec(file)?.[1] ?? []),
    );
    return found.size === 0
      ? undefined
      : { confidence: 0.9, reason: `${counted(found.size, 'folder')} HCC_<nnn> with DICOM files` };
  },
  async read(tree, context) {
    const read = await readPatients(tree, context, (file) => patient.exec(file)?.[1]);
    const hcc = className('HCC', context.classMap);
    const cases = read.cases.map((entry) => ({
      ...entry,
      lesions: entry.lesions.map((lesion) => ({
        ...lesion,
        // The SEG was drawn once for all phases: it belongs to whichever is the reference.
        masks: lesion.masks.map(({ input }) => ({ input })),
        class: lesion.class ?? hcc,
      })),
    }));
    const faults = knownFaults.flatMap(({ message, patients }): ImportWarning[] => {
      const here = cases.filter((entry) => patients.includes(entry.patient)).map(({ id }) => id);
      return here.length === 0 ? [] : [{ code: 'KNOWN_FAULT', message, cases: here }];
    });
    return { ...read, cases, warnings: [...read.warnings, ...faults] };
  },
};
