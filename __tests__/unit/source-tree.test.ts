import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import ts from 'typescript';

const SRC = path.join(import.meta.dirname, '../../src');

/** Every source file with the source files that it imports, types included; ESLint's rule leaves those out. */
function readImports(): Map<string, string[]> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(path.join(SRC, file), 'utf8'));
      const own = importedFiles.filter(({ fileName }) => /^\..*\.js$/.test(fileName));
      return [file, own.map(({ fileName }) => path.join(file, '..', fileName.replace(/\.js$/, '.ts')))];
    }),
  );
}

/** The files that are left when those that import nothing that is left are taken away, one after the other. */
function findCircles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  let left = new Map(imports);
  for (;;) {
    const next = new Map([...left].filter(([, files]) => files.some((file) => left.has(file))));
    if (next.size === left.size) return [...left.keys()];
    left = next;
  }
}

test('no source file imports itself by way of others, types included', () => {
  const imports = readImports();
  expect(imports.get('index.ts')).toContain('main.ts');
  expect(findCircles(imports)).toEqual([]);
});

test('a circle would be found', () => {
  const imports = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
    ['d', ['a']],
    ['e', []],
  ]);
  expect(findCircles(imports)).toEqual(['a', 'b', 'c', 'd']);
});
