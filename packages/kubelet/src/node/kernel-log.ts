import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/** What the kernel says. */
export interface KernelLog {
  /** The messages that came since the last call; the first one has all that the kernel still remembers. */
  read(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The kernel writes no longer records than this to its readers. */
const longestRecord = 8192;

/** Rejects where this machine does not show it to us. */
export async function openKernelLog(path = '/dev/kmsg'): Promise<KernelLog> {
  // A read that waits for the next message would keep one of Node's few threads for files.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    async read() {
      const messages: string[] = [];
      for (let record = await nextRecord(file); record !== undefined; record = await nextRecord(file))
        messages.push(messageOf(record));
      return messages;
    },
    close: () => file.close(),
  };
}

/** One read is one record; undefined when there are no more for now. */
async function nextRecord(file: FileHandle): Promise<string | undefined> {
  for (;;) {
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(longestRecord), 0, longestRecord, null);
      return bytesRead === 0 ? undefined : buffer.toString('utf8', 0, bytesRead);
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return undefined;
      // The kernel has overwritten what comes next; the read after this one finds what is left.
      if (codeOf(error) !== 'EPIPE') throw error;
    }
  }
}

/** Of `priority,sequence,microseconds,flags;message`; lines that follow tell of devices. */
const messageOf = (record: string): string => record.slice(record.indexOf(';') + 1).split('\n', 1)[0] ?? '';
