import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  PutLifecycleHookCommand,
  ResumeProcessesCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeCapacityProvidersCommand,
  DescribeContainerInstancesCommand,
  ECSClient,
  ListContainerInstancesCommand,
  UpdateCapacityProviderCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { groupSetUpReader, groupSetUpWriter } from '../../lib/aws/auto-scaling-set-up.ts';
import { changeGroup, type Intention, lookAtGroup } from '../../lib/flows/attaching.ts';
import { isBerth } from '../../simulator/host/ports/watched-berth.ts';
import { unmanaged } from '../../simulator/workloads/setup.ts';
import { stageScenario } from '../../simulator/workloads/stage.ts';
import { type LocalBerth, localBerth } from '../support/local-berth.ts';
import { packedService, scenarioOf } from '../support/scenarios.ts';
import { sdkOptions } from '../support/sdk-options.ts';

const cluster = 'shop';
const groups = ['plain', 'own'];

const attach: Intention = {
  kind: 'attach',
  wanted: { cluster, lifecycleHookName: 'berth-drain', capacityProviders: [] },
};
const detach: Intention = { kind: 'detach', cluster };

const largeGroup = (pricePerHour: number, minSize: number) => ({
  types: [{ instanceType: 'm5.large', pricePerHour }],
  zones: ['a', 'b'],
  minSize,
  maxSize: 10,
  desiredCapacity: 3,
});

/** Hours, and how many tasks from then on. */
const steps = (...all: readonly (readonly [number, number])[]) => all.map(([at, value]) => ({ at: `${at}h`, value }));

/** As people have groups before they hear of Berth: one as it was made, and one with much of its own. */
const prepared = async () => {
  const local = await localBerth([cluster]);
  const { world, clock, endpoint } = local.aws;
  const scenario = scenarioOf({
    cluster,
    duration: '2d',
    groups: { plain: largeGroup(0.12, 0), own: largeGroup(0.096, 3) },
    services: {
      web: packedService(512, 1_024, { steps: steps([0, 4], [5, 26], [8, 6], [14, 20], [20, 12]) }),
      api: packedService(256, 512, { steps: steps([0, 4], [6, 16], [9, 3]) }),
    },
  });
  stageScenario(world, clock, scenario, unmanaged);
  await local.pass(30);
  const client = new AutoScalingClient(sdkOptions(endpoint.url));
  const AutoScalingGroupName = 'own';
  const [first] = await membersOf(client, AutoScalingGroupName);
  const rebalances = { AutoScalingGroupName: 'plain', ScalingProcesses: ['AZRebalance'] };
  await client.send(new ResumeProcessesCommand(rebalances));
  await client.send(
    new PutLifecycleHookCommand({
      AutoScalingGroupName,
      LifecycleHookName: 'flush-logs',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 60,
      DefaultResult: 'CONTINUE',
    }),
  );
  await client.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['AlarmNotification'] }));
  await client.send(
    new SetInstanceProtectionCommand({
      AutoScalingGroupName,
      InstanceIds: first === undefined ? [] : [first.id],
      ProtectedFromScaleIn: true,
    }),
  );
  return {
    local,
    client,
    ecs: new ECSClient(sdkOptions(endpoint.url)),
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  };
};

const membersOf = async (client: AutoScalingClient, group: string) => {
  const { AutoScalingGroups } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  );
  return (AutoScalingGroups?.[0]?.Instances ?? []).map((it) => ({
    id: it.InstanceId ?? '',
    isProtected: it.ProtectedFromScaleIn,
    state: it.LifecycleState,
  }));
};

/** All that Auto Scaling says of the groups but for what a day changes: how many instances there are, and which. */
const settingsOf = async (client: AutoScalingClient, of = groups): Promise<string> => {
  const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand());
  const policies = await client.send(new DescribePoliciesCommand());
  const hooks = await Promise.all(
    of.map((it) => client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: it }))),
  );
  return JSON.stringify(
    {
      groups: AutoScalingGroups?.map((it) => ({ ...it, DesiredCapacity: undefined, Instances: undefined })),
      hooks: hooks.map((it) => it.LifecycleHooks),
      policies: policies.ScalingPolicies,
    },
    undefined,
    2,
  );
};

const protectionOf = async (client: AutoScalingClient): Promise<ReadonlyMap<string, boolean | undefined>> =>
  new Map((await Promise.all(groups.map((it) => membersOf(client, it)))).flat().map((it) => [it.id, it.isProtected]));

/** Status and tags of the container instances, each by its EC2 instance. */
const registered = async (ecs: ECSClient) => {
  const { containerInstanceArns = [] } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
  const { containerInstances = [] } = await ecs.send(
    new DescribeContainerInstancesCommand({
      cluster,
      containerInstances: containerInstanceArns,
      include: ['TAGS'],
    }),
  );
  return containerInstances.map((it) => ({ id: it.ec2InstanceId ?? '', status: it.status, tags: it.tags }));
};

/** What those are that carry Berth's mark. */
const marked = async (ecs: ECSClient) =>
  (await registered(ecs)).flatMap((it) =>
    it.tags?.some(({ key }) => key === 'berth:drain') === true ? it.status : [],
  );

const changeAll = async (client: AutoScalingClient, intention: Intention, of = groups): Promise<void> => {
  const read = groupSetUpReader(client);
  for (const group of of) {
    const looked = await lookAtGroup(group, intention, read);
    if (looked.kind !== 'seen' || looked.plan.kind !== 'planned') throw new Error(`nothing is planned for ${group}`);
    const changed = await changeGroup(group, intention, looked.plan.changes, read, {
      write: groupSetUpWriter(client),
      isInterrupted: () => false,
      onDone: () => undefined,
    });
    expect(changed).toMatchObject({ kind: 'changed', failed: undefined, left: [] });
  }
};

const changed: readonly string[] = ['ecs', 'ec2', 'autoscaling'];

/** What Berth's functions called that changes groups, instances or services. */
const writesOf = ({ records }: LocalBerth): readonly string[] =>
  records.flatMap((it) =>
    it.kind === 'api' &&
    isBerth(it.caller) &&
    it.caller !== 'external' &&
    changed.includes(it.service) &&
    !/^(Describe|List|Get)/.test(it.operation)
      ? [it.operation]
      : [],
  );

describe('attach, a day in act mode, and detach', () => {
  it('leave groups, hooks, tags and protection as they were', async () => {
    await using aws = await prepared();
    const { local, client, ecs } = aws;
    const { capacityRun } = local.deployed.functions;
    const settings = await settingsOf(client);
    const protection = await protectionOf(client);

    await changeAll(client, attach);
    expect(await settingsOf(client)).not.toBe(settings);
    await local.pass(22 * 60);
    const instances = (await registered(ecs)).flatMap((it) => (it.status === 'ACTIVE' ? it.id : [])).slice(-1);
    capacityRun.invoke({ action: 'drain', cluster, instances });
    for (let minutes = 0; minutes < 20 && !(await marked(ecs)).includes('DRAINING'); minutes++) await local.pass(1);
    expect(await marked(ecs)).toContain('DRAINING');
    capacityRun.invoke({ action: 'restore', cluster, instances });
    await local.pass(2 * 60);
    const did = writesOf(local);
    await changeAll(client, detach);

    expect(did).toEqual(
      expect.arrayContaining(['SetDesiredCapacity', 'TerminateInstanceInAutoScalingGroup', 'UntagResource']),
    );
    expect(await settingsOf(client)).toBe(settings);
    const left = [...(await protectionOf(client))];
    expect(left.some(([id]) => protection.has(id))).toBe(true);
    expect(left).toEqual(left.map(([id]) => [id, protection.get(id) ?? false]));
    for (const it of await registered(ecs)) expect(it).toMatchObject({ status: 'ACTIVE', tags: [] });

    await local.pass(60);
    expect(await settingsOf(client)).toBe(settings);
    expect(writesOf(local)).toEqual(did);
  }, 120_000);
});

describe('from managed scaling to Berth, and back, as docs/migration.md has it', () => {
  const setup = {
    ...unmanaged,
    providers: 'managedScaling' as const,
    managedTerminationProtection: true,
    managedDraining: true,
  };

  const managed = (status: 'ENABLED' | 'DISABLED') => ({
    name: 'plain',
    autoScalingGroupProvider: { managedScaling: { status }, managedTerminationProtection: status },
  });

  it('ends no instance, sizes the group from the switch on, and leaves it as it was', async () => {
    await using local = await localBerth([cluster]);
    const { world, clock, endpoint } = local.aws;
    const scenario = scenarioOf({
      cluster,
      groups: { plain: largeGroup(0.096, 1) },
      services: { web: packedService(512, 1_024, { steps: steps([0, 10], [1, 24]) }) },
    });
    stageScenario(world, clock, scenario, setup);
    await local.pass(30);
    const client = new AutoScalingClient(sdkOptions(endpoint.url));
    const ecs = new ECSClient(sdkOptions(endpoint.url));
    const providers = async () => (await ecs.send(new DescribeCapacityProvidersCommand())).capacityProviders;
    const members = async () => (await membersOf(client, 'plain')).map((it) => it.id).sort();
    const before = { settings: await settingsOf(client, ['plain']), providers: await providers() };
    const atFirst = await members();

    await changeAll(client, attach, ['plain']);
    await local.pass(45);
    expect(await members()).toEqual(atFirst);
    expect(writesOf(local)).toEqual([]);

    await ecs.send(new UpdateCapacityProviderCommand(managed('DISABLED')));
    await local.pass(10);
    const sized = await members();
    expect(sized.length).toBeGreaterThan(atFirst.length);
    expect(sized).toEqual(expect.arrayContaining(atFirst));

    await ecs.send(new UpdateCapacityProviderCommand(managed('ENABLED')));
    await local.pass(1);
    const did = writesOf(local);
    await local.pass(60);
    expect(writesOf(local)).toEqual(did);
    expect(await members()).toEqual(sized);
    await changeAll(client, detach, ['plain']);
    expect({ settings: await settingsOf(client, ['plain']), providers: await providers() }).toEqual(before);
  }, 60_000);
});
