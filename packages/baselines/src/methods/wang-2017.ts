import { FlcError } from '@flc-native/errors';
import { kSvd, orthogonalMatchingPursuit } from '@flc-native/imaging';
import { patchSize, randomStream } from '@flc-native/pipeline';
import { defineMethod } from '../core/define-method.js';
import type { LearningContext, LesionDescriber, PhaseLayout } from '../core/describer.js';
import { loadFloats, saveFloats } from '../core/float-array.js';
import { type MachineSettings, machineSettingDocs, machineSettings } from '../core/machine.js';
import { cutPatches, type PatchContent } from '../patches/cut-patches.js';
import { drawPatches } from '../patches/draw-patches.js';
import { maskPatches } from '../patches/slice-patches.js';
import { normalise } from '../words/vocabulary.js';

interface Settings extends MachineSettings {
  readonly coverage: number;
  readonly patchesPerClass: number;
  readonly atoms: number;
  readonly sparsity: number;
  readonly iterations: number;
  readonly allPhases: boolean;
  readonly sparseCodes: boolean;
  readonly normalised: boolean;
}

const dimensions = patchSize * patchSize;

/** Sparse codes of raw patches over a dictionary of each phase. */
export const wang2017 = defineMethod<Settings>({
  name: 'wang',
  title: 'Wang et al. 2017 [8]',
  citation:
    'J. Wang, X.-H. Han, Y. Xu et al.: Sparse codebook model of local structures for retrieval of focal liver lesions ' +
    'using multiphase medical images. Int. J. Biomed. Imaging 2017, 1413297',
  settings: {
    coverage: 0.9,
    patchesPerClass: 10_000,
    atoms: 1024,
    sparsity: 8,
    iterations: 50,
    allPhases: true,
    sparseCodes: true,
    normalised: true,
    ...machineSettings,
  },
  settingDocs: {
    coverage: 'share of a 7 x 7 patch (step 1) that must lie in the mask (ours)',
    patchesPerClass: 'patches drawn of a class to learn each dictionary (ours)',
    atoms: 'atoms of a dictionary (authors)',
    sparsity: 'most atoms of a patch (authors)',
    iterations: 'iterations of K-SVD (authors)',
    allPhases: 'a dictionary for each phase (original); else the reference phase alone (authors)',
    sparseCodes:
      'sum the sizes of the coefficients of each atom (original); else count the best atom (authors)',
    normalised: 'the numbers of a dictionary sum to 1 (ours)',
    ...machineSettingDocs,
  },
  deviations: [
    'Original: codes for retrieval. Here, as in the re-implementation: an SVM.',
    'The re-implementation counts the nearest atom in the portal venous phase, which uses no sparse code; here the sparse ' +
      'codes of all phases, as in the original. `allPhases` and `sparseCodes` false give the former.',
    'The update of the atoms is the approximate one of Rubinstein et al. 2008.',
  ],
  async learn(context, settings) {
    const phases = phasesOf(context.layout, settings);
    const contents = phases.map(contentOf);
    const drawn = await drawPatches(context, {
      stream: 'patches',
      perClass: settings.patchesPerClass,
      corners: (slice) => maskPatches(slice, settings.coverage).corners,
      contents,
    });
    const dictionaries: Float32Array[] = [];
    for (const [done, signals] of drawn.entries()) {
      dictionaries.push(await learnDictionary(signals, `atoms-${phases[done]}`, settings, context));
      context.progress('words', done + 1, drawn.length);
    }
    return describer(dictionaries, contents, settings);
  },
  load(json, settings, layout) {
    const contents = phasesOf(layout, settings).map(contentOf);
    if (!Array.isArray(json) || json.length !== contents.length) {
      throw new FlcError('CHECKPOINT_CORRUPT', 'the dictionaries of the saved method are damaged');
    }
    return describer(json.map(loadFloats), contents, settings);
  },
});

function phasesOf({ all, reference }: PhaseLayout, { allPhases }: Settings): readonly number[] {
  return allPhases ? all : [reference];
}

function contentOf(phase: number): PatchContent {
  return { phases: [phase], windowed: false };
}

async function learnDictionary(
  signals: Float32Array,
  name: string,
  settings: Settings,
  { method, seed, threads, signal }: LearningContext,
): Promise<Float32Array> {
  const random = randomStream(seed, `${method}/${name}`);
  const usable = countOther(signals);
  const atoms = Math.min(settings.atoms, usable);
  const draws = Float64Array.from({ length: atoms }, () => random.uniform());
  const sparsity = Math.min(settings.sparsity, atoms);
  const { iterations } = settings;
  const problem = { signals, dimensions, sparsity, iterations, draws, threads, signal };
  return (await kSvd(problem)).dictionary;
}

/** Patches other than 0: an atom cannot begin as nothing. */
function countOther(signals: Float32Array): number {
  let count = 0;
  for (let at = 0; at < signals.length; at += dimensions) {
    if (signals.subarray(at, at + dimensions).some((value) => value !== 0)) count += 1;
  }
  return count;
}

function describer(
  dictionaries: readonly Float32Array[],
  contents: readonly PatchContent[],
  { coverage, sparsity, sparseCodes, normalised }: Settings,
): LesionDescriber {
  return {
    summary: { atoms: dictionaries.map((dictionary) => dictionary.length / dimensions) },
    toJSON: () => dictionaries.map(saveFloats),
    async describe({ slices }, signal) {
      const warnings = new Set<string>();
      const parts: Float64Array[] = [];
      for (const [i, dictionary] of dictionaries.entries()) {
        const atoms = dictionary.length / dimensions;
        const use = new Float64Array(atoms);
        for (const slice of slices) {
          const patches = maskPatches(slice, coverage);
          for (const warning of patches.warnings) warnings.add(warning);
          const signals = cutPatches(slice, patches.corners, contents[i] as PatchContent);
          const most = sparseCodes ? Math.min(sparsity, atoms) : 1;
          const options = { signals, dictionary, dimensions, sparsity: most, signal };
          const codes = await orthogonalMatchingPursuit(options);
          for (const [place, atom] of codes.atoms.entries()) {
            const size = sparseCodes ? Math.abs(codes.coefficients[place] as number) : 1;
            if (atom >= 0) use[atom] = (use[atom] as number) + size;
          }
        }
        parts.push(normalised ? normalise(use) : use);
      }
      return {
        values: Float64Array.from(parts.flatMap((part) => [...part])),
        warnings: [...warnings],
      };
    },
  };
}
