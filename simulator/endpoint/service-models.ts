import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as ec2 from '@aws-sdk/client-ec2';
import * as sqs from '@aws-sdk/client-sqs';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticErrorSchema, StaticOperationSchema } from '@smithy/types';
import type { ServiceName } from '../world/api.ts';

/** What AWS's published model says of one operation's input and output. */
export interface OperationModel {
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

/** One error under its two names: the shape's (JSON protocols) and the code the query protocol puts on the wire. */
export interface ErrorModel {
  readonly shape: string;
  readonly queryCode: string;
  readonly status: number;
}

type Exports = Readonly<Record<string, unknown>>;

/** The one STS operation that needs no more than a name: who am I. */
const sts: Exports = {
  GetCallerIdentity$: [
    9,
    'sts',
    'GetCallerIdentity',
    0,
    'unit',
    [3, 'sts', 'GetCallerIdentityResponse', 0, ['UserId', 'Account', 'Arn'], [0, 0, 0]],
  ],
};

/** The models of the services that some client may speak the query protocol to; they come with the SDK's clients. */
const exportsOf: Readonly<Partial<Record<ServiceName, Exports>>> = {
  autoscaling: autoScaling,
  ec2,
  monitoring: cloudWatch,
  sqs,
  sts,
};

const isOperation = (it: unknown): it is StaticOperationSchema => Array.isArray(it) && it[0] === 9;
const isError = (it: unknown): it is StaticErrorSchema => Array.isArray(it) && it[0] === -3;
const isQueryError = (it: unknown): it is readonly [code: string, status: number] =>
  Array.isArray(it) && typeof it[0] === 'string' && typeof it[1] === 'number';

/** The model of an operation of a query-protocol service; undefined where AWS has no such operation. */
export const operationModel = (service: ServiceName, operation: string): OperationModel | undefined => {
  const schema = exportsOf[service]?.[`${operation}$`];
  if (!isOperation(schema)) return undefined;
  return { input: NormalizedSchema.of(schema[4]), output: NormalizedSchema.of(schema[5]) };
};

const readErrors = (service: ServiceName): ReadonlyMap<string, ErrorModel> => {
  const errors = new Map<string, ErrorModel>();
  for (const schema of Object.values(exportsOf[service] ?? {})) {
    if (!isError(schema)) continue;
    const { awsQueryError } = NormalizedSchema.of(schema).getMergedTraits();
    if (!isQueryError(awsQueryError)) continue;
    const [queryCode, status] = awsQueryError;
    const model = { shape: schema[2], queryCode, status };
    errors.set(model.shape, model).set(queryCode, model);
  }
  return errors;
};

const errorsOf = new Map<ServiceName, ReadonlyMap<string, ErrorModel>>();

/** The error known to AWS under this shape name or query code; undefined for codes no model lists (`Throttling`). */
export const errorModel = (service: ServiceName, code: string): ErrorModel | undefined => {
  const errors = errorsOf.get(service) ?? readErrors(service);
  errorsOf.set(service, errors);
  return errors.get(code);
};
