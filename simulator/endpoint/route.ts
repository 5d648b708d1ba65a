import { jsonExchange } from './aws-json.ts';
import { queryExchange } from './aws-query.ts';
import type { Exchange, Request } from './exchange.ts';

/** The service a signature was made for: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`. */
const credentialScope = (authorization: string | undefined): string | undefined => {
  const credential = authorization?.split('Credential=', 2)[1]?.split(',', 1)[0];
  return credential?.split('/', 5)[3];
};

const isForm = (request: Request): boolean =>
  request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;

/** The form of a query request: the body of a POST, the query string of a GET. */
const formOf = (request: Request): URLSearchParams => {
  if (isForm(request)) return new URLSearchParams(request.body);
  const question = request.url.indexOf('?');
  return new URLSearchParams(question < 0 ? '' : request.url.slice(question));
};

/** In which protocol a request is to be read and answered: a target makes it JSON, an Action (or nothing) a query. */
export const exchangeFor = (request: Request, requestId: string): Exchange => {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return jsonExchange(target, request.body);
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('application/') && !isForm(request)) return jsonExchange('', request.body);
  const scope = credentialScope(request.headers.authorization);
  if (scope === 'lambda') return jsonExchange(`lambda${request.url}`, request.body); // not here, said as its clients read it
  return queryExchange(formOf(request), scope, requestId);
};
