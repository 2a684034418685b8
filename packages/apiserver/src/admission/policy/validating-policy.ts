import type { ValidatingAdmissionPolicy } from '@typernetes/api/admissionregistration/v1';
import { messageOf } from '@typernetes/base';
import { boolType, nullType, stringType, type Variables } from '@typernetes/cel';
import { messageEnvironment } from '../cel/environment.ts';
import { type Budget, type CompiledPolicy, compilePolicy, type Expression, expressionOf } from './compiled-policy.ts';

/** Longer messages are cut off: upstream's limit for what a messageExpression yields. */
const maxMessageBytes = 5 * 1024;

interface Validation {
  readonly expression: Expression;
  readonly messageExpression: Expression | undefined;
  readonly message: string | undefined;
  readonly reason: string | undefined;
}

export interface CompiledValidatingPolicy extends CompiledPolicy {
  readonly validations: readonly Validation[];
  readonly auditAnnotations: readonly { readonly key: string; readonly value: Expression }[];
}

/** Why a write is refused: a validation is false or could not be evaluated. */
export interface Objection {
  readonly message: string;
  readonly reason: string | undefined;
  /** The index of the validation; undefined for other causes. */
  readonly index: number | undefined;
}

/** The result of a validation. */
interface Judged {
  readonly objection: Objection | undefined;
  /** It could not be evaluated. */
  readonly failed: boolean;
  readonly ms: number;
}

export function compileValidatingPolicy({ metadata, spec }: ValidatingAdmissionPolicy): CompiledValidatingPolicy {
  const policy = compilePolicy(metadata.name, spec ?? {});
  const { environment } = policy;
  const messages = messageEnvironment(environment);
  return {
    ...policy,
    validations: (spec?.validations ?? []).map(({ expression, message, messageExpression, reason }) => ({
      expression: expressionOf(expression, environment, [boolType]),
      messageExpression: messageExpression ? expressionOf(messageExpression, messages, [stringType]) : undefined,
      message,
      reason,
    })),
    auditAnnotations: (spec?.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      value: expressionOf(valueExpression, environment, [stringType, nullType]),
    })),
  };
}

/** The results of the validations, in their order. */
export async function judgements(
  { validations, failsOpen }: CompiledValidatingPolicy,
  variables: Variables,
  { budget, now }: { readonly budget: Budget; readonly now: () => number },
): Promise<Judged[]> {
  const found: Judged[] = [];
  for (const [index, validation] of validations.entries()) {
    const { expression, reason } = validation;
    const startedAt = now();
    const judged = (objection: Objection | undefined, failed = false): void =>
      void found.push({ objection, failed, ms: now() - startedAt });
    try {
      if ((await expression.evaluate(variables, budget)) === true) judged(undefined);
      else judged({ message: await messageFor(validation, variables, budget), reason, index });
    } catch (error) {
      judged(failsOpen ? undefined : { message: messageOf(error), reason: undefined, index }, true);
    }
  }
  return found;
}

/** A messageExpression that cannot be evaluated, or yields nothing readable, gives way to the message. */
async function messageFor(
  { expression, message, messageExpression }: Validation,
  variables: Variables,
  budget: Budget,
): Promise<string> {
  if (messageExpression) {
    try {
      const text = await messageExpression.evaluate(variables, budget);
      const isReadable = typeof text === 'string' && text.trim() !== '' && !text.includes('\n');
      if (isReadable && Buffer.byteLength(text) <= maxMessageBytes) return text.trim();
    } catch {
      // The validation failed, even if its message expression does too.
    }
  }
  return message || `failed expression: ${expression.source.trim()}`;
}

/** The values of the audit annotations, without those that are null. */
export async function auditAnnotations(
  policy: CompiledValidatingPolicy,
  variables: Variables,
  budget: Budget,
): Promise<{
  readonly values: readonly (readonly [key: string, value: string])[];
  readonly errors: readonly string[];
}> {
  const values: (readonly [string, string])[] = [];
  const errors: string[] = [];
  for (const { key, value } of policy.auditAnnotations) {
    try {
      const text = await value.evaluate(variables, budget);
      if (typeof text === 'string' && text !== '') values.push([key, text]);
    } catch (error) {
      if (!policy.failsOpen) errors.push(messageOf(error));
    }
  }
  return { values, errors };
}
