import type { TokenRequest } from '@typernetes/api/authentication/v1';
import { serviceaccounts } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { type ApiObject, reasonOf } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { objectPrinter } from '../../printing/object-printer.ts';
import { typedForm } from '../../printing/typed-form.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import { resultFlags, usageError } from '../result.ts';

/** What `-o name` calls the answer. */
const tokenRequests: AnyResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenrequests',
  singular: 'tokenrequest',
  kind: 'TokenRequest',
  listKind: 'TokenRequestList',
  namespaced: true,
};

const boundKinds: Readonly<Record<string, string>> = { Pod: 'v1', Secret: 'v1', Node: 'v1' };

export const createTokenCommand = defineCommand({
  use: 'create token SERVICE_ACCOUNT_NAME',
  short: 'Request a service account token',
  flags: {
    ...resultFlags,
    audience: { type: 'array', help: 'Audience of the requested token.', default: [] },
    'bound-object-kind': { type: 'string', help: 'Kind of an object to bind the token to.', default: '' },
    'bound-object-name': { type: 'string', help: 'Name of an object to bind the token to.', default: '' },
    'bound-object-uid': { type: 'string', help: 'UID of an object to bind the token to.', default: '' },
    duration: { type: 'duration', help: 'Requested lifetime of the issued token.', default: 0 },
  } as const,
  async run({ flags, positional }, session, signal) {
    const [name] = positional;
    if (name === undefined || positional.length > 1) {
      throw usageError('create token', `exactly one NAME is required, got ${positional.length}`);
    }
    const print = objectPrinter(flags.output, { strict: !flags['allow-missing-template-keys'] });
    if (flags.duration < 0) throw new Error('--duration must be greater than or equal to 0');
    if (flags.duration % 1000 !== 0) throw new Error('--duration cannot be expressed in units less than seconds');
    const kind = flags['bound-object-kind'];
    if (kind === '' && flags['bound-object-name'] + flags['bound-object-uid'] !== '') {
      const given = flags['bound-object-name'] ? 'name' : 'uid';
      throw new Error(`--bound-object-${given} can only be set if --bound-object-kind is provided`);
    }
    if (kind !== '' && !Object.hasOwn(boundKinds, kind)) {
      throw new Error(`supported --bound-object-kind values are ${Object.keys(boundKinds).sort().join(', ')}`);
    }
    if (kind !== '' && flags['bound-object-name'] === '') {
      throw new Error('--bound-object-name is required if --bound-object-kind is provided');
    }
    const boundObjectRef = {
      kind,
      apiVersion: boundKinds[kind] ?? '',
      name: flags['bound-object-name'],
      ...(flags['bound-object-uid'] ? { uid: flags['bound-object-uid'] } : {}),
    };
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: flags.audience,
        ...(flags.duration > 0 ? { expirationSeconds: flags.duration / 1000 } : {}),
        ...(kind ? { boundObjectRef } : {}),
      },
    };
    const answer = await session.client
      .resource(serviceaccounts)
      .createSubresource<TokenRequest>({ name, namespace: session.namespace }, 'token', body, { signal })
      .catch((error: unknown) => {
        throw reasonOf(error) ? new Error(`failed to create token: ${messageOf(error)}`) : error;
      });
    const token = answer.status?.token ?? '';
    if (token === '') throw new Error(`failed to create token: no token in server response`);
    const object = typedForm({ ...answer, apiVersion: body.apiVersion, kind: body.kind } as unknown as ApiObject);
    session.io.out(
      print
        ? print([{ type: tokenRequests, object, typed: true }], false)
        : `${token}${session.io.outIsTerminal ? '\n' : ''}`,
    );
    return 0;
  },
});
