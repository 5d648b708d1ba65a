import type { Headroom } from '../model/settings.ts';
import { minuteMs } from '../model/time.ts';
import { recentPeaks } from './peaks.ts';
import { demandsOfRequest, describeTarget, openRequests } from './reserves/capacity-runs.ts';
import { headroomOf } from './reserves/headroom.ts';
import { type Reserve, replicaService, tasksBeyond } from './reserves/reserve.ts';
import { hasGap, type View } from './view.ts';

export { nextExpiry } from './reserves/capacity-runs.ts';
export type { Reserve } from './reserves/reserve.ts';

const headroomId = (it: Headroom, n: number): string => `headroom ${n} ${it.kind}`;

const headroom = (view: View): readonly Reserve[] =>
  view.settings.headroom.flatMap((it, n) => {
    const { demands, detail } = headroomOf(view, it, headroomId(it, n)) ?? { demands: [], detail: '' };
    return demands.map((demand) => ({ demand, kind: 'headroom', launches: true, detail }) as const);
  });

const capacityRuns = (view: View): readonly Reserve[] =>
  openRequests(view).flatMap((it) => {
    const until = new Date(it.until).toISOString();
    const detail = `capacity run ${it.id}: ${it.tasks} more of ${describeTarget(it)} until ${until}`;
    return (demandsOfRequest(view, it) ?? []).map(
      (demand) => ({ demand, kind: 'capacityRun', launches: true, detail }) as const,
    );
  });

/** Room that services used up to a while ago is only not given up: were it launched for, it would never end. */
const peaks = (view: View): readonly Reserve[] =>
  recentPeaks(view).flatMap(({ service, tasks, until }) => {
    const minutes = Math.ceil((view.now - until) / minuteMs);
    const detail = `recent peak: service ${service.name} wanted ${tasks} tasks up to ${minutes} min ago, and ${service.desiredCount} now`;
    return tasksBeyond(view, service, tasks - service.desiredCount, 'peak').map(
      (demand) => ({ demand, kind: 'peak', launches: false, detail }) as const,
    );
  });

/**
 * All the room that is to be there besides what tasks want now: headroom by the settings, capacity runs until they are
 * over, and what services wanted a while ago. While services are read in part, those that were not read reserve nothing.
 */
export const reservesOf = (view: View): readonly Reserve[] => [
  ...headroom(view),
  ...capacityRuns(view),
  ...peaks(view),
];

const missingHeadroom = (view: View, it: Headroom): string | undefined => {
  if (it.kind === 'service' && replicaService(view, it.service) === undefined && !hasGap(view, 'services'))
    return `settings ask headroom for service ${it.service}; cluster ${view.cluster} has no active replica service of that name`;
  if (it.kind === 'taskDefinition' && headroomOf(view, it, '') === undefined && !hasGap(view, 'taskDefinitions'))
    return `settings ask headroom for task definition ${it.taskDefinition}, which could not be found`;
  return undefined;
};

/** Headroom and capacity runs for what is not there, in sentences. */
export const reserveNotices = (view: View): readonly string[] => [
  ...view.settings.headroom.flatMap((it) => missingHeadroom(view, it) ?? []),
  ...openRequests(view)
    .filter((it) => demandsOfRequest(view, it) === undefined)
    .filter((it) => !hasGap(view, it.target.kind === 'service' ? 'services' : 'taskDefinitions'))
    .map(
      (it) => `capacity run ${it.id} asks room for ${describeTarget(it)}, which cluster ${view.cluster} does not have`,
    ),
];
