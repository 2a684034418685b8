import type { ValidationRule } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import {
  boolType,
  type CelType,
  type DeclaredType,
  type Environment,
  extendEnvironment,
  kubernetesEnvironment,
  optionalType,
  type Program,
  schemaType,
  stringType,
} from '@typernetes/cel';
import { compile } from '../../expressions/compile-times.ts';
import { type StructuralSchema, valueSchema } from '../schema/structural-schema.ts';

/** A rule, ready to be evaluated. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  /** Why it does not compile. */
  readonly problem: string | undefined;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
  /** Whether it compares with the old value. */
  readonly transition: boolean;
}

/** The rules of a schema, in the shape of the schema; parts without rules are omitted. */
export interface RuleTree {
  readonly schema: StructuralSchema;
  readonly declared: DeclaredType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | undefined;
  readonly values: RuleTree | undefined;
}

/** A name that no expression can use. */
const typeName = '@self';

interface CompileOptions {
  /** False inside of a resource. */
  readonly resource?: boolean;
  /** Fills what the programs may cost at most. */
  readonly estimateCost?: boolean;
}

/** Compiles the rules of a schema; undefined if there are none. Problems are kept with their rule. */
export function compileRules(schema: StructuralSchema, options: CompileOptions = {}): RuleTree | undefined {
  const { resource = true, estimateCost = false } = options;
  const within = { resource: false, estimateCost };
  const properties = new Map<string, RuleTree>();
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const tree = compileRules(inner, within);
    if (tree) properties.set(name, tree);
  }
  const inside = valueSchema(schema);
  const items = schema.items && compileRules(schema.items, within);
  const values = inside && compileRules(inside, within);
  const own = schema['x-kubernetes-validations'] ?? [];
  if (own.length === 0 && properties.size === 0 && !items && !values) return undefined;
  const declared = own.length > 0 ? schemaType(schema as never, typeName, resource) : undefined;
  const rules = own.map((rule) => compileRule(rule, declared, estimateCost));
  return { schema, declared, rules, properties, items, values };
}

function compileRule(rule: ValidationRule, self: DeclaredType | undefined, estimateCost: boolean): CompiledRule {
  const oldSelf: DeclaredType | CelType | undefined = rule.optionalOldSelf ? self && optionalType(self.type) : self;
  const variables: Record<string, DeclaredType | CelType> = self && oldSelf ? { self, oldSelf } : {};
  const environment = extendEnvironment(kubernetesEnvironment, { variables });
  const main = attempt(rule.rule, environment, {
    resultTypes: [boolType],
    otherwise: 'cel expression must evaluate to a bool',
    estimateCost,
  });
  const message = rule.messageExpression
    ? attempt(rule.messageExpression, environment, {
        resultTypes: [stringType],
        otherwise: 'must evaluate to a string',
        estimateCost,
      })
    : undefined;
  return {
    rule,
    program: main.program,
    problem: main.problem,
    message: message?.program,
    messageProblem: message?.problem,
    transition: main.program?.variables.has('oldSelf') ?? false,
  };
}

function attempt(
  source: string,
  environment: Environment,
  options: { readonly resultTypes: readonly CelType[]; readonly otherwise: string; readonly estimateCost: boolean },
): { program?: Program; problem?: string } {
  try {
    return { program: compile(source, environment, options) };
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ResultTypeError') return { problem: options.otherwise };
    if (name === 'CelCompileError') return { problem: `compilation failed: ${messageOf(error)}` };
    throw error;
  }
}
