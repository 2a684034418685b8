import { boolType, opaqueType, stringType } from '../types/type.ts';
import { CelError, CelOpaque, type CelValue } from '../values/value.ts';
import { type Library, method } from './overload.ts';
import { PendingAnswer } from './pending.ts';

export const authorizerType = opaqueType('kubernetes.authorization.Authorizer');
const pathType = opaqueType('kubernetes.authorization.PathCheck');
const groupType = opaqueType('kubernetes.authorization.GroupCheck');
const resourceType = opaqueType('kubernetes.authorization.ResourceCheck');
const decisionType = opaqueType('kubernetes.authorization.Decision');

/** A question to the authorizer: about a path, or about a resource. */
export interface AuthorizationQuestion {
  readonly verb: string;
  /** Asks on behalf of a service account instead of the requester: `system:serviceaccount:<namespace>:<name>`. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

export type Ask = (question: AuthorizationQuestion) => AuthorizationAnswer | Promise<AuthorizationAnswer>;

/** Caches answers, because an expression that waited for one is evaluated from the start. */
class Answers {
  readonly #ask: Ask;
  readonly #known = new Map<string, AuthorizationAnswer>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  of(question: AuthorizationQuestion): AuthorizationAnswer {
    const key = JSON.stringify(question);
    const known = this.#known.get(key);
    if (known) return known;
    const answer = this.#ask(question);
    if (!(answer instanceof Promise)) return this.#keep(key, answer);
    throw new PendingAnswer(
      answer.then(
        (value) => this.#keep(key, value),
        (error: Error) => this.#keep(key, { allowed: false, reason: '', error: error.message }),
      ),
    );
  }

  #keep(key: string, answer: AuthorizationAnswer): AuthorizationAnswer {
    this.#known.set(key, answer);
    return answer;
  }
}

type Draft = Omit<AuthorizationQuestion, 'verb'>;

class Check extends CelOpaque {
  readonly typeName: string;
  readonly answers: Answers;
  readonly draft: Draft;
  constructor(typeName: string, answers: Answers, draft: Draft) {
    super();
    this.typeName = typeName;
    this.answers = answers;
    this.draft = draft;
  }
  equals(other: CelValue): boolean {
    return other === this;
  }
  with(draft: Partial<Draft>, type = this.typeName): Check {
    return new Check(type, this.answers, { ...this.draft, ...draft });
  }
}

class Decision extends CelOpaque {
  readonly typeName = decisionType.name;
  readonly answer: AuthorizationAnswer;
  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
  equals(other: CelValue): boolean {
    return other instanceof Decision && other.answer === this.answer;
  }
}

/** The variable `authorizer`. Where `ask` returns promises, expressions need `evaluateAsync`. */
export function celAuthorizer(ask: Ask): CelOpaque {
  return new Check(authorizerType.name, new Answers(ask), { serviceAccount: undefined });
}

/** The variable `authorizer.requestResource`. */
export function celRequestResource(ask: Ask, draft: Omit<Draft, 'serviceAccount' | 'path'>): CelOpaque {
  return new Check(resourceType.name, new Answers(ask), { ...draft, serviceAccount: undefined });
}

export const resourceCheckType = resourceType;

function path(authorizer: Check, text: string): Check {
  if (text === '') throw new CelError('path must not be empty');
  return authorizer.with({ path: text }, pathType.name);
}

function check(asked: Check, verb: string): Decision {
  return new Decision(asked.answers.of({ verb, ...asked.draft }));
}

/** The cost of a question, whichever authorizer answers. */
const asking = (): number => 350_000;

const text = [resourceType, stringType];
const set = (field: 'subresource' | 'namespace' | 'name' | 'fieldSelector' | 'labelSelector') =>
  method(field, text, resourceType, (asked: Check, value: string) => asked.with({ [field]: value }));

export const authorization: Library = [
  method('path', [authorizerType, stringType], pathType, path),
  method('group', [authorizerType, stringType], groupType, (authorizer: Check, group: string) =>
    authorizer.with({ group }, groupType.name),
  ),
  method(
    'serviceAccount',
    [authorizerType, stringType, stringType],
    authorizerType,
    (authorizer: Check, namespace: string, name: string) => authorizer.with({ serviceAccount: { namespace, name } }),
  ),
  method('resource', [groupType, stringType], resourceType, (group: Check, resource: string) =>
    group.with({ resource }, resourceType.name),
  ),
  set('subresource'),
  set('namespace'),
  set('name'),
  set('fieldSelector'),
  set('labelSelector'),
  method('check', [pathType, stringType], decisionType, check, asking),
  method('check', [resourceType, stringType], decisionType, check, asking),
  method('allowed', [decisionType], boolType, ({ answer }: Decision) => answer.allowed),
  method('reason', [decisionType], stringType, ({ answer }: Decision) => answer.reason),
  method('errored', [decisionType], boolType, ({ answer }: Decision) => answer.error !== undefined),
  method('error', [decisionType], stringType, ({ answer }: Decision) => answer.error ?? ''),
];
