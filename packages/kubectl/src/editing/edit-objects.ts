import { messageOf, messagesOf } from '@typernetes/base';
import { type ApiObject, isInvalid, isNotFound, jsonEqual, reasonOf, type StatusError } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import type { SelectedObject } from '../commands/selected-objects.ts';
import { PlainError } from '../io.ts';
import { metadataMisfit } from '../manifests/metadata-misfit.ts';
import { encodeJson } from '../printing/json.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { printedName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { type EditedFile, editHeader, editText, meaningOf, readBack, withoutComments } from './edit-text.ts';

export interface EditOptions {
  readonly json: boolean;
  /** Objects from the server are edited until they are valid; otherwise the first failure ends the command. */
  readonly of: 'objects' | 'annotations' | 'files';
  /** Whether a text that is not an object is reported without sending it. */
  readonly validate: boolean;
  readonly session: Session;
  readonly signal: AbortSignal;
  /** The text of an object for the editor. */
  readonly view: (selected: SelectedObject) => object;
  /** Saves the edited object and prints the result. */
  readonly save: (selected: SelectedObject, edited: ApiObject) => Promise<void>;
}

/** The errors of the saved text, as comment lines for the next round. */
type Reasons = readonly string[];

/** Lets the user edit objects in one text until they can be saved or the user gives up. Resolves to the exit code. */
export async function editObjects(selected: readonly SelectedObject[], options: EditOptions): Promise<number> {
  const { json, session, signal, of } = options;
  const views = selected.map(options.view);
  const document = views.length === 1 ? views[0] : { apiVersion: 'v1', items: views, kind: 'List', metadata: {} };
  const original = json ? encodeJson(document) : encodeYaml(document);
  let before: EditedFile | undefined;
  let reasons: Reasons = [];
  for (;;) {
    const text = before ? withoutComments(before.text) : original;
    const shown = json ? text : `${editHeader(reasons, { annotations: of === 'annotations' })}${text}`;
    let file: EditedFile;
    try {
      file = await editText(shown, { ending: json ? 'json' : 'yaml', session, signal });
    } catch (error) {
      throw before ? preserved(before, error, session) : error;
    }
    if (before && meaningOf(before.text) === meaningOf(file.text))
      throw preserved(file, new Error('Edit cancelled, no valid changes were saved.'), session);
    await before?.remove();
    before = file;
    const invalid = options.validate ? invalidity(file.text, selected[0]) : undefined;
    if (invalid) {
      session.io.err(`${invalid.said}\n`);
      reasons = invalid.reasons;
      continue;
    }
    const cancelled = cancellation(file.text, original);
    if (cancelled !== undefined) {
      await file.remove();
      session.io.err(`Edit cancelled, ${cancelled}.\n`);
      return 0;
    }
    const outcome = await saveAll(selected, { file, options });
    if (outcome === 'again') return 1;
    reasons = outcome;
    if (reasons.length > 0) continue;
    await file.remove();
    return 0;
  }
}

function cancellation(edited: string, original: string): string | undefined {
  if (meaningOf(edited) === meaningOf(original)) return 'no changes made';
  return withoutComments(edited).trim() === '' ? 'saved file was empty' : undefined;
}

/** Prints the path of the copy of the user's work. */
function preserved({ path }: EditedFile, error: unknown, { io }: Session): unknown {
  io.err(`A copy of your changes has been stored to ${JSON.stringify(path)}\n`);
  return error;
}

const resourceName = ({ plural, group }: AnyResource): string => `${plural}${group === '' ? '' : `.${group}`}`;

function invalidity(text: string, first: SelectedObject | undefined): { said: string; reasons: Reasons } | undefined {
  const why = misfit(text);
  if (why === undefined || !first) return undefined;
  const what = `${resourceName(first.type)} ${JSON.stringify(first.object.metadata.name)}`;
  const cause = `* <nil>: Invalid value: "The edited file failed validation": ${why}`;
  return { said: `error: ${what} is invalid`, reasons: [`${what} was not valid:`, cause, ''] };
}

/** The reason why a text is not an object. */
function misfit(text: string): string | undefined {
  let value: unknown;
  try {
    value = readBack(text);
  } catch (error) {
    return messagesOf(error).replace(/^error converting YAML to JSON: /, '');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'invalid object to validate';
  const { apiVersion, kind } = value as Partial<ApiObject>;
  const unset = Object.entries({ apiVersion, kind }).flatMap(([field, text]) => (text ? [] : [`${field} not set`]));
  return unset.length > 1 ? `[${unset.join(', ')}]` : unset[0];
}

/** Saves each object; invalid ones are reported at the end with the reasons. `again`: the user has been told how to try it again. */
async function saveAll(
  selected: readonly SelectedObject[],
  { file, options }: { file: EditedFile; options: EditOptions },
): Promise<Reasons | 'again'> {
  const { session, of, view } = options;
  let objects: ApiObject[];
  try {
    const edited = readBack(file.text);
    objects = (selected.length === 1 ? [edited] : ((edited as { items?: unknown[] }).items ?? [])) as ApiObject[];
    for (const { apiVersion = '', kind = '', metadata } of objects) {
      const misfit = metadataMisfit(metadata);
      if (misfit) throw new Error(`unable to decode "edited-file": ${misfit}`);
      await session.resources.byKind(apiVersion, kind);
    }
  } catch (error) {
    return [`The edited file had a syntax error: ${messagesOf(error)}`, ''];
  }
  const reasons: string[] = [];
  const outcome = { replaced: false, gone: false };
  for (const [i, one] of selected.entries()) {
    const shown = view(one) as ApiObject;
    const object = objects.find((candidate) => candidate?.metadata?.uid === shown.metadata.uid) ?? objects[i];
    const namespace = object?.metadata?.namespace;
    if (one.namespace && namespace && namespace !== one.namespace)
      throw preserved(file, new Error(otherNamespace(namespace, one.namespace)), session);
    if (!object || (of === 'objects' && !isSame(object, shown)))
      throw preserved(file, new Error('At least one of apiVersion, kind and name was changed'), session);
    if (jsonEqual(object, shown) && of !== 'files') {
      session.io.out(`${printedName(one.type, shown.metadata.name)} skipped\n`);
      continue;
    }
    try {
      await options.save(one, object);
    } catch (error) {
      if (of !== 'objects' || error instanceof PlainError || reasonOf(error) === undefined)
        throw preserved(file, error, session);
      const what = `${resourceName(one.type)} ${JSON.stringify(shown.metadata.name)}`;
      session.io.err(`error: ${what} ${outcomeOf(error)}\n`);
      if (isInvalid(error)) reasons.push(`${what} was not valid:`, ...causesOf(error as StatusError), '');
      else if (isNotFound(error)) outcome.gone = true;
      else outcome.replaced = true;
    }
  }
  if (outcome.replaced) session.io.err(`You can run \`kubectl replace -f ${file.path}\` to try this update again.\n`);
  else if (outcome.gone)
    session.io.err(`The edits you made on deleted resources have been saved to ${JSON.stringify(file.path)}\n`);
  return outcome.replaced || outcome.gone ? 'again' : reasons;
}

function outcomeOf(error: unknown): string {
  if (isInvalid(error)) return 'is invalid';
  if (isNotFound(error)) return 'could not be found on the server';
  return `could not be patched: ${messageOf(error)}`;
}

const causesOf = ({ details }: StatusError): string[] =>
  (details?.causes ?? []).map(({ field, message }) => `* ${field}: ${message}`);

const otherNamespace = (own: string, wanted: string): string =>
  `the namespace from the provided object "${own}" does not match the namespace "${wanted}". You must pass '--namespace=${own}' to perform this operation.`;

function isSame(a: ApiObject, b: ApiObject): boolean {
  return a.apiVersion === b.apiVersion && a.kind === b.kind && a.metadata?.name === b.metadata?.name;
}
