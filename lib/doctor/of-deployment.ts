import { minuteMs } from '../model/time.ts';
import type { Examined } from './examined.ts';
import { type Finding, finding } from './finding.ts';

/** Each cluster is looked at every ten minutes, changed or not: three of them missed is no chance. */
const silentMs = 30 * minuteMs;

const ofThis = ({ deployments, cluster }: Examined) =>
  (deployments ?? []).filter((it) => it.clusters.includes(cluster));

const presence = (it: Examined): readonly Finding[] => {
  if (it.deployments === undefined) return [];
  const its = ofThis(it);
  if (its.length === 0) {
    const others = it.deployments.map(({ name, clusters }) => `${name} (${clusters.join(', ')})`).sort();
    return [
      finding(
        'notDeployed',
        `cluster ${it.cluster}`,
        others.length === 0
          ? 'no Berth is deployed in this region'
          : `no Berth of this region has it among its clusters; there are ${others.join('; ')}`,
        `npx osls deploy --param "clusters=${it.cluster}"`,
      ),
    ];
  }
  if (its.length === 1) return [];
  const names = its.map(({ name }) => name).sort();
  return [
    finding(
      'secondBerth',
      `cluster ${it.cluster}`,
      `${names.length} deployments of Berth act on it: ${names.join(', ')}`,
      'take it out of the clusters of all but one (--param "clusters=…"), or remove the others (npx osls remove)',
    ),
  ];
};

const decisions = (it: Examined): readonly Finding[] => {
  const [deployment] = ofThis(it);
  if (deployment === undefined) return [];
  const subject = `deployment ${deployment.name}`;
  if (it.lastDecisionAt === undefined)
    return [
      finding(
        'noDecisionYet',
        subject,
        `it has never decided on ${it.cluster}`,
        'wait a minute after the deployment; else look at the log of its function decide and at its dead letters',
      ),
    ];
  const minutes = Math.floor((it.now - it.lastDecisionAt) / minuteMs);
  if (it.now - it.lastDecisionAt < silentMs) return [];
  return [
    finding(
      'noRecentDecision',
      subject,
      `it decided on ${it.cluster} ${minutes} minutes ago for the last time; it does every ten`,
      'look at the logs of its functions metricCheck and decide, at the alarms, and at the dead letters of the decide queue',
    ),
  ];
};

const permissions = ({ permissions: missing }: Examined): readonly Finding[] =>
  (missing ?? []).map(({ functionName, role, actions, because }) =>
    finding(
      'missingPermission',
      `function ${functionName}`,
      because === 'denied'
        ? `a policy denies its role ${role}: ${actions.join(', ')}`
        : `its role ${role} is not allowed: ${actions.join(', ')}`,
      because === 'denied'
        ? 'look at the permissions boundary of the role and at the service control policies of the organisation'
        : 'deploy again, which writes the policies anew (npx osls deploy)',
    ),
  );

const permissionsUnknown = (it: Examined): readonly Finding[] =>
  it.permissions !== undefined || ofThis(it).length === 0
    ? []
    : [
        finding(
          'permissionsUnknown',
          `cluster ${it.cluster}`,
          'what the functions are allowed could not be looked at',
          'ask for iam:SimulatePrincipalPolicy, or for iam:GetRolePolicy, on the roles of the deployment',
        ),
      ];

const mode = ({ input, cluster, now }: Examined): readonly Finding[] => {
  const { pause } = input.asked;
  const until = pause?.until === undefined ? 'until it is ended' : `until ${new Date(pause.until).toISOString()}`;
  return [
    ...(input.settings.mode === 'observe'
      ? [
          finding(
            'observing',
            `cluster ${cluster}`,
            'it is in observe mode: what is planned is logged and not carried out',
            'set mode: act in berth.yml and deploy again, once you like what you see',
          ),
        ]
      : []),
    ...(pause !== undefined && (pause.until === undefined || pause.until > now)
      ? [
          finding(
            'paused',
            `cluster ${cluster}`,
            `${pause.what === 'all' ? 'everything' : 'scale-in'} is paused ${until}`,
            `npx berth resume --cluster ${cluster}`,
          ),
        ]
      : []),
  ];
};

/** What is to be said of Berth itself. */
export const deploymentFindings = (it: Examined): readonly Finding[] => [
  ...presence(it),
  ...decisions(it),
  ...permissions(it),
  ...permissionsUnknown(it),
  ...mode(it),
];
