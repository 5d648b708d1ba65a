import { AutoScalingClient, PutLifecycleHookCommand, PutScalingPolicyCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { autoScalingGroupReader } from '../../lib/aws/auto-scaling-group-reader.ts';
import { autoScalingGroupWriter } from '../../lib/aws/auto-scaling-group-writer.ts';
import { cloudWatchMetricReader } from '../../lib/aws/cloud-watch-metric-reader.ts';
import { ec2ShapeReader } from '../../lib/aws/ec2-shape-reader.ts';
import { ecsClusterReader } from '../../lib/aws/ecs-cluster-reader.ts';
import { ecsClusterWriter } from '../../lib/aws/ecs-cluster-writer.ts';
import { sqsDeadLetters, sqsDecisionQueue, sqsWakeUps } from '../../lib/aws/sqs-queues.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { describeWith } from '../support/external-tools.ts';
import { motoServer } from '../support/moto-server.ts';
import { motoWorkers } from '../support/moto-workers.ts';

const patienceMs = 90_000;

const clientsOf = (endpoint: string) => {
  const config = { endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    ecs: new ECSClient(config),
    autoScaling: new AutoScalingClient(config),
    ec2: new EC2Client(config),
    cloudWatch: new CloudWatchClient(config),
    sqs: new SQSClient(config),
  };
};

type Clients = ReturnType<typeof clientsOf>;

/** A group of two instances that is opted in, made from a launch template. */
const createGroup = ({ autoScaling, ec2 }: Clients): Promise<void> =>
  motoWorkers(autoScaling, ec2, 1, {
    DesiredCapacity: 2,
    NewInstancesProtectedFromScaleIn: true,
    Tags: [{ Key: 'berth:cluster', Value: 'prod', PropagateAtLaunch: true }],
  });

const createCluster = async ({ ecs, autoScaling }: Clients): Promise<void> => {
  const { items: groups } = await autoScalingGroupReader(autoScaling).groupsOfClusters(['prod']);
  await ecs.send(
    new CreateCapacityProviderCommand({
      name: 'workers-provider',
      autoScalingGroupProvider: {
        autoScalingGroupArn: groups[0]?.arn,
        managedScaling: { status: 'DISABLED' },
        managedTerminationProtection: 'DISABLED',
      },
    }),
  );
  await ecs.send(new CreateClusterCommand({ clusterName: 'prod', capacityProviders: ['workers-provider'] }));
  for (const instance of groups[0]?.instances ?? [])
    await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: 'prod',
        instanceIdentityDocument: JSON.stringify({ instanceId: instance.ec2InstanceId }),
      }),
    );
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      networkMode: 'bridge',
      containerDefinitions: [
        { name: 'web', image: 'web', cpu: 256, memory: 512, portMappings: [{ containerPort: 80, hostPort: 8080 }] },
      ],
    }),
  );
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'prod',
      serviceName: 'web',
      taskDefinition: 'web:1',
      desiredCount: 2,
      launchType: 'EC2',
    }),
  );
  await ecs.send(new RunTaskCommand({ cluster: 'prod', taskDefinition: 'web:1', launchType: 'EC2', count: 1 }));
};

/** moto knows no instance refreshes: of surroundings it can only show that hooks and policies are understood. */
const surround = async ({ autoScaling }: Clients): Promise<void> => {
  const AutoScalingGroupName = 'workers';
  await autoScaling.send(
    new PutLifecycleHookCommand({
      AutoScalingGroupName,
      LifecycleHookName: 'berth-drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 300,
    }),
  );
  await autoScaling.send(
    new PutScalingPolicyCommand({
      AutoScalingGroupName,
      PolicyName: 'of a person',
      AdjustmentType: 'ChangeInCapacity',
      ScalingAdjustment: 1,
    }),
  );
};

describeWith('moto_server', 'the adapters against moto', () => {
  it(
    'read a cluster with its groups, and change both',
    async () => {
      await using moto = await motoServer();
      const clients = clientsOf(moto.endpoint);
      await createGroup(clients);
      await createCluster(clients);
      const cluster = ecsClusterReader(clients.ecs);
      const groups = autoScalingGroupReader(clients.autoScaling);

      const [read, statistics, instances, tasks, services, providers] = await Promise.all([
        cluster.cluster('prod'),
        cluster.statistics(['prod', 'none']),
        cluster.containerInstances('prod'),
        cluster.tasks('prod'),
        cluster.services('prod'),
        cluster.capacityProviders(['workers-provider']),
      ]);
      const definitions = await cluster.taskDefinitions(tasks.items.map((it) => it.taskDefinitionArn));

      expect(read).toMatchObject({ items: [{ name: 'prod', status: 'ACTIVE' }], gaps: [] });
      expect(statistics).toMatchObject({ items: [{ cluster: { name: 'prod' } }], gaps: [{ cause: 'missing' }] });
      expect(instances).toMatchObject({ items: [{ status: 'ACTIVE' }, { status: 'ACTIVE' }], gaps: [] });
      expect(instances.items[0]?.registered.cpuUnits).toBeGreaterThan(0);
      // moto moves a task one status on each time it is described, so its status says nothing here
      expect(tasks).toMatchObject({ items: [{ group: 'family:web', launchType: 'EC2' }], gaps: [] });
      expect(services).toMatchObject({
        items: [{ name: 'web', desiredCount: 2, deploymentKind: 'rolling' }],
        gaps: [],
      });
      expect(providers).toMatchObject({
        items: [{ autoScalingGroupName: 'workers', managedScaling: false }],
        gaps: [],
      });
      expect(definitions).toMatchObject({
        items: [{ family: 'web', requirements: { cpuUnits: 256, hostPorts: [{ protocol: 'tcp', port: 8080 }] } }],
        gaps: [],
      });

      const [first, second] = instances.items;
      const ids = instances.items.map((it) => it.ec2InstanceId);
      expect(await cluster.containerInstancesByEc2Id('prod', ids.slice(0, 1))).toMatchObject({
        items: [{ arn: first?.arn }],
        gaps: [],
      });
      expect(await groups.memberships(ids)).toMatchObject({
        items: [{ group: 'workers' }, { group: 'workers' }],
        gaps: [],
      });
      const busy = tasks.items[0]?.containerInstanceArn ?? '';
      expect(await cluster.tasksOn('prod', busy)).toMatchObject({ gaps: [] });

      const clusterWriter = ecsClusterWriter(clients.ecs);
      const ran = await clusterWriter.runTask('prod', {
        clientToken: 'one',
        taskDefinition: 'web:1',
        count: 1,
        startedBy: 'berth',
        tags: { team: 'data' },
      });
      expect(ran).toMatchObject({ kind: 'started', taskArns: [expect.stringContaining(':task/prod/')] });
      const own = ran.kind === 'started' ? ran.taskArns : [];
      expect(await clusterWriter.stopTasks('prod', own, 'past its deadline')).toMatchObject([{ result: 'done' }]);

      const drained = await clusterWriter.setContainerInstancesState('prod', [second?.arn ?? ''], 'DRAINING');
      expect(drained).toMatchObject([{ result: 'done' }]);
      expect((await cluster.containerInstancesByArn('prod', [second?.arn ?? ''])).items[0]?.status).toBe('DRAINING');

      expect(await clusterWriter.deregisterInstances('prod', [second?.arn ?? ''])).toMatchObject([{ result: 'done' }]);
      expect((await cluster.containerInstances('prod')).items.map((it) => it.arn)).toEqual([first?.arn]);

      const writer = autoScalingGroupWriter(clients.autoScaling);
      expect(await writer.setDesiredCapacity('workers', 3)).toMatchObject({ result: 'done' });
      expect(await writer.setDesiredCapacity('workers', 3)).toMatchObject({ result: 'done' });
      expect(await writer.terminateInstances('workers', [second?.ec2InstanceId ?? ''], 'lowered')).toMatchObject([
        { result: 'done' },
      ]);
      expect(await groups.groupsByName(['workers'])).toMatchObject({ items: [{ desiredCapacity: 2 }], gaps: [] });

      await surround(clients);
      const refusedByMoto = await groups.surroundings(['workers']);
      expect(refusedByMoto.gaps).toMatchObject([{ subject: 'surroundings' }]);
      expect(refusedByMoto.gaps[0]?.detail).toContain('DescribeInstanceRefreshes of workers');
      expect(await groups.failedActivities(['workers'], 0)).toEqual({ items: [], gaps: [] });
    },
    patienceMs,
  );

  it(
    'read shapes and metrics, and send messages',
    async () => {
      await using moto = await motoServer();
      const clients = clientsOf(moto.endpoint);
      await createGroup(clients);
      const { items } = await autoScalingGroupReader(clients.autoScaling).groupsByName(['workers']);
      const group = items[0] ?? fail('no group');

      expect(await ec2ShapeReader(clients.ec2).shapeOf(group)).toMatchObject({
        items: [{ instanceType: 'm5.large', registered: { cpuUnits: 2048, memoryMiB: 7577 }, from: 'ec2' }],
        gaps: [],
      });

      const now = Date.now();
      await clients.cloudWatch.send(
        new PutMetricDataCommand({
          Namespace: 'Shop',
          MetricData: [{ MetricName: 'Backlog', Value: 42, Timestamp: new Date(now - 2 * minuteMs) }],
        }),
      );
      const metric = {
        name: 'backlog',
        namespace: 'Shop',
        metricName: 'Backlog',
        dimensions: {},
        statistic: 'Maximum',
        periodMs: minuteMs,
      };
      expect(await cloudWatchMetricReader(clients.cloudWatch).read([{ id: 'backlog', metric }], now)).toMatchObject({
        items: [{ id: 'backlog', value: 42 }],
        gaps: [],
      });

      const decide = await clients.sqs.send(
        new CreateQueueCommand({ QueueName: 'decide.fifo', Attributes: { FifoQueue: 'true' } }),
      );
      const queue = sqsDecisionQueue(clients.sqs, decide.QueueUrl ?? '');
      await queue.ask('prod', 1, 'one', false);
      await queue.ask('prod', 1, 'the same again', false);
      const plain = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'plain' }));
      await sqsWakeUps(clients.sqs, plain.QueueUrl ?? '').wake('prod', 0, 'timer');
      await sqsDeadLetters(clients.sqs, plain.QueueUrl ?? '').bury('{odd', 'not JSON', 'urgent');
      const receive = (QueueUrl: string | undefined) =>
        clients.sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
        );

      expect((await receive(decide.QueueUrl)).Messages).toHaveLength(1);
      const { Messages = [] } = await receive(plain.QueueUrl);
      expect(Messages.map((it) => it.Body)).toContain('{odd');
      expect(Messages.find((it) => it.Body === '{odd')?.MessageAttributes?.['reason']?.StringValue).toBe('not JSON');
    },
    patienceMs,
  );
});

const fail = (why: string): never => {
  throw new Error(why);
};
