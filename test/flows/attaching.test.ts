import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  PutLifecycleHookCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { groupSetUpReader, groupSetUpWriter } from '../../lib/aws/auto-scaling-set-up.ts';
import { type Changed, changeGroup, type Intention, lookAtGroup } from '../../lib/flows/attaching.ts';
import type { GroupSetUpWriter } from '../../lib/ports/group-set-up-api.ts';
import { listen } from '../../simulator/endpoint/server.ts';
import type { JsonObject } from '../../simulator/world/api.ts';
import { describeWith } from '../support/external-tools.ts';
import { motoServer } from '../support/moto-server.ts';
import { motoWorkers } from '../support/moto-workers.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld } from '../support/small-world.ts';

const attach: Intention = {
  kind: 'attach',
  wanted: { cluster: 'shop', lifecycleHookName: 'berth-drain', capacityProviders: [] },
};
const detach: Intention = { kind: 'detach', cluster: 'shop' };

const intentions: readonly Intention[] = [attach, detach];

/** The process was killed: nothing after it is run. */
class Killed extends Error {
  override readonly name = 'Killed';
}

interface Killing {
  readonly writes: number;
  /** Whether the last write reached AWS before. */
  readonly arrives: boolean;
}

/** A writer that is killed at its nth write. */
const mortal = (write: GroupSetUpWriter, { writes, arrives }: Killing): GroupSetUpWriter => {
  let left = writes;
  const guarded = async <T>(send: () => Promise<T>): Promise<T> => {
    left -= 1;
    if (left > 0) return send();
    if (arrives) await send();
    throw new Killed();
  };
  return {
    putTags: (group, tags) => guarded(() => write.putTags(group, tags)),
    deleteTags: (group, keys) => guarded(() => write.deleteTags(group, keys)),
    putHook: (group, hook) => guarded(() => write.putHook(group, hook)),
    deleteHook: (group, name) => guarded(() => write.deleteHook(group, name)),
    suspendProcess: (group, process) => guarded(() => write.suspendProcess(group, process)),
    resumeProcess: (group, process) => guarded(() => write.resumeProcess(group, process)),
    protectNewInstances: (group, isProtected) => guarded(() => write.protectNewInstances(group, isProtected)),
    protectInstances: (group, ids, isProtected) => guarded(() => write.protectInstances(group, ids, isProtected)),
  };
};

/** All that Auto Scaling says of a group, as text. */
const described = async (client: AutoScalingClient, group: string): Promise<string> => {
  const { AutoScalingGroups } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  );
  const { LifecycleHooks } = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group }));
  return JSON.stringify({ AutoScalingGroups, LifecycleHooks }, undefined, 2);
};

const changeWith = async (
  client: AutoScalingClient,
  group: string,
  intention: Intention,
  write = groupSetUpWriter(client),
): Promise<Changed> => {
  const read = groupSetUpReader(client);
  const looked = await lookAtGroup(group, intention, read);
  if (looked.kind !== 'seen') return looked;
  const shown = looked.plan.kind === 'planned' ? looked.plan.changes : [];
  return changeGroup(group, intention, shown, read, { write, isInterrupted: () => false, onDone: () => undefined });
};

/** True where it was killed before it was done. */
const killedAt = async (
  client: AutoScalingClient,
  group: string,
  intention: Intention,
  killing: Killing,
): Promise<boolean> => {
  try {
    await changeWith(client, group, intention, mortal(groupSetUpWriter(client), killing));
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
};

const instanceIds = async (client: AutoScalingClient, group: string): Promise<string[]> => {
  const { AutoScalingGroups } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  );
  return AutoScalingGroups?.[0]?.Instances?.map((one) => one.InstanceId ?? '') ?? [];
};

/** A group with much of its own: its hook, protected new instances, and one instance that is not. */
const makePeculiar = async (client: AutoScalingClient, group: string): Promise<void> => {
  const AutoScalingGroupName = group;
  const [, ...InstanceIds] = await instanceIds(client, group);
  await client.send(
    new PutLifecycleHookCommand({
      AutoScalingGroupName,
      LifecycleHookName: 'berth-drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 120,
    }),
  );
  await client.send(
    new SetInstanceProtectionCommand({ AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn: true }),
  );
  await client.send(
    new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, NewInstancesProtectedFromScaleIn: true }),
  );
  await client.send(
    new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['AZRebalance', 'ReplaceUnhealthy'] }),
  );
};

/** Attaches and detaches, killed at every write, before it arrives and after, and begun again. */
const survivesEveryKill = async (
  client: AutoScalingClient,
  group: string,
  { kinds, pass }: { readonly kinds: readonly boolean[]; readonly pass: () => Promise<unknown> },
): Promise<number> => {
  const before = await described(client, group);
  let kills = 0;
  for (const arrives of kinds) {
    for (const first of intentions) {
      for (let writes = 1; ; writes++) {
        await pass();
        if (first === detach) await changeWith(client, group, attach);
        const wasKilled: boolean = await killedAt(client, group, first, { writes, arrives });
        if (first === attach) expect(await changeWith(client, group, attach)).toMatchObject({ failed: undefined });
        await changeWith(client, group, detach);
        expect(await described(client, group)).toBe(before);
        if (!wasKilled) break;
        kills += 1;
      }
    }
  }
  return kills;
};

describe('attach and detach, on the simulated AWS', () => {
  const group = 'shop-workers';

  /** A group that is not opted in yet. */
  const bareGroup = async () => {
    const { world, clock } = await smallWorld();
    const endpoint = await listen({ world, now: () => clock.now() });
    const client = new AutoScalingClient(sdkOptions(endpoint.url));
    const AutoScalingGroupName = group;
    const ask = (operation: string, input: JsonObject) => world.call('autoscaling', operation, input);
    const InstanceIds = await instanceIds(client, group);
    ask('DeleteTags', { Tags: [{ ResourceId: group, Key: 'berth:cluster' }] });
    ask('DeleteLifecycleHook', { AutoScalingGroupName, LifecycleHookName: 'berth-drain' });
    ask('UpdateAutoScalingGroup', { AutoScalingGroupName, NewInstancesProtectedFromScaleIn: false });
    ask('ResumeProcesses', { AutoScalingGroupName, ScalingProcesses: ['AZRebalance'] });
    ask('SetInstanceProtection', { AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn: false });
    const pass = () => clock.runUntil(clock.now() + 60_000);
    return { client, pass, [Symbol.asyncDispose]: () => endpoint.close() };
  };

  it('leaves everything described as it was, wherever it was killed', async () => {
    await using aws = await bareGroup();
    const { client, pass } = aws;

    expect(await survivesEveryKill(client, group, { kinds: [false, true], pass })).toBeGreaterThan(16);
  }, 60_000);

  it('leaves what was there before as it was, wherever it was killed', async () => {
    await using aws = await bareGroup();
    const { client, pass } = aws;
    await makePeculiar(client, group);

    expect(await survivesEveryKill(client, group, { kinds: [false, true], pass })).toBeGreaterThan(8);
  }, 60_000);

  it('stops where a person interrupts it, and says what is left', async () => {
    await using aws = await bareGroup();
    const { client } = aws;
    const read = groupSetUpReader(client);
    const looked = await lookAtGroup(group, attach, read);
    if (looked.kind !== 'seen' || looked.plan.kind !== 'planned') throw new Error('nothing is planned');
    const told: string[] = [];

    const changed = await changeGroup(group, attach, looked.plan.changes, read, {
      write: groupSetUpWriter(client),
      isInterrupted: () => told.length === 2,
      onDone: ({ kind }) => told.push(kind),
    });

    expect(told).toEqual(['writeRecord', 'putTerminationHook']);
    expect(changed).toMatchObject({
      kind: 'changed',
      failed: undefined,
      done: [{ kind: 'writeRecord' }, { kind: 'putTerminationHook' }],
      left: [
        { kind: 'protectNewInstances' },
        { kind: 'protectInstances' },
        { kind: 'suspendProcess' },
        { kind: 'optIn' },
      ],
    });
  });

  it('does nothing to a group that was changed since it was shown', async () => {
    await using aws = await bareGroup();
    const { client } = aws;
    const read = groupSetUpReader(client);
    const looked = await lookAtGroup(group, attach, read);
    if (looked.kind !== 'seen' || looked.plan.kind !== 'planned') throw new Error('nothing is planned');
    await makePeculiar(client, group);
    const before = await described(client, group);

    const changed = await changeGroup(group, attach, looked.plan.changes, read, {
      write: groupSetUpWriter(client),
      isInterrupted: () => false,
      onDone: () => undefined,
    });

    expect(changed).toEqual({ kind: 'differs' });
    expect(await described(client, group)).toBe(before);
  });

  it('says that there is no such group', async () => {
    await using aws = await bareGroup();
    const { client } = aws;

    expect(await changeWith(client, 'no-such-group', attach)).toEqual({ kind: 'noSuchGroup' });
  });
});

describeWith('moto_server', 'attach and detach, on moto', () => {
  it('leaves everything described as it was, wherever it was killed', async () => {
    await using moto = await motoServer();
    const client = new AutoScalingClient(sdkOptions(moto.endpoint));
    const ec2 = new EC2Client(sdkOptions(moto.endpoint));
    await motoWorkers(client, ec2, 2, {
      DesiredCapacity: 3,
      Tags: [{ Key: 'team', Value: 'core', PropagateAtLaunch: true }],
    });

    const pass = () => Promise.resolve();
    expect(await changeWith(client, 'no-such-group', attach)).toEqual({ kind: 'noSuchGroup' });
    expect(await survivesEveryKill(client, 'workers', { kinds: [true], pass })).toBeGreaterThan(8);
    await makePeculiar(client, 'workers');
    expect(await survivesEveryKill(client, 'workers', { kinds: [true], pass })).toBeGreaterThan(4);
  }, 120_000);
});
