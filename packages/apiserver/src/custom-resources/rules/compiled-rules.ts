import type { ValidationRule } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import {
  boolType,
  type CelType,
  compile,
  type DeclaredType,
  type Environment,
  extendEnvironment,
  kubernetesEnvironment,
  optionalType,
  type Program,
  schemaType,
  stringType,
} from '@typernetes/cel';
import { type StructuralSchema, valueSchema } from '../schema/structural-schema.ts';

/** A rule, ready to be evaluated. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  /** Why there is no program. */
  readonly problem: string | undefined;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
  /** Compares with what was there before. */
  readonly transition: boolean;
}

/** The rules of a schema, in the shape of the schema; parts without rules are left out. */
export interface RuleTree {
  readonly schema: StructuralSchema;
  readonly declared: DeclaredType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | undefined;
  readonly values: RuleTree | undefined;
}

/** No expression can name it. */
const typeName = '@self';

/** Compiles the rules of a schema; undefined where there are none. Problems stay with their rule. */
export function compileRules(schema: StructuralSchema, resource = true): RuleTree | undefined {
  const properties = new Map<string, RuleTree>();
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const tree = compileRules(inner, false);
    if (tree) properties.set(name, tree);
  }
  const inside = valueSchema(schema);
  const items = schema.items && compileRules(schema.items, false);
  const values = inside && compileRules(inside, false);
  const own = schema['x-kubernetes-validations'] ?? [];
  if (own.length === 0 && properties.size === 0 && !items && !values) return undefined;
  const declared = own.length > 0 ? schemaType(schema as never, typeName, resource) : undefined;
  return { schema, declared, rules: own.map((rule) => compileRule(rule, declared)), properties, items, values };
}

function compileRule(rule: ValidationRule, self: DeclaredType | undefined): CompiledRule {
  const oldSelf: DeclaredType | CelType | undefined = rule.optionalOldSelf ? self && optionalType(self.type) : self;
  const variables: Record<string, DeclaredType | CelType> = self && oldSelf ? { self, oldSelf } : {};
  const environment = extendEnvironment(kubernetesEnvironment, { variables });
  const main = attempt(rule.rule, environment, [boolType]);
  const message = rule.messageExpression ? attempt(rule.messageExpression, environment, [stringType]) : undefined;
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
  resultTypes: readonly CelType[],
): { program?: Program; problem?: string } {
  try {
    return { program: compile(source, environment, { resultTypes }) };
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ResultTypeError') return { problem: `cel expression ${messageOf(error)}` };
    if (name === 'CelCompileError') return { problem: `compilation failed: ${messageOf(error)}` };
    throw error;
  }
}
