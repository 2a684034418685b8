/** One PEM block. `headers` are lines such as `Proc-Type: 4,ENCRYPTED` before the content. */
interface PemBlock {
  readonly type: string;
  readonly headers: boolean;
  readonly der: Buffer;
}

const block = /^-----BEGIN ([^\n-]*)-----[ \t\r]*\n([\s\S]*?)^-----END \1-----[ \t\r]*$/gm;
const header = /^[^\n:]*:[^\n]*\n/;

/** The PEM blocks of a text; skips invalid ones and text in between. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].flatMap(([, type = '', body = '']) => {
    let rest = body;
    while (header.test(rest)) rest = rest.replace(header, '');
    const base64 = rest.replace(/\s/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return [];
    return [{ type, headers: rest.length < body.length, der: Buffer.from(base64, 'base64') }];
  });
}
