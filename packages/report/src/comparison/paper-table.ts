/** Per cent, mean and standard deviation over the paper's two partitions, as printed. */
export type PaperCell = readonly [mean: number, sd: number];

export interface PaperRow {
  /** The row's name in the paper, with its reference number. */
  readonly method: string;
  readonly cyst: PaperCell;
  readonly fnh: PaperCell;
  readonly hcc: PaperCell;
  readonly hem: PaperCell;
  readonly total: PaperCell;
}

/**
 * Table 2 of Liang et al. 2018 as printed. Its data are private, its network rows leave out 8 of 206 test lesions, and
 * some of its cells do not recompute (docs/explanation/errata.md): a comparison, never an expectation.
 */
export const paperTable2: readonly PaperRow[] = [
  row('Roy [3]', [97.81, 3.1], [77.27, 6.43], [58.83, 2.39], [56.41, 14.5], [71.84, 0.04]),
  row('Yang [5]', [88.3, 10.6], [74.64, 28.1], [75.5, 2.0], [81.32, 6.2], [78.81, 3.4]),
  row('Wang [8]', [85.9, 3.6], [65.14, 32.8], [83.12, 7.5], [67.99, 20.0], [74.06, 5.7]),
  row('Xu [9]', [68.75, 2.9], [73.53, 4.1], [87.25, 1.3], [76.92, 10.8], [77.04, 3.1]),
  row('Diamant [6]', [82.21, 7.4], [70.0, 18.8], [85.04, 10.2], [76.9, 20.3], [77.82, 1.2]),
  row('Xu [7]', [92.15, 5.21], [69.08, 20.1], [85.04, 10.2], [84.31, 0.4], [82.11, 7.4]),
  row('Frid-Adar [11]', [100, 0], [78.2, 0.5], [84.37, 16.6], [40.67, 16.2], [76.16, 0.6]),
  row('Yasaka [12]', [97.92, 2.9], [82.26, 25.1], [86.82, 2.32], [85.16, 0.7], [87.26, 7.7]),
  row('ResNet_Local', [100, 0], [71.27, 6.5], [80.89, 11.18], [85.41, 8.8], [84.12, 6.1]),
  row('ResGLNet [13]', [97.92, 2.9], [81.99, 5.9], [85.11, 15.6], [85.42, 2.9], [88.05, 4.8]),
  row(
    'ResGL-BDLSTM, no intra-loss',
    [98.08, 2.2],
    [90.19, 8.9],
    [88.74, 5.0],
    [81.25, 8.8],
    [89.77, 3.59],
  ),
  row('ResGL-BDLSTM', [100, 0], [86.74, 4.1], [88.82, 10.3], [87.75, 5.5], [90.93, 0.7]),
];

function row(
  method: string,
  cyst: PaperCell,
  fnh: PaperCell,
  hcc: PaperCell,
  hem: PaperCell,
  total: PaperCell,
): PaperRow {
  return { method, cyst, fnh, hcc, hem, total };
}

/** The paper's cell of a class, null for a class that the paper does not have. */
export function paperCell(row: PaperRow, className: string): PaperCell | null {
  const key = className.toLowerCase();
  return key === 'cyst' || key === 'fnh' || key === 'hcc' || key === 'hem' ? row[key] : null;
}

/** As the paper prints a cell: "90.93 ± 0.7". */
export function paperText([mean, sd]: PaperCell): string {
  return `${mean.toFixed(2)} ± ${sd.toFixed(2).replace(/0$/, '')}`;
}
