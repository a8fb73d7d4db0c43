import { warpVolume } from '@flc-native/imaging';
import { describe, expect, it } from 'vitest';
import { correlatedNoise, smoothInPlane, thickSlices } from '../src/phantom/acquisition.js';
import { drawDeformation, largestDisplacement } from '../src/phantom/deformation.js';
import { atypicalMeans } from '../src/phantom/enhancement.js';
import {
  type CaseEnhancement,
  deformationField,
  displacementAt,
  drawDiameter,
  drawEnhancement,
  drawLesionShape,
  drawLesionTexture,
  lesionTissue,
  oracleProbabilities,
  type PhantomClass,
  phantomClasses,
  phantomPhases,
  planCohort,
} from '../src/phantom/index.js';
import { addWaveRow, drawPlaneWaves, evaluateWaves } from '../src/phantom/plane-waves.js';
import { warp } from '../src/phantom/warp.js';
import { randomStream } from '../src/random/index.js';
import { type Grid, identityDirection, voxelCount } from '../src/volume/index.js';

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
  const m = mean(values);
  return Math.sqrt(mean(Array.from(values, (v) => (v - m) ** 2)));
};

describe('planCohort', () => {
  it('has the class counts of the paper, 15 % atypical, in random order', () => {
    const plans = planCohort(480, 1);
    const count = (name: PhantomClass) => plans.filter((plan) => plan.class === name).length;
    expect(phantomClasses.map(count)).toEqual([110, 114, 132, 124]);
    const atypical = (name: PhantomClass) =>
      plans.filter((plan) => plan.class === name && plan.atypical).length;
    expect(phantomClasses.map(atypical)).toEqual([17, 17, 20, 19]); // round(0.15 n)
    expect(new Set(plans.map(({ id }) => id)).size).toBe(480);
    const changes = plans.filter((plan, i) => plan.class !== plans[i - 1]?.class).length;
    expect(changes).toBeGreaterThan(300); // 361 expected of independent draws, 4 of sorted ones
    expect(planCohort({ hcc: 3 }, 1).map((plan) => plan.class)).toEqual(['hcc', 'hcc', 'hcc']);
  });

  it('refuses counts that are none', () => {
    const code = expect.objectContaining({ code: 'INVALID_CONFIG' });
    for (const lesions of [0, 1.5, {}, { hcc: -1 }, { tumour: 3 } as never]) {
      expect(() => planCohort(lesions, 1)).toThrow(code);
    }
  });
});

describe('drawEnhancement', () => {
  it('has the means and standard deviations of the design', () => {
    // method.md section 9: class -> HU in NC, ART, PV; standard deviations 8, 15, 12 (liver 8, 10, 12).
    const table = { cyst: [10, 11, 12], fnh: [47, 115, 112], hcc: [44, 95, 86], hem: [40, 70, 95] };
    const n = 2000;
    for (const name of phantomClasses) {
      const random = randomStream(1, name);
      const drawn = Array.from({ length: n }, () => drawEnhancement(random, name, false));
      (['NC', 'ART', 'PV'] as const).forEach((phase, p) => {
        const sd = [8, 15, 12][p] as number;
        const lesion = drawn.map((one) => one.lesion[phase]);
        expect(Math.abs(mean(lesion) - (table[name][p] as number))).toBeLessThan(
          (4 * sd) / Math.sqrt(n),
        );
        expect(deviation(lesion) / sd).toBeCloseTo(1, 1);
        const liver = drawn.map((one) => one.liver[phase]);
        expect(Math.abs(mean(liver) - ([57, 75, 112][p] as number))).toBeLessThan(1);
        expect(deviation(liver) / ([8, 10, 12][p] as number)).toBeCloseTo(1, 1);
      });
    }
  });
});

/** One lesion of 30 mm on a grid of 1.25 mm, with the latent values of the table. */
function lesionOf(name: PhantomClass, atypical: boolean, seed: number) {
  const shape = drawLesionShape(randomStream(seed, 'shape'), name, 30, [30, 30, 30]);
  const texture = drawLesionTexture(randomStream(seed, 'texture'), name, atypical, shape);
  const grid: Grid = {
    size: [49, 49, 49],
    spacing: [1.25, 1.25, 1.25],
    origin: [0, 0, 0],
    direction: identityDirection,
  };
  const latent: CaseEnhancement = {
    lesion: {
      cyst: { NC: 10, ART: 11, PV: 12, DL: 12 },
      fnh: { NC: 47, ART: 115, PV: 112, DL: 98 },
      hcc: { NC: 44, ART: 95, PV: 86, DL: 76 },
      hem: atypical ? atypicalMeans.hem : { NC: 40, ART: 70, PV: 95, DL: 98 },
    }[name],
    liver: { NC: 57, ART: 75, PV: 112, DL: 95 },
    aorta: { NC: 42, ART: 300, PV: 160, DL: 130 },
  };
  const tissue = lesionTissue(
    { class: name, atypical, shape, texture },
    latent,
    phantomPhases,
    grid,
  );
  if (tissue === undefined) throw new Error('outside');
  const [lower, upper] = tissue.box;
  const [w, h] = [upper[0] - lower[0], upper[1] - lower[1]];
  const row = new Float64Array(1);
  const depth = tissue.fraction.map((_, i) => {
    const x = 1.25 * (lower[0] + (i % w));
    const y = 1.25 * (lower[1] + (Math.floor(i / w) % h));
    const z = 1.25 * (lower[2] + Math.floor(i / (w * h)));
    shape.depthRow(row, x, 1, 1, y, z);
    return row[0] as number;
  });
  const select = (p: number, test: (depth: number) => boolean) =>
    (tissue.values[p] as Float32Array).filter((_, i) => test(depth[i] as number));
  return { tissue, latent, depth, select };
}

describe('lesion patterns', () => {
  it('have the latent value as mean in every phase', () => {
    for (const name of phantomClasses) {
      for (const atypical of [false, true]) {
        const { tissue, latent, select } = lesionOf(name, atypical, 3);
        phantomPhases.forEach((phase, p) => {
          // The capsule of an HCC (the outer 1.5 mm) is no part of the mean.
          const hasCapsule = name === 'hcc' && !atypical;
          const values = hasCapsule
            ? select(p, (d) => d < 0.85)
            : (tissue.values[p] as Float32Array).filter((_, i) => (tissue.fraction[i] ?? 0) > 0.5);
          expect(Math.abs(mean(values) - latent.lesion[phase])).toBeLessThan(hasCapsule ? 5 : 2);
        });
      }
    }
  });

  it('HEM: nodules as bright as the aorta at the rim in ART, fill in towards a dark centre', () => {
    for (const seed of [1, 2, 3]) {
      const { tissue, select } = lesionOf('hem', false, seed);
      const rim = (p: number) => mean(select(p, (d) => d > 0.75 && d < 1));
      const centre = (p: number) => mean(select(p, (d) => d < 0.4));
      expect(rim(1)).toBeGreaterThan(centre(1) + 30);
      expect(rim(2)).toBeGreaterThan(centre(2) + 40);
      expect(centre(1)).toBeLessThan(55);
      expect(centre(2)).toBeLessThan(75); // darker than the liver's 112
      expect(Math.max(...select(1, (d) => d < 1))).toBeGreaterThan(260);
      const isBright = (p: number, above: number) =>
        (tissue.values[p] as Float32Array).map((v, i) =>
          (tissue.fraction[i] ?? 0) > 0.5 && v > above ? 1 : 0,
        );
      const [art, pv, dl] = [isBright(1, 200), isBright(2, 110), isBright(3, 95)];
      const share = (mask: Float32Array) =>
        mean(mask.filter((_, i) => (tissue.fraction[i] ?? 0) > 0.5));
      expect(share(art)).toBeLessThan(0.2);
      expect(share(pv)).toBeGreaterThan(0.3);
      expect(share(dl)).toBeGreaterThan(share(pv));
      // What has filled stays filled.
      expect(art.every((value, i) => value <= (pv[i] ?? 0))).toBe(true);
    }
  });

  it('HCC: heterogeneous and hyper-enhanced in ART, washed out with a bright capsule in PV', () => {
    const { latent, select } = lesionOf('hcc', false, 1);
    const bulk = (p: number) => select(p, (d) => d < 0.8);
    const rim = (p: number) => mean(select(p, (d) => d > 0.95 && d < 1));
    expect(mean(bulk(1))).toBeGreaterThan(latent.liver.ART + 10);
    expect(deviation(bulk(1))).toBeGreaterThan(10);
    expect(mean(bulk(2))).toBeLessThan(latent.liver.PV - 15);
    expect(rim(2)).toBeGreaterThan(latent.liver.PV + 15);
    expect(rim(1)).toBeLessThan(mean(bulk(1)));
  });

  it('FNH: even blush with a dark scar in ART that fills later; none in atypical ones', () => {
    const { select, tissue } = lesionOf('fnh', false, 1);
    const darkest = (p: number) => Math.min(...select(p, (d) => d < 0.3));
    expect(darkest(1)).toBeLessThan(65);
    expect(mean(select(1, (d) => d > 0.6 && d < 1))).toBeGreaterThan(110);
    expect(115 - darkest(1)).toBeGreaterThan(2 * (112 - darkest(2)) - 15);
    expect(mean(select(3, (d) => d < 0.15))).toBeGreaterThan(
      mean(select(3, (d) => d > 0.6 && d < 1)),
    );
    const plain = lesionOf('fnh', true, 1);
    expect(
      deviation(
        (plain.tissue.values[1] as Float32Array).filter((_, i) => (tissue.fraction[i] ?? 0) > 0.5),
      ),
    ).toBeLessThan(5);
  });

  it('cyst: homogeneous, without enhancement', () => {
    const { select } = lesionOf('cyst', false, 1);
    for (const p of [0, 1, 2]) expect(deviation(select(p, (d) => d < 1))).toBeLessThan(0.5);
  });

  it('are blobs of 8 to 45 mm with the volume of their diameter', () => {
    const random = randomStream(2, 'diameters');
    for (const name of phantomClasses) {
      const drawn = Array.from({ length: 500 }, () => drawDiameter(random, name, false));
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(8);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(45);
      const { tissue } = lesionOf(name, false, 5);
      const volume = 1.25 ** 3 * tissue.fraction.reduce((a, b) => a + b, 0);
      expect(volume / ((Math.PI * 30 ** 3) / 6)).toBeGreaterThan(0.85);
      expect(volume / ((Math.PI * 30 ** 3) / 6)).toBeLessThan(1.15);
    }
    const flash = Array.from({ length: 200 }, () => drawDiameter(random, 'hem', true));
    expect(Math.max(...flash)).toBeLessThanOrEqual(20);
  });
});

describe('deformation', () => {
  const grid: Grid = {
    size: [40, 36, 30],
    spacing: [2.5, 2.7, 3],
    origin: [-50, -40, -30],
    direction: identityDirection,
  };

  it('warps as the imaging package does with the field it gives', () => {
    const deformation = drawDeformation(randomStream(4, 'deformation'));
    const waves = drawPlaneWaves(randomStream(4, 'image'), 12, [12, 40], 50);
    const image = new Float32Array(voxelCount(grid.size));
    const [nx, ny] = grid.size;
    const at = (i: number) =>
      [
        grid.origin[0] + (i % nx) * grid.spacing[0],
        grid.origin[1] + (Math.floor(i / nx) % ny) * grid.spacing[1],
        grid.origin[2] + Math.floor(i / (nx * ny)) * grid.spacing[2],
      ] as const;
    for (let i = 0; i < image.length; i++) image[i] = evaluateWaves(waves, at(i));
    const ours = warp(image, grid, deformation);
    const theirs = warpVolume(
      image,
      [...grid.size],
      deformationField(deformation, grid),
      'linear',
      1e6,
    );
    const differences = [...ours].flatMap((value, i) => {
      const other = theirs[i] as number;
      return other === 1e6 ? [] : Math.abs(value - other);
    });
    expect(differences.length).toBeGreaterThan(0.5 * image.length);
    expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThan(0.01);
  });

  it('has the field of its formula, a few mm, never folding', () => {
    for (let seed = 0; seed < 20; seed++) {
      const deformation = drawDeformation(randomStream(seed, 'deformation'));
      const bound = largestDisplacement(deformation);
      const field = deformationField(deformation, grid);
      const n = voxelCount(grid.size);
      const i = (7 * 36 + 11) * 40 + 23;
      const u = displacementAt(deformation, [-50 + 23 * 2.5, -40 + 11 * 2.7, -30 + 7 * 3]);
      for (const axis of [0, 1, 2] as const) {
        expect((field[axis * n + i] as number) * grid.spacing[axis]).toBeCloseTo(u[axis], 4);
        expect(Math.abs(u[axis])).toBeLessThanOrEqual(bound[axis]);
        expect(bound[axis]).toBeLessThan(11);
      }
      // |gradient| <= sum of |amplitude| |k|
      const steepest = deformation.waves.reduce(
        (sum, wave) => sum + Math.hypot(...wave.amplitude) * Math.hypot(...wave.k),
        0,
      );
      expect(steepest).toBeLessThan(0.6);
    }
  });
});

describe('acquisition', () => {
  it('adds noise of the wanted deviation and autocorrelation', () => {
    const [nx, ny, nz] = [200, 200, 3];
    const noise = correlatedNoise(randomStream(1, 'noise'), [nx, ny, nz], 12, 0.9);
    expect(deviation(noise)).toBeGreaterThan(11.7);
    expect(deviation(noise)).toBeLessThan(12.3);
    const correlation = (lag: number) => {
      let sum = 0;
      let count = 0;
      for (let i = 0; i + lag < noise.length; i++) {
        if ((i % nx) + lag >= nx) continue;
        sum += (noise[i] as number) * (noise[i + lag] as number);
        count++;
      }
      return sum / count / 144;
    };
    // Autocorrelation of a Gaussian kernel: exp(-d^2 / (4 sigma^2)).
    for (const d of [1, 2, 3]) {
      expect(Math.abs(correlation(d) - Math.exp((-d * d) / (4 * 0.81)))).toBeLessThan(0.03);
    }
    const border = Array.from({ length: ny }, (_, y) => noise[y * nx] as number);
    expect(deviation(border)).toBeGreaterThan(9);
    expect(deviation(border)).toBeLessThan(15);
  });

  it('smooths as a Gaussian does', () => {
    // scipy.ndimage.gaussian_filter(a, 0.8, mode='nearest', truncate=4), a = 5 x 5 zeros, a[2, 2] = 100, a[0, 4] = 50
    const image = new Float32Array(25);
    image[12] = 100;
    image[4] = 50;
    const smooth = smoothInPlane(image, 5, 5, 0.8);
    const expected = [
      0.048006, 0.516749, 1.930041, 9.891758, 28.123395, 0.500236, 5.218102, 11.665446, 8.354145,
      9.891758,
    ];
    // The kernels are cut one pixel apart.
    const difference = expected.map((value, i) => Math.abs(value - (smooth[i] ?? 0)));
    expect(Math.max(...difference)).toBeLessThan(0.02);
  });

  it('averages thin slices', () => {
    const fine = {
      grid: {
        size: [4, 3, 8],
        spacing: [1, 1, 1],
        origin: [0, 0, 0],
        direction: identityDirection,
      },
      subSlices: 3,
      margin: [1, 1, 1],
    } as const;
    const data = Float32Array.from({ length: 96 }, (_, i) => Math.floor(i / 12));
    expect([...thickSlices(data, fine, [2, 1, 2])]).toEqual([2, 2, 5, 5]);
  });

  it('follows a wave along a row as at single points', () => {
    const waves = drawPlaneWaves(randomStream(1, 'waves'), 6, [5, 80], 3);
    const row = new Float64Array(512);
    addWaveRow(row, waves, -30, 0.7, 512, 4, -9);
    for (const i of [0, 1, 100, 511]) {
      expect(row[i]).toBeCloseTo(evaluateWaves(waves, [-30 + 0.7 * i, 4, -9]), 9);
    }
  });
});

describe('oracle', () => {
  const even = [0.25, 0.25, 0.25, 0.25] as const;

  it('is Bayes with the mixture of the generator', () => {
    // s = np.array([8, 15, 12]); cov = lambda r: np.outer(s, s) * (r + (1 - r) * np.eye(3)), r = 0.95 for cyst, else 0;
    // p = [.85 * mvn(typical, cov(r)).pdf(x) + .15 * mvn(atypical, cov(r)).pdf(x)]; p / p.sum() (scipy.stats)
    const references = [
      [
        { NC: 46, ART: 88, PV: 92, DL: 0 },
        [3.780978e-17, 0.0478463384, 0.6563555837, 0.2957980779],
      ],
      [{ NC: 56, ART: 61, PV: 70, DL: 0 }, [0.2160702671, 0.000025869, 0.6246588928, 0.1592449712]],
    ] as const;
    for (const [lesion, expected] of references) {
      const probabilities = oracleProbabilities(lesion, ['NC', 'ART', 'PV'], even);
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      const differences = expected.map((p, i) => Math.abs(p - (probabilities[i] ?? 0)));
      expect(Math.max(...differences)).toBeLessThan(1e-9);
    }
  });

  it('knows the means of each class and follows the priors', () => {
    const nc = ['NC', 'ART', 'PV'] as const;
    const best = (values: readonly number[]) => values.indexOf(Math.max(...values));
    expect(best(oracleProbabilities({ NC: 10, ART: 11, PV: 12, DL: 12 }, nc, even))).toBe(0);
    expect(best(oracleProbabilities({ NC: 47, ART: 115, PV: 112, DL: 98 }, nc, even))).toBe(1);
    expect(best(oracleProbabilities({ NC: 44, ART: 95, PV: 86, DL: 76 }, nc, even))).toBe(2);
    expect(best(oracleProbabilities({ NC: 40, ART: 70, PV: 95, DL: 98 }, nc, even))).toBe(3);
    expect(best(oracleProbabilities({ NC: 40, ART: 190, PV: 145, DL: 120 }, nc, even))).toBe(3);
    const skewed = oracleProbabilities(
      { NC: 44, ART: 85, PV: 90, DL: 0 },
      nc,
      [0.01, 0.01, 0.01, 0.97],
    );
    expect(best(skewed)).toBe(3);
  });
});
