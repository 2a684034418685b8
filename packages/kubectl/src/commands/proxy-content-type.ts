import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

/** The types that are built into Go. */
const known: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css',
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.xml': 'text/xml',
};

/** A file's type by its extension, from Go's and this machine's tables, else by its first bytes. */
export function contentTypeOf(path: string, head: Uint8Array): string {
  const extension = extname(path).toLowerCase();
  const type = extension === '' ? undefined : (typesOfMachine().get(extension) ?? known[extension]);
  if (type === undefined) return sniffed(head);
  return type.startsWith('text/') && !type.includes(';') ? `${type}; charset=utf-8` : type;
}

let ofMachine: ReadonlyMap<string, string> | undefined;

/** The first of the files that Go reads: the globs of the desktop's, or those of web servers. */
function typesOfMachine(): ReadonlyMap<string, string> {
  if (ofMachine) return ofMachine;
  for (const path of ['/usr/local/share/mime/globs2', '/usr/share/mime/globs2']) {
    // 50:text/markdown:*.md: the first entry for an extension counts.
    const found = linesOf(path).flatMap((line): [string, string][] => {
      const [, type = '', glob = ''] = line.split(':');
      return /^\*\.[^*?[\]]+$/.test(glob) && !Object.hasOwn(known, glob.slice(1)) ? [[glob.slice(1), type]] : [];
    });
    if (found.length > 0) {
      ofMachine = new Map(found.reverse());
      return ofMachine;
    }
  }
  const files = ['/etc/mime.types', '/etc/apache2/mime.types', '/etc/apache/mime.types', '/etc/httpd/conf/mime.types'];
  ofMachine = new Map(
    files.flatMap(linesOf).flatMap((line): [string, string][] => {
      const [type = '', ...endings] = line.trim().split(/\s+/);
      return type.startsWith('#') ? [] : endings.map((ending) => [`.${ending}`, type]);
    }),
  );
  return ofMachine;
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return []; // machines without such a file have no additional types
  }
}

const markup = 'doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--';

const beginnings: readonly (readonly [string, string])[] = [
  ['%PDF-', 'application/pdf'],
  ['%!PS-Adobe-', 'application/postscript'],
  ['\xfe\xff', 'text/plain; charset=utf-16be'],
  ['\xff\xfe', 'text/plain; charset=utf-16le'],
  ['\xef\xbb\xbf', 'text/plain; charset=utf-8'],
  ['\0\0\x01\0', 'image/x-icon'],
  ['BM', 'image/bmp'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['ID3', 'audio/mpeg'],
  ['OggS\0', 'application/ogg'],
  ['\x1f\x8b\x08', 'application/x-gzip'],
  ['PK\x03\x04', 'application/zip'],
  ['\0asm', 'application/wasm'],
];

/** A part of the algorithm of https://mimesniff.spec.whatwg.org/, for the types of files that web pages use. */
function sniffed(head: Uint8Array): string {
  const text = Buffer.from(head).toString('latin1');
  if (new RegExp(`^\\s*<!?(${markup})[ >]`, 'i').test(text)) return 'text/html; charset=utf-8';
  if (/^\s*<\?xml/.test(text)) return 'text/xml; charset=utf-8';
  const found = beginnings.find(([beginning]) => text.startsWith(beginning));
  if (found) return found[1];
  // Tabs, line ends, form feeds and escapes count as text.
  const isBinary = (byte: number): boolean => byte < 0x20 && ![9, 10, 12, 13, 27].includes(byte);
  return head.some(isBinary) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}
