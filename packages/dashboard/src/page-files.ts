import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { pageHeaders } from './response-headers.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** In the order of preference. */
const encodings = {
  br: (content: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (content: Buffer): Promise<Buffer> => promisify(gzip)(content, { level: 9 }),
} as const;
type Encoding = keyof typeof encodings;

interface PageFile {
  readonly type: string;
  readonly etag: string;
  /** Whether its name contains a hash of its content. */
  readonly isHashed: boolean;
  readonly content: Buffer;
  /** Made when they are first asked for, and once. */
  readonly encoded: Map<Encoding, Promise<Buffer>>;
}

interface PageFiles {
  /** Whether there is such a file; if so it is answered. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/**
 * The built page, read once: a request names one of its files or nothing, and never reaches the disk. Browsers cache
 * files with a hash in their names (`main-5K3VQH2A.js`) for good. Throws when the folder has no `index.html`.
 */
export function pageFiles(folder: string): PageFiles {
  const files = new Map(readdirSync(folder).map((name) => [`/${name}`, pageFile(join(folder, name))]));
  const index = files.get('/index.html');
  if (!index) throw new Error(`Cannot serve the page: folder "${folder}" has no index.html`);
  files.set('/', index);
  return {
    async answer(path, request, response) {
      const file = files.get(path);
      if (!file) return false;
      await send(file, request, response);
      return true;
    },
  };
}

function pageFile(path: string): PageFile {
  const content = readFileSync(path);
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    isHashed: /-[A-Z0-9]{8}\.\w+$/.test(path),
    content,
    encoded: new Map(),
  };
}

async function send(file: PageFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const encoding = encodingFor(request.headers['accept-encoding'], file);
  const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`;
  const headers = {
    ...pageHeaders,
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    vary: 'accept-encoding',
  };
  if ((request.headers['if-none-match'] ?? '').split(/\s*,\s*/).includes(etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = encoding ? await encodedAs(encoding, file) : file.content;
  response.writeHead(200, {
    ...headers,
    ...(encoding ? { 'content-encoding': encoding } : {}),
    'content-type': file.type,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function encodingFor(accepted: string | undefined, { content }: PageFile): Encoding | undefined {
  if (content.length < 1000) return undefined;
  const names = (accepted ?? '').split(',').flatMap((part) => {
    const [name = '', weight = ''] = part.trim().split(/\s*;\s*/);
    return /^q=0(\.0*)?$/.test(weight) ? [] : [name];
  });
  return (Object.keys(encodings) as Encoding[]).find((name) => names.includes(name));
}

function encodedAs(encoding: Encoding, file: PageFile): Promise<Buffer> {
  const found = file.encoded.get(encoding) ?? encodings[encoding](file.content);
  file.encoded.set(encoding, found);
  return found;
}
