import assert from 'node:assert/strict';
import { it } from 'node:test';
import { problemText } from '@typernetes/machinery';
import {
  validateMutatingAdmissionPolicy,
  validateMutatingAdmissionPolicyBinding,
  validateValidatingAdmissionPolicy,
  validateValidatingAdmissionPolicyBinding,
} from './policy-validation.ts';

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const match = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, resourceRules: [rule] };
const validating = (spec: object) =>
  validateValidatingAdmissionPolicy({
    metadata: { name: 'p' },
    spec: { failurePolicy: 'Fail', matchConstraints: match, validations: [{ expression: 'true' }], ...spec },
  } as never).map(problemText);

const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

it("checks validating policies with upstream's messages", () => {
  const cases: [object, string[]][] = [
    [{}, []],
    [
      { validations: [] },
      [
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [{ matchConstraints: undefined }, ['spec.matchConstraints: Required value']],
    [{ matchConstraints: { ...match, resourceRules: [] } }, ['spec.matchConstraints.resourceRules: Required value']],
    [{ paramKind: { apiVersion: 'rules.example.com/v1', kind: 'Limit' } }, []],
    [
      { paramKind: { apiVersion: 'v1/', kind: '' } },
      [
        'spec.paramKind.apiVersion: Invalid value: "v1/": version must be specified',
        'spec.paramKind.kind: Required value',
      ],
    ],
    [
      { variables: [{ name: 'a-b', expression: ' ' }] },
      [
        'spec.variables[0].name: Invalid value: "a-b": must be a valid CEL identifier',
        'spec.variables[0].expression: Required value: expression is not specified',
      ],
    ],
    [
      { paramKind: { apiVersion: 'a/b/c', kind: 'A_b' } },
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        `spec.paramKind.kind: Invalid value: "A_b": may have mixed case, but should otherwise match: ${label}`,
      ],
    ],
    [
      { paramKind: { apiVersion: 'rules.example.com/V1', kind: 'Limit' } },
      [`spec.paramKind.apiVersion: Invalid value: "V1": ${label}`],
    ],
    // An expression of several lines needs no message.
    [{ validations: [{ expression: 'a\nb' }] }, []],
    [
      {
        variables: [
          { name: ' ', expression: '1' },
          { name: 'namespace', expression: '1' },
        ],
      },
      [
        'spec.variables[0].name: Required value: name is not specified',
        'spec.variables[1].name: Invalid value: "namespace": must be a valid CEL identifier',
      ],
    ],
    [
      { auditAnnotations: [{ key: '', valueExpression: '"x"' }] },
      [
        'spec.auditAnnotations[0].key: Invalid value: "p/": name part must be non-empty',
        `spec.auditAnnotations[0].key: Invalid value: "p/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    ],
    [
      { matchConstraints: { ...match, objectSelector: { matchExpressions: [{ key: 'a', operator: 'Odd' }] } } },
      [
        'spec.matchConstraints.objectSelector.matchExpressions[0].operator: Invalid value: "Odd": not a valid selector operator',
      ],
    ],
    [
      { validations: [{ expression: 'a', message: 'a\nb', reason: 'Odd' }] },
      [
        'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
        'spec.validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
      ],
    ],
    [
      {
        auditAnnotations: [
          { key: 'a', valueExpression: '"x"' },
          { key: 'a', valueExpression: '' },
        ],
      },
      [
        'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
        'spec.auditAnnotations[1].key: Duplicate value: "a"',
      ],
    ],
  ];
  for (const [spec, problems] of cases) assert.deepEqual(validating(spec), problems, JSON.stringify(spec));
});

it('checks bindings', () => {
  const binding = (spec: object) =>
    validateValidatingAdmissionPolicyBinding({
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
    } as never).map(problemText);
  assert.deepEqual(binding({}), []);
  assert.deepEqual(binding({ policyName: '', validationActions: [] }), [
    'spec.policyName: Required value',
    'spec.validationActions: Required value: at least one validation action is required',
  ]);
  assert.match(binding({ validationActions: ['Deny', 'Warn'] })[0] as string, /must not contain both Deny and Warn/);
  assert.deepEqual(binding({ paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' } }), [
    'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
    'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
  ]);
  assert.deepEqual(binding({ paramRef: {} }), [
    'spec.paramRef: Required value: one of name or selector must be specified',
    'spec.paramRef.parameterNotFoundAction: Required value',
  ]);
});

it('checks mutating policies', () => {
  const mutating = (spec: object) =>
    validateMutatingAdmissionPolicy({
      metadata: { name: 'p' },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: match,
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        ...spec,
      },
    } as never).map(problemText);
  assert.deepEqual(mutating({}), []);
  assert.deepEqual(mutating({ mutations: [], reinvocationPolicy: undefined }), [
    'spec.mutations: Required value: mutations must contain at least one item',
    'spec.reinvocationPolicy: Required value',
  ]);
  assert.deepEqual(mutating({ mutations: [{ patchType: 'ApplyConfiguration' }, { patchType: 'Odd' }] }), [
    'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
    'spec.mutations[1].patchType: Unsupported value: "Odd": supported values: "ApplyConfiguration", "JSONPatch"',
  ]);
  const both = { jsonPatch: { expression: ' ' }, applyConfiguration: { expression: 'x' } };
  assert.deepEqual(mutating({ mutations: [{ patchType: 'JSONPatch', ...both }] }), [
    'spec.mutations[0].jsonPatch.expression: Required value',
    'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": must not be specified when patchType is JSONPatch',
  ]);
  assert.deepEqual(mutating({ matchConstraints: { ...match, resourceRules: [{ ...rule, operations: ['DELETE'] }] } }), [
    'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "CREATE", "UPDATE"',
  ]);
  const match2 = { ...match, resourceRules: [{ ...rule, operations: ['CONNECT'] }] };
  const binding = { metadata: { name: 'b' }, spec: { policyName: 'p', matchResources: match2 } };
  assert.deepEqual(validateMutatingAdmissionPolicyBinding(binding as never).map(problemText), [
    'spec.matchResources.resourceRules.operations: Unsupported value: "CONNECT": supported values: "CREATE", "UPDATE"',
  ]);
});
