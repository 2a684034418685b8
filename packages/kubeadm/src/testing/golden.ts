import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/** Compares with the file of that name in testdata/, or writes it if UPDATE_GOLDEN is set. Keys and hashes are masked. */
export function golden(name: string, text: string): void {
  const path = `${import.meta.dirname}/../testdata/${name}`;
  const shown = text
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:<hash>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<certificate key>');
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, shown);
  assert.equal(shown, readFileSync(path, 'utf8'));
}

/** The output of a dry run, without the contents of files, and with only the kinds of objects. */
export const dryRunLines = (out: string): string =>
  `${out
    .split('\n')
    .filter((line) => line.startsWith('[') || /^\tkind:/.test(line))
    .join('\n')}\n`;
