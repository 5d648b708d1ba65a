import { type Asked, asksNothing } from './permissions.ts';
import { longestPolicy, policyCharacters } from './roles.ts';
import { clusterSeparator } from './wiring.ts';

const clusterName = /^[a-zA-Z0-9_-]{1,255}$/;

export type ClusterList =
  | { readonly ok: true; readonly clusters: readonly string[] }
  | { readonly ok: false; readonly problem: string };

const example = 'for example: npx osls deploy --param "clusters=production,staging"';

/**
 * The clusters a deployment may touch, from its parameter `clusters`.
 * @param askedBy what the settings of so many clusters ask permissions for
 */
export const clusterListOf = (
  parameter: string,
  askedBy: (clusters: readonly string[]) => Asked = () => asksNothing,
): ClusterList => {
  if (parameter.trim() === '') {
    return { ok: false, problem: `name the ECS clusters that Berth may touch, ${example}` };
  }
  const clusters = parameter.split(clusterSeparator).map((it) => it.trim());
  const wrong = clusters.filter((it) => !clusterName.test(it));
  const twice = clusters.filter((it, index) => clusters.indexOf(it) !== index);
  const problems = [
    ...wrong.map((it) => `"${it}" is not a cluster's name (letters, digits, hyphens, underscores; no ARN)`),
    ...twice.map((it) => `"${it}" is named twice`),
  ];
  if (problems.length === 0 && longestPolicy(clusters, askedBy(clusters)) > policyCharacters) {
    problems.push(
      `${clusters.length} clusters are more than the permissions of one role can name: deploy some in another stage`,
    );
  }
  return problems.length === 0
    ? { ok: true, clusters }
    : { ok: false, problem: `the parameter clusters is wrong: ${problems.join('; ')}; ${example}` };
};
