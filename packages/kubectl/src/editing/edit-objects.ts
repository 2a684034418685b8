import { messagesOf } from '@typernetes/base';
import {
  type ApiObject,
  isAlreadyExists,
  isInvalid,
  isNotFound,
  jsonEqual,
  type StatusError,
} from '@typernetes/machinery';
import { decodeDocument, encodeYaml } from '@typernetes/process';
import type { SelectedObject } from '../commands/selected-objects.ts';
import { PlainError } from '../io.ts';
import { encodeJson } from '../printing/json.ts';
import { inTemporaryFolder } from '../programs/temporary-folder.ts';
import type { Session } from '../session.ts';
import { editHeader, editText, withoutComments } from './edit-text.ts';

export interface EditOptions {
  readonly json: boolean;
  readonly session: Session;
  readonly signal: AbortSignal;
  /** What is shown of an object. */
  readonly view: (selected: SelectedObject) => object;
  /** Writes what became of it. What it throws as invalid is edited again. */
  readonly save: (selected: SelectedObject, edited: ApiObject) => Promise<void>;
}

/** Lets the user edit objects, all in one text, until they can be saved or the user gives up. Resolves to the exit code. */
export async function editObjects(selected: readonly SelectedObject[], options: EditOptions): Promise<number> {
  const { json, session, signal } = options;
  const views = selected.map(options.view);
  const document = views.length === 1 ? views[0] : { apiVersion: 'v1', items: views, kind: 'List', metadata: {} };
  const original = json ? encodeJson(document) : encodeYaml(document);
  return inTemporaryFolder('kubectl-edit-', async (folder) => {
    let text = original;
    let failures: string[] = [];
    for (let round = 0; ; round++) {
      const name = `edit.${json ? 'json' : 'yaml'}`;
      const shown = json ? text : `${editHeader(failures)}${text}`;
      const saved = await editText(shown, { name, folder, session, signal });
      const edited = json ? saved : withoutComments(saved);
      if (round > 0 && edited === text) {
        folder.keep();
        session.io.err(`A copy of your changes has been stored to ${JSON.stringify(`${folder.path}/${name}`)}\n`);
        throw new Error('Edit cancelled, no valid changes were saved.');
      }
      if (edited === '') {
        session.io.err('Edit cancelled, saved file was empty.\n');
        return 0;
      }
      if (withoutComments(edited) === withoutComments(original)) {
        session.io.err('Edit cancelled, no changes made.\n');
        return 0;
      }
      text = edited;
      try {
        await saveAll(selected, { edited: decodeDocument(edited), options });
        return 0;
      } catch (error) {
        if (error instanceof PlainError || isNotFound(error) || isAlreadyExists(error)) {
          folder.keep();
          session.io.err(`A copy of your changes has been stored to ${JSON.stringify(`${folder.path}/${name}`)}\n`);
          throw error;
        }
        failures = failureLines(error);
        session.io.err(`error: ${(failures[0] ?? '').replace(/ was not valid:$/, ' is invalid')}\n`);
      }
    }
  });
}

async function saveAll(
  selected: readonly SelectedObject[],
  { edited, options }: { edited: unknown; options: EditOptions },
): Promise<void> {
  const objects = (selected.length === 1 ? [edited] : ((edited as { items?: unknown[] }).items ?? [])) as ApiObject[];
  for (const [i, one] of selected.entries()) {
    const name = options.view(one) as ApiObject;
    const object = objects.find((candidate) => isSame(candidate, name)) ?? objects[i];
    if (!object || !isSame(object, name)) {
      throw new Error('At least one of apiVersion, kind and name was changed');
    }
    if (jsonEqual(object, name)) {
      if (selected.length > 1) continue;
    }
    await options.save(one, object);
  }
}

function isSame(a: ApiObject, b: ApiObject): boolean {
  return a?.apiVersion === b.apiVersion && a?.kind === b.kind && a?.metadata?.name === b.metadata?.name;
}

/** `deployments.apps "web" was not valid:` and its problems, as comments say it. */
function failureLines(error: unknown): string[] {
  if (!isInvalid(error)) return [messagesOf(error), ''];
  const { details } = error as StatusError;
  const subject = `${(details?.kind ?? '').toLowerCase()}s${details?.group ? `.${details.group}` : ''}`;
  const problems = (details?.causes ?? []).map(({ field, message }) => `* ${field}: ${message}`);
  return [`${subject} ${JSON.stringify(details?.name ?? '')} was not valid:`, ...problems, ''];
}
