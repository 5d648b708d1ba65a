import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { IAMClient } from '@aws-sdk/client-iam';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { describe, expect, it } from '@jest/globals';
import { attachedGroups } from '../../lib/aws/auto-scaling-set-up.ts';
import { deploymentsAmong } from '../../lib/aws/berth-deployments.ts';
import { rolePermissions } from '../../lib/aws/role-permissions.ts';
import { vcpuQuota } from '../../lib/aws/vcpu-quota.ts';
import { type Answers, type LoopbackAws, loopbackAws, Refusal } from './loopback-aws.ts';

const asking = async <T>(answers: Answers, use: (config: LoopbackAws['config']) => Promise<T>): Promise<T> => {
  await using aws = await loopbackAws(answers);
  return await use(aws.config);
};

describe('deploymentsAmong', () => {
  const Variables = { TABLE: 'table', CLUSTERS: 'shop, bank', DECIDE_QUEUE_URL: 'url' };

  it('finds a Berth by the environment of its functions', () => {
    const found = deploymentsAmong([
      { FunctionName: 'berth-dev-decide', Role: 'r1', Environment: { Variables } },
      { FunctionName: 'berth-dev-capacityRun', Role: 'r2', Environment: { Variables } },
      { FunctionName: 'berth-dev-hello', Role: 'r3' },
      { FunctionName: 'other-decide', Role: 'r4', Environment: { Variables: { TABLE: 'theirs' } } },
    ]);

    expect(found).toEqual([
      { name: 'berth-dev', clusters: ['shop', 'bank'], table: 'table', roles: { capacityRun: 'r2', decide: 'r1' } },
    ]);
  });
});

describe('vcpuQuota', () => {
  it('gives the quota', async () => {
    const reading = await asking({ GetServiceQuota: () => ({ Quota: { Value: 640 } }) }, (config) =>
      vcpuQuota(new ServiceQuotasClient(config))(),
    );
    expect(reading).toEqual({ items: [{ vcpus: 640 }], gaps: [] });
  });

  it('says where it may not be asked', async () => {
    const denied = () => {
      throw new Refusal('AccessDeniedException');
    };
    const reading = await asking({ GetServiceQuota: denied }, (config) => vcpuQuota(new ServiceQuotasClient(config))());
    expect(reading).toMatchObject({ items: [], gaps: [{ subject: 'quotas', cause: 'accessDenied' }] });
  });
});

describe('attachedGroups', () => {
  it('gives those with a record, opted in or not', async () => {
    const groups = [
      { AutoScalingGroupName: 'a', Tags: [{ Key: 'berth:attached', Value: '1 tag' }] },
      { AutoScalingGroupName: 'b', Tags: [{ Key: 'berth:cluster', Value: 'shop' }] },
    ];
    const reading = await asking({ DescribeAutoScalingGroups: () => ({ AutoScalingGroups: groups }) }, (config) =>
      attachedGroups(new AutoScalingClient(config))(),
    );
    expect(reading.items).toEqual([
      { name: 'a', cluster: undefined },
      { name: 'b', cluster: 'shop' },
    ]);
  });
});

describe('rolePermissions', () => {
  const role = 'arn:aws:iam::123456789012:role/decide';
  const asked = [
    {
      actions: ['ecs:StopTask', 'ecs:DescribeTasks'],
      resources: ['arn:aws:ecs:eu-west-1:123456789012:task/*'],
      context: { 'ecs:cluster': ['arn:aws:ecs:eu-west-1:123456789012:cluster/shop'] },
    },
  ];
  const roles = [{ functionName: 'berth-dev-decide', role, asked }];
  const missing = (answers: Answers) => asking(answers, (config) => rolePermissions(new IAMClient(config))(roles));
  const refused = () => {
    throw new Refusal('AccessDenied');
  };
  const policy = (document: string): Answers => ({
    SimulatePrincipalPolicy: refused,
    ListRolePolicies: () => ({ PolicyNames: ['berth'] }),
    GetRolePolicy: () => ({ PolicyDocument: encodeURIComponent(document) }),
  });

  it('asks the simulation about resources by name, in the conditions of the calls', async () => {
    let input: unknown;
    await missing({
      SimulatePrincipalPolicy: (it) => {
        input = it;
        return { EvaluationResults: [] };
      },
    });

    expect(input).toMatchObject({
      PolicySourceArn: role,
      'ActionNames.member.1': 'ecs:StopTask',
      'ResourceArns.member.1': 'arn:aws:ecs:eu-west-1:123456789012:task/berth',
      'ContextEntries.member.1.ContextKeyName': 'ecs:cluster',
      'ContextEntries.member.1.ContextKeyValues.member.1': 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop',
    });
  });

  it('tells what no policy allows from what one denies', async () => {
    const results = [
      { EvalActionName: 'ecs:StopTask', EvalDecision: 'explicitDeny' },
      { EvalActionName: 'ecs:DescribeTasks', EvalDecision: 'implicitDeny' },
    ];
    expect(await missing({ SimulatePrincipalPolicy: () => ({ EvaluationResults: results }) })).toEqual({
      items: [
        { functionName: 'berth-dev-decide', role, actions: ['ecs:DescribeTasks'], because: 'notAllowed' },
        { functionName: 'berth-dev-decide', role, actions: ['ecs:StopTask'], because: 'denied' },
      ],
      gaps: [],
    });
  });

  it("reads the role's own policies where it may not simulate", async () => {
    const Statement = [
      { Effect: 'Allow', Action: 'ecs:Describe*', Resource: '*' },
      { Effect: 'Deny', Action: ['ecs:StopTask'], Resource: '*' },
    ];
    const { items, gaps } = await missing(policy(JSON.stringify({ Statement })));
    expect({ actions: items.map((it) => it.actions), gaps }).toEqual({ actions: [['ecs:StopTask']], gaps: [] });
  });

  it('says where neither can be had', async () => {
    const nothing = { items: [], gaps: [{ subject: 'permissions', cause: 'accessDenied' }] };
    expect(await missing({ SimulatePrincipalPolicy: refused, ListRolePolicies: refused })).toMatchObject(nothing);
    expect(await missing(policy('{'))).toMatchObject({ gaps: [{ cause: 'malformed' }] });
  });
});
