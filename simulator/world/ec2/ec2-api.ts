import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, number, objects, pageOf, text, texts } from '../json.ts';
import { type InstanceType, instanceTypes } from './instance-types.ts';
import type { Ec2Instance, Ec2Instances } from './instances.ts';

const stateCodes: Readonly<Record<Ec2Instance['state'], number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const stateJson = (state: Ec2Instance['state']): JsonObject => ({ Code: stateCodes[state], Name: state });

const instanceJson = (it: Ec2Instance): JsonObject => ({
  InstanceId: it.id,
  InstanceType: it.machine.instanceType,
  ImageId: it.machine.imageId,
  SubnetId: it.machine.subnetId,
  Architecture: it.machine.architecture,
  LaunchTime: epochSeconds(it.launchedAt),
  Placement: { AvailabilityZone: it.machine.availabilityZone },
  State: stateJson(it.state),
  ...(it.spot ? { InstanceLifecycle: 'spot' } : {}),
  Tags: [...it.tags].map(([Key, Value]) => ({ Key, Value })),
});

const typeJson = (it: InstanceType): JsonObject => ({
  InstanceType: it.name,
  CurrentGeneration: true,
  SupportedUsageClasses: ['on-demand', 'spot'],
  ProcessorInfo: { SupportedArchitectures: [it.architecture] },
  VCpuInfo: { DefaultVCpus: it.vcpus },
  MemoryInfo: { SizeInMiB: it.memoryMiB },
  NetworkInfo: { MaximumNetworkInterfaces: it.maxNetworkInterfaces },
  ...(it.gpus > 0 ? { GpuInfo: { Gpus: [{ Count: it.gpus, Manufacturer: 'NVIDIA' }] } } : {}),
});

const badToken = (): AwsApiError => new AwsApiError('InvalidNextToken', 'The token is invalid.');

/** The filters modelled: instance-id, instance-state-name and tag:KEY. */
const passes = (it: Ec2Instance, filter: JsonObject): boolean => {
  const name = text(filter, 'Name') ?? '';
  const values = texts(filter, 'Values') ?? [];
  if (name === 'instance-id') return values.includes(it.id);
  if (name === 'instance-state-name') return values.includes(it.state);
  if (name.startsWith('tag:')) return values.includes(it.tags.get(name.slice(4)) ?? '');
  throw new AwsApiError('InvalidParameterValue', `The filter '${name}' is not modelled`);
};

export const ec2Api = (ground: Ground, instances: Ec2Instances): Api => {
  const find = (id: string): Ec2Instance => {
    const instance = instances.find(id);
    if (instance === undefined) {
      throw new AwsApiError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    }
    return instance;
  };

  return {
    DescribeInstanceTypes: (input) => {
      const names = texts(input, 'InstanceTypes') ?? [...instanceTypes.keys()];
      const unknown = names.filter((it) => !instanceTypes.has(it));
      if (unknown.length > 0) {
        throw new AwsApiError(
          'InvalidInstanceType',
          `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
        );
      }
      const size = number(input, 'MaxResults') ?? 100;
      const page = pageOf(names, size, text(input, 'NextToken'), badToken);
      const types = page.items.map((it) => instanceTypes.get(it)).filter((it) => it !== undefined);
      return { InstanceTypes: types.map(typeJson), NextToken: page.nextToken };
    },
    DescribeInstances: (input) => {
      const ids = texts(input, 'InstanceIds');
      const filters = objects(input, 'Filters') ?? [];
      const named = ids === undefined || ids.length === 0 ? [...instances.all()] : ids.map(find);
      const all = named.filter((it) => filters.every((filter) => passes(it, filter)));
      const page = pageOf(all, number(input, 'MaxResults') ?? 1_000, text(input, 'NextToken'), badToken);
      return {
        Reservations: page.items.map((it) => ({
          ReservationId: `r-${it.id.slice(2)}`,
          OwnerId: ground.accountId,
          Instances: [instanceJson(it)],
        })),
        NextToken: page.nextToken,
      };
    },
    TerminateInstances: (input) => {
      const found = (texts(input, 'InstanceIds') ?? []).map(find);
      return {
        TerminatingInstances: found.map((it) => {
          const before = it.state;
          instances.terminate(it, ground.cause());
          return { InstanceId: it.id, PreviousState: stateJson(before), CurrentState: stateJson(it.state) };
        }),
      };
    },
  };
};
