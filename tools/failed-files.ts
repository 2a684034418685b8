import type { TestEvent } from 'node:test/reporters';

/**
 * A reporter for node:test: one line for each test file that failed. Where each file has a process of its own, its summary tells; a failed
 * test only knows the file that it was written in, which may be one that others take their tests from.
 */
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const seen = new Set<string>();
  for await (const { type, data } of events) {
    const failed = type === 'test:fail' || (type === 'test:summary' && !data.success);
    if (!failed) continue;
    const { file } = data;
    if (file === undefined || !isTestFile(file) || seen.has(file)) continue;
    seen.add(file);
    yield `${file}\n`;
  }
}

const isTestFile = (file: string): boolean => /\.i?test\.ts$/.test(file);
