/** Stands in for the SDK's cache of discovered endpoints: DynamoDB's client asks for one and, discovery being off, never uses it. */
export class EndpointCache {}
