import type { ExpressionWarning, ValidatingAdmissionPolicy } from '@typernetes/api/admissionregistration/v1';
import { schemaOfKind } from '@typernetes/api/schema';
import { messageOf } from '@typernetes/base';
import {
  boolType,
  compile,
  type DeclaredField,
  type DeclaredType,
  doubleType,
  dynType,
  type Environment,
  escapedPropertyName,
  extendEnvironment,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
} from '@typernetes/cel';
import { apiVersionOf, type ResourceType, type Schema, type StructSchema } from '@typernetes/machinery';
import { policyEnvironment } from '../cel/environment.ts';

/** The maximum number of kinds that one policy is checked against, as upstream. */
const maxKinds = 10;

/**
 * Likely mistakes in a policy's expressions, judged by the types of the kinds that its rules name (not by wildcards).
 * The policy works nevertheless.
 */
export function typeWarnings(
  { spec }: ValidatingAdmissionPolicy,
  served: readonly ResourceType<unknown>[],
): ExpressionWarning[] {
  const kinds = kindsOf(spec, served);
  const environments = kinds.map(({ type, declared }) => ({
    name: `${apiVersionOf(type)}, Kind=${type.kind}`,
    environment: environmentOf(spec, declared),
  }));
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string | undefined, result: typeof boolType): void => {
    if (!expression) return;
    const wrong = environments.flatMap(({ name, environment }) => {
      const problem = problemOf(expression, environment, result);
      return problem === undefined ? [] : [`${name}: ${problem}`];
    });
    if (wrong.length > 0) warnings.push({ fieldRef, warning: wrong.join('\n') });
  };
  for (const [i, { expression, messageExpression }] of (spec?.validations ?? []).entries()) {
    check(`spec.validations[${i}].expression`, expression, boolType);
    check(`spec.validations[${i}].messageExpression`, messageExpression, stringType);
  }
  return warnings;
}

function problemOf(expression: string, environment: Environment, result: typeof boolType): string | undefined {
  try {
    compile(expression, environment, { resultTypes: [result] });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function kindsOf(spec: ValidatingAdmissionPolicy['spec'], served: readonly ResourceType<unknown>[]) {
  const rules = spec?.matchConstraints?.resourceRules ?? [];
  const named = served.filter(({ group, version, plural }) =>
    rules.some(
      ({ apiGroups = [], apiVersions = [], resources = [] }) =>
        apiGroups.includes(group) && apiVersions.includes(version) && resources.includes(plural),
    ),
  );
  return named.slice(0, maxKinds).flatMap((type) => {
    const schema = schemaOfKind(type);
    return schema ? [{ type, declared: declaredType(schema, new Map()) }] : [];
  });
}

function environmentOf(spec: ValidatingAdmissionPolicy['spec'], object: DeclaredType): Environment {
  const base = policyEnvironment(spec?.paramKind !== undefined);
  let environment = extendEnvironment(base, { variables: { object, oldObject: object } });
  for (const { name, expression } of spec?.variables ?? []) {
    let type = dynType;
    try {
      type = compile(expression, environment).type;
    } catch {
      // A variable that does not compile is refused on write; do not report its uses as well.
    }
    environment = extendEnvironment(environment, { variables: { [`variables.${name}`]: type } });
  }
  return environment;
}

/** A schema as a type of CEL. Types that contain themselves are made once. */
function declaredType(schema: Schema, known: Map<StructSchema, DeclaredType>): DeclaredType {
  switch (schema.kind) {
    case 'struct': {
      const found = known.get(schema);
      if (found) return found;
      const fields = new Map<string, DeclaredField>();
      // Within one object, type names must be unique.
      const declared: DeclaredType = { type: objectType(`${schema.goType}#${known.size}`), fields };
      known.set(schema, declared);
      for (const field of schema.fields.values()) {
        const name = escapedPropertyName(field.name);
        if (name !== undefined) fields.set(name, { name: field.name, type: declaredType(field.schema, known) });
      }
      return declared;
    }
    case 'list': {
      const element = declaredType(schema.items, known);
      return { type: listType(element.type), element };
    }
    case 'map': {
      const element = declaredType(schema.values, known);
      return { type: mapType(stringType, element.type), element };
    }
    case 'scalar':
      return { type: scalarTypes[schema.type] ?? dynType };
    default:
      return { type: dynType };
  }
}

const scalarTypes: Readonly<Record<string, typeof boolType>> = {
  string: stringType,
  bool: boolType,
  int: intType,
  float: doubleType,
  time: timestampType,
  microTime: timestampType,
};
