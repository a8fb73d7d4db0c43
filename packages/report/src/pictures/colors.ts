/** Red, green, blue, 0..255. */
export type Rgb = readonly [number, number, number];

/**
 * The paper's colours of its four classes (cyst green, FNH blue, HCC red, HEM cyan), with lightness chosen so that no
 * two of them come closer than 0.19 in OKLab under protanopia, deuteranopia or tritanopia (Machado et al. 2009).
 */
const namedColors: Readonly<Record<string, Rgb>> = {
  cyst: [0x52, 0xb5, 0x35],
  fnh: [0x14, 0x40, 0xc0],
  hcc: [0xb0, 0x0f, 0x18],
  hem: [0x8d, 0xf4, 0xfb],
};

/** For classes of other names, in the order in which they appear. */
const furtherColors: readonly Rgb[] = [
  [0xf2, 0xb7, 0x05],
  [0x8e, 0x44, 0xad],
  [0xf5, 0x9a, 0xc4],
  [0x8a, 0x5a, 0x2b],
  [0xf4, 0xf1, 0xde],
  [0x2f, 0x6f, 0x6a],
];

/** One colour per class; beyond the table the colours repeat, and only the legend's order tells them apart. */
export function classColors(classes: readonly string[]): Rgb[] {
  let next = 0;
  return classes.map((name) => {
    const named = namedColors[name.toLowerCase()];
    return named ?? (furtherColors[next++ % furtherColors.length] as Rgb);
  });
}

export function toHex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Black or white, whichever has the larger contrast on `color` (WCAG 2 relative luminance). */
export function textColorOn(color: Rgb): '#000000' | '#ffffff' {
  const [r, g, b] = color.map((part) => {
    const s = part / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) ** 2 > 0.05 * 1.05 ? '#000000' : '#ffffff';
}
