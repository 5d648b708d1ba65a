import { type Api, AwsApiError } from '../api.ts';
import type { Ground } from '../ground.ts';
import type { Agents } from '../machine.ts';
import { accountSettingApi } from './account-setting-api.ts';
import { attributeApi } from './attribute-api.ts';
import { capacityProviderApi } from './capacity-provider-api.ts';
import { clusterApi } from './cluster-api.ts';
import { containerInstanceApi } from './container-instance-api.ts';
import { createContainerInstances } from './container-instances.ts';
import { createDaemons } from './daemons.ts';
import { idOf } from './lookup.ts';
import { protectionApi } from './protection-api.ts';
import { createReplicas } from './replicas.ts';
import { createRollout } from './rollout.ts';
import { runTaskApi } from './run-task-api.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { serviceApi } from './service-api.ts';
import { createServiceEvents } from './service-events.ts';
import type { Signals } from './signals.ts';
import { createStarting } from './starting.ts';
import { type ContainerInstance, createEcsState, type EcsState, type Task, type TaskBehaviour } from './state.ts';
import { tagApi } from './tag-api.ts';
import { taskApi } from './task-api.ts';
import { taskDefinitionApi } from './task-definition-api.ts';
import { taskSetApi } from './task-set-api.ts';
import { createTasks, type Tasks } from './tasks.ts';
import { createVisibility } from './visibility.ts';
import { createWants } from './wants.ts';
import { createZoneRebalancer } from './zone-rebalancing.ts';

/** Amazon ECS: its API, the agents that reach it, and what a simulation may do to it. */
export interface Ecs {
  readonly api: Api;
  /** To look at only. */
  readonly state: EcsState;
  readonly agents: Agents;
  finishTask(taskArn: string, exitCode: number): void;
  readonly failHealthCheck: (taskArn: string) => void;
  readonly setTaskBehaviour: (family: string, behaviour: TaskBehaviour) => void;
  setConnected(ec2InstanceId: string, connected: boolean): void;
}

const taskByArn = (state: EcsState, arn: string): Task => {
  const [, clusterName = ''] = arn.split('/');
  const task = state.clusters.get(clusterName)?.tasks.get(arn);
  if (task === undefined) throw new AwsApiError('InvalidParameterException', `No task ${idOf(arn)}`);
  return task;
};

/** The parts know each other only through signals and one ender of tasks, both bound late: that cuts the circle. */
export const createEcs = (ground: Ground): Ecs => {
  const state = createEcsState();
  const visibility = createVisibility(ground);
  const late: { scheduler?: Scheduler; tasks?: Tasks } = {};
  const signals: Signals = {
    serviceTouched: (service) => late.scheduler?.serviceTouched(service),
    roomAppeared: (cluster) => late.scheduler?.roomAppeared(cluster),
    instanceChanged: (instance) => late.scheduler?.instanceChanged(instance),
  };
  const endTasks = (instance: ContainerInstance, reason: string): void => {
    for (const task of [...instance.tasks]) late.tasks?.lose(task, reason);
  };
  const instances = createContainerInstances({ ground, state, signals, endTasks });
  const tasks = createTasks({ ground, state, signals, instanceChanged: instances.changed });
  const wants = createWants(ground);
  const events = createServiceEvents(ground);
  const starting = createStarting({ ground, state, tasks, events });
  const replicas = createReplicas({ ground, tasks, wants, starting, events });
  const zones = createZoneRebalancer({ ground, wants, starting, events });
  const rollout = createRollout({ ground, replicas, events, extraOf: zones.extraOf });
  const daemons = createDaemons({ ground, tasks, wants, events });
  late.tasks = tasks;
  late.scheduler = createScheduler({ ground, tasks, starting, rollout, daemons, zones, events });
  return {
    state,
    api: {
      ...clusterApi(ground, state),
      ...taskDefinitionApi(ground, state),
      ...capacityProviderApi(ground, state),
      ...accountSettingApi(ground, state),
      ...containerInstanceApi({ ground, state, instances, visibility, endTasks }),
      ...attributeApi({ ground, state, instances, signals }),
      ...serviceApi({ ground, state, signals, events, visibility }),
      ...taskSetApi(ground, state, signals),
      ...taskApi(ground, state, tasks, visibility),
      ...runTaskApi({ ground, state, tasks, wants, visibility }),
      ...protectionApi(ground, state, signals),
      ...tagApi(state),
    },
    agents: { started: instances.register, stopped: instances.machineStopped },
    finishTask: (taskArn, exitCode) => {
      tasks.exit(taskByArn(state, taskArn), exitCode);
    },
    failHealthCheck: (taskArn) => {
      tasks.fail(taskByArn(state, taskArn));
    },
    setTaskBehaviour: (family, behaviour) => {
      state.behaviours.set(family, { ...state.behaviours.get(family), ...behaviour });
    },
    setConnected: (ec2InstanceId, connected) => {
      instances.setConnected(instances.byEc2Id(ec2InstanceId), connected);
    },
  };
};
