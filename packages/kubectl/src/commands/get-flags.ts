import type { ParsedFlags } from '@typernetes/process';
import { filenameFlags } from '../manifests/read.ts';

export const getFlags = {
  ...filenameFlags,
  'allow-missing-template-keys': {
    type: 'boolean',
    help: 'If true, ignore any errors in templates when a field or map key is missing in the template.',
    default: true,
  },
  'all-namespaces': {
    type: 'boolean',
    short: 'A',
    help: 'List the requested object(s) across all namespaces.',
    default: false,
  },
  'chunk-size': { type: 'number', help: 'Return large lists in chunks rather than all at once.', default: 500 },
  'field-selector': { type: 'string', help: 'Selector (field query) to filter on.', default: '' },
  'ignore-not-found': {
    type: 'boolean',
    help: 'Treat "resource not found" as a successful retrieval.',
    default: false,
  },
  'label-columns': { type: 'list', short: 'L', help: 'Labels that are presented as columns.', default: [] },
  'no-headers': { type: 'boolean', help: "Don't print headers.", default: false },
  output: {
    type: 'string',
    short: 'o',
    help: 'Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide).',
  },
  'output-watch-events': { type: 'boolean', help: 'Output watch event objects when --watch is used.', default: false },
  raw: { type: 'string', help: 'Raw URI to request from the server.' },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  'server-print': {
    type: 'boolean',
    help: 'If true, have the server return the appropriate table output.',
    default: true,
  },
  'show-kind': { type: 'boolean', help: 'List the resource type for the requested object(s).', default: false },
  'show-labels': { type: 'boolean', help: 'Show all labels as the last column.', default: false },
  'show-managed-fields': { type: 'boolean', help: 'Keep the managedFields when printing objects.', default: false },
  'sort-by': { type: 'string', help: 'Sort list types using this field specification.', default: '' },
  subresource: { type: 'string', help: 'If specified, gets the subresource of the requested object.', default: '' },
  template: { type: 'string', help: 'Template string or path to template file to use.', default: '' },
  watch: {
    type: 'boolean',
    short: 'w',
    help: 'After listing/getting the requested object, watch for changes.',
    default: false,
  },
  'watch-only': {
    type: 'boolean',
    help: 'Watch for changes to the requested object(s), without listing/getting first.',
    default: false,
  },
} as const;

export type GetFlags = ParsedFlags<typeof getFlags>;
