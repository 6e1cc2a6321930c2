/**
 * Draws the reports of the golden files as GitHub would, for a look in a browser: one HTML page, light and dark.
 *
 *     npx tsx scripts/preview-report.ts OUTPUT.html [light|dark] [NAME…]
 *
 * Call-outs and the colours of a diff, which GitHub adds to plain Markdown, are imitated; Mermaid is shown as its source.
 */

import { writeFileSync } from 'node:fs';
import { marked } from 'marked';
import { CASES } from '../__tests__/support/report-cases.js';
import { renderComment } from '../src/report/comment.js';

const STYLE = `
:root { --fg:#1f2328; --bg:#fff; --soft:#f6f8fa; --line:#d1d9e0; --muted:#59636e; --link:#0969da; --code:#818b981f;
  --add:#dafbe1; --addfg:#116329; --del:#ffebe9; --delfg:#82071e; --chg:#ffd8b5; --chgfg:#953800; }
.dark { --fg:#f0f6fc; --bg:#0d1117; --soft:#151b23; --line:#3d444d; --muted:#9198a1; --link:#4493f8; --code:#656c7633;
  --add:#033a16; --addfg:#aff5b4; --del:#67060c; --delfg:#ffdcd7; --chg:#5a1e02; --chgfg:#ffdfb6; }
body { margin:0; padding:24px; background:var(--bg); color:var(--fg);
  font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif; }
article { max-width:860px; margin:0 auto 32px; border:1px solid var(--line); border-radius:6px; }
article > header { background:var(--soft); border-bottom:1px solid var(--line); padding:8px 16px; color:var(--muted); }
article > div { padding:16px; }
h3 { font-size:1.25em; margin:0 0 16px; } h4 { font-size:1em; margin:24px 0 16px; }
p, table, pre, details, blockquote, ul { margin:0 0 16px; }
a { color:var(--link); } sub { font-size:75%; color:inherit; vertical-align:baseline; position:relative; bottom:-.25em; }
table { border-collapse:collapse; display:block; width:max-content; max-width:100%; overflow:auto; }
th, td { border:1px solid var(--line); padding:6px 13px; text-align:left; } tr:nth-child(2n) td { background:var(--soft); }
code { font:85% ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace; background:var(--code);
  border-radius:6px; padding:.2em .4em; white-space:break-spaces; }
pre { background:var(--soft); border-radius:6px; padding:16px; overflow:auto; line-height:1.45; }
pre code { background:none; padding:0; white-space:pre; }
pre .add { color:var(--addfg); background:var(--add); } pre .del { color:var(--delfg); background:var(--del); }
pre .chg { color:var(--chgfg); background:var(--chg); }
blockquote { border-left:.25em solid var(--line); padding:8px 16px; } blockquote > :last-child { margin-bottom:0; }
.alert-NOTE { border-color:#0969da; } .alert-WARNING { border-color:#9a6700; } .alert-CAUTION { border-color:#cf222e; }
.alert-title { font-weight:500; margin-bottom:4px; }
.alert-WARNING .alert-title { color:#9a6700; } .alert-CAUTION .alert-title { color:#cf222e; }
summary { cursor:pointer; }`;

function colourDiff(html: string): string {
  return html.replace(/<code class="language-diff">([\s\S]*?)<\/code>/g, (_, code: string) => {
    const colours: Record<string, string> = { '+': 'add', '-': 'del', '!': 'chg' };
    const lines = code.split('\n').map((line) => {
      const colour = colours[line.charAt(0)];
      return colour === undefined ? line : `<span class="${colour}">${line}</span>`;
    });
    return `<code>${lines.join('\n')}</code>`;
  });
}

function drawAlerts(html: string): string {
  const titled = html.replace(
    /<blockquote>\s*<p>\[!(NOTE|WARNING|CAUTION)\]\s*/g,
    (_, kind: string) =>
      `<blockquote class="alert-${kind}"><p class="alert-title">${kind.charAt(0)}${kind.slice(1).toLowerCase()}</p><p>`,
  );
  return titled.replace(/<p><\/p>/g, '');
}

function drawComment(name: string): string {
  const input = CASES[name];
  if (input === undefined)
    throw new Error(`No report is named ${name}; there are: ${Object.keys(CASES).join(', ')}.`);
  const html = marked.parse(renderComment(input()), { gfm: true, async: false });
  const opened = drawAlerts(colourDiff(html)).replaceAll('<details>', '<details open>');
  return `<article><header>${name}</header><div>${opened}</div></article>`;
}

const [output, theme = 'light', ...names] = process.argv.slice(2);
if (output === undefined)
  throw new Error('Say where to write the page: preview-report.ts OUTPUT.html [light|dark] [NAME…]');
const chosen = names.length > 0 ? names : Object.keys(CASES).filter((name) => name !== 'long-plan');
const page = chosen.map(drawComment).join('\n');
writeFileSync(
  output,
  `<!doctype html><meta charset="utf-8"><title>Reports</title><style>${STYLE}</style><body class="${theme}">${page}</body>\n`,
);
