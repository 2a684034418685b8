/** One block of a PEM text. */
export interface PemBlock {
  /** What stands behind BEGIN: `CERTIFICATE`. */
  readonly type: string;
  /** Whether lines such as `Proc-Type: 4,ENCRYPTED` stand before the data. */
  readonly hasHeaders: boolean;
  readonly der: Buffer;
}

/**
 * The blocks of a text, in order, as Go's `encoding/pem` finds them: text around them does not count, and a block that has no end, or whose data is
 * no base64, is passed over.
 */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].flatMap(([, type = '', body = '']) => {
    const lines = body.split('\n').map((line) => line.trim());
    const headers = lines.findIndex((line) => !line.includes(':'));
    const base64 = lines.slice(headers < 0 ? lines.length : headers).join('');
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return [];
    return [{ type, hasHeaders: headers > 0, der: Buffer.from(base64, 'base64') }];
  });
}

const block = /^-----BEGIN ([^\n]*?)-----[ \t]*\r?\n((?:(?!-----)[^\n]*\n)*?)-----END \1-----[ \t]*\r?$/gm;
