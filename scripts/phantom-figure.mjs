// Draws one synthetic lesion of each class in each phase into docs/images/phantom-classes.png.
// Build packages/pipeline first: npx tsc -b packages/pipeline && node scripts/phantom-figure.mjs [file.png]
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawCase, liverMeans, planCohort, renderCase, typicalMeans } from '@flc-native/pipeline';
import { PNG } from 'pngjs';

const seed = 11;
const phases = ['NC', 'ART', 'PV', 'DL'];
const classes = ['cyst', 'fnh', 'hcc', 'hem'];
const window = { lower: -70, upper: 180 };
/** Pixels of the image shown round a lesion, and how often each is repeated along x and y. */
const shown = 96;
const zoom = 2;
const tile = shown * zoom;
const gap = 4;
const header = 14;
const margin = 34;

/** 5 x 7 letters, one row a hexadecimal pair of digits (bit 4 is the left pixel). */
const letters = {
  A: '0E11111F111111',
  C: '0E11101010110E',
  D: '1E11111111111E',
  E: '1F10101E10101F',
  F: '1F10101E101010',
  H: '1111111F111111',
  L: '1010101010101F',
  M: '111B1511111111',
  N: '11191513111111',
  P: '1E11111E101010',
  R: '1E11111E141211',
  S: '0F10100E01011E',
  T: '1F040404040404',
  V: '11111111110A04',
  Y: '11110A04040404',
};

const width = margin + phases.length * (tile + gap);
const height = header + classes.length * (tile + gap);
const png = new PNG({ width, height, colorType: 0, inputColorType: 6 });
png.data.fill(255);

const options = { seed, phases, full: false };
const plans = planCohort(600, seed);
classes.forEach((name, row) => {
  const rendered = findCase(name);
  const { size } = rendered.model.grid;
  const slice = middleSlice(rendered.model);
  const corner = cornerRound(rendered.model);
  const top = header + row * (tile + gap);
  write(name.toUpperCase(), 2, top + tile / 2 - 4);
  phases.forEach((phase, column) => {
    const left = margin + column * (tile + gap);
    if (row === 0) write(phase, left + tile / 2 - 3 * phase.length, 3);
    drawSlice(rendered.images[column], size, slice, corner, left, top);
  });
});
const file =
  process.argv[2] ?? fileURLToPath(new URL('../docs/images/phantom-classes.png', import.meta.url));
await writeFile(file, PNG.sync.write(png, { colorType: 0 }));

/** Of the typical cases of a class with a lesion of 26 to 36 mm and little noise, the one nearest to the table's means. */
function findCase(name) {
  let best;
  let least = Number.POSITIVE_INFINITY;
  for (const plan of plans) {
    if (plan.class !== name || plan.atypical) continue;
    const { diameter, latent, noiseStandardDeviation } = drawCase(plan, options);
    if (diameter < 26 || diameter > 36 || noiseStandardDeviation > 12.5) continue;
    const distance = phases.reduce((sum, phase) => {
      const contrast = latent.lesion[phase] - latent.liver[phase];
      const liver = latent.liver[phase] - liverMeans[phase];
      return sum + (contrast - typicalMeans[name][phase] + liverMeans[phase]) ** 2 + liver ** 2;
    }, 0);
    if (distance < least) {
      least = distance;
      best = plan;
    }
  }
  return renderCase(best, options);
}

/** First column and row of the part that is shown. */
function cornerRound({ grid, lesion }) {
  return [0, 1].map((axis) => {
    const centre = (lesion.shape.centre[axis] - grid.origin[axis]) / grid.spacing[axis];
    return Math.max(0, Math.min(grid.size[axis] - shown, Math.round(centre - shown / 2)));
  });
}

function middleSlice({ grid, lesion }) {
  return Math.round((lesion.shape.centre[2] - grid.origin[2]) / grid.spacing[2]);
}

function drawSlice(image, [nx, ny], slice, [firstColumn, firstRow], left, top) {
  for (let y = 0; y < tile; y++) {
    for (let x = 0; x < tile; x++) {
      const column = firstColumn + Math.floor(x / zoom);
      const row = firstRow + Math.floor(y / zoom);
      const hu = image[(slice * ny + row) * nx + column];
      const grey = (255 * (hu - window.lower)) / (window.upper - window.lower);
      set(left + x, top + y, Math.max(0, Math.min(255, Math.round(grey))));
    }
  }
}

function write(text, left, top) {
  [...text].forEach((letter, i) => {
    for (let y = 0; y < 7; y++) {
      const bits = Number.parseInt(letters[letter].slice(2 * y, 2 * y + 2), 16);
      for (let x = 0; x < 5; x++) if (bits & (16 >> x)) set(left + 6 * i + x, top + y, 0);
    }
  });
}

function set(x, y, grey) {
  png.data.fill(grey, 4 * (y * width + x), 4 * (y * width + x) + 3);
}
