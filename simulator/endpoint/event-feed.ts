import type { JsonObject } from '../world/api.ts';
import type { World } from '../world/world.ts';

const ruleName = 'control-address';
const caller = 'deployment';

/**
 * Every event of the world as EventBridge would bring it to a function: late, doubled, out of order, and now and then,
 * where its source is best effort, not at all. Returns how to stop.
 */
export const eventFeed = (world: World) => (listener: (event: JsonObject) => void) => {
  const Arn = `arn:aws:lambda:${world.region}:${world.accountId}:function:${ruleName}`;
  world.registerFunction(Arn, listener);
  const EventPattern = JSON.stringify({ source: [{ prefix: '' }] });
  world.call('events', 'PutRule', { Name: ruleName, EventPattern }, caller);
  world.call('events', 'PutTargets', { Rule: ruleName, Targets: [{ Id: 'control', Arn }] }, caller);
  return (): void => {
    world.call('events', 'RemoveTargets', { Rule: ruleName, Ids: ['control'] }, caller);
    world.call('events', 'DeleteRule', { Name: ruleName }, caller);
  };
};
