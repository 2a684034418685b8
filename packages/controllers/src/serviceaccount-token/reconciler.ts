import type { Secret, ServiceAccount } from '@typernetes/api/core/v1';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isConflict, isNotFound } from '@typernetes/machinery';
import { readPrivateKey, signJwt } from '@typernetes/pki';
import { accountNameAnnotation, accountUidAnnotation, planToken } from './plan.ts';

interface TokenDeps {
  readonly secrets: Pick<Lister<Secret>, 'get'>;
  readonly serviceAccounts: Pick<Lister<ServiceAccount>, 'get'>;
  readonly client: Pick<Writer<Secret>, 'update' | 'delete'>;
  /** PEM. */
  readonly privateKey: string;
  readonly rootCa: string | undefined;
}

export function tokenReconciler({ secrets, serviceAccounts, client, privateKey, rootCa }: TokenDeps): Reconciler {
  const key = readPrivateKey(privateKey);
  return {
    name: 'serviceaccount-token-controller',
    async reconcile(id): Promise<Result> {
      const secret = secrets.get(id);
      if (!secret) return {};
      const { namespace = '', annotations = {}, name, uid, resourceVersion } = secret.metadata;
      const accountName = annotations[accountNameAnnotation] ?? '';
      const plan = planToken(secret, serviceAccounts.get(`${namespace}/${accountName}`), rootCa);
      try {
        if (plan.action === 'delete') await client.delete(secret.metadata, { preconditions: { uid, resourceVersion } });
        if (plan.action !== 'fill') return {};
        const token: Record<string, string> = plan.mint
          ? { token: encode(await legacyToken({ namespace, accountName, name, uid: plan.uid })) }
          : {};
        const metadata = { ...secret.metadata, annotations: { ...annotations, [accountUidAnnotation]: plan.uid } };
        await client.update({ ...secret, metadata, data: { ...plan.data, ...token } });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error; // gone or changed: the event wakes us again
      }
      return {};
    },
  };

  /** A token that never expires and is good as long as its Secret and its account exist. */
  function legacyToken(of: { namespace: string; accountName: string; name: string; uid: string }): Promise<string> {
    return signJwt(key, {
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': of.namespace,
      'kubernetes.io/serviceaccount/secret.name': of.name,
      'kubernetes.io/serviceaccount/service-account.name': of.accountName,
      'kubernetes.io/serviceaccount/service-account.uid': of.uid,
      sub: `system:serviceaccount:${of.namespace}:${of.accountName}`,
    });
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
