import { type EpochMs } from '../model/time.ts';
import { clusterOfService, envelope, nameOf } from './parse.ts';
import { parseJson } from './schema.ts';

/** What an event of ECS says of one of its resources. */
export type ResourceEvent = { readonly cluster: string; readonly at: EpochMs } & (
  | {
      readonly kind: 'described';
      readonly detailType: string;
      readonly detail: Readonly<Record<string, unknown>>;
    }
  /** Something of a service has changed, and the event does not say how it is now. */
  | { readonly kind: 'service'; readonly name: string }
);

const describing = ['ECS Task State Change', 'ECS Container Instance State Change'];
const ofServices = ['ECS Service Action', 'ECS Deployment State Change'];

/** Undefined for what is no event of ECS about a container instance, a task or a service, or does not say of which cluster. */
export const resourceEventIn = (body: string): ResourceEvent | undefined => {
  const event = envelope.safeParse(parseJson(body));
  if (!event.success || event.data.source !== 'aws.ecs') return undefined;
  const { 'detail-type': detailType, detail, resources, time } = event.data;
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return undefined;
  const clusterArn = detail['clusterArn'];
  if (describing.includes(detailType) && typeof clusterArn === 'string')
    return { kind: 'described', cluster: nameOf(clusterArn), at, detailType, detail };
  const arn = resources?.[0];
  const cluster = clusterOfService(arn);
  return ofServices.includes(detailType) && arn !== undefined && cluster !== undefined
    ? { kind: 'service', cluster, at, name: nameOf(arn) }
    : undefined;
};
