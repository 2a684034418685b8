import type { ApiObject } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import type { AnyResource } from '../resources/any-resource.ts';
import { localType } from '../resources/local-type.ts';
import type { Session } from '../session.ts';
import { kustomizationMark, refuseMisuse } from './file-marks.ts';
import { ListFailures } from './list-failures.ts';
import { metadataMisfit } from './metadata-misfit.ts';
import { MissingNameError } from './missing-name.ts';
import { type FileObject, noteFiles } from './unreached-files.ts';

/** An object of a file, with the resource that it belongs to and the namespace that it goes to. */
export interface ManifestObject {
  readonly source: string;
  readonly type: AnyResource;
  /** As written, with its namespace filled in. */
  readonly object: ApiObject;
  /** As written. */
  readonly written: ApiObject;
  readonly name: string;
  /** Undefined for what is cluster-scoped. */
  readonly namespace: string | undefined;
  /** The document that it is an item of, where that is a list. */
  readonly list?: object;
}

export interface FilenameOptions {
  readonly filenames: readonly string[];
  readonly recursive: boolean;
  /** Only what has such labels, by what the file says. */
  readonly selector?: string | undefined;
  /** No server is asked what there is. */
  readonly local?: boolean;
  /** Whether upstream compares the files with the server's schema first; else it only asks which kinds there are. */
  readonly validated?: boolean | undefined;
  /** Whether the command knows the kinds that it deals with, and asks no server of them. */
  readonly kindsKnown?: boolean;
  /** Told of objects whose kind the server does not have, and the others go on; without it the first of them is thrown. */
  readonly failed?: (error: unknown) => void;
}

export const filenameFlags = {
  filename: { type: 'list', short: 'f', help: 'Filename or directory to use' },
  kustomize: { type: 'string', short: 'k', help: 'Folder with a kustomization, in the place of -f.', default: '' },
  recursive: {
    type: 'boolean',
    short: 'R',
    help: 'Process the directory used in -f, --filename recursively.',
    default: false,
  },
} as const;

/** Reads `-f`: files, URLs, folders (their .yaml, .yml and .json), `-` for standard input; Lists become their items. */
export async function readManifests(options: FilenameOptions, session: Session): Promise<ManifestObject[]> {
  refuseMisuse(options.filenames);
  const objects: ManifestObject[] = [];
  const { failed, local = false, validated = false } = options;
  const isWanted = await filterOf(options.selector ?? '');
  const wrong: unknown[] = [];
  const found: FileObject[] = [];
  const notice = (error: unknown): void => {
    if (!failed) throw error;
    wrong.push(error);
  };
  let isDownloading = false;
  let failedDownload = false;
  for (const { source, text } of await readTexts(options, session)) {
    try {
      isDownloading = typeof text !== 'string';
      const read = typeof text === 'string' ? text : await text();
      isDownloading = false;
      for (const { object, list } of decoded(source, read)) {
        await identify(object, { source, local }, session).then((identified) => {
          if (isWanted(identified.written)) objects.push(list ? { ...identified, list } : identified);
        }, notice);
        found.push({ source, ...(list ? { list } : {}) });
      }
    } catch (error) {
      // What stands before it, and in other files, is as good as without it.
      failedDownload ||= isDownloading;
      notice(error);
    }
  }
  // A file that another server did not give is reported as itself.
  if (!local && !options.kindsKnown && found.length > 0 && !failedDownload)
    noteFiles(session, { objects: found, validated });
  // To upstream all that is wrong with files is one failure.
  if (wrong.length > 0) failed?.(wrong.length === 1 ? wrong[0] : new ListFailures(wrong));
  return objects;
}

/** Whether an object has such labels. Loaded where it is needed: few commands that read files are given a selector. */
export async function filterOf(selector: string): Promise<(object: Pick<ApiObject, 'metadata'>) => boolean> {
  if (selector === '') return () => true;
  const { parseSelector } = await import('@typernetes/machinery');
  try {
    const parsed = parseSelector(selector);
    return ({ metadata }) => parsed.matches(metadata?.labels ?? {});
  } catch (error) {
    throw new Error(`the provided selector ${JSON.stringify(selector)} is not valid`, { cause: error });
  }
}

/** Throws for files that there are not. */
export async function checkPaths(filenames: readonly string[], { files }: Session): Promise<void> {
  refuseMisuse(filenames);
  for (const filename of filenames) if (isPath(filename)) await files.list(filename);
}

const isPath = (filename: string): boolean =>
  filename !== '-' && !filename.startsWith(kustomizationMark) && !/^https?:\/\//.test(filename);

interface Text {
  readonly source: string;
  /** What is downloaded is so in its turn. */
  readonly text: string | (() => Promise<string>);
}

async function downloadedText(url: string, session: Session): Promise<string> {
  const { downloaded } = await import('./download.ts');
  return downloaded(url, session);
}

async function readTexts(options: FilenameOptions, session: Session): Promise<Text[]> {
  if (options.filenames.filter((filename) => filename === '-').length > 1)
    throw new Error('standard input cannot be used for multiple arguments');
  const texts: Text[] = [];
  for (const filename of options.filenames) {
    if (filename.startsWith(kustomizationMark)) {
      const folder = filename.slice(kustomizationMark.length);
      const { builtKustomization } = await import('../programs/kustomize.ts');
      texts.push({ source: folder, text: await builtKustomization(folder, session) });
    } else if (filename === '-') texts.push({ source: 'STDIN', text: await session.io.stdin.text() });
    else if (/^https?:\/\//.test(filename)) {
      texts.push({ source: filename, text: () => downloadedText(filename, session) });
    } else
      for (const source of await filesIn(filename, options.recursive, session)) {
        texts.push({ source, text: await session.files.read(source) });
      }
  }
  return texts;
}

async function filesIn(path: string, recursive: boolean, { files }: Session): Promise<string[]> {
  const names = await files.list(path);
  if (!names) return [path];
  const found = await filesBelow(path, names, { recursive, files });
  if (found.length === 0) throw new Error(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return found;
}

/** Folders further down may have none. */
async function filesBelow(
  path: string,
  names: readonly string[],
  { recursive, files }: { recursive: boolean; files: Session['files'] },
): Promise<string[]> {
  const found: string[] = [];
  for (const name of [...names].sort()) {
    const below = `${path.replace(/\/$/, '')}/${name}`;
    const inner = await files.list(below);
    if (inner && recursive) found.push(...(await filesBelow(below, inner, { recursive, files })));
    else if (!inner && /\.(json|yaml|yml)$/.test(name)) found.push(below);
  }
  return found;
}

const endOfDocument = /^\.\.\.(?=\s|$)/m;

function* decoded(source: string, text: string): Generator<{ object: ApiObject; list?: object }, void> {
  // Pages show by "..." what they leave out: to YAML it ends a document, and upstream reads no further before the next "---".
  const isCut = endOfDocument.test(text);
  // Upstream takes documents apart before it looks at them: a directive stands alone then, and is none.
  const isApart = isCut || /^%/m.test(text);
  const [, odd] = /^---[^\S\n]*([^#\s].*)$/m.exec(text) ?? [];
  if (odd !== undefined)
    throw new Error(`error parsing ${source}`, {
      cause: new Error(`invalid Yaml document separator: ${odd.trimEnd()}`),
    });
  try {
    if (!isApart) {
      yield* itemsOf(decodeDocuments(text, { lastWins: true }));
      return;
    }
  } catch {
    // Which of them it is, and what stands before it, is found out below.
  }
  for (const part of text.split(/^---.*\n/m)) {
    let documents: unknown[];
    try {
      documents = decodeDocuments(isCut ? (part.split(endOfDocument)[0] ?? '') : part, { lastWins: true });
    } catch (error) {
      throw new Error(`error parsing ${source}`, { cause: error });
    }
    yield* itemsOf(documents);
  }
}

/** The objects of documents, those of lists one by one. */
function itemsOf(documents: readonly unknown[]): { object: ApiObject; list?: object }[] {
  return documents.flatMap((document): { object: ApiObject; list?: object }[] => {
    const object = document as ApiObject & { items?: ApiObject[] };
    const { apiVersion, kind, items } = object;
    if (!kind?.endsWith('List') || !Array.isArray(items)) return [{ object }];
    // Items of lists of one kind, as servers answer with, leave out what they are.
    const inherited = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    return items.map((item) => ({
      object: item?.kind ? item : ({ ...inherited, ...item } as ApiObject),
      list: object,
    }));
  });
}

async function identify(
  object: ApiObject,
  { source, local }: { source: string; local: boolean },
  session: Session,
): Promise<ManifestObject> {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new Error(
      `error validating ${JSON.stringify(source)}: error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  const { apiVersion, kind } = object;
  const misfit = metadataMisfit(object.metadata);
  if (misfit) throw new Error(`unable to decode ${JSON.stringify(source)}: ${misfit}`);
  const unset = Object.entries({ apiVersion, kind }).flatMap(([field, value]) =>
    typeof value === 'string' && value !== ''
      ? []
      : [`${field} ${value === undefined || value === null || value === '' ? 'not set' : "isn't string type"}`],
  );
  if (unset.length > 0 || !apiVersion || !kind) {
    const why = unset.length > 1 ? `[${unset.join(', ')}]` : unset[0];
    throw new Error(
      `error validating "${source}": error validating data: ${why}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  let type: AnyResource;
  try {
    type = local ? localType(apiVersion, kind) : await session.resources.byKind(apiVersion, kind);
  } catch (error) {
    const name = object.metadata?.name ?? '';
    throw new Error(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(object.metadata?.namespace ?? '')} from ${JSON.stringify(source)}`,
      { cause: error },
    );
  }
  const own = object.metadata?.namespace;
  if (type.namespaced && own && session.namespaceGiven && own !== session.namespace) {
    throw new Error(
      `the namespace from the provided object "${own}" does not match the namespace "${session.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = type.namespaced ? own || session.namespace : undefined;
  const metadata = { ...object.metadata, ...(namespace ? { namespace } : {}) };
  return { source, type, object: { ...object, metadata }, written: object, name: metadata.name, namespace };
}

/** `namespace` and `name` for a client's calls. Throws when there is no name. */
export function refOf(of: { name: string; namespace?: string | undefined }): { name: string; namespace?: string } {
  if (!of.name) throw new MissingNameError();
  return of.namespace ? { name: of.name, namespace: of.namespace } : { name: of.name };
}
