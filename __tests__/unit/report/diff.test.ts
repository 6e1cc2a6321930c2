import { describe, expect, test } from 'vitest';
import { toDiffLines } from '../../../src/report/sections/plan-text.js';

describe('the coloured diff', () => {
  test.each([
    ['  + resource "aws_kms_key" "this" {', '+   resource "aws_kms_key" "this" {'],
    ['      - tags = {} -> null', '-       tags = {} -> null'],
    ['      ~ policy = jsonencode(', '!       policy = jsonencode('],
    ['-/+ resource "aws_kms_alias" "this" {', '- -/+ resource "aws_kms_alias" "this" {'],
    ['+/- resource "aws_kms_alias" "this" {', '- +/- resource "aws_kms_alias" "this" {'],
    [' <= data "aws_partition" "this" {', ' <= data "aws_partition" "this" {'],
    ['        # (3 unchanged attributes hidden)', '        # (3 unchanged attributes hidden)'],
    ['      +no space after it', '      +no space after it'],
    ['        id = "a - b"', '        id = "a - b"'],
    ['Plan: 1 to add, 0 to change, 0 to destroy.', 'Plan: 1 to add, 0 to change, 0 to destroy.'],
  ])('shows %j as %j', (line, shown) => {
    expect(toDiffLines(line)).toEqual([shown]);
  });

  test('takes a list inside a new multi-line value for text, not for changes', () => {
    const text = [
      '      + description = <<-EOT',
      '            - item',
      '            + item',
      '        EOT',
      '      + x = 1',
    ];
    expect(toDiffLines(text.join('\n'))).toEqual([
      '+       description = <<-EOT',
      '            - item',
      '            + item',
      '        EOT',
      '+       x = 1',
    ]);
  });

  test('marks the lines of a multi-line value that Terraform marks, and only those', () => {
    const text = [
      '      ~ input  = <<-EOT',
      '            line',
      '            - minus',
      '          + ~ tilde',
      '          - end',
      '            EOT',
      '        EOT -> (known after apply)',
      '      ~ y = 1 -> 2',
    ];
    expect(toDiffLines(text.join('\n'))).toEqual([
      '!       input  = <<-EOT',
      '            line',
      '            - minus',
      '+           ~ tilde',
      '-           end',
      '            EOT',
      '        EOT -> (known after apply)',
      '!       y = 1 -> 2',
    ]);
  });

  test('ends a multi-line value at its own closing line only, and begins none within a line', () => {
    const text = [
      '      + a = <<EOT',
      '        EOTX',
      '        + text',
      '        EOT,',
      '      + b = "x <<-EOT y"',
      '      + c = 1',
    ];
    expect(toDiffLines(text.join('\n'))).toEqual([
      '+       a = <<EOT',
      '        EOTX',
      '        + text',
      '        EOT,',
      '+       b = "x <<-EOT y"',
      '+       c = 1',
    ]);
  });

  test('does not let a line in the first column of a value be taken for a change', () => {
    expect(toDiffLines('        id = <<-EOT\n+ added?\n@@ -1 +1 @@\n        EOT\n  - x')).toEqual([
      '        id = <<-EOT',
      ' + added?',
      ' @@ -1 +1 @@',
      '        EOT',
      '-   x',
    ]);
  });
});
