import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suiteCache } from './suite.ts';

/** The result of an item. `failure` is the message of the failed assertion. */
export interface ItemResult {
  readonly name: string;
  readonly seconds: number;
  readonly failure?: string;
}

const resultsFile = join(suiteCache, 'results.json');

/** The latest result of every item that has been run since {@link suiteCache} was created. */
export function knownResults(): Map<string, ItemResult> {
  const results = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as ItemResult[]) : [];
  return new Map(results.map((result) => [result.name, result]));
}

export function keepResults(results: readonly ItemResult[]): void {
  const all = knownResults();
  for (const result of results) all.set(result.name, result);
  writeFileSync(
    resultsFile,
    JSON.stringify(
      [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      null,
      1,
    ),
  );
}

/**
 * Reads the items that ran from the JUnit files of a directory; items that were not selected are listed there as
 * skipped.
 */
export function resultsIn(folder: string): ItemResult[] {
  return globSync('junit_*.xml', { cwd: folder })
    .flatMap((file) => itemsOf(readFileSync(join(folder, file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function itemsOf(xml: string): ItemResult[] {
  const items: ItemResult[] = [];
  for (const [, attributes = '', body = ''] of xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)) {
    if (body.includes('<skipped')) continue;
    const failure = /<failure[^>]*>(.*?)<\/failure>/s.exec(body)?.[1];
    items.push({
      name: text(/name="([^"]*)"/.exec(attributes)?.[1] ?? ''),
      seconds: Number(/time="([^"]*)"/.exec(attributes)?.[1] ?? 0),
      ...(failure === undefined ? {} : { failure: text(failure).trim() }),
    });
  }
  return items;
}

const text = (xml: string): string =>
  xml
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

/** One line per item, failures last and with their messages, then the counts. */
export function tableOf(results: readonly ItemResult[]): string {
  const failed = results.filter(({ failure }) => failure !== undefined);
  const line = (mark: string, { name, seconds }: ItemResult): string =>
    `${mark} ${seconds.toFixed(0).padStart(4)} s  ${name}\n`;
  return [
    ...results.filter(({ failure }) => failure === undefined).map((result) => line('✓', result)),
    ...failed.map((result) => `${line('✗', result)}${result.failure?.replace(/^/gm, '          ')}\n`),
    `${results.length - failed.length} of ${results.length} passed\n`,
  ].join('');
}
