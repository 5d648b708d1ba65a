import type { Json, JsonObject } from '../api.ts';
import { number, objects, text, type WriteTime } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import type { Task } from './state.ts';

/** Containers know fewer states than tasks. */
const containerStatus = (task: Task): string => {
  if (task.lastStatus === 'STOPPED' || task.lastStatus === 'DEPROVISIONING') return 'STOPPED';
  return task.startedAt === undefined || task.lastStatus === 'PENDING' ? 'PENDING' : 'RUNNING';
};

const networkBindings = (task: Task, container: JsonObject): readonly JsonObject[] => {
  if (task.startedAt === undefined || task.need.networkInterfaces > 0) return [];
  return (objects(container, 'portMappings') ?? []).map((it) => ({
    bindIP: '0.0.0.0',
    containerPort: number(it, 'containerPort'),
    hostPort: number(it, 'hostPort') ?? number(it, 'containerPort'),
    protocol: text(it, 'protocol') ?? 'tcp',
  }));
};

const containerJson = (task: Task, container: JsonObject, index: number): JsonObject => ({
  containerArn: `${task.arn.replace(':task/', ':container/')}/${index}`,
  taskArn: task.arn,
  name: text(container, 'name'),
  image: text(container, 'image'),
  lastStatus: containerStatus(task),
  exitCode: task.exitCode,
  networkBindings: networkBindings(task, container),
  networkInterfaces: [],
  healthStatus: 'UNKNOWN',
  cpu: String(number(container, 'cpu') ?? 0),
  memory: text(container, 'memory'),
  memoryReservation: text(container, 'memoryReservation'),
  ...(index === 0 && task.gpuIds.length > 0 ? { gpuIds: task.gpuIds } : {}),
});

const attachmentStatus = (task: Task): string => {
  if (task.lastStatus === 'PROVISIONING') return 'PRECREATED';
  if (task.lastStatus === 'STOPPED') return 'DELETED';
  return task.lastStatus === 'DEPROVISIONING' ? 'DETACHING' : 'ATTACHED';
};

const attachmentsJson = (task: Task): readonly JsonObject[] =>
  task.need.networkInterfaces === 0
    ? []
    : [{ id: `eni-${task.id}`, type: 'ElasticNetworkInterface', status: attachmentStatus(task), details: [] }];

/** A task as DescribeTasks answers it, or as events carry it: only the times differ. */
export const taskJson = (task: Task, writeTime: WriteTime, withTags = false): JsonObject => {
  const json: Record<string, Json> = {
    attachments: attachmentsJson(task),
    attributes: [],
    availabilityZone: task.instance?.availabilityZone,
    capacityProviderName: task.want.capacityProvider,
    clusterArn: task.cluster.arn,
    connectivity: task.startedAt === undefined ? undefined : 'CONNECTED',
    connectivityAt: writeTime(task.startedAt),
    containerInstanceArn: task.instance?.arn,
    containers: task.definition.containers.map((it, index) => containerJson(task, it, index)),
    cpu: String(task.need.cpuUnits),
    createdAt: writeTime(task.createdAt),
    desiredStatus: task.desiredStatus,
    group: task.group,
    healthStatus: task.unhealthy ? 'UNHEALTHY' : 'UNKNOWN',
    lastStatus: task.lastStatus,
    launchType: task.launchType ?? 'EC2',
    memory: String(task.need.memoryMiB),
    overrides: task.overrides,
    pullStartedAt: writeTime(task.pullStartedAt),
    startedAt: writeTime(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    stoppingAt: writeTime(task.stoppingAt),
    stoppedAt: writeTime(task.stoppedAt),
    tags: withTags ? tagsJson(task.tags) : [],
    taskArn: task.arn,
    taskDefinitionArn: task.definition.arn,
    version: task.version,
  };
  return json;
};
