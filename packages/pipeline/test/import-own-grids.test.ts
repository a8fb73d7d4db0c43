import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  identityDirection,
  makeVolume,
  readVolume,
  type Vector3,
  type Volume,
} from '../src/index.js';
import { boxMask, temporaryFolder, volumeOf } from './cohort.js';
import {
  checkAndPrepare,
  image,
  importTree,
  lesion,
  type Tree,
  warningsOf,
} from './import-trees.js';

/** The same voxels stored with x and y from the other side, as NIfTI and NRRD of one scan differ. */
function flipped(volume: Volume): Volume {
  const [nx, ny, nz] = volume.size;
  const data = volume.data.slice();
  for (let z = 0; z < nz; z += 1) {
    for (let y = 0; y < ny; y += 1) {
      for (let x = 0; x < nx; x += 1) {
        data[(z * ny + y) * nx + x] = volume.data[
          (z * ny + ny - 1 - y) * nx + nx - 1 - x
        ] as number;
      }
    }
  }
  const origin = volume.origin.map((o, i) =>
    i < 2 ? o + ((volume.size[i] as number) - 1) * (volume.spacing[i] as number) : o,
  ) as unknown as Vector3;
  return makeVolume({ ...volume, origin, direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] }, data);
}

const moved = (volume: Volume, z: number): Volume => ({
  ...volume,
  origin: [volume.origin[0], volume.origin[1], volume.origin[2] + z],
});

describe('WAW-TACE', () => {
  const masks = 'tumor_masks_wawtace_v1_08_05_2024';
  const tree = (): Tree => ({
    // Patient 1: a mask named after the portal phase has the grid of the arterial scan.
    '1/1_0_scan.nii.gz': image([0, 0, 40]),
    '1/1_1_scan.nii.gz': flipped(image()),
    '1/1_2_scan.nii.gz': image([0, 0, 80]),
    '1/1_3_scan.nii.gz': image([0, 0, 120]),
    [`${masks}/1/1_1_1_tumor_seg.nrrd`]: lesion,
    [`${masks}/1/1_2_2_tumor_seg.nrrd`]: boxMask([26, 22, 1], [32, 28, 4]),
    // Patient 2: drawn on the portal phase, without a delayed scan.
    '2/2_0_scan.nii.gz': image([0, 0, 40]),
    '2/2_1_scan.nii.gz': image(),
    '2/2_2_scan.nii.gz': image([0, 0, 80]),
    [`${masks}/2/2_2_1_tumor_seg.nrrd`]: moved(lesion, 80),
    // Patient 3: a mask that fits no scan.
    '3/3_0_scan.nii.gz': image(),
    '3/3_1_scan.nii.gz': image(),
    '3/3_2_scan.nii.gz': image(),
    '3/3_3_scan.nii.gz': image(),
    [`${masks}/3/3_1_1_tumor_seg.nrrd`]: moved(lesion, 500),
    'ct_hcc_metadata_v2.csv':
      'patient_id,ct_phase,ct_file_name,tumor_count,slice_thickness\n1,1,1_1_scan.nii.gz,2,5\n2,2,2_2_scan.nii.gz,1,5\n3,1,3_1_scan.nii.gz,1,5\n',
  });

  it('puts masks on the scan whose grid they have, and sets apart what lies elsewhere', async () => {
    const imported = await importTree(await temporaryFolder(), tree());
    const { report, dataset } = imported;
    expect(report).toMatchObject({
      layout: 'waw-tace',
      phases: ['NC', 'ART', 'PV', 'DL'],
      reference: 'ART',
      cases: 2,
      lesions: { total: 2, byClass: { hcc: 2 } },
    });
    expect(dataset.cases[0]?.lesions.map(({ mask }) => mask)).toEqual([
      `../set/${masks}/1/1_1_1_tumor_seg.nrrd`,
      `../set/${masks}/1/1_2_2_tumor_seg.nrrd`,
    ]);
    expect(report.apart.map(({ caseName, reason }) => [caseName, reason])).toEqual([
      ['2', 'phase DL is missing; a mask is not drawn on the reference phase ART'],
    ]);
    expect(warningsOf(report)).toMatchObject({
      MASK_OF_OTHER_PHASE: 1,
      MASK_WITHOUT_SCAN: 1,
      TUMOUR_COUNT: 1,
      NOT_REGISTERED: 0,
    });
    expect(report.licence).toContain('CC BY 4.0');
    // Phases elsewhere in the world cannot be prepared unmoved: check says so.
    const result = await checkAndPrepare(imported);
    expect(result).toMatchObject({ ok: false, findings: { GEOMETRY_MISMATCH: 3, NO_LESION: 1 } });
  });

  it('can have another phase as reference', async () => {
    const { report } = await importTree(await temporaryFolder(), tree(), {
      reference: 'PV',
      phases: ['ART', 'PV'],
    });
    expect(report.reference).toBe('PV');
    expect(report.apart.map(({ caseName }) => caseName)).toEqual(['1']);
    expect(report.cases).toBe(2);
  });
});

/** Values of MR: no HU, on grids of their own. */
function mr(size: Vector3, spacing: Vector3, seed: number): Volume {
  const grid = { size, spacing, origin: [-15, -20, 100] as Vector3, direction: identityDirection };
  return volumeOf(
    (x, y, z) => 100 + ((x * 7 + y * 13 + z * 29 + seed * 31) % 400),
    Int16Array,
    grid,
  );
}

const lldPhases = [
  ['C-pre', [40, 36, 8], [0.75, 0.75, 5]],
  ['C+A', [40, 36, 8], [0.75, 0.75, 5]],
  ['C+V', [40, 36, 8], [0.75, 0.75, 5]],
  ['C+Delay', [40, 36, 8], [0.75, 0.75, 5]],
  ['T2WI', [30, 27, 8], [1, 1, 5]],
  ['DWI', [20, 18, 8], [1.5, 1.5, 5]],
  ['In Phase', [30, 27, 8], [1, 1, 5]],
  ['Out Phase', [30, 27, 8], [1, 1, 5]],
] as const;

const categories = {
  Hepatic_hemangioma: 0,
  Intrahepatic_cholangiocarcinoma: 1,
  Hepatic_abscess: 2,
  Hepatic_metastasis: 3,
  Hepatic_cyst: 4,
  FOCAL_NODULAR_HYPERPLASIA: 5,
  Hepatocellular_carcinoma: 6,
  Benign: [0, 2, 4, 5],
  Malignant: [1, 3, 6],
};

/** An entry of Annotation_info with boxes of slices 2 to 5, in pixels of the sequence. */
function lldEntry(study: string, phase: string, category: number, spacing: number, solid: boolean) {
  const box = {
    x_min: 9 / spacing,
    y_min: 7.5 / spacing,
    x_max: 18 / spacing,
    y_max: 15 / spacing,
  };
  const slices = [2, 3, 4, 5].map((slice_idx) => ({ slice_idx, ...box, area: 120 }));
  return {
    studyUID: study,
    seriesUID: `1.2.3.${study}.${lldPhases.findIndex(([name]) => name === phase)}`,
    phase,
    pixel_spacing: [spacing, spacing],
    slice_thickness: 5,
    annotation: {
      num_targets: 1,
      lesion: {
        0: {
          category,
          bbox: {
            '2D_box': solid ? [] : slices,
            '3D_box': solid ? { ...box, z_min: 2, z_max: 5 } : null,
          },
        },
      },
    },
  };
}

describe('LLD-MMRI', () => {
  const annotation = (patients: readonly (readonly [string, number])[], solid: boolean) =>
    JSON.stringify({
      Category_info: categories,
      Annotation_info: Object.fromEntries(
        patients.map(([patient, category], i) => [
          patient,
          lldPhases.map(([phase, , spacing]) =>
            lldEntry(`10${i}`, phase, category, spacing[0], solid),
          ),
        ]),
      ),
    });

  it.each([
    ['boxes of slices', false],
    ['a solid box', true],
  ])('the original form: %s become masks', async (_, solid) => {
    const files = (patient: string, study: string): Tree =>
      Object.fromEntries(
        lldPhases.map(([, size, spacing], i) => [
          `images/${patient}/${study}/1.2.3.${study}.${i}.nii.gz`,
          mr(size, spacing, i + 10 * Number(study)),
        ]),
      );
    const imported = await importTree(await temporaryFolder(), {
      'labels/Annotation.json': annotation(
        [
          ['MR12', 5],
          ['MR34', 6],
          ['MR56', 4],
        ],
        solid,
      ),
      ...files('MR12', '100'),
      ...files('MR34', '101'),
    });
    const { report, dataset, out } = imported;
    expect(report).toMatchObject({
      layout: 'lld-mmri',
      modality: 'MR',
      cases: 2,
      phases: ['NC', 'ART', 'PV', 'DL'],
      reference: 'PV',
      lesions: { total: 2, byClass: { fnh: 1, hcc: 1 } },
      skipped: [{ reason: 'annotated, without images' }],
    });
    expect(report.licence).toContain('non-commercial');
    expect(warningsOf(report)).toMatchObject({ BOX_AS_MASK: 0, GRIDS_DIFFER: 0 });
    expect(dataset.intensity).toEqual({ percentile: [0.5, 99.5] });
    const masks = dataset.cases[0]?.lesions[0]?.mask as Record<string, string>;
    const drawn = await readVolume(join(out, '..', masks.PV as string));
    // 9..18 mm and 7.5..15 mm at 0.75 mm: pixels 12..23 and 10..19; slices 2 to 5.
    expect(Buffer.compare(drawn.data as Uint8Array, lesion.data as Uint8Array)).toBe(0);
    expect(masks.PV).not.toContain('MR12');
    const prepared = await checkAndPrepare(imported, { align: 'centroid' });
    expect(prepared).toMatchObject({ ok: true, findings: {}, prepared: 2, samples: 2 });
  });

  it('the original form: without boxes there are no lesions', async () => {
    const { report } = await importTree(
      await temporaryFolder(),
      {
        'Annotation.json': annotation([['MR12', 5]], false),
        'images/MR12/100/1.2.3.100.2.nii.gz': mr([40, 36, 8], [0.75, 0.75, 5], 1),
      },
      { boxes: 'none' },
    );
    expect(report).toMatchObject({ cases: 1, phases: ['PV'], lesions: { total: 0 } });
    expect(warningsOf(report)).toMatchObject({ BOX_LEFT_OUT: 0, NO_LESION: 1 });
  });

  it('the variant with masks, in all eight sequences if asked for', async () => {
    const files = (stem: string): Tree =>
      Object.fromEntries(
        lldPhases.flatMap(([phase, size, spacing], i) => {
          const name = `${stem}_${phase.replace(' ', '')}`;
          const drawn = volumeOf(
            (x, y, z) => {
              const [u, v] = [x * spacing[0], y * spacing[1]];
              return u >= 9 && u < 18 && v >= 7.5 && v < 15 && z >= 2 && z < 6 ? 1 : 0;
            },
            Uint8Array,
            { size, spacing },
          );
          return [
            [`images/${name}_0000.nii.gz`, mr(size, spacing, i + stem.length)],
            [`labels/${name}.nii.gz`, drawn],
          ];
        }),
      );
    const imported = await importTree(
      await temporaryFolder(),
      {
        'LLD_MMRI_Annotation.json': annotation([['MR-391135', 0]], false),
        ...files('MR-391135_1'),
        ...files('MR62668_2'),
      },
      { phases: ['NC', 'ART', 'PV', 'DL', 'T2WI', 'DWI', 'InPhase', 'OutPhase'] },
    );
    expect(imported.report).toMatchObject({
      layout: 'lld-mmri',
      cases: 2,
      lesions: { total: 2, byClass: { hem: 1 }, unlabelled: 1 },
    });
    expect(imported.report.phasesFound).toMatchObject({ InPhase: 2, DWI: 2 });
    expect(warningsOf(imported.report)).toMatchObject({ NO_CLASS: 1 });
    expect(await checkAndPrepare(imported, { align: 'centroid' })).toMatchObject({ prepared: 2 });
  });

  it('an annotation of another form is refused with its file', async () => {
    const root = await temporaryFolder();
    const tree = {
      'Annotation.json': '{"Annotation_info": {"a": 3}}',
      'images/MR12/1/2.nii.gz': mr([4, 4, 4], [1, 1, 1], 1),
    };
    await expect(importTree(root, tree)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      details: { file: expect.stringContaining('Annotation.json') },
    });
  });
});

describe('PLC-CECT', () => {
  /** The form of the published files: 8 bits, 1 x 1 x 1 mm, origin 0. */
  const published = (seed: number, size: Vector3 = [40, 36, 8]): Volume =>
    volumeOf((x, y, z) => (x < 3 ? 0 : 140 + ((x * 7 + y * 13 + z * 29 + seed) % 50)), Uint8Array, {
      size,
      spacing: [1, 1, 1],
      origin: [0, 0, 0],
    });
  const mask = { ...lesion, spacing: [1, 1, 1], origin: [0, 0, 0] } as Volume;

  it('warns of the headers and of the values', async () => {
    const rows = ['patient_id,phase,cancer_type,ct_path,mask_path,liver_mask_path'];
    const tree: Record<string, Volume | string> = {};
    for (const [i, [id, type]] of [
      ['P0001', 'HCC'],
      ['P0002', 'cHCC-CCA'],
      ['P0003', 'control'],
    ].entries() as IterableIterator<[number, [string, string]]>) {
      for (const [p, phase] of ['P', 'C1', 'C2', 'C3'].entries()) {
        const path = (kind: string) => `${kind}_files/${id}_${kind}_${phase}.nii.gz`;
        tree[path('ct')] = published(10 * i + p);
        tree[path('mask')] = mask;
        tree[path('liver')] = mask;
        rows.push(`${id},${phase},${type},${path('ct')},${path('mask')},${path('liver')}`);
      }
    }
    rows.push('P0004,P,ICC,ct_files/P0004_ct_P.nii.gz,,');
    tree['patient_data.csv'] = `${rows.join('\r\n')}\r\n`;
    tree['ct_files/P0009_ct_P.nii.gz'] = published(99);
    const imported = await importTree(await temporaryFolder(), tree);
    const { report } = imported;
    expect(report).toMatchObject({
      layout: 'plc-cect',
      cases: 3,
      phases: ['NC', 'ART', 'PV', 'DL'],
      reference: 'PV',
      lesions: { total: 2, byClass: { hcc: 1, 'chcc-cca': 1 } },
    });
    expect(warningsOf(report)).toMatchObject({
      HEADER_LOST: 3,
      WINDOWED_VALUES: 3,
      SLICE_ORDER: 0,
      VALUES_LOW: 0,
      NO_LESION: 1,
    });
    expect(report.skipped.map(({ caseName, reason }) => [caseName, reason])).toEqual([
      ['P0004', 'listed in patient_data.csv, without images'],
      ['P0009', 'images that patient_data.csv does not list'],
    ]);
    // The set's values are no HU: check refuses them by name.
    const { findings, ok } = await checkAndPrepare(imported);
    expect(ok).toBe(false);
    expect(findings).toMatchObject({ NOT_HU: 12, SUSPECT_HEADER: 12 });
  });
});
