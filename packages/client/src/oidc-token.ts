import { messagesOf } from '@typernetes/base';
import type { ProviderConfig, ProviderSurroundings } from './auth-provider.ts';
import { CredentialError } from './exec-credential.ts';
import { httpTransport } from './http-transport.ts';
import { proxyFor } from './proxy.ts';
import { readBody } from './transport.ts';

/** Clocks differ: a token is renewed this long before it expires (as golang.org/x/oauth2). */
const expiryMarginMs = 10_000;
/** How much of an invalid response is shown. */
const shownBytes = 80;

interface Provider extends ProviderSurroundings {
  /** PEM; the system's authorities where undefined. */
  readonly authority: string | undefined;
}

/**
 * The ID token of an OpenID provider, from a kubeconfig's configuration: the stored one while it is valid, else a new
 * one obtained with the refresh token, which is stored instead. Rejects with CredentialError in upstream's words.
 */
export function oidcTokens(config: ProviderConfig, provider: Provider): () => Promise<string> {
  let current = config;
  let refreshing: Promise<string> | undefined;
  const refreshed = async (refreshToken: string): Promise<string> => {
    const got = await refresh(current, refreshToken, provider);
    current = {
      ...current,
      'id-token': got.idToken,
      ...(got.refreshToken ? { 'refresh-token': got.refreshToken } : {}),
    };
    try {
      provider.keep(current);
    } catch (error) {
      throw new CredentialError(`could not persist new tokens: ${messagesOf(error)}`);
    }
    return got.idToken;
  };
  return async () => {
    const kept = current['id-token'];
    if (kept && isGood(kept, provider.clock.now())) return kept;
    const refreshToken = current['refresh-token'];
    if (!refreshToken) throw new CredentialError('No valid id-token, and cannot refresh without refresh-token');
    // Concurrent callers share the result.
    refreshing ??= refreshed(refreshToken).finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
}

function isGood(token: string, now: number): boolean {
  const parts = token.split('.');
  if (parts.length !== 3) throw new CredentialError('ID Token is not a valid JWT');
  let claims: { readonly exp?: unknown };
  try {
    claims = JSON.parse(Buffer.from(parts[1] as string, 'base64url').toString('utf8')) as typeof claims;
  } catch (error) {
    throw new CredentialError(`parsing claims: ${messagesOf(error)}`);
  }
  return now + expiryMarginMs < Number(claims.exp ?? 0) * 1000;
}

interface Tokens {
  readonly idToken: string;
  readonly refreshToken?: string | undefined;
}

async function refresh(config: ProviderConfig, refreshToken: string, provider: Provider): Promise<Tokens> {
  const endpoint = await tokenEndpoint(config['idp-issuer-url'] as string, provider);
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = await askForTokens(endpoint, { config, refreshToken }, provider);
  } catch (error) {
    throw new CredentialError(`failed to refresh token: ${(error as Error).message}`, {
      cause: (error as Error).cause,
    });
  }
  const { id_token: idToken, refresh_token: next } = answer;
  if (typeof idToken !== 'string')
    throw new CredentialError(
      'token response did not contain an id_token, either the scope "openid" wasn\'t requested upon login, or the provider doesn\'t support id_tokens as part of the refresh response',
    );
  return { idToken, ...(typeof next === 'string' && next !== '' ? { refreshToken: next } : {}) };
}

/** The token endpoint from the provider's discovery document. */
async function tokenEndpoint(issuer: string, provider: Provider): Promise<string> {
  const { status, text } = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {}, provider);
  if (!status.startsWith('200')) {
    const shown = text.length > shownBytes ? `${text.slice(0, shownBytes)}...` : text;
    throw new CredentialError(`oidc: failed to query metadata endpoint ${status}: ${JSON.stringify(shown)}`);
  }
  let endpoint: unknown;
  try {
    endpoint = (JSON.parse(text) as { token_endpoint?: unknown }).token_endpoint;
  } catch (error) {
    throw new CredentialError(`oidc: failed to decode provider discovery object: ${messagesOf(error)}`);
  }
  if (typeof endpoint !== 'string' || endpoint === '')
    throw new CredentialError("oidc: discovery object doesn't contain a token_endpoint");
  return endpoint;
}

/**
 * RFC 6749, section 6. Providers differ in where they expect the client's id and secret: tries the header first, then
 * the form.
 */
async function askForTokens(
  endpoint: string,
  { config, refreshToken }: { config: ProviderConfig; refreshToken: string },
  provider: Provider,
): Promise<Readonly<Record<string, unknown>>> {
  const { 'client-id': id = '', 'client-secret': secret = '' } = config;
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const client = [id, secret].map((part) => new URLSearchParams([['', part]]).toString().slice(1)).join(':');
  const header = { authorization: `Basic ${Buffer.from(client).toString('base64')}` };
  try {
    return await tokens(endpoint, { form, header }, provider);
  } catch {
    const named = { ...form, client_id: id, ...(secret === '' ? {} : { client_secret: secret }) };
    return await tokens(endpoint, { form: named, header: {} }, provider);
  }
}

async function tokens(
  endpoint: string,
  { form, header }: { form: Readonly<Record<string, string>>; header: Readonly<Record<string, string>> },
  provider: Provider,
): Promise<Readonly<Record<string, unknown>>> {
  const query = new URLSearchParams(form);
  query.sort();
  const body = query.toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...header };
  const { status, type, text } = await ask(endpoint, { method: 'POST', headers, body }, provider);
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'text/plain';
  let answer: Readonly<Record<string, unknown>> = {};
  try {
    answer = isForm ? Object.fromEntries(new URLSearchParams(text)) : (JSON.parse(text) as typeof answer);
  } catch (error) {
    if (status.startsWith('2')) throw new Error(`oauth2: cannot parse json: ${messagesOf(error)}`);
  }
  if (!status.startsWith('2') || answer.error) throw new Error(refusal(status, text, answer));
  if (!answer.access_token) throw new Error('oauth2: server response missing access_token');
  return answer;
}

function refusal(status: string, text: string, answer: Readonly<Record<string, unknown>>): string {
  const { error, error_description: description, error_uri: uri } = answer;
  if (!error) return `oauth2: cannot fetch token: ${status}\nResponse: ${text}`;
  return `oauth2: ${[error, description, uri]
    .filter(Boolean)
    .map((part) => JSON.stringify(part))
    .join(' ')}`;
}

interface Answer {
  /** `404 Not Found` */
  readonly status: string;
  readonly type: string;
  readonly text: string;
}

async function ask(
  address: string,
  what: { method?: string; headers?: Readonly<Record<string, string>>; body?: string },
  { authority, environment = {} }: Provider,
): Promise<Answer> {
  const url = new URL(address);
  const proxy = proxyFor(url, environment);
  const transport = httpTransport({
    server: url.origin,
    tls: authority === undefined ? {} : { ca: authority },
    ...(proxy ? { proxy } : {}),
  });
  const { method = 'GET' } = what;
  try {
    const response = await transport
      .request({ ...what, method, path: url.pathname + url.search })
      .catch((cause: unknown) => {
        throw new CredentialError(`${method === 'GET' ? 'Get' : 'Post'} ${JSON.stringify(address)}`, { cause });
      });
    const text = Buffer.from(await readBody(response)).toString('utf8');
    const [type = ''] = (response.headers['content-type'] ?? '').split(';');
    return { status: `${response.status} ${reasonOf(response.status)}`, type, text };
  } finally {
    transport.close();
  }
}

const reasonOf = (status: number): string => process.getBuiltinModule('node:http').STATUS_CODES[status] ?? '';
