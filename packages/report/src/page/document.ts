import { notADevice, syntheticData } from '../statements.js';
import { type Html, html, trusted } from './html.js';
import { style } from './style.js';

/**
 * A page as one HTML file: no script, no request, all pictures inside. The content security policy makes the browser
 * hold to that even if text from data should ever get past the escaping.
 */
export function htmlDocument(page: {
  readonly title: string;
  readonly synthetic: boolean;
  readonly top: Html;
  readonly main: Html;
}): string {
  const content = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${page.title}</title>
<style>${trusted(style)}</style>
</head>
<body>
${page.top}
<main>
${page.main}
</main>
<footer>${notADevice}${page.synthetic ? ` ${syntheticData}` : ''}</footer>
</body>
</html>
`;
  return `<!doctype html>\n${content}`;
}
