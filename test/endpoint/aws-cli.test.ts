import { execFile } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { type Endpoint, listen } from '../../simulator/endpoint/server.ts';
import { describeWith } from '../support/external-tools.ts';
import { smallWorld } from '../support/small-world.ts';

interface Told {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What somebody sets who points the AWS CLI at the simulator; nothing of the machine's own configuration gets in. */
const environment = (endpoint: Endpoint): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_PAGER: '',
  AWS_ENDPOINT_URL: endpoint.url,
});

/** Runs the AWS CLI; asynchronously, for the server it calls is in this process. */
const aws = (endpoint: Endpoint, command: string, ...args: string[]): Promise<Told> =>
  new Promise((done) => {
    const all = [...command.split(' '), ...args, '--output', 'json'];
    const child = execFile('aws', all, { env: environment(endpoint), timeout: 60_000 }, (_, stdout, stderr) => {
      done({ exitCode: child.exitCode, stdout, stderr });
    });
  });

/** What the AWS CLI prints where all goes well. */
const ask = async (endpoint: Endpoint, command: string, ...args: string[]): Promise<unknown> => {
  const { exitCode, stdout, stderr } = await aws(endpoint, command, ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout === '' ? undefined : JSON.parse(stdout);
};

/** The AWS CLI's exit code for an error of the service: 254, in its first major version 255. */
const serviceError = (exitCode: number | null): boolean => exitCode === 254 || exitCode === 255;

const patience = 120_000; // a call takes a second, and twenty of them run on two cores

describeWith('aws', 'the AWS CLI', () => {
  it(
    'lists and describes clusters, container instances, services and tasks',
    async () => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });
      const arns = world.call('ecs', 'ListContainerInstances', { cluster: 'shop' })['containerInstanceArns'];
      const instances = (Array.isArray(arns) ? arns : []).map(String);

      const answers = await Promise.all([
        ask(endpoint, 'ecs list-clusters'),
        ask(endpoint, 'ecs describe-clusters --clusters shop --include STATISTICS'),
        ask(endpoint, 'ecs list-services --cluster shop'),
        ask(endpoint, 'ecs describe-services --cluster shop --services web'),
        ask(endpoint, 'ecs describe-container-instances --cluster shop --container-instances', ...instances),
        ask(endpoint, 'ecs list-tasks --cluster shop --service-name web'),
      ]);

      const [clusters, described, services, service, containerInstances, tasks] = answers;
      expect(clusters).toEqual({ clusterArns: ['arn:aws:ecs:eu-west-1:123456789012:cluster/shop'] });
      expect(described).toMatchObject({ clusters: [{ clusterName: 'shop', status: 'ACTIVE' }], failures: [] });
      expect(services).toEqual({ serviceArns: ['arn:aws:ecs:eu-west-1:123456789012:service/shop/web'] });
      expect(service).toMatchObject({ services: [{ serviceName: 'web', desiredCount: 4, runningCount: 4 }] });
      expect(containerInstances).toMatchObject({
        containerInstances: instances.map((containerInstanceArn) => ({ containerInstanceArn, agentConnected: true })),
      });
      expect(tasks).toMatchObject({ taskArns: Array.from({ length: 4 }, () => expect.any(String)) });
    },
    patience,
  );

  it(
    'describes and sizes an Auto Scaling group, and its instances',
    async () => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });
      const describe = 'autoscaling describe-auto-scaling-groups --auto-scaling-group-names shop-workers';

      const [before] = await Promise.all([
        ask(endpoint, describe),
        ask(endpoint, 'autoscaling describe-lifecycle-hooks --auto-scaling-group-name shop-workers'),
      ]);
      await ask(
        endpoint,
        'autoscaling set-desired-capacity --auto-scaling-group-name shop-workers --desired-capacity 4',
      );
      await clock.runUntil(clock.now() + 5 * 60_000);
      const after = await ask(endpoint, describe);
      const running = await ask(
        endpoint,
        'ec2 describe-instances --filters Name=instance-state-name,Values=pending,running --query',
        'length(Reservations[].Instances[])',
      );

      expect(before).toMatchObject({ AutoScalingGroups: [{ MinSize: 1, MaxSize: 5, DesiredCapacity: 3 }] });
      expect(after).toMatchObject({
        AutoScalingGroups: [
          {
            DesiredCapacity: 4,
            CreatedTime: expect.stringMatching(/^2026-11-02T08:00:00/),
            Instances: Array.from({ length: 4 }, () => ({ LifecycleState: 'InService', HealthStatus: 'Healthy' })),
          },
        ],
      });
      expect(running).toBe(4);
    },
    patience,
  );

  it(
    'puts and gets metric data',
    async () => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });
      const Metric = { Namespace: 'Test', MetricName: 'Depth' };
      const queries = [{ Id: 'depth', MetricStat: { Metric, Period: 60, Stat: 'Average' } }];

      await ask(
        endpoint,
        'cloudwatch put-metric-data --namespace Test --metric-name Depth --value 7.5 --timestamp 2026-11-02T08:15:20Z',
      );
      await clock.runUntil(clock.now() + 3 * 60_000);
      const answer = await ask(
        endpoint,
        'cloudwatch get-metric-data --start-time 2026-11-02T08:10:00Z --end-time 2026-11-02T08:20:00Z',
        '--metric-data-queries',
        JSON.stringify(queries),
      );

      expect(answer).toMatchObject({
        MetricDataResults: [{ Id: 'depth', StatusCode: 'Complete', Values: [7.5], Timestamps: [expect.anything()] }],
      });
    },
    patience,
  );

  it(
    'sends and receives messages, and keeps rules',
    async () => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });
      const here = ['--endpoint-url', endpoint.url]; // its sqs looks at no AWS_ENDPOINT_URL
      const queue = world.call('sqs', 'CreateQueue', { QueueName: 'q' })['QueueUrl'];
      const url = ['--queue-url', typeof queue === 'string' ? queue : ''];

      await ask(endpoint, 'sqs send-message --message-body hello', ...url, ...here);
      const received = await ask(endpoint, 'sqs receive-message', ...url, ...here);
      const rule = await ask(endpoint, 'events put-rule --name r --event-pattern', '{"source":["aws.ecs"]}');

      expect(received).toMatchObject({ Messages: [{ Body: 'hello' }] });
      expect(rule).toEqual({ RuleArn: 'arn:aws:events:eu-west-1:123456789012:rule/r' });
    },
    patience,
  );

  it(
    'is told who it is',
    async () => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });

      expect(await ask(endpoint, 'sts get-caller-identity')).toMatchObject({ Account: '123456789012' });
    },
    patience,
  );

  it.each([
    ['ecs list-services --cluster none', 'ClusterNotFoundException', 'ListServices', 'Cluster not found.'],
    [
      'autoscaling set-desired-capacity --auto-scaling-group-name shop-workers --desired-capacity 6',
      'ValidationError',
      'SetDesiredCapacity',
      'New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.',
    ],
    [
      'ec2 describe-instances --instance-ids i-0123456789abcdef0',
      'InvalidInstanceID.NotFound',
      'DescribeInstances',
      "The instance ID 'i-0123456789abcdef0' does not exist",
    ],
    ['ecs list-services-by-namespace --namespace n', 'UnknownOperationException', 'ListServicesByNamespace', ''],
    [
      'ec2 describe-vpcs',
      'InvalidAction',
      'DescribeVpcs',
      'The action DescribeVpcs is not valid for this web service.',
    ],
  ])(
    'fails as with AWS: %s',
    async (command, code, operation, message) => {
      const { world, clock } = await smallWorld();
      await using endpoint = await listen({ world, now: () => clock.now() });

      const { exitCode, stdout, stderr } = await aws(endpoint, command);

      expect(serviceError(exitCode)).toBe(true);
      expect(stdout).toBe('');
      expect(stderr).toContain(`An error occurred (${code}) when calling the ${operation} operation: ${message}`);
    },
    patience,
  );
});
