import { messageOf } from '@typernetes/base';
import { type ApiObject, isNotFound, jsonEqual } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { MissingNameError } from '../../manifests/missing-name.ts';
import { filenameFlags, type ManifestObject, readManifests, refOf } from '../../manifests/read.ts';
import type { Session } from '../../session.ts';
import { printGenerated } from '../create/generator.ts';
import { Failures } from '../failures.ts';
import { dryRunFlag, dryRunOf, resultFlags } from '../result.ts';
import {
  missingParts,
  missingRules,
  missingSubjects,
  type RbacObject,
  reconciledObject,
  reconciliationText,
} from './reconciled-object.ts';

export const reconcileCommand = defineCommand({
  use: 'auth reconcile -f FILENAME',
  short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
  flags: {
    ...dryRunFlag,
    ...filenameFlags,
    ...resultFlags,
    'remove-extra-permissions': {
      type: 'boolean',
      help: 'If true, removes extra permissions added to roles',
      default: false,
    },
    'remove-extra-subjects': {
      type: 'boolean',
      help: 'If true, removes extra subjects added to rolebindings',
      default: false,
    },
  } as const,
  async run({ flags, positional }, session) {
    if (!flags.filename) throw new Error('must specify one of -f and -k');
    if (positional.length > 0) throw new Error('no arguments are allowed');
    const dryRun = reconciledDryRun(flags['dry-run']);
    if (dryRun === 'server') throw new Error('--dry-run=server for command reconcile is not supported yet');
    const failures = new Failures();
    const files = { filenames: flags.filename, recursive: flags.recursive, failed: failures.add, kindsKnown: true };
    for (const manifest of await readManifests(files, session)) {
      if (manifest.type.group !== 'rbac.authorization.k8s.io') continue;
      if (dryRun === 'none' && manifest.type.namespaced && !manifest.written.metadata.namespace) {
        failures.add(await withoutNamespace(manifest, session));
        continue;
      }
      const remove = { rules: flags['remove-extra-permissions'], subjects: flags['remove-extra-subjects'] };
      const object = await reconcileOne(manifest, { remove, dryRun, session }).catch(failures.add);
      if (!object) continue;
      await printGenerated(session, { type: manifest.type, object }, { verb: 'reconciled', dryRun, flags });
    }
    return failures.report(session);
  },
});

/** What is wrong with an object in no namespace: upstream asks for it, and then for the namespace that the file says, which is none. */
const withoutNamespace = ({ type, name }: ManifestObject, { client }: Session): Promise<unknown> =>
  client
    .resource(type)
    .get({ name })
    .then(
      () => new MissingNameError(),
      (error: unknown) => (isNotFound(error) ? new MissingNameError() : error),
    );

/** In upstream's words for this command alone. */
function reconciledDryRun(flag: string): ReturnType<typeof dryRunOf> {
  try {
    return dryRunOf(flag);
  } catch (error) {
    throw new Error(`error accessing --dry-run flag for command reconcile: ${messageOf(error)}`);
  }
}

interface Reconciliation {
  readonly remove: { readonly rules: boolean; readonly subjects: boolean };
  readonly dryRun: 'none' | 'client' | 'server';
  readonly session: Session;
}

async function reconcileOne(manifest: ManifestObject, { remove, dryRun, session }: Reconciliation): Promise<ApiObject> {
  const client = session.client.resource(manifest.type);
  const wanted = manifest.object as RbacObject;
  const options = { dryRun: dryRun === 'server' };
  const current = (await client.get(refOf(manifest)).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  })) as RbacObject | undefined;
  const missing = missingParts(current, wanted);
  const extra = { rules: remove.rules && current ? missingRules(wanted, current) : [], subjects: [] as object[] };
  if (remove.subjects && current && wanted.roleRef) extra.subjects = missingSubjects(wanted, current);
  const isOther = current && wanted.roleRef && !jsonEqual(wanted.roleRef, current.roleRef);
  const write = async (): Promise<ApiObject> => {
    if (!current) return dryRun === 'client' ? wanted : client.create(wanted, options);
    // To whom a binding refers cannot be changed: another reference is another binding.
    if (isOther) {
      if (dryRun === 'client') return wanted;
      await client.delete(refOf(manifest), { preconditions: { uid: current.metadata.uid ?? '' } });
      return client.create(wanted, options);
    }
    const next = reconciledObject(current, wanted, remove);
    return jsonEqual(next, current) || dryRun === 'client' ? next : client.update(next, options);
  };
  const written = await write();
  if (isOther) session.io.err('\treconciliation required recreate\n');
  else session.io.err(reconciliationText({ exists: current !== undefined, missing, extra }));
  return written;
}
