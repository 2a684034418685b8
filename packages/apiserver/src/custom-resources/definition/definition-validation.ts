import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { invalid } from '@typernetes/machinery';
import type { AdmissionPlugin } from '../../admission/admission-plugin.ts';

/** Checks definitions. A plugin, because checking loads the compiler of rules, and servers without definitions need none. */
export const definitionValidation: AdmissionPlugin = {
  name: 'CustomResourceDefinitionValidation',
  concerns: ({ resource, subresource, operation }) =>
    resource.plural === 'customresourcedefinitions' &&
    resource.group === 'apiextensions.k8s.io' &&
    subresource === '' &&
    (operation === 'CREATE' || operation === 'UPDATE'),
  async validate({ object, oldObject, resource, name }) {
    const next = object as unknown as CustomResourceDefinition;
    // A definition that is being deleted need not be valid any more.
    if (next.metadata.deletionTimestamp) return;
    const { definitionProblems } = await import('./definition-problems.ts');
    const problems = [...definitionProblems(next, oldObject as unknown as CustomResourceDefinition | undefined)];
    if (problems.length > 0) throw invalid(resource, name, problems);
  },
};
