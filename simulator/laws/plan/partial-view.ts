import { chosenToDrain, type PlanLaw, stepsOf } from './plan-check.ts';

/** A view older than this rests on what may have changed since. */
const staleAfterMs = 60_000;

/** They show neither instances nor tasks; a task whose protection is unknown stays in any case. */
const hidesNothing: readonly string[] = ['metrics', 'surroundings', 'activities', 'taskProtection', 'tasksOnDraining'];

/**
 * Law 8: with any hole in what is seen of instances and tasks, or an old view, nothing is drained by choice, taken off
 * ECS's books, terminated or made smaller. What the outside world ends goes on; but an instance that was not seen is only let go by a view
 * without holes.
 */
export const partialView: PlanLaw = (planned, report) => {
  const { plan } = planned;
  const { observation, now } = planned.input;
  const gap = observation.gaps.find((it) => !hidesNothing.includes(it.subject));
  const age = now - observation.observedAt;
  if (gap === undefined && age <= staleAfterMs) return;
  const why = gap === undefined ? `a view ${age} ms old` : `a hole in ${gap.subject}`;
  const named = (ids: readonly { readonly ec2InstanceId: string }[]): string =>
    ids.map((it) => it.ec2InstanceId).join(', ');
  const drained = chosenToDrain(planned);
  if (drained.length > 0) report(`drains ${named(drained)} on ${why}`);
  for (const it of stepsOf(plan, 'terminateInstances')) report(`terminates ${named(it.instances)} on ${why}`);
  for (const it of stepsOf(plan, 'deregisterInstances')) report(`deregisters ${named(it.instances)} on ${why}`);
  for (const it of stepsOf(plan, 'setGroupDesiredCapacity'))
    if (it.to < it.from) report(`takes group ${it.group} from ${it.from} to ${it.to} on ${why}`);
  const seen = new Set(observation.containerInstances.map((it) => it.ec2InstanceId));
  for (const step of stepsOf(plan, 'completeLifecycleActions')) {
    const unseen = step.instances.filter((it) => !seen.has(it.ec2InstanceId));
    const unsure = observation.gaps.some((it) => it.subject === 'containerInstances' || it.subject === 'cluster');
    if (unseen.length > 0 && unsure) report(`lets ${named(unseen)} go, unseen, on ${why}`);
  }
};
