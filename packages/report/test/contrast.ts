import type { Browser } from './browser.js';

/**
 * Runs in the page: the visible texts whose contrast with what lies under them is below WCAG 2's 4.5 (3 for large
 * letters). What lies under a text are the background colours of its ancestors, laid over each other.
 */
const paleTexts = String.raw`(() => {
  const parse = (text) => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (element) =>
    element === null
      ? [255, 255, 255]
      : over(parse(getComputedStyle(element).backgroundColor), under(element.parentElement));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale = new Set();
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    const style = getComputedStyle(element);
    const hidden = element.getBoundingClientRect().width < 2 || style.opacity === '0';
    if (text === '' || hidden) continue;
    const below = under(element);
    const ink = over(parse(element.closest('svg') === null ? style.color : style.fill), below);
    const [a, b] = [luminance(ink), luminance(below)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) {
      pale.add(text.slice(0, 40) + ': ' + contrast.toFixed(2));
    }
  }
  return [...pale];
})()`;

export function textsOfLowContrast(browser: Browser): Promise<string[]> {
  return browser.evaluate(paleTexts);
}
