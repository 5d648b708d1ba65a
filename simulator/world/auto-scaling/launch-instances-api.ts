import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Market } from '../ec2/capacity.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Ground } from '../ground.ts';
import { number, text, texts } from '../json.ts';
import type { Launcher, LaunchOutcome, Wish } from './launcher.ts';
import { noCapacityMessage, subnetIn } from './launching.ts';
import { type Groups, groupOf, invalid } from './lookup.ts';
import { type LaunchOption, onlyMarketOf } from './pools.ts';
import type { Sizing } from './sizing.ts';
import type { Group, GroupInstance } from './state.ts';
import { hideNew } from './visibility.ts';

export interface LaunchInstancesParts {
  readonly ground: Ground;
  readonly groups: Groups;
  readonly templates: LaunchTemplates;
  readonly launcher: Launcher;
  readonly sizing: Sizing;
}

interface Answered {
  readonly asked: string;
  readonly answer: JsonObject;
  readonly untilMs: number;
}

const maximumLaunched = 100; // Auto Scaling API, LaunchInstances
const tokenKeptMs = 8 * 3_600_000; // the idempotency window; its length is assumed

/** The words of the API for a market. (EC2 API, CreateFleet.) */
const marketWord: Readonly<Record<Market, string>> = { onDemand: 'on-demand', spot: 'spot' };

/** The zone a request names, by itself or by its subnet; a group of one zone needs none. */
const zoneOf = (group: Group, input: JsonObject): string => {
  const zones = texts(input, 'AvailabilityZones') ?? [];
  const subnets = texts(input, 'SubnetIds') ?? [];
  if ((texts(input, 'AvailabilityZoneIds') ?? []).length > 0) throw invalid('AvailabilityZoneIds is not modelled.');
  if (zones.length > 1 || subnets.length > 1)
    throw invalid('You can specify one Availability Zone or one subnet in a request.');
  const [named] = zones;
  const [subnet] = subnets;
  const place = subnet === undefined ? -1 : group.subnets.indexOf(subnet);
  if (subnet !== undefined && place < 0) throw invalid(`The subnet ${subnet} is not one of the Auto Scaling group.`);
  const zone = named ?? group.zones[place] ?? (group.zones.length === 1 ? group.zones[0] : undefined);
  if (zone === undefined)
    throw invalid('You must specify an Availability Zone or a subnet for a group with multiple Availability Zones.');
  if (!group.zones.includes(zone)) throw invalid(`The Availability Zone ${zone} is not one of the Auto Scaling group.`);
  if (subnet !== undefined && subnetIn(group, zone) !== subnet)
    throw invalid(`The subnet ${subnet} is not in the Availability Zone ${zone}.`);
  return zone;
};

const countOf = (group: Group, input: JsonObject): number => {
  const count = number(input, 'RequestedCapacity') ?? 0;
  if (count < 1 || count > maximumLaunched) throw invalid(`RequestedCapacity must be between 1 and ${maximumLaunched}`);
  if (group.desired + count > group.maxSize) {
    throw invalid(
      `RequestedCapacity ${count} would take the desired capacity above max value ${group.maxSize} for the AutoScalingGroup.`,
    ); // assumed: the documents read do not say what happens above the maximum
  }
  return count;
};

export const launchInstancesApi = ({ ground, groups, templates, launcher, sizing }: LaunchInstancesParts): Api => {
  const answers = new Map<string, Answered>();

  const marketIn = (group: Group): Market => {
    const market = onlyMarketOf(group, templates);
    if (market === undefined) {
      throw invalid(
        'LaunchInstances supports mixed instances policies only with completely On-Demand or completely Spot purchase options.',
      ); // Auto Scaling user guide, launch instances synchronously
    }
    if (group.suspended.has('Launch')) throw invalid('The Launch process of the group is suspended.'); // assumed
    return market;
  };

  const errorJson = (group: Group, zone: string, market: Market, option: LaunchOption): JsonObject => ({
    InstanceType: option.type.name,
    MarketType: marketWord[market],
    SubnetId: subnetIn(group, zone),
    AvailabilityZone: zone,
    ErrorCode: 'InsufficientInstanceCapacity',
    ErrorMessage: noCapacityMessage(group, zone, market, option.type.name),
  });

  /** One collection a type, in the order of the first launch of each. */
  const collectionsJson = (
    group: Group,
    zone: string,
    market: Market,
    launched: readonly GroupInstance[],
  ): readonly JsonObject[] => {
    const byType = new Map<string, string[]>();
    for (const { ec2 } of launched) {
      const ids = byType.get(ec2.machine.instanceType);
      if (ids === undefined) byType.set(ec2.machine.instanceType, [ec2.id]);
      else ids.push(ec2.id);
    }
    return [...byType].map(([InstanceType, InstanceIds]) => ({
      InstanceType,
      MarketType: marketWord[market],
      SubnetId: subnetIn(group, zone),
      AvailabilityZone: zone,
      InstanceIds,
    }));
  };

  /** The desired capacity grows by what was launched; with a retry strategy by all that was asked for. */
  const launch = (input: JsonObject, clientToken: string): JsonObject => {
    const group = groupOf(groups, input);
    const market = marketIn(group);
    const zone = zoneOf(group, input);
    const count = countOf(group, input);
    const retries = text(input, 'RetryStrategy') === 'retry-with-group-configuration';
    const cause = ground.cause();
    const why = 'instances were launched synchronously in response to a user request';
    const wish: Wish & { readonly zone: string } = { market, zone, cause, why };
    const outcomes = Array.from({ length: count }, (): LaunchOutcome => launcher.launchNow(group, wish));
    const launched = outcomes.flatMap((it) => it.launched ?? []);
    const refused = new Map(outcomes.flatMap((it) => it.refused).map((it) => [it.type.name, it]));
    if (launched.length < count) launcher.failed(group, zone, wish, [...refused.values()], ground.now());
    const by = retries ? count : launched.length;
    if (by > 0) sizing.setDesired(group, group.desired + by, cause);
    for (const it of launched) hideNew(ground, it);
    return {
      AutoScalingGroupName: group.name,
      ClientToken: clientToken,
      Instances: collectionsJson(group, zone, market, launched),
      Errors: [...refused.values()].map((it) => errorJson(group, zone, market, it)),
    };
  };

  return {
    LaunchInstances: (input) => {
      const token = text(input, 'ClientToken') ?? ground.uuid();
      const asked = JSON.stringify({ ...input, ClientToken: undefined });
      const before = answers.get(token);
      if (before !== undefined && ground.now() < before.untilMs) {
        if (before.asked === asked) return before.answer;
        throw new AwsApiError(
          'IdempotentParameterMismatch',
          'The parameters do not match those of a previous request with the same client token.',
        );
      }
      const answer = launch(input, token);
      answers.set(token, { asked, answer, untilMs: ground.now() + tokenKeptMs });
      return answer;
    },
  };
};
