import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { marked, type Tokens } from 'marked';
import type { AccessChange } from '../../../src/plan/types.js';
import { renderComment, renderSummary } from '../../../src/report/comment.js';
import { toDiffLines } from '../../../src/report/sections/plan-text.js';
import { showInvisibleInLines } from '../../../src/report/escape.js';
import { COMMENT_LIMIT, type ReportInput } from '../../../src/report/types.js';
import {
  access,
  ACCOUNT,
  attribute,
  finding,
  plan,
  REGIONS,
  report,
  row,
  value,
} from '../../support/plan-builder.js';
import { tokensOf, liveText, nasty } from '../../support/rendered-markdown.js';
import { CASES, THIRTY_REGIONS } from '../../support/report-cases.js';
import type { Finding, Rule } from '../../../src/guard/finding.js';
import { runs } from '../../support/runs.js';

const caseOf = (name: string): ReportInput => {
  const makeInput = CASES[name];
  if (makeInput === undefined) throw new Error(`There is no case ${name}.`);
  return makeInput();
};

/** A report with the same foreign text wherever foreign text can come in. */
function reportWith(text: string, many = 1): ReportInput {
  const times = Array.from({ length: many }, (_, index) => index);
  const change = {
    action: 'update',
    attributes: [
      attribute('description', value(text), value(`${text}!`)),
      attribute(text, value(text), value({ text })),
    ],
  } as const;
  const rows = [
    row({ region: REGIONS[0], alias: text, key: change }),
    ...times.map((index) => row({ region: `${text}${index}`, alias: text, key: change })),
  ];
  const changes = times.map((index): AccessChange =>
    access({
      principal: `${text}${index}`,
      actions: [text, `kms:${text}`],
      condition: text,
      regions: [text, REGIONS[0]],
    }),
  );
  const findings = times.flatMap((index): Finding[] => {
    const said = { rule: text as Rule, reason: `${text}${index}`, wayOut: text, region: text };
    return [finding({ severity: 'stop', ...said }), finding(said)];
  });
  const lines = times.map(() => text);
  return report(
    plan(rows, { unsupported: lines, drift: rows.flatMap(({ key }) => (key === undefined ? [] : [key])) }),
    {
      command: 'apply',
      outcome: 'failed',
      alias: text,
      commentKey: text,
      text: `  + description = "${text}"`,
      access: changes,
      findings,
      failure: { what: text, done: text, next: text },
      approval: { approved: false, says: text, gone: lines, added: lines },
      keyStates: times.map(() => ({
        region: text,
        keyId: text,
        state: 'PendingDeletion',
        deletionDate: text,
      })),
      keys: times.map(() => ({ region: text, role: 'replica', keyArn: text, aliasArn: text })),
      verification: times.map(() => ({
        region: text,
        role: 'primary',
        checks: [{ name: text, ok: false, detail: text }],
      })),
      versions: { action: text, terraform: text, provider: text },
      source: { commit: text, runUrl: text },
    },
  );
}

/** Our own HTML, and nothing else. */
const OUR_HTML =
  /^(?:<\/?(?:br|sub|em|details|summary)>|<details><summary>[^<]*<\/summary>|<!-- aws-kms-multi-region-key:[^<>]*-->)+$/;

const htmlIn = (markdown: string): string[] =>
  tokensOf(markdown)
    .filter(({ type }) => type === 'html')
    .map(({ raw }) => raw.trim());

const linksIn = (markdown: string): string[] =>
  tokensOf(markdown)
    .filter(({ type }) => type === 'link' || type === 'image')
    .map((token) => (token as Tokens.Link).href);

describe('foreign text in the comment', () => {
  test('stays text wherever it comes in', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const comment = renderComment(reportWith(text));
        expect(htmlIn(comment).filter((html) => !OUR_HTML.test(html))).toEqual([]);
        expect(
          linksIn(comment).filter((href) => href !== 'https://aws.amazon.com/kms/pricing/' && href !== text),
        ).toEqual([]);
        // What is live in our own words: "US$1", and the kind of a call-out.
        expect(liveText(comment).filter((live) => !/US\$\d|^\[!(?:CAUTION|WARNING)\]$/.test(live))).toEqual(
          [],
        );
        expect(comment.match(/<!--/g)?.length).toBe(2);
      }),
      runs(100),
    );
  });

  test('leaves the hidden lines of the caller as the first and the last', () => {
    const input = caseOf('hostile');
    const lines = renderComment(input).split('\n');
    expect([lines[0], lines.at(-1)]).toEqual([input.hidden.marker, input.hidden.approvalRecord]);
  });

  test('in the plan is in the diff, all of it and nothing after it', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        fc.pre(text.trim() !== '' && !/[`]{16}/.test(text));
        const planText = `Plan:\n${text}\nEnd.`;
        const comment = renderComment(
          report(plan([row({ region: REGIONS[0], key: { action: 'create' } })]), { text: planText }),
        );
        const diffs = marked
          .lexer(comment, { gfm: true })
          .filter((token) => token.type === 'code' && token.lang === 'diff');
        const shown = toDiffLines(showInvisibleInLines(planText)).join('\n');
        expect(diffs.map(({ raw }) => raw.trimEnd().split('\n').slice(1, -1).join('\n'))).toEqual([shown]);
      }),
      runs(100),
    );
  });

  test('that Terraform calls sensitive is never shown', () => {
    const secret = 'hunter2-hunter2';
    const key = row({
      region: REGIONS[0],
      key: {
        action: 'update',
        attributes: [
          {
            name: 'material',
            before: { is: 'sensitive' },
            after: { is: 'sensitive' },
            forcesReplacement: false,
          },
        ],
      },
    });
    const raw = {
      ...key,
      key:
        key.key === undefined
          ? undefined
          : { ...key.key, before: { material: secret }, after: { material: secret } },
    };
    const comment = renderComment(report(plan([raw]), { text: 'material = (sensitive value)' }));
    expect(comment).toContain('sensitive, not shown');
    expect(comment).not.toContain(secret);
  });
});

describe('the length of the comment', () => {
  test('never exceeds what GitHub takes, whatever there is to say', () => {
    fc.assert(
      fc.property(
        nasty,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (text, many, repeat) => {
          const input = reportWith(text.slice(0, 200).repeat(repeat).slice(0, 2000), many);
          const comment = renderComment(input);
          expect(comment.length).toBeLessThanOrEqual(COMMENT_LIMIT);
          expect(comment.split('\n').at(-1)).toBe(input.hidden.approvalRecord);
          expect(comment).toContain('#### Who gains and who loses access');
        },
      ),
      runs(25),
    );
  });

  test('is kept by cutting the plan at a line end, saying how much and where the whole is', () => {
    const input = caseOf('long-plan');
    const comment = renderComment(input);
    const [diff] = marked
      .lexer(comment, { gfm: true })
      .filter((token) => token.type === 'code' && token.lang === 'diff');
    const whole = toDiffLines(input.plan?.text ?? '');
    const shown = (diff?.raw.trimEnd().split('\n') ?? []).slice(1, -1);
    expect(shown).toEqual(whole.slice(0, shown.length));
    const left = (whole.length - shown.length).toLocaleString('en-US');
    expect(comment).toContain(
      `Cut here for length: ${left} of ${whole.length.toLocaleString('en-US')} lines`,
    );
    expect(comment).toContain(
      'The whole plan is in [the job summary of the run](https://github.com/acme/keys/actions/runs/4711).',
    );
    expect(comment.length).toBeGreaterThan(COMMENT_LIMIT - 200);
  });

  test('is used up to the last line that fits, for a plan of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 100 }), (lengths) => {
        const input = report(plan([row({ region: REGIONS[0], key: { action: 'create' } })]), {
          text: `Plan:\n${lengths.map((length) => 'x'.repeat(length)).join('\n')}`,
        });
        const comment = renderComment(input);
        expect(comment.length).toBeLessThanOrEqual(COMMENT_LIMIT);
        expect(comment.includes('Cut here')).toBe(
          comment.length > COMMENT_LIMIT - 3300 && comment.includes('are left out'),
        );
      }),
      runs(100),
    );
  });

  test('names each of thirty Regions in the list behind the row that they share', () => {
    const comment = renderComment(caseOf('thirty-regions'));
    const list = comment.split('<summary>The 29 Regions of that row</summary>')[1]?.split('</details>')[0];
    const [, ...replicas] = THIRTY_REGIONS;
    expect(replicas.filter((region) => list?.includes(`\`${region}\`\n`) !== true)).toEqual([]);
  });

  test('is kept by shortening the tables when the plan alone is not enough, with a count of what is missing', () => {
    const accounts = Array.from({ length: 3000 }, (_, index) => String(100_000_000_000 + index));
    const changes = accounts.map((account, index) =>
      access({ principal: `arn:aws:iam::${account}:role/r`, regions: [THIRTY_REGIONS[index % 30] ?? ''] }),
    );
    const model = plan(THIRTY_REGIONS.map((region) => row({ region, key: { action: 'update' } })));
    const comment = renderComment(report(model, { access: changes }));
    expect(comment.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(comment).toMatch(/and [\d,]+ more/);
    expect(THIRTY_REGIONS.filter((region) => !comment.includes(`\`${region}\``))).toEqual([]);
  });

  test('is kept by leaving out changes of access only when all else is short, with a count of them', () => {
    const changes = Array.from({ length: 400 }, (_, index) =>
      access({
        stranger: true,
        principal: `arn:aws:iam::${100_000_000_000 + index}:role/payments-worker`,
        condition: `StringEquals kms:EncryptionContext:tenant = tenant-${index}`,
      }),
    );
    const model = plan(REGIONS.map((region) => row({ region, key: { action: 'update' } })));
    const comment = renderComment(
      report(model, { access: changes, findings: [finding({ severity: 'stop' })] }),
    );
    const named = comment.match(/\*\*Role\*\*/g)?.length ?? 0;
    expect(comment).toContain(`…and ${400 - named} more changes of access, left out for length.`);
    expect(named).toBeGreaterThan(150);
    expect(comment).toContain('**What to do:**');
    expect(comment.length).toBeGreaterThan(COMMENT_LIMIT - 500);
  });

  test('leaves out an approval record that has no room, and says how to approve without it', () => {
    const input = caseOf('first-creation');
    const approvalRecord = `<!-- ${'x'.repeat(COMMENT_LIMIT)} -->`;
    const comment = renderComment({ ...input, hidden: { ...input.hidden, approvalRecord } });
    expect(comment).not.toContain('xxxx');
    expect(comment).toContain('The approval record had no room here');
  });

  test('refuses a marker that is itself too long', () => {
    const input = caseOf('first-creation');
    const marker = `<!-- ${'x'.repeat(COMMENT_LIMIT)} -->`;
    expect(() => renderComment({ ...input, hidden: { marker } })).toThrow(RangeError);
  });
});

describe('the order of the comment', () => {
  const positions = (comment: string, parts: readonly string[]): number[] =>
    parts.map((part) => comment.indexOf(part));

  test('is verdict, warnings, Regions, access, cost, picture, plan, origin, record', () => {
    const found = positions(renderComment({ ...caseOf('accounts-changed') }), [
      'comment-key=aws_cb_cmk',
      '### 🔑',
      '> [!NOTE]',
      '| Region and role |',
      '#### Who gains',
      '**Cost per month**',
      '```mermaid',
      '<details>',
      'commit `',
      'approval {"digest"',
    ]);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).not.toContain(-1);
  });

  test('puts the reasons of a refusal directly under the verdict', () => {
    const found = positions(renderComment(caseOf('region-removed')), [
      '### ⛔',
      '> [!CAUTION]',
      '**From the moment of apply nothing in Jakarta can encrypt',
      '**What to do:**',
      'aws kms enable-key --region ap-southeast-3',
      '| Region and role |',
    ]);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).not.toContain(-1);
  });

  test('is one visible line when nothing changes', () => {
    const visible = renderComment(caseOf('no-change'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('<!--'));
    expect(visible).toHaveLength(1);
    expect(visible[0]).toContain('no changes in 3 Regions');
  });

  test('shows a key pending deletion as an alarm with the commands that save it', () => {
    const comment = renderComment(caseOf('drift'));
    expect(comment.indexOf('**is going to be deleted**, on `2026-12-24`')).toBeLessThan(
      comment.indexOf('#### Changed outside'),
    );
    expect(comment).toContain('aws kms cancel-key-deletion --region ap-southeast-3 --key-id mrk-');
  });

  test('offers no command to paste when a name in it is not what it should be', () => {
    expect(renderComment(caseOf('hostile'))).not.toContain('aws kms cancel-key-deletion');
  });

  test('after apply has one table, with what changed, the checks and the ARN of each Region', () => {
    const [table, ...more] = tablesOfRegions(renderComment(caseOf('applied')));
    expect(more).toEqual([]);
    expect(table?.rows.map((cells) => cells.map(({ text }) => text.split('<br>')))).toEqual(
      REGIONS.map((region, index) => [
        [expect.stringContaining(index === 0 ? '**primary**' : 'replica'), `\`${region}\``],
        [
          '➕ key and alias **created**',
          '✅ `same key id` `role` `enabled` `alias` `policy`',
          `<code>arn:aws:kms:${region}:<wbr>${ACCOUNT}:key/mrk-01641fdcadec421f<wbr>9ed2665c7d78ef9c</code>`,
        ],
      ]),
    );
  });

  test('tells the comments of a matrix apart', () => {
    expect(renderComment({ ...caseOf('no-change'), commentKey: 'prod' })).toContain(' · `prod`');
  });
});

/** The tables that have a row for each Region. */
function tablesOfRegions(comment: string): Tokens.Table[] {
  return marked
    .lexer(comment, { gfm: true })
    .filter((token): token is Tokens.Table => token.type === 'table')
    .filter(({ header }) => header[0]?.text.startsWith('Region') === true);
}

/** The Markdown that a reader sees before unfolding anything. */
function unfolded(comment: string): string {
  return comment.replace(/<details>[\s\S]*?<\/details>/g, '').replace(/<!--.*?-->/g, '');
}

describe('the height of the comment', () => {
  test('is that of two rows for thirty Regions of which the same is said', () => {
    const comment = renderComment(caseOf('thirty-regions'));
    const [table] = tablesOfRegions(comment);
    expect(table?.rows.map((cells) => cells[0]?.text)).toEqual([
      'Singapore · **primary**<br>`ap-southeast-1`',
      '**29 Regions** · replica',
    ]);
    expect(unfolded(comment)).not.toContain('mermaid');
    // Measured: 25 pixels a line, and a table's row at least 38; npm run preview holds the pixels.
    expect(unfolded(comment).split(/\n|<br>/).length).toBeLessThan(40);
  });

  test.each(['applied', 'destroyed', 'region-added'])('tells each Region once in %s', (name) => {
    const visible = unfolded(renderComment(caseOf(name)).replace(/```[\s\S]*?```/g, ''));
    const [, ...more] = tablesOfRegions(visible);
    expect(more).toEqual([]);
    expect(visible.split('\n').filter((line) => line.includes('<br>`ap-southeast-1`')).length).toBe(1);
  });

  test('does not grow with the Regions that gain the same access', () => {
    const [, ...added] = THIRTY_REGIONS;
    const model = plan(THIRTY_REGIONS.map((region) => row({ region, key: { action: 'update' } })));
    const some = { regions: added };
    const comment = renderComment(
      report(model, { access: [access(some), access({ ...some, principal: '*' })] }),
    );
    expect(unfolded(comment)).toContain('in 29\u00A0Regions');
    expect(unfolded(comment)).not.toContain('`eu-west-1`');
    expect(comment).toContain('`eu-west-1`');
  });

  test('does not grow with the Regions that drift alike', () => {
    const drift = THIRTY_REGIONS.flatMap((region) => row({ region, key: { action: 'update' } }).key ?? []);
    const comment = renderComment(
      report(plan([], { drift, hasChanges: true }), { command: 'drift', outcome: 'drifted' }),
    );
    const [table] = tablesOfRegions(comment);
    expect(table?.rows.map((cells) => cells[0]?.text)).toEqual([
      'Singapore<br>`ap-southeast-1`',
      '**29 Regions**',
    ]);
    expect(THIRTY_REGIONS.filter((region) => !comment.includes(`\`${region}\``))).toEqual([]);
  });

  test('is not made by a picture of what is applied already', () => {
    expect(unfolded(renderComment(caseOf('applied')))).not.toContain('mermaid');
    expect(unfolded(renderComment(caseOf('first-creation')))).toContain('mermaid');
  });
});

describe('the job summary', () => {
  test('says the log has the whole of a plan that even it has to cut', () => {
    const input = report(plan([row({ region: REGIONS[0], key: { action: 'create' } })]), {
      text: 'é\n'.repeat(700_000),
    });
    const summary = renderSummary(input);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1_048_576);
    expect(summary).toContain('The whole plan is in the log of the run.');
  });
});
