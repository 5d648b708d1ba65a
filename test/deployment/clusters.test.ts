import { describe, expect, it } from '@jest/globals';
import { clusterListOf } from '../../deployment/clusters.ts';

const problemOf = (parameter: string): string => {
  const list = clusterListOf(parameter);
  return list.ok ? '' : list.problem;
};

describe('clusterListOf', () => {
  it('reads names with commas between, and blanks round them', () => {
    expect(clusterListOf('production, staging_2')).toEqual({ ok: true, clusters: ['production', 'staging_2'] });
  });

  it.each(['', '  '])('asks for clusters when given %j, with an example', (parameter) => {
    expect(problemOf(parameter)).toBe(
      'name the ECS clusters that Berth may touch, ' +
        'for example: npx osls deploy --param "clusters=production,staging"',
    );
  });

  it('names every wrong name at once', () => {
    const problem = problemOf('good,arn:aws:ecs:eu-west-1:1:cluster/x,good,');

    expect(problem).toContain('"arn:aws:ecs:eu-west-1:1:cluster/x" is not a cluster\'s name');
    expect(problem).toContain('"" is not a cluster\'s name');
    expect(problem).toContain('"good" is named twice');
  });

  it('refuses more clusters than the permissions of one role can name', () => {
    const clusters = (count: number): string => Array.from({ length: count }, (_, n) => `production-${n}`).join(',');

    expect(clusterListOf(clusters(15)).ok).toBe(true);
    expect(problemOf(clusters(30))).toContain('deploy some in another stage');
  });
});
