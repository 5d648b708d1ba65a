import {
  type EvaluationResult,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import * as z from 'zod/mini';
import type { Gap } from '../model/observation.ts';
import type { MissingPermission } from '../model/surroundings-of-berth.ts';
import type { AskedPermission, AskedRole, DoctorReader } from '../ports/doctor-api.ts';
import type { Reading } from '../ports/reading.ts';
import { gapOf } from './aws-error.ts';
import { readPages } from './reads.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]);
const policySchema = z.object({
  Statement: z.array(z.object({ Effect: z.string(), Action: z.optional(oneOrMore) })),
});

const listOf = (it: string | readonly string[] | undefined): readonly string[] =>
  typeof it === 'string' ? [it] : (it ?? []);

/**
 * What the Allow statements of a policy document name; a document comes URL-encoded (IAM API reference, GetRolePolicy).
 * Undefined where it is no policy.
 */
const actionsAllowed = (document: string): readonly string[] | undefined => {
  try {
    const policy = policySchema.safeParse(JSON.parse(decodeURIComponent(document)));
    return policy.data?.Statement.filter((it) => it.Effect === 'Allow').flatMap((it) => listOf(it.Action));
  } catch {
    return undefined;
  }
};

const isCovered = (action: string, allowed: readonly string[]): boolean =>
  allowed.some((it) => it === action || (it.endsWith('*') && action.startsWith(it.slice(0, -1))));

const missing = (
  { functionName, role }: AskedRole,
  actions: readonly string[],
  because: MissingPermission['because'],
): readonly MissingPermission[] =>
  actions.length === 0 ? [] : [{ functionName, role, actions: [...new Set(actions)].sort(), because }];

const nameOfRole = (role: string): string => role.slice(role.lastIndexOf('/') + 1);

/** Condition keys of several values (IAM user guide, multivalued context keys). */
const listKeys: readonly string[] = ['aws:TagKeys'];

/** A policy may be simulated for resources that are named, not for patterns of them. */
const concrete = (resource: string): string => (resource === '*' ? resource : resource.replaceAll('*', 'berth'));

const decided = (results: readonly EvaluationResult[], decision: string): readonly string[] =>
  results.filter((it) => it.EvalDecision === decision).flatMap((it) => it.EvalActionName ?? []);

const unreadable = (what: string): Gap => ({
  subject: 'permissions',
  cause: 'malformed',
  detail: `${what} is no policy document`,
});

export const rolePermissions = (client: IAMClient): DoctorReader['missingPermissions'] => {
  const simulate = async (role: string, { actions, resources, context }: AskedPermission) => {
    const { items, gaps } = await readPages('permissions', `SimulatePrincipalPolicy of ${role}`, async (Marker) => {
      const page = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: role,
          ActionNames: [...actions],
          ResourceArns: resources.slice(0, 1).map(concrete),
          ContextEntries: Object.entries(context).map(([ContextKeyName, values]) => ({
            ContextKeyName,
            ContextKeyType: listKeys.includes(ContextKeyName) ? 'stringList' : 'string',
            ContextKeyValues: [...values],
          })),
          Marker,
        }),
      );
      return { items: page.EvaluationResults, next: page.IsTruncated === true ? page.Marker : undefined };
    });
    return { items, gaps };
  };

  const simulated = async (it: AskedRole): Promise<Reading<MissingPermission>> => {
    const results: EvaluationResult[] = [];
    for (const one of it.asked) {
      const { items, gaps } = await simulate(it.role, one);
      if (gaps.length > 0) return { items: [], gaps };
      results.push(...items);
    }
    return {
      items: [
        ...missing(it, decided(results, 'implicitDeny'), 'notAllowed'),
        ...missing(it, decided(results, 'explicitDeny'), 'denied'),
      ],
      gaps: [],
    };
  };

  /** What the role's inline policies say by themselves: conditions, boundaries and the organisation are not looked at. */
  const readOff = async (it: AskedRole): Promise<Reading<MissingPermission>> => {
    const RoleName = nameOfRole(it.role);
    try {
      const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName }));
      const allowed: string[] = [];
      for (const PolicyName of PolicyNames) {
        const { PolicyDocument } = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
        const actions = actionsAllowed(PolicyDocument ?? '');
        if (actions === undefined) return { items: [], gaps: [unreadable(`policy ${PolicyName} of role ${RoleName}`)] };
        allowed.push(...actions);
      }
      const lacking = it.asked.flatMap(({ actions }) => actions.filter((action) => !isCovered(action, allowed)));
      return { items: missing(it, lacking, 'notAllowed'), gaps: [] };
    } catch (error) {
      return { items: [], gaps: [gapOf('permissions', `policies of role ${RoleName}`, error)] };
    }
  };

  return async (roles) => {
    const found: MissingPermission[] = [];
    for (const it of roles) {
      const first = await simulated(it);
      const reading = first.gaps.length > 0 ? await readOff(it) : first;
      if (reading.gaps.length > 0) return { items: [], gaps: reading.gaps };
      found.push(...reading.items);
    }
    return { items: found, gaps: [] };
  };
};
