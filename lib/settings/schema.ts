import { z } from 'zod';
import { type ShippedDefault, shippedDefaults } from './defaults.ts';
import { budgetList } from './schema-leaving.ts';
import {
  byName,
  duration,
  durationOr,
  limitOr,
  type Naming,
  section,
  share,
  wholeNumber,
  yesOrNo,
} from './schema-parts.ts';
import { families, headroomList, roles } from './schema-room.ts';
import { serviceSection } from './schema-services.ts';

/**
 * The schema of `berth.yml`. Messages are remedies: they say what to write, never only what is wrong; what was found
 * is added by `problemsOf`. Durations stay text here, so that the JSON Schema for editors can be made of it.
 */

const ecsName: Naming = {
  pattern: /^[a-zA-Z0-9_-]{1,255}$/,
  remedy: 'write a name of up to 255 letters, digits, hyphens and underscores, as ECS has it',
};
const groupName: Naming = {
  pattern: /^.{1,255}$/,
  remedy: 'write the name of an Auto Scaling group, up to 255 characters',
};

const thresholdRemedy = 'write a number from 0 to 100, such as 0.5';
const priorityRemedy = 'write a whole number from -100 to 100';
const zeroCap = 'none: no limit; 0: nothing may be launched.';

const onDeadline = z.enum(['abandon', 'stopTasks', 'proceed'], { error: 'write abandon, stopTasks or proceed' });

/** What the section `defaults` and the section of a cluster have in common; only the former has shipped defaults. */
const limitsOf = (place: 'defaults' | 'cluster') => {
  const described = <Schema extends z.ZodType>(schema: Schema, { value, reason }: ShippedDefault, what: string) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return place === 'defaults'
      ? schema.optional().meta({ description: `${what} Default ${text}. ${reason}`, default: value })
      : schema.optional().meta({ description: `${what} As in defaults, if not given.` });
  };
  const it = shippedDefaults;
  return {
    mode: described(
      z.enum(['observe', 'act'], { error: 'write observe or act' }),
      it.mode,
      'observe says what would be done; act does it.',
    ),
    quietTime: described(
      duration('0s', '24h'),
      it.quietTime,
      'How long an instance must have held nothing but daemons before it may go, 0s to 24h.',
    ),
    bootDeadline: described(
      duration('1m', '2h'),
      it.bootDeadline,
      'How long a launched instance is counted as on its way before it is given up, 1m to 2h.',
    ),
    maximumOverdue: described(
      wholeNumber(1, 100),
      it.maximumOverdue,
      'How many instances of a group may be past their boot deadline before no more are launched there.',
    ),
    lifecycleHook: described(
      z.string({ error: 'write the name of a lifecycle hook' }).regex(/^[A-Za-z0-9\-_/]{1,255}$/, {
        error: 'write a hook name of up to 255 letters, digits, hyphens, underscores and slashes',
      }),
      it.lifecycleHook,
      'The termination lifecycle hook that Berth completes.',
    ),
    peakWindow: described(
      durationOr('automatic', '0s', '24h'),
      it.peakWindow,
      'How long the most tasks a service wanted must still fit before their room is given up, 0s to 24h; automatic learns it from how soon demand came back.',
    ),
    consolidation: section({
      enabled: described(
        yesOrNo(),
        it.consolidation.enabled,
        'Whether instances are emptied whose tasks fit on the others, or on a cheaper one.',
      ),
      threshold: described(
        z.number({ error: thresholdRemedy }).min(0, { error: thresholdRemedy }).max(100, { error: thresholdRemedy }),
        it.consolidation.threshold,
        'What a move must reach: its saving divided by its disturbance, both as shares of the cluster’s.',
      ),
      settleTime: described(
        duration('0s', '24h'),
        it.consolidation.settleTime,
        'How long an instance must have been given no task, and its group not have grown, before it may be emptied.',
      ),
    })
      .nullish()
      .meta({ description: 'Emptying instances that are not needed.' }),
    budgets: described(
      budgetList,
      it.budgets,
      'How many instances of a group may be leaving at once by Berth’s choice; the least of the budgets that hold counts.',
    ),
    circuitBreaker: described(
      share(100),
      it.circuitBreaker,
      'While more than this share of a cluster’s instances has no agent, nothing leaves by Berth’s choice.',
    ),
    drain: section({
      deadline: described(
        durationOr('automatic', '1m', '7d'),
        it.drain.deadline,
        'How long a drain of Berth’s own may take, 1m to 7d.',
      ),
      onDeadline: described(
        onDeadline,
        it.drain.onDeadline,
        'What then: abandon takes the drain back, stopTasks stops the tasks left, proceed ends the instance with them.',
      ),
      endingDeadline: described(
        durationOr('automatic', '1m', '2d'),
        it.drain.endingDeadline,
        'How long lifecycle hooks are kept waiting by heartbeats; Auto Scaling allows 48 hours at most.',
      ),
      onEndingDeadline: described(
        onDeadline,
        it.drain.onEndingDeadline,
        'What then: abandon leaves it to the hook, stopTasks stops the tasks left, proceed lets the instance go with them.',
      ),
      daemonGrace: described(
        duration('0s', '10m'),
        it.drain.daemonGrace,
        'How long daemons may go on after the last other task has left, 0s to 10m.',
      ),
    })
      .nullish()
      .meta({ description: 'How instances are drained.' }),
    rotation: section({
      maximumAge: described(
        durationOr('off', '1h', '8760h'),
        it.rotation.maximumAge,
        'How old an instance may become before it is replaced, 1h to 8760h.',
      ),
      outdatedLaunchTemplate: described(
        yesOrNo(),
        it.rotation.outdatedLaunchTemplate,
        'Whether instances of another launch template version than their group’s are replaced.',
      ),
    })
      .nullish()
      .meta({ description: 'Replacing instances that work.' }),
    repair: section({
      agentDisconnected: described(
        durationOr('off', '5m', '24h'),
        it.repair.agentDisconnected,
        'How long an agent may be disconnected before its instance is replaced, 5m to 24h.',
      ),
      neverRegistered: described(
        yesOrNo(),
        it.repair.neverRegistered,
        'Whether instances that never register are terminated after their boot deadline.',
      ),
    })
      .nullish()
      .meta({ description: 'Replacing instances that do not work.' }),
    rebalanceRecommendations: described(
      yesOrNo(),
      it.rebalanceRecommendations,
      'Whether EC2’s rebalance recommendations are acted on: a replacement first, then the drain.',
    ),
    serviceTags: described(
      yesOrNo(),
      it.serviceTags,
      'Whether a service without a scaling section may say by its tags (berth:max and others) how it is scaled.',
    ),
    headroom: described(headroomList, it.headroom, 'Room that is kept free.'),
    caps: section({
      instances: described(
        limitOr('none', 5_000, 'a number'),
        it.caps.instances,
        `Instances in all its groups. ${zeroCap}`,
      ),
      vcpus: described(limitOr('none', 1_000_000, 'a number'), it.caps.vcpus, `vCPUs of them. ${zeroCap}`),
      memoryGiB: described(
        limitOr('none', 10_000_000, 'a number'),
        it.caps.memoryGiB,
        `GiB of memory of them. ${zeroCap}`,
      ),
      dollarsPerHour: described(
        limitOr('none', 1_000_000, 'dollars'),
        it.caps.dollarsPerHour,
        `What they may cost by the groups’ pricePerHour; a group without one counts about $0.05 a vCPU and 4 GiB. ${zeroCap}`,
      ),
    })
      .nullish()
      .meta({ description: 'What the cluster may have at most.' }),
    launchesPerHour: described(
      wholeNumber(1, 10_000),
      it.launchesPerHour,
      'How many instances a group may be asked for within an hour that lead to no task; then it is paused, and probed.',
    ),
    refusedTasks: described(
      durationOr('off', '1m', '1h'),
      it.refusedTasks,
      'How long room is made for tasks whose RunTask call was refused for want of it, 1m to 1h. Seen through CloudTrail.',
    ),
    taskQueue: described(
      z.union(
        [
          z.literal('off'),
          section({
            taskDefinitionFamilies: families.meta({ description: 'The families whose tasks may be queued.' }),
            roles: roles.optional().meta({
              description: 'The task and execution roles of those families, which Berth must be allowed to pass on.',
            }),
            giveUpAfter: duration('1m', '12h')
              .optional()
              .meta({
                description: `How long a task may wait for room before it goes to the dead letters, 1m to 12h. Default ${it.taskQueue.giveUpAfter.value}. ${it.taskQueue.giveUpAfter.reason}`,
                default: it.taskQueue.giveUpAfter.value,
              }),
          }),
        ],
        { error: 'write off, or a section with taskDefinitionFamilies, roles and giveUpAfter' },
      ),
      it.taskQueue,
      'Berth’s own queue of RunTask requests, which runs each task once there is room.',
    ),
  };
};

const group = section({
  registers: section({
    cpuUnits: wholeNumber(128, 1_048_576).meta({ description: 'CPU units, 1,024 a vCPU.' }),
    memoryMiB: wholeNumber(128, 33_554_432).meta({ description: 'MiB as ECS sees them, less what is reserved.' }),
  })
    .optional()
    .meta({
      description:
        'What a new instance registers with ECS. Learned from live instances and computed from EC2’s figures; ' +
        'only needed where EC2 cannot tell.',
    }),
  pricePerHour: z
    .number({ error: 'write dollars per hour, such as 0.096' })
    .positive({ error: 'write dollars per hour, such as 0.096' })
    .max(1_000, { error: 'write dollars per hour, at most 1000' })
    .optional()
    .meta({
      description:
        'Dollars an instance-hour, by which groups are chosen. Without it, price is taken in proportion to vCPU and memory.',
    }),
  hold: yesOrNo()
    .optional()
    .meta({
      description:
        'Experimental. The provider’s managed scaling stays on, so that ECS queues tasks, and Berth sizes the group; ' +
        'the group’s AlarmNotification process must be suspended. Off: it was never proven on an account.',
      default: false,
    }),
  priority: z
    .int({ error: priorityRemedy })
    .min(-100, { error: priorityRemedy })
    .max(100, { error: priorityRemedy })
    .optional()
    .meta({ description: 'Groups of a higher one are filled first, whatever they cost.', default: 0 }),
  launchInstances: yesOrNo()
    .optional()
    .meta({
      description:
        'Launch by LaunchInstances, which says at once what came, instead of by a desired capacity. For groups of On-Demand ' +
        'Instances of one type, without a warm pool.',
      default: false,
    }),
});

const cluster = section({
  ...limitsOf('cluster'),
  mirror: yesOrNo()
    .optional()
    .meta({
      description:
        'Whether the cluster’s state is kept from its events, so that a decision need not have ECS describe it all. For ' +
        'clusters of some hundred instances and more.',
      default: false,
    }),
  groups: byName(groupName, group.nullable(), 'Auto Scaling group').meta({
    description: 'What Berth cannot find out about a group by itself. Which groups it sizes, their tags say.',
  }),
  services: byName(ecsName, serviceSection.nullable(), 'ECS service').meta({
    description: 'The services that Berth scales, and by what.',
  }),
});

export const settingsSchema = section({
  defaults: section(limitsOf('defaults'))
    .nullish()
    .meta({ description: 'What holds for every cluster that does not say otherwise.' }),
  clusters: byName(ecsName, cluster.nullable(), 'ECS cluster').meta({
    description: 'What one cluster has of its own. Which clusters Berth may touch is a parameter of the deployment.',
  }),
}).meta({ title: 'Settings of Berth (berth.yml)' });

export type SettingsDocument = z.output<typeof settingsSchema>;
export type LimitsSection = NonNullable<SettingsDocument['defaults']>;
export type ClusterSection = NonNullable<NonNullable<SettingsDocument['clusters']>[string]>;
