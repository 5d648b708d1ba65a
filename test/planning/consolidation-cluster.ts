/** Small clusters to consolidate: instances with tasks of services on them, and what `consolidate` is asked about them. */
import type { ContainerInstance } from '../../lib/model/container-instance.ts';
import type { Service } from '../../lib/model/service.ts';
import type { ClusterSettings } from '../../lib/model/settings.ts';
import type { Task } from '../../lib/model/task.ts';
import type { HostPort, TaskDefinition } from '../../lib/model/task-definition.ts';
import {
  type Consolidation,
  type ConsolidationContext,
  consolidate,
} from '../../lib/planning/consolidation/consolidate.ts';
import { stateOf } from '../../lib/planning/groups.ts';
import { launchingOf, supplyOf } from '../../lib/planning/supply.ts';
import { type View, viewOf } from '../../lib/planning/view.ts';
import { definitions, group, input, instance, member, service, task, taskDefinition } from '../support/builders.ts';

export interface Host {
  /** Names of the services whose tasks it runs. */
  readonly runs: readonly string[];
  readonly zone?: string;
  readonly group?: string;
  readonly type?: string;
  readonly size?: { readonly cpuUnits: number; readonly memoryMiB: number };
  readonly gpus?: number;
  /** Others need not ask about it. */
  readonly isCandidate?: boolean;
  readonly provider?: string;
}

export interface Setup {
  readonly hosts: readonly Host[];
  readonly services?: readonly Partial<Service>[];
  readonly taskDefinitions?: readonly TaskDefinition[];
  readonly settings?: Partial<ClusterSettings>;
  /** Groups that have no instance yet, by name: the type they launch and what it registers. */
  readonly empty?: Readonly<
    Record<string, { readonly type: string; readonly cpuUnits: number; readonly price: number }>
  >;
  readonly prices?: Readonly<Record<string, number>>;
}

const wholeSize = { cpuUnits: 2048, memoryMiB: 7680 };

const taken = (all: readonly TaskDefinition[], what: (it: TaskDefinition) => number): number =>
  all.reduce((sum, it) => sum + what(it), 0);

const hostOf = (it: Host, n: number, known: Readonly<Record<string, TaskDefinition>>): ContainerInstance => {
  const registered = it.size ?? wholeSize;
  const running = it.runs.flatMap((name) => known[taskDefinition(name).arn] ?? []);
  const ports: readonly HostPort[] = running.flatMap((one) => one.requirements.hostPorts);
  return instance(n, {
    registered,
    remaining: {
      cpuUnits: registered.cpuUnits - taken(running, (one) => one.requirements.cpuUnits),
      memoryMiB: registered.memoryMiB - taken(running, (one) => one.requirements.memoryMiB),
    },
    portsInUse: ports,
    gpusRegistered: it.gpus ?? 0,
    gpusRemaining: (it.gpus ?? 0) - taken(running, (one) => one.requirements.gpus),
    runningTasksCount: running.length,
    capacityProviderName: it.provider,
    attributes: {
      'ecs.instance-type': it.type ?? 'm5.large',
      'ecs.availability-zone': it.zone ?? 'eu-west-1a',
    },
  });
};

/** Service `api` of tasks of 512 CPU units and 1,024 MiB, unless others are given. */
export const viewFor = (setup: Setup): View => {
  const known = definitions(taskDefinition('api'), ...(setup.taskDefinitions ?? []));
  const tasks = setup.hosts.flatMap((it, n) =>
    it.runs.map(
      (name, k): Task =>
        task(n * 100 + k, n, {
          group: `service:${name}`,
          taskDefinitionArn: taskDefinition(name).arn,
          capacityProviderName: it.provider,
        }),
    ),
  );
  const names = [...new Set([...setup.hosts.map((it) => it.group ?? 'web'), ...Object.keys(setup.empty ?? {})])];
  const groups = names.map((name) => {
    const empty = setup.empty?.[name];
    const members = setup.hosts.flatMap((it, n) =>
      (it.group ?? 'web') === name
        ? [member(n, { availabilityZone: it.zone ?? 'eu-west-1a', instanceType: it.type ?? 'm5.large' })]
        : [],
    );
    const type = empty?.type ?? setup.hosts.find((it) => (it.group ?? 'web') === name)?.type ?? 'm5.large';
    return group(members, {
      name,
      instanceTypes: [type],
      availabilityZones: [...new Set(['eu-west-1a', ...setup.hosts.map((it) => it.zone ?? 'eu-west-1a')])],
    });
  });
  const prices = {
    ...setup.prices,
    ...Object.fromEntries(Object.entries(setup.empty ?? {}).map(([k, v]) => [k, v.price])),
  };
  return viewOf(
    input(
      {
        containerInstances: setup.hosts.map((it, n) => hostOf(it, n, known)),
        tasks,
        services: (setup.services ?? [{ name: 'api' }]).map((over) =>
          service(tasks.filter((it) => it.group === `service:${over.name ?? 'api'}`).length, over),
        ),
        taskDefinitions: known,
        groups,
      },
      {
        settings: {
          consolidation: { enabled: true, threshold: 0, settleTimeMs: 0 },
          groups: Object.fromEntries(
            names.map((name) => {
              const empty = setup.empty?.[name];
              const registers =
                empty === undefined ? undefined : { cpuUnits: empty.cpuUnits, memoryMiB: 4 * empty.cpuUnits };
              return [
                name,
                { registers, pricePerHour: prices[name], hold: false, priority: 0, launchInstances: false },
              ];
            }),
          ),
          ...setup.settings,
        },
      },
    ),
  );
};

export const contextFor = (
  view: View,
  hosts: readonly Host[],
  over: Partial<ConsolidationContext> = {},
): ConsolidationContext => {
  const launching = launchingOf(
    view,
    view.observation.groups.map((it) => stateOf(view, it)),
  );
  return {
    candidates: view.observation.containerInstances.flatMap((it) => {
      const membership = view.membershipByEc2Id.get(it.ec2InstanceId);
      const host = hosts[Number(it.ec2InstanceId.slice(2))];
      return membership === undefined || host?.isCandidate === false ? [] : [{ instance: it, group: membership.group }];
    }),
    supply: supplyOf(view, launching),
    launching,
    asks: [],
    allowance: () => 100,
    ...over,
  };
};

export const consolidated = (setup: Setup, over: Partial<ConsolidationContext> = {}): Consolidation => {
  const view = viewFor(setup);
  return consolidate(view, contextFor(view, setup.hosts, over));
};

export const idsOf = (going: Consolidation['drains']): readonly string[] =>
  going.map((it) => it.instance.ec2InstanceId).toSorted();
