import type { TestEvent } from 'node:test/reporters';

/**
 * A reporter for node:test that prints one line for each test file that failed. It goes by the summary of each file's
 * process: a failed test only knows the file in which it is written, which may be one that several files import.
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
