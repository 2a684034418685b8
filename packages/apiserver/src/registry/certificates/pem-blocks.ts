/** One block of a PEM text. `headers` are lines such as `Proc-Type: 4,ENCRYPTED` in front of the content. */
export interface PemBlock {
  readonly type: string;
  readonly headers: boolean;
  readonly der: Buffer;
}

const block = /^-----BEGIN ([^\n-]*)-----[ \t\r]*\n([\s\S]*?)^-----END \1-----[ \t\r]*$/gm;
const header = /^[^\n:]*:[^\n]*\n/;

/** The blocks of a text; what is between them, and blocks that are none, do not count. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].flatMap(([, type = '', body = '']) => {
    let rest = body;
    while (header.test(rest)) rest = rest.replace(header, '');
    const base64 = rest.replace(/\s/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return [];
    return [{ type, headers: rest.length < body.length, der: Buffer.from(base64, 'base64') }];
  });
}
