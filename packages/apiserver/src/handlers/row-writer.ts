import type { ListMeta } from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { PieceWriter } from '../request/body-pieces.ts';
import { piecesReply } from '../request/reply.ts';
import type { Reply } from '../request/server-request.ts';
import type { OutputOptions } from './output-options.ts';
import { rowHead, tableOf } from './table.ts';

/**
 * Whether a list is sent as table rows or metadata in JSON: then the objects' own bytes are used, and only the cells
 * are encoded.
 */
export const isRows = ({ pretty, representation: { format, as } }: OutputOptions): boolean =>
  format === 'json' && !pretty && (as === 'Table' || as === 'PartialObjectMetadataList');

export function rowsReply(
  served: ServedResource,
  objects: readonly CachedObject[],
  metadata: ListMeta,
  options: OutputOptions,
): Reply {
  const written = new PieceWriter();
  if (options.representation.as === 'Table') writeTable(written, served, { objects, metadata, options });
  else writeMetadataList(written, { objects, metadata, options });
  return piecesReply(200, written.end());
}

interface Rows {
  readonly objects: readonly CachedObject[];
  readonly metadata: ListMeta;
  readonly options: OutputOptions;
}

function writeTable(written: PieceWriter, { printer }: ServedResource, { objects, metadata, options }: Rows): void {
  const { includeObject, now, representation } = options;
  const { version } = representation;
  const empty = tableOf(printer, [], metadata, { includeObject, now, version, columns: true });
  written.text(withoutEnd(JSON.stringify(empty), ']}'));
  for (const [i, object] of objects.entries()) {
    const row = withoutEnd(JSON.stringify(rowHead(printer, object.object, now)), '}');
    written.text(`${i > 0 ? ',' : ''}${row},"object":`);
    if (includeObject === 'None') written.text('null');
    else if (includeObject === 'Metadata') writePartial(written, object, version);
    else {
      written.bytes(object.typeHead);
      written.bytes(object.item.subarray(1));
    }
    written.text('}');
  }
  written.text(']}\n');
}

function writeMetadataList(written: PieceWriter, { objects, metadata, options }: Rows): void {
  const { version } = options.representation;
  const head = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata };
  if (objects.length === 0) {
    written.text(`${JSON.stringify({ ...head, items: null })}\n`);
    return;
  }
  const list = { ...head, items: [] };
  written.text(withoutEnd(JSON.stringify(list), ']}'));
  for (const [i, object] of objects.entries()) {
    if (i > 0) written.text(',');
    writePartial(written, object, version);
  }
  written.text(']}\n');
}

function writePartial(written: PieceWriter, object: CachedObject, version: string): void {
  written.text(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`);
  written.bytes(object.metadata);
  written.text('}');
}

function withoutEnd(json: string, end: string): string {
  return json.slice(0, json.length - end.length);
}
