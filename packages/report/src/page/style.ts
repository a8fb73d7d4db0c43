/** The style sheet of the report. Light and dark follow the reader's system; nothing is loaded. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --ink: #16202b; --soft: #5a6675; --line: #dde2e8;
  --accent: #1f5fa8; --good: #1b7f4b; --bad: #b3261e; --note: #8a5a00;
  --note-surface: #fff4d6; --shade: 31 95 168; --bad-shade: 179 38 30;
  --s0: #1f5fa8; --s1: #c2571a; --s2: #2c8a5b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141a; --surface: #171e26; --ink: #e6ebf1; --soft: #9aa7b5; --line: #2b3541;
    --accent: #7db4f0; --good: #5fcf97; --bad: #ff8a80; --note: #f2c55c;
    --note-surface: #2e2612; --shade: 90 160 235; --bad-shade: 255 120 110;
    --s0: #7db4f0; --s1: #f0a060; --s2: #6fd6a4;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main, .top { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
.top { padding-top: 40px; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.2; letter-spacing: -.015em; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; margin: 56px 0 12px; letter-spacing: -.01em; }
h3 { font-size: 1.1rem; margin: 32px 0 10px; }
h4 { font-size: 1.05rem; font-weight: 400; margin: 0; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { font: .88em ui-monospace, "Cascadia Code", "Liberation Mono", monospace; overflow-wrap: anywhere; }
.lead { color: var(--soft); max-width: 70ch; margin: 0 0 20px; }
.banner { margin: 10px 0; padding: 10px 14px; border-radius: 8px; border: 1px solid var(--line);
  border-left: 5px solid var(--soft); background: var(--surface); }
.banner.synthetic { background: var(--note-surface); border-color: var(--note); color: var(--note); font-weight: 600; }
nav { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 18px 0 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin: 16px 0; padding: 0; list-style: none; }
.cards li { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.cards span { display: block; color: var(--soft); font-size: .88rem; }
.cards span + span { white-space: nowrap; }
.cards b { display: block; font-size: 1.9rem; line-height: 1.25; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: 16px 0 0; border: 1px solid var(--line); border-radius: 12px; background-color: var(--surface);
  /* A shadow at an edge says that the table goes on there. */
  background-image: linear-gradient(to right, var(--surface), var(--surface)), linear-gradient(to right, var(--surface), var(--surface)),
    linear-gradient(to right, rgb(0 0 0 / .22), transparent), linear-gradient(to left, rgb(0 0 0 / .22), transparent);
  background-position: left, right, left, right; background-size: 24px 100%, 24px 100%, 12px 100%, 12px 100%;
  background-repeat: no-repeat; background-attachment: local, local, scroll, scroll; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .94rem; }
caption { text-align: left; font-weight: 650; padding: 12px 16px 8px; }
th, td { padding: 8px 16px; text-align: right; border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
thead th { color: var(--soft); font-weight: 600; font-size: .86rem; }
tbody th { font-weight: 500; }
tbody th, thead th:first-child { white-space: normal; }
.provenance td { text-align: left; white-space: normal; overflow-wrap: anywhere; font-family: ui-monospace, "Liberation Mono", monospace; font-size: .84rem; }
.provenance th { vertical-align: top; } .provenance thead th { text-align: left; }
.notes { margin: 8px 0 0; padding: 0 0 0 18px; color: var(--soft); font-size: .88rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 0 20px; align-items: start; }
.columns > div { min-width: 0; }
.columns th, .columns td { padding: 8px 12px; }
.confusion td { text-align: center; min-width: 62px; }
.confusion thead th:not(:first-child) { text-align: center; }
.confusion td b { display: block; font-size: 1.05rem; }
.confusion td small { color: var(--soft); }
.confusion td.right { background: rgb(var(--shade) / calc(.06 + .5 * var(--share))); }
.confusion td.wrong { background: rgb(var(--bad-shade) / calc(.75 * var(--share))); }
.confusion td.right small, .confusion td.wrong small { color: inherit; }
.confusion td.zero b, .confusion td.zero small { color: var(--soft); font-weight: 400; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 16px; }
.chart { margin: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; }
.chart figcaption { font-weight: 650; margin-bottom: 6px; }
.chart svg { display: block; width: 100%; height: auto; }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; }
.series.s0 { stroke: var(--s0); } .series.s1 { stroke: var(--s1); stroke-dasharray: 7 3; } .series.s2 { stroke: var(--s2); stroke-dasharray: 2 3; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 6px 0 0; padding: 0; font-size: .9rem; }
.legend svg { display: inline-block; width: 26px; height: 9px; margin-right: 6px; }
.swatch { display: inline-block; width: .85em; height: .85em; margin-right: .5em; border-radius: 3px; vertical-align: -.08em;
  background: var(--color); border: 1px solid rgb(128 128 128 / .6); }
.lesions { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; margin-top: 14px; }
.lesion { background: var(--surface); border: 1px solid var(--line); border-left: 6px solid var(--soft); border-radius: 12px; padding: 16px 18px;
  content-visibility: auto; contain-intrinsic-size: auto 480px; }
.lesion.wrong { border-left-color: var(--bad); } .lesion.right { border-left-color: var(--good); }
.lesion header { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; margin-bottom: 12px; }
.lesion header p { margin: 0; }
.verdict { font-weight: 700; } .wrong .verdict { color: var(--bad); } .right .verdict { color: var(--good); }
.ids { color: var(--soft); font-size: .85rem; margin-left: auto !important; }
.panels { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px; }
.panels figure { margin: 0; background: #000; border-radius: 8px; overflow: hidden; display: flex; flex-direction: column; }
.panels svg { display: block; width: 100%; aspect-ratio: 1; }
.panels image { image-rendering: pixelated; }
.panels figcaption { color: #e8eaed; background: #000; text-align: center; font-size: .82rem; padding: 3px 0 5px; }
.outline { fill: none; stroke: #ffd60a; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.shares { margin-top: 12px; max-width: 560px; font-size: .9rem; }
.shares th, .shares td { padding: 4px 10px 4px 0; border: 0; }
.shares .decided th, .shares .decided td { font-weight: 700; }
.shares td span:last-child { display: inline-block; min-width: 4em; }
.bar { display: inline-block; width: min(110px, 16vw); height: .6em; margin-right: 8px; border-radius: 3px; vertical-align: .02em;
  background: linear-gradient(to right, var(--accent) calc(100% * var(--share)), var(--line) 0); }
.warnings { margin: 10px 0 0; padding-left: 18px; color: var(--note); font-size: .9rem; }
.others, .missing { color: var(--soft); font-size: .88rem; margin: 10px 0 0; }
.hidden { position: absolute; width: 1px; height: 1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { max-width: 1120px; margin: 64px auto 0; padding: 20px; color: var(--soft); font-size: .88rem; border-top: 1px solid var(--line); }
.chart.plot > svg { max-width: 440px; margin: 0 auto; }
.chart.single { max-width: 480px; }
.dense th, .dense td { padding: 7px 9px; } .dense { font-size: .86rem; }
.dense th:first-child { position: sticky; left: 0; background: var(--surface); min-width: 8.5em; padding-left: 16px; }
.key { margin: 8px 0 0; color: var(--soft); font-size: .85rem; }
.key .dot, .key .tick { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--s0); vertical-align: 0; }
.key .dot.s1 { background: var(--s1); } .key .dot.s2 { background: var(--s2); }
.key .tick { width: 3px; height: 14px; border-radius: 0; background: var(--s1); margin-left: 10px; vertical-align: -2px; }
.statements { padding-left: 20px; max-width: 90ch; } .statements li { margin: 6px 0; }
.heading { font-weight: 650; margin: 20px 0 0; }
.method { background: none; border-top: 1px solid var(--line); padding: 4px 0; }
.method[open] { padding-bottom: 24px; }
.method > summary { cursor: pointer; padding: 10px 4px; } .method > summary b { font-weight: 650; margin-right: 10px; }
.method .charts { margin-top: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); }
.decisions { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 12px 0 0; font-size: .9rem; }
.decisions dt { font-weight: 650; } .decisions dd { margin: 0; color: var(--soft); }
@media (max-width: 640px) {
  main, .top { padding-left: 14px; padding-right: 14px; } .top { padding-top: 24px; }
  .cards { grid-template-columns: 1fr 1fr; gap: 10px; } .cards span + span { white-space: nowrap; }
.cards b { font-size: 1.5rem; } .cards li { padding: 12px 14px; }
  .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .ids { margin-left: 0 !important; flex-basis: 100%; }
  table { font-size: .86rem; } th, td, .columns th, .columns td { padding: 7px 7px; } .columns th:first-child, th:first-child { padding-left: 12px; }
  .lesion { padding: 14px; } .confusion td { min-width: 50px; } .shares th:first-child { padding-left: 0; }
}
@media print { .lesion { content-visibility: visible; break-inside: avoid; } body { background: #fff; } }
`;
