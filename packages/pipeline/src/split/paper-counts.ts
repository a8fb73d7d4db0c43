/** Lesions by set, part and class of Liang et al. 2018, Table 1. */
export const paperCounts = [
  {
    train: { cyst: 61, fnh: 71, hcc: 75, hem: 62 },
    val: { cyst: 23, fnh: 25, hcc: 31, hem: 36 },
    test: { cyst: 26, fnh: 18, hcc: 26, hem: 26 },
  },
  {
    train: { cyst: 69, fnh: 60, hcc: 69, hem: 79 },
    val: { cyst: 17, fnh: 23, hcc: 36, hem: 17 },
    test: { cyst: 24, fnh: 31, hcc: 27, hem: 28 },
  },
] as const;
