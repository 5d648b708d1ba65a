/** A JSON value as the AWS APIs carry it; times are epoch seconds (possibly fractional), as ECS answers them. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** One API operation of the world: takes the request's members as AWS names them, answers likewise. */
type Operation = (input: JsonObject) => JsonObject;

/** The operations of one service, by their AWS names (`DescribeServices`). */
export type Api = Readonly<Record<string, Operation>>;

/** The services the world plays, by the name of their endpoint prefix. */
export type ServiceName = 'ecs' | 'autoscaling' | 'ec2' | 'sqs' | 'events' | 'monitoring' | 'sts';

export type WorldApis = Readonly<Record<ServiceName, Api>>;

/** An error as the AWS API in question would answer it; the endpoint puts it on the wire. */
export class AwsApiError extends Error {
  override readonly name = 'AwsApiError';
  /** The error code, e.g. `ClusterNotFoundException`, `ValidationError`. */
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
