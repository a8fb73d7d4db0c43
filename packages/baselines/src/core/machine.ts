/** Settings of the last stage, the same for all methods. */
export interface MachineSettings {
  /** First and last power of two tried for C and for gamma. */
  readonly exponents: readonly number[];
}

/** As the authors had them (method.md section 6 of the design: 2^-20 to 2^19). */
export const machineSettings: MachineSettings = { exponents: [-20, 19] };

export const machineSettingDocs = {
  exponents: 'first and last power of two tried for C and gamma of the RBF machine (authors)',
} as const;
