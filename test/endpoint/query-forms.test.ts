import { describe, expect, it } from '@jest/globals';
import { type Endpoint, listen } from '../../simulator/endpoint/server.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { quietConsole } from '../support/quiet-console.ts';

const now = (): number => Date.now();

const postForm = async (endpoint: Endpoint, form: string): Promise<string> => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return (await fetch(endpoint.url, { method: 'POST', headers, body: form })).text();
};

describe('awsQuery, spoken by hand', () => {
  it('serves the older protocol of CloudWatch', async () => {
    const world = fakeWorld({
      monitoring: {
        GetMetricData: () => ({ MetricDataResults: [{ Id: 'a', Timestamps: [1_795_400_000], Values: [1.5] }] }),
      },
    });
    await using endpoint = await listen({ world, now });

    const answer = await postForm(
      endpoint,
      'Action=GetMetricData&Version=2010-08-01&StartTime=2026-11-22T23%3A33%3A20Z' +
        '&MetricDataQueries.member.1.Id=a&MetricDataQueries.member.1.MetricStat.Period=60' +
        '&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=ClusterName',
    );

    expect(world.calls[0]?.input).toEqual({
      StartTime: Date.parse('2026-11-22T23:33:20Z') / 1_000,
      MetricDataQueries: [{ Id: 'a', MetricStat: { Period: 60, Metric: { Dimensions: [{ Name: 'ClusterName' }] } } }],
    });
    const timestamp = new Date(1_795_400_000_000).toISOString();
    expect(answer).toContain(
      '<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>' +
        `<MetricDataResults><member><Id>a</Id><Timestamps><member>${timestamp}</member></Timestamps>` +
        '<Values><member>1.5</member></Values></member></MetricDataResults></GetMetricDataResult>',
    );
  });

  it('reads the flattened maps of the older SQS protocol', async () => {
    const world = fakeWorld({ sqs: { CreateQueue: () => ({ QueueUrl: 'http://q' }) } });
    await using endpoint = await listen({ world, now });

    const answer = await postForm(
      endpoint,
      'Action=CreateQueue&Version=2012-11-05&QueueName=q' +
        '&Attribute.1.Name=FifoQueue&Attribute.1.Value=true&Attribute.2.Name=DelaySeconds&Attribute.2.Value=5',
    );

    expect(world.calls[0]?.input).toEqual({
      QueueName: 'q',
      Attributes: { FifoQueue: 'true', DelaySeconds: '5' },
    });
    expect(answer).toContain('<CreateQueueResult><QueueUrl>http://q</QueueUrl></CreateQueueResult>');
  });

  it('says who is calling', async () => {
    const world = fakeWorld({ sts: { GetCallerIdentity: () => ({ Account: '123456789012' }) } });
    await using endpoint = await listen({ world, now });

    const answer = await fetch(`${endpoint.url}/?Action=GetCallerIdentity&Version=2011-06-15`);

    expect(await answer.text()).toContain('<Account>123456789012</Account>');
  });

  it('finds the service in the signature where the Version names none', async () => {
    const world = fakeWorld({ autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [] }) } });
    await using endpoint = await listen({ world, now });

    await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'AWS4-HMAC-SHA256 Credential=A/20261101/eu-west-1/autoscaling/aws4_request, SignedHeaders=host',
      },
      body: 'Action=DescribeAutoScalingGroups',
    });

    expect(world.calls[0]?.operation).toBe('DescribeAutoScalingGroups');
  });

  it.each([
    ['no action', 'Version=2011-01-01', 'MissingAction'],
    ['an action AWS lacks', 'Action=BoilWater&Version=2011-01-01', 'InvalidAction'],
    ['an action the world lacks', 'Action=DescribePolicies&Version=2011-01-01', 'InvalidAction'],
    ['an exported name that is no operation', 'Action=AutoScalingClient&Version=2011-01-01', 'InvalidAction'],
    ['a service the world lacks', 'Action=ListUsers&Version=2010-05-08', 'InvalidAction'],
    ['a number that is none', 'Action=SetDesiredCapacity&Version=2011-01-01&DesiredCapacity=many', 'MalformedInput'],
    [
      'a truth value that is none',
      'Action=SetDesiredCapacity&Version=2011-01-01&HonorCooldown=perhaps',
      'MalformedInput',
    ],
    ['a time that is none', 'Action=GetMetricData&Version=2010-08-01&StartTime=soon', 'MalformedInput'],
    ['a bottomless key', `Action=SetDesiredCapacity&Version=2011-01-01&${'a.'.repeat(200_000)}=1`, 'MalformedInput'],
    ['nothing at all', '', 'MissingAction'],
  ])('refuses %s', async (_, form, code) => {
    await using endpoint = await listen({ world: fakeWorld({}), now });

    expect(await postForm(endpoint, form)).toContain(`<Type>Sender</Type><Code>${code}</Code>`);
  });
});

describe('XML', () => {
  it('replaces what XML 1.0 cannot hold', async () => {
    const world = fakeWorld({
      autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: [], NextToken: 'a\u0000b\ud800c\uffff' }) },
    });
    await using endpoint = await listen({ world, now });

    const answer = await postForm(endpoint, 'Action=DescribeAutoScalingGroups&Version=2011-01-01');

    expect(answer).toContain('<NextToken>a\ufffdb\ufffdc\ufffd</NextToken>');
  });

  it('says so where the world answers a list that is none', async () => {
    const world = fakeWorld({ autoscaling: { DescribeAutoScalingGroups: () => ({ AutoScalingGroups: 'g' }) } });
    await using endpoint = await listen({ world, now });
    using told = quietConsole();

    const answer = await postForm(endpoint, 'Action=DescribeAutoScalingGroups&Version=2011-01-01');

    expect(answer).toContain('<Type>Receiver</Type><Code>InternalFailure</Code>');
    expect(answer).toContain('AutoScalingGroups is not a list');
    expect(told.error).toHaveBeenCalledTimes(1);
  });
});
