import { describe, expect, it } from '@jest/globals';
import { containerInstance, instanceArn, numbered, pages } from './answers.ts';
import { describing, reading, strings, throttle } from './ecs-harness.ts';
import { type JsonObject, Refusal } from './loopback-aws.ts';

describe('ecsClusterReader: container instances', () => {
  const described = describing('containerInstances', 'containerInstances', (id) => containerInstance(id));

  it('are read with what placement needs', async () => {
    const { result } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', [instanceArn('1')]),
        DescribeContainerInstances: described,
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toEqual({
      items: [
        {
          arn: instanceArn('1'),
          ec2InstanceId: 'i-1',
          status: 'ACTIVE',
          agentConnected: true,
          registeredAt: 1_700_000_000_500,
          version: 7,
          registered: { cpuUnits: 2048, memoryMiB: 7685 },
          remaining: { cpuUnits: 1024, memoryMiB: 6661 },
          portsInUse: [
            { protocol: 'tcp', port: 22 },
            { protocol: 'tcp', port: 51678 },
            { protocol: 'tcp', port: 8080 },
            { protocol: 'udp', port: 514 },
          ],
          gpusRemaining: 2,
          gpusRegistered: 0,
          customRemaining: {},
          runningTasksCount: 1,
          pendingTasksCount: 0,
          capacityProviderName: 'workers',
          attributes: { 'ecs.instance-type': 'm5.large', 'com.amazonaws.ecs.capability.logging-driver.awslogs': '' },
        },
      ],
      gaps: [],
    });
  });

  it('are read in full pages and full batches', async () => {
    const { result, calls } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', numbered(250, instanceArn)),
        DescribeContainerInstances: described,
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toMatchObject({ items: { length: 250 }, gaps: [] });
    expect(calls.map((it) => it.operation).sort()).toEqual([
      ...Array<string>(3).fill('DescribeContainerInstances'),
      ...Array<string>(3).fill('ListContainerInstances'),
    ]);
    expect(calls[0]?.input).toEqual({ cluster: 'prod', maxResults: 100 });
  });

  it('of the pages before a throttled one are kept, with a gap', async () => {
    const list = pages('containerInstanceArns', numbered(250, instanceArn));
    const { result } = await reading(
      {
        ListContainerInstances: (input, earlier) => (earlier === 2 ? throttle() : list(input)),
        DescribeContainerInstances: described,
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toMatchObject({
      items: { length: 200 },
      gaps: [
        {
          subject: 'containerInstances',
          cause: 'throttled',
          detail: 'ListContainerInstances of prod: ThrottlingException: Rate exceeded',
        },
      ],
    });
  });

  it('of a throttled batch are missing, with a gap, and those of the others are kept', async () => {
    const { result } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', numbered(250, instanceArn)),
        DescribeContainerInstances: (input) =>
          strings(input['containerInstances']).includes(instanceArn('100')) ? throttle() : described(input),
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toMatchObject({ items: { length: 150 }, gaps: [{ cause: 'throttled' }] });
  });

  it('that are malformed are gaps that name them', async () => {
    const broken: Readonly<Record<string, JsonObject>> = {
      noId: { ec2InstanceId: undefined },
      noResources: { remainingResources: undefined },
      negative: {
        registeredResources: [
          { name: 'CPU', type: 'INTEGER', integerValue: -1 },
          { name: 'MEMORY', type: 'INTEGER', integerValue: 1 },
        ],
      },
      oddStatus: { status: 'SLEEPING' },
    };
    const { result } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', [...Object.keys(broken), '1'].map(instanceArn)),
        DescribeContainerInstances: describing('containerInstances', 'containerInstances', (id) =>
          containerInstance(id, broken[id]),
        ),
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toMatchObject({
      items: [{ ec2InstanceId: 'i-1' }],
      gaps: [
        { cause: 'malformed', detail: `${instanceArn('noId')}: no ec2InstanceId` },
        { cause: 'malformed', detail: `${instanceArn('noResources')}: no CPU in remainingResources` },
        { cause: 'malformed', detail: `${instanceArn('negative')}: registeredResources are negative` },
        { cause: 'malformed', detail: `${instanceArn('oddStatus')}: status is SLEEPING` },
      ],
    });
  });

  it('may have less than nothing left, and resources of the user’s own', async () => {
    const remainingResources = [
      { name: 'CPU', type: 'INTEGER', integerValue: -512 },
      { name: 'MEMORY', type: 'INTEGER', integerValue: 100 },
      { name: 'licences', type: 'INTEGER', integerValue: 3 },
      { name: 'disks', type: 'STRINGSET', stringSetValue: ['a', 'b'] },
    ];
    const { result } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', [instanceArn('1')]),
        DescribeContainerInstances: describing('containerInstances', 'containerInstances', (id) =>
          containerInstance(id, { remainingResources }),
        ),
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toMatchObject({
      items: [{ remaining: { cpuUnits: -512, memoryMiB: 100 }, customRemaining: { licences: 3, disks: 2 } }],
      gaps: [],
    });
  });

  it('that have gone since they were listed are no gap; any other failure is one', async () => {
    const { result } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', numbered(2, instanceArn)),
        DescribeContainerInstances: () => ({
          containerInstances: [],
          failures: [
            { arn: instanceArn('0'), reason: 'MISSING' },
            { arn: instanceArn('1'), reason: 'INTERNAL', detail: 'try again' },
          ],
        }),
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toEqual({
      items: [],
      gaps: [{ subject: 'containerInstances', cause: 'failed', detail: `${instanceArn('1')}: INTERNAL (try again)` }],
    });
  });

  it('are found by EC2 instance id through the query language, whatever else the answer holds', async () => {
    const { result, calls } = await reading(
      {
        ListContainerInstances: pages('containerInstanceArns', numbered(3, instanceArn)),
        DescribeContainerInstances: described,
      },
      (reader) => reader.containerInstancesByEc2Id('prod', ['i-1', 'i-2', 'i-9']),
    );

    expect(calls[0]?.input).toMatchObject({ filter: "ec2InstanceId in ['i-1', 'i-2', 'i-9']" });
    expect(result).toMatchObject({ items: [{ ec2InstanceId: 'i-1' }, { ec2InstanceId: 'i-2' }], gaps: [] });
  });

  it.each<[string, string, string]>([
    ['ClusterNotFoundException', 'Cluster not found.', 'notFound'],
    ['AccessDeniedException', 'User: x is not authorized to perform: ecs:ListContainerInstances', 'accessDenied'],
    ['ServerException', 'oops', 'failed'],
  ])('answered with %s are a gap that repeats what AWS said', async (code, message, cause) => {
    const { result } = await reading(
      {
        ListContainerInstances: () => {
          throw new Refusal(code, message);
        },
      },
      (reader) => reader.containerInstances('prod'),
    );

    expect(result).toEqual({
      items: [],
      gaps: [{ subject: 'containerInstances', cause, detail: `ListContainerInstances of prod: ${code}: ${message}` }],
    });
  });
});
