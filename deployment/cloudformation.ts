import type { Account } from './event-rules.ts';

/** A value in a CloudFormation template. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value | undefined };

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, Value | undefined>>;
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** The account a stack is deployed to, as CloudFormation's pseudo parameters. */
export const thisAccount: Account = {
  partition: '${AWS::Partition}',
  region: '${AWS::Region}',
  accountId: '${AWS::AccountId}',
};

/** An ARN in this account and region. */
export const arnOf = (service: string, resource: string): string =>
  `arn:${thisAccount.partition}:${service}:${thisAccount.region}:${thisAccount.accountId}:${resource}`;

/** `Fn::Sub` round every text with a placeholder, however deep, so that the rest can be written as plain data. */
export const substituted = (value: unknown): Value => {
  if (typeof value === 'string') return value.includes('${') ? { 'Fn::Sub': value } : value;
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, substituted(it)]));
  }
  return value as Value;
};

/** `clusterEvents` → `ClusterEvents`, as logical ids are written. */
export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export const attribute = (logicalId: string, name: string): Value => ({ 'Fn::GetAtt': [logicalId, name] });

export const ref = (logicalId: string): Value => ({ Ref: logicalId });
