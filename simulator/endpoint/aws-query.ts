import { AwsApiError, type JsonObject, type ServiceName } from '../world/api.ts';
import { type Answer, type Exchange, isOperationName } from './exchange.ts';
import { type Dialect, formReader } from './form.ts';
import { errorModel, operationModel } from './service-models.ts';
import { escapeXml, xmlWriter } from './xml.ts';

interface QueryService {
  readonly service: ServiceName;
  readonly dialect: Dialect;
  readonly namespace: string;
}

/** By the form's Version. */
const byVersion: ReadonlyMap<string, QueryService> = new Map<string, QueryService>([
  [
    '2011-01-01',
    { service: 'autoscaling', dialect: 'awsQuery', namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/' },
  ],
  ['2016-11-15', { service: 'ec2', dialect: 'ec2Query', namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/' }],
  [
    '2010-08-01',
    { service: 'monitoring', dialect: 'awsQuery', namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/' },
  ],
  ['2011-06-15', { service: 'sts', dialect: 'awsQuery', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' }],
  ['2012-11-05', { service: 'sqs', dialect: 'awsQuery', namespace: 'http://queue.amazonaws.com/doc/2012-11-05/' }],
]);

const serviceOf = (version: string | null, scope: string | undefined): QueryService | undefined =>
  byVersion.get(version ?? '') ?? [...byVersion.values()].find((it) => it.service === scope);

/** How one operation is read and written; made once, since walking the models anew would cost more than the call. */
interface Codec {
  readonly read: (form: URLSearchParams) => JsonObject;
  readonly write: ((output: JsonObject) => string) | undefined;
}

const codecs = new Map<string, Codec>();

const codecFor = ({ service, dialect }: QueryService, operation: string): Codec | undefined => {
  const key = `${service}.${operation}`;
  const known = codecs.get(key);
  if (known !== undefined) return known;
  const model = operationModel(service, operation);
  if (model === undefined) return undefined;
  const codec = { read: formReader(model.input, dialect), write: xmlWriter(model.output) };
  codecs.set(key, codec);
  return codec;
};

const invalidAction = (action: string): AwsApiError =>
  new AwsApiError('InvalidAction', `The action ${action} is not valid for this web service.`);

const xml = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml;charset=utf-8' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

/** `<XResponse><XResult>…` of awsQuery; ec2Query has no result element and puts the request id first. */
const outputXml = (of: QueryService, operation: string, content: string | undefined, requestId: string): string => {
  const open = `<${operation}Response xmlns="${of.namespace}">`;
  if (of.dialect === 'ec2Query') {
    return `${open}<requestId>${requestId}</requestId>${content ?? ''}</${operation}Response>`;
  }
  const result = content === undefined ? '' : `<${operation}Result>${content}</${operation}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `${open}${result}${metadata}</${operation}Response>`;
};

const errorXml = (of: QueryService | undefined, error: AwsApiError, requestId: string): string => {
  const told = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  if (of?.dialect === 'ec2Query') {
    return `<Response><Errors><Error>${told}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  }
  const type = `<Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>`;
  const namespace = of === undefined ? '' : ` xmlns="${of.namespace}"`;
  return `<ErrorResponse${namespace}><Error>${type}${told}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
};

/** The error as the query protocol names it: its own code for a shape's name, InvalidAction for what is not there. */
const onQueryWire = (of: QueryService | undefined, operation: string, error: AwsApiError): AwsApiError => {
  if (error.code === 'UnknownOperationException') return invalidAction(operation);
  const model = of && errorModel(of.service, error.code);
  return model === undefined ? error : new AwsApiError(model.queryCode, error.message, model.status);
};

/**
 * awsQuery and ec2Query: a form in, XML out. What a form cannot say by itself (types, lists, times, the names of
 * elements) is taken from AWS's models. `scope` names the service where the form's Version does not.
 */
export const queryExchange = (form: URLSearchParams, scope: string | undefined, requestId: string): Exchange => {
  const action = form.get('Action') ?? '';
  const of = serviceOf(form.get('Version'), scope);
  const codec = of && isOperationName(action) ? codecFor(of, action) : undefined;
  return {
    read: () => {
      if (action === '') throw new AwsApiError('MissingAction', 'The request must contain the parameter Action');
      if (of === undefined || codec === undefined) throw invalidAction(action);
      return { service: of.service, operation: action, input: codec.read(form) };
    },
    writeOutput: (output) => {
      if (of === undefined || codec === undefined) throw invalidAction(action);
      return xml(200, outputXml(of, action, codec.write?.(output), requestId));
    },
    writeError: (error) => {
      const told = onQueryWire(of, action, error);
      return xml(told.status, errorXml(of, told, requestId));
    },
  };
};
