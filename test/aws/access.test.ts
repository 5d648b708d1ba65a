import { ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { accessProblemOf, findCluster, placeOf } from '../../lib/aws/access.ts';
import { loopbackAws, Refusal } from './loopback-aws.ts';

const named = (name: string, message = 'said AWS'): Error => Object.assign(new Error(message), { name });
const coded = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

describe('accessProblemOf', () => {
  it.each([
    ['noCredentials', named('CredentialsProviderError')],
    ['noCredentials', named('TokenProviderError')],
    ['badCredentials', named('ExpiredTokenException')],
    ['badCredentials', named('UnrecognizedClientException')],
    ['noRegion', named('Error', 'Region is missing')],
    ['denied', named('AccessDeniedException')],
    ['throttled', named('ThrottlingException')],
    ['notFound', named('ResourceNotFoundException')],
    ['unreachable', named('TimeoutError')],
    ['unreachable', coded('ENOTFOUND')],
    ['unreachable', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')], '')],
    ['failed', Object.assign(named('ServerException'), { $metadata: { httpStatusCode: 500 } })],
  ])('is %s', (kind, error) => {
    expect(accessProblemOf(error)?.kind).toBe(kind);
    expect(accessProblemOf(error)?.detail).not.toBe('');
  });

  it('is none for what has nothing to do with AWS', () => {
    expect(accessProblemOf(new TypeError('undefined is not a function'))).toBeUndefined();
    expect(accessProblemOf('a text')).toBeUndefined();
  });
});

describe('placeOf', () => {
  it('finds region and account before anything is sent', async () => {
    const client = new ECSClient({
      region: 'eu-north-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', accountId: '123456789012' },
    });

    expect(await placeOf(client)).toEqual({ region: 'eu-north-1', accountId: '123456789012' });
  });
});

describe('findCluster', () => {
  const found = async (answers: Parameters<typeof loopbackAws>[0]) => {
    await using aws = await loopbackAws(answers);
    return await findCluster(new ECSClient(aws.config), 'shop');
  };

  it('is satisfied with an active cluster, and asks no more', async () => {
    expect(
      await found({ DescribeClusters: () => ({ clusters: [{ clusterName: 'shop', status: 'ACTIVE' }] }) }),
    ).toEqual({
      isActive: true,
    });
  });

  it('names the others where there is none, or it is no more', async () => {
    const ListClusters = () => ({
      clusterArns: ['arn:aws:ecs:eu-west-1:1:cluster/b', 'arn:aws:ecs:eu-west-1:1:cluster/a'],
    });

    expect(
      await found({
        DescribeClusters: () => ({ clusters: [{ clusterName: 'shop', status: 'INACTIVE' }] }),
        ListClusters,
      }),
    ).toEqual({ isActive: false, others: ['a', 'b'] });
  });

  it('names none to who may not list them', async () => {
    const ListClusters = () => {
      throw new Refusal('AccessDeniedException');
    };

    expect(await found({ DescribeClusters: () => ({ clusters: [] }), ListClusters })).toEqual({
      isActive: false,
      others: [],
    });
  });

  it('passes on what keeps it from looking', async () => {
    const DescribeClusters = () => {
      throw new Refusal('AccessDeniedException');
    };

    await expect(found({ DescribeClusters })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
