import { clusterrolebindings, clusterroles, rolebindings, roles } from '@typernetes/api/rbac/v1';
import { serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { accessStrategy } from '../strategies.ts';
import { bindingPrinter } from './binding-printer.ts';

export const rbacResources: readonly ServedResource[] = [
  serve(clusterrolebindings, { strategy: accessStrategy, printer: bindingPrinter }),
  serve(clusterroles, { strategy: accessStrategy }),
  serve(rolebindings, { strategy: accessStrategy, printer: bindingPrinter }),
  serve(roles, { strategy: accessStrategy }),
];
