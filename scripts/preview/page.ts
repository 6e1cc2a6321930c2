/**
 * A report as GitHub shows it in a comment: its Markdown, its call-outs, the colours of a diff, its style sheet, and the width
 * that a comment has on a page. Mermaid is drawn by the browser that opens the page.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { marked } from 'marked';
import type { Assets } from './packed.js';

export type Theme = 'light' | 'dark';

export interface Shown {
  readonly name: string;
  /** Beside the author; the name unless told. */
  readonly caption?: string;
  /** The comment or the summary, as the action writes it. */
  readonly markdown: string;
}

const { resolve } = createRequire(import.meta.url);

function styleSheet(theme: Theme): string {
  return readFileSync(resolve(`github-markdown-css/github-markdown-${theme}.css`), 'utf8');
}

/** GitHub's page around a comment: 840 pixels of a wide window, all but its edges of a narrow one. */
const FRAME = `
body { margin: 0; padding: 24px 16px; }
body.light { background: #fff; color: #1f2328; } body.dark { background: #0d1117; color: #f0f6fc; }
article { max-width: 840px; margin: 0 auto 32px; border: 1px solid #d1d9e0; border-radius: 6px; }
article > header { padding: 8px 16px; border-bottom: 1px solid #d1d9e0; background: #f6f8fa; color: #59636e;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
article > header b { color: #1f2328; }
.dark article, .dark article > header { border-color: #3d444d; }
.dark article > header { background: #151b23; color: #9198a1; } .dark article > header b { color: #f0f6fc; }
.markdown-body { padding: 16px; font-size: 14px; border-radius: 6px; }
.markdown-body pre.mermaid { text-align: center; }`;

/** As GitHub's highlighter marks the lines of a diff. */
const DIFF_CLASSES: Readonly<Record<string, string>> = { '+': 'pl-mi1', '-': 'pl-md', '!': 'pl-mc' };

function colourDiff(html: string): string {
  return html.replace(/<code class="language-diff">([\s\S]*?)<\/code>/g, (_, code: string) => {
    const lines = code.split('\n').map((line) => {
      const name = DIFF_CLASSES[line.charAt(0)];
      return name === undefined ? line : `<span class="${name}">${line}</span>`;
    });
    return `<code>${lines.join('\n')}</code>`;
  });
}

function drawAlerts(html: string): string {
  return html
    .replace(/<blockquote>\s*<p>\[!(NOTE|WARNING|CAUTION)\]\s*([\s\S]*?)<\/blockquote>/g, (_, kind, rest) => {
      const [name, body] = [String(kind), String(rest)];
      const title = `${name.charAt(0)}${name.slice(1).toLowerCase()}`;
      return `<div class="markdown-alert markdown-alert-${name.toLowerCase()}"><p class="markdown-alert-title">${title}</p><p>${body}</div>`;
    })
    .replace(/<p>\s*<\/p>/g, '');
}

function placeMermaid(html: string): string {
  return html.replace(
    /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
    '<pre class="mermaid">$1</pre>',
  );
}

/** The report as HTML, as it stands in a comment. */
export function renderAsGitHub(markdown: string): string {
  const html = marked.parse(markdown, { gfm: true, async: false });
  return placeMermaid(drawAlerts(colourDiff(html)));
}

function frame({ name, markdown, caption = ` · ${name}` }: Shown): string {
  const head = `<header><b>github-actions</b> bot commented${caption}</header>`;
  return `<article id="${name}">${head}<div class="markdown-body">${renderAsGitHub(markdown)}</div></article>`;
}

/** A picture is drawn when its fold is opened, as its size can't be measured before. */
const DRAW = `
const draw = (within) => mermaid.run({ nodes: [...within.querySelectorAll('.mermaid:not([data-processed])')] });
mermaid.initialize({ startOnLoad: false, theme: document.body.className === 'dark' ? 'dark' : 'default' });
for (const fold of document.querySelectorAll('details')) fold.addEventListener('toggle', () => draw(fold));
const open = [...document.querySelectorAll('.mermaid')].filter((picture) => picture.closest('details') === null);
window.drawn = mermaid.run({ nodes: open }).catch(console.error);`;

function fontFace(emoji: string | undefined): string {
  if (emoji === undefined) return '';
  return `
@font-face { font-family: "Symbols"; src: url(data:font/woff2;base64,${emoji});
  unicode-range: U+203C-3299, U+1F000-1FAFF; }
.markdown-body { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, "Symbols", sans-serif; }`;
}

/** A page of its own for each theme: GitHub's style sheet is one for each. */
export function renderPage(reports: readonly Shown[], theme: Theme, { mermaid, emoji }: Assets): string {
  const scripts =
    mermaid === undefined
      ? ''
      : `<script>${mermaid.replaceAll('</script', '<\\/script')}</script><script>${DRAW}</script>`;
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>Reports, ${theme}</title><style>${styleSheet(theme)}${FRAME}${fontFace(emoji)}</style>`,
    `<body class="${theme}">${reports.map(frame).join('\n')}${scripts}</body></html>\n`,
  ].join('\n');
}
