import { describe, expect, it } from '@jest/globals';
import { definitionArn } from './answers.ts';
import { reading, throttle } from './ecs-harness.ts';
import type { JsonObject } from './loopback-aws.ts';

const web = definitionArn('web');

const definition = (over: JsonObject): JsonObject => ({
  taskDefinition: { taskDefinitionArn: web, family: 'web', containerDefinitions: [], ...over },
});

const readOne = async (over: JsonObject) => {
  const { result } = await reading({ DescribeTaskDefinition: () => definition(over) }, (it) =>
    it.taskDefinitions([web]),
  );
  return result;
};

describe('ecsClusterReader: task definitions', () => {
  it('are read with what placement needs and none of their environment', async () => {
    const result = await readOne({
      networkMode: 'awsvpc',
      cpu: '512',
      memory: '1024',
      requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
      placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }],
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
      containerDefinitions: [
        {
          name: 'web',
          cpu: 9,
          memory: 9,
          environment: [{ name: 'PASSWORD', value: 'secret' }],
          portMappings: [{ containerPort: 80, hostPort: 80 }],
        },
      ],
    });

    expect(result).toEqual({
      items: [
        {
          arn: web,
          family: 'web',
          networkMode: 'awsvpc',
          requirements: { cpuUnits: 512, memoryMiB: 1024, hostPorts: [], gpus: 0, networkInterfaces: 1 },
          requiresAttributes: ['ecs.capability.task-eni'],
          memberOf: ['attribute:disk == ssd'],
          cpuArchitecture: 'ARM64',
          operatingSystemFamily: 'LINUX',
        },
      ],
      gaps: [],
    });
  });

  it.each<[string, readonly JsonObject[], number | undefined]>([
    ['the longest of those set', [{ stopTimeout: 5 }, { stopTimeout: 120 }], 120_000],
    ['the default of the agent beside a shorter one', [{ stopTimeout: 5 }, {}], 30_000],
    ['nothing where none is set', [{}, {}], undefined],
  ])('tell how long a task takes to stop: %s', async (_, containerDefinitions, stopTimeoutMs) => {
    expect((await readOne({ containerDefinitions })).items[0]?.stopTimeoutMs).toBe(stopTimeoutMs);
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'the sums of the containers, reservations first, where the task sets nothing',
      { containerDefinitions: [{ cpu: 100, memory: 300, memoryReservation: 200 }, { cpu: 0, memory: 64 }, {}] },
      { cpuUnits: 100, memoryMiB: 264 },
    ],
    [
      'its own CPU with the memory of its containers',
      { cpu: '256', containerDefinitions: [{ cpu: 100, memory: 300 }] },
      { cpuUnits: 256, memoryMiB: 300 },
    ],
    [
      'static ports in bridge mode, and not those that are given out',
      {
        networkMode: 'bridge',
        containerDefinitions: [
          {
            portMappings: [
              { containerPort: 80, hostPort: 8080, protocol: 'tcp' },
              { containerPort: 53, hostPort: 53, protocol: 'udp' },
              { containerPort: 81, hostPort: 0 },
              { containerPort: 82 },
              { containerPortRange: '9000-9010' },
            ],
          },
        ],
      },
      {
        hostPorts: [
          { protocol: 'tcp', port: 8080 },
          { protocol: 'udp', port: 53 },
        ],
        networkInterfaces: 0,
      },
    ],
    [
      'the container’s ports in host mode',
      { networkMode: 'host', containerDefinitions: [{ portMappings: [{ containerPort: 80 }] }] },
      { hostPorts: [{ protocol: 'tcp', port: 80 }] },
    ],
    [
      'GPUs of all containers',
      {
        containerDefinitions: [
          { resourceRequirements: [{ type: 'GPU', value: '2' }] },
          {
            resourceRequirements: [
              { type: 'GPU', value: '1' },
              { type: 'InferenceAccelerator', value: 'x' },
            ],
          },
        ],
      },
      { gpus: 3, custom: { InferenceAccelerator: 1 } },
    ],
    [
      'every GPU where all are asked for',
      { containerDefinitions: [{ resourceRequirements: [{ type: 'GPU', value: 'ALL' }] }] },
      { gpus: 1, allGpus: true },
    ],
    [
      'GPUs that are shared',
      { containerDefinitions: [{ resourceRequirements: [{ type: 'GPU', sharingStrategy: 'TIME_SLICING' }] }] },
      { gpus: 1, sharesGpus: true },
    ],
    [
      'one EBS volume where a volume is configured at launch',
      {
        volumes: [
          { name: 'scratch', host: {} },
          { name: 'data', configuredAtLaunch: true },
        ],
      },
      { ebsVolumes: 1 },
    ],
  ])('need %s', async (_, over, requirements) => {
    expect(await readOne(over)).toMatchObject({ items: [{ requirements }], gaps: [] });
  });

  it('need no EBS volume for volumes of other kinds', async () => {
    const { items } = await readOne({
      volumes: [
        { name: 'a', host: {} },
        { name: 'b', configuredAtLaunch: false },
      ],
    });

    expect(items[0]?.requirements).not.toHaveProperty('ebsVolumes');
  });

  it('are asked for once, also by those who ask at the same time', async () => {
    const { result, calls } = await reading({ DescribeTaskDefinition: () => definition({}) }, async (reader) => [
      ...(await Promise.all([reader.taskDefinitions([web, web, '']), reader.taskDefinitions([web])])),
      await reader.taskDefinitions([web]),
    ]);

    expect(calls).toHaveLength(1);
    expect(result.map((it) => it.items.length)).toEqual([1, 1, 1]);
  });

  it('that could not be read are gaps, and are asked for again', async () => {
    const { result, calls } = await reading(
      { DescribeTaskDefinition: (_, earlier) => (earlier === 0 ? throttle() : definition({})) },
      async (reader) => [await reader.taskDefinitions([web]), await reader.taskDefinitions([web])],
    );

    expect(calls).toHaveLength(2);
    expect(result).toMatchObject([
      {
        items: [],
        gaps: [
          {
            subject: 'taskDefinitions',
            cause: 'throttled',
            detail: `DescribeTaskDefinition ${web}: ThrottlingException: Rate exceeded`,
          },
        ],
      },
      { items: [{ arn: web }], gaps: [] },
    ]);
  });

  it('are read again where a family alone is named: its newest revision is another one tomorrow', async () => {
    const { calls } = await reading({ DescribeTaskDefinition: () => definition({}) }, async (reader) => {
      await reader.taskDefinitions(['web', 'web:1', web]);
      await reader.taskDefinitions(['web', 'web:1', web]);
    });

    expect(calls.map((it) => it.input['taskDefinition']).toSorted()).toEqual([web, 'web', 'web', 'web:1'].toSorted());
  });

  it.each([
    ['ACTIVE', false],
    ['INACTIVE', true],
    ['DELETE_IN_PROGRESS', true],
  ])('are read afresh with whether they were deregistered: %s', async (status, isInactive) => {
    const { result, calls } = await reading(
      { DescribeTaskDefinition: () => definition({ status }) },
      async (reader) => {
        await reader.taskDefinitions([web]);
        return reader.taskDefinitionNow(web);
      },
    );

    expect(result).toMatchObject({ items: [{ definition: { arn: web }, isInactive }], gaps: [] });
    expect(calls).toHaveLength(2);
  });

  it('never run more than eight calls at once', async () => {
    let open = 0;
    let most = 0;
    const { result } = await reading(
      {
        DescribeTaskDefinition: async (input) => {
          most = Math.max(most, ++open);
          await new Promise((done) => setTimeout(done, 5));
          open--;
          return definition({ taskDefinitionArn: input['taskDefinition'] });
        },
      },
      (reader) => reader.taskDefinitions(Array.from({ length: 30 }, (_, n) => definitionArn(`t${n}`))),
    );

    expect(result.items).toHaveLength(30);
    expect(most).toBe(8);
  });
});
