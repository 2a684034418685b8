import type { TokenRequest } from '@typernetes/api/authentication/v1';
import type { ServiceAccount } from '@typernetes/api/core/v1';
import { applyDefaults } from '@typernetes/api/defaults';
import { type ApiObject, invalid, invalidValue } from '@typernetes/machinery';
import { completeTokenRequest, issueToken, type TokenRequestDeps } from '../authentication/token-request.ts';
import { decodeAs, fieldValidationOf, readDocument } from '../handlers/decode.ts';
import { valueReply } from '../handlers/encode.ts';
import { type CallHandler, writeOptionsOf } from '../handlers/resource-call.ts';
import { admissionRequest } from '../storage/admission-request.ts';
import { admit, validateAdmission } from '../storage/admit.ts';

const type = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

/** POST serviceaccounts/token: a signed token for the account. */
export function tokenHandler(deps: TokenRequestDeps): CallHandler {
  return async ({ context, storage, namespace, name, output }) => {
    const document = await readDocument(context.request, type.kind);
    const validation = fieldValidationOf(context.request.query);
    const asked = decodeAs(type, document, { validation, context });
    applyDefaults(type, asked);
    const options = { ...writeOptionsOf(context, 'CreateOptions'), namespace, subresource: 'token' };
    const write = { operation: 'CREATE', object: asked, oldObject: undefined, name, objectType: type } as const;
    const request = admissionRequest(storage, options, write);
    await admit(storage.deps.admission, request);
    checkIdentity(asked, { namespace, name });
    const account = (await storage.get(namespace, name)).object as ServiceAccount;
    const wanted = completeTokenRequest(asked as unknown as TokenRequest, deps.apiAudiences);
    await validateAdmission(storage.deps.admission, request);
    const token = await issueToken(account, wanted, deps);
    return await valueReply(201, token, output);
  };
}

/** A name or namespace in the request must be those of the path. */
function checkIdentity({ metadata }: ApiObject, wanted: { readonly namespace: string; readonly name: string }): void {
  for (const field of ['name', 'namespace'] as const) {
    const given = metadata[field];
    if (!given || given === wanted[field]) continue;
    const problem = invalidValue(`metadata.${field}`, given, `must match the service account ${field} if specified`);
    throw invalid(type, wanted.name, [problem]);
  }
}
