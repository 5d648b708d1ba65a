import { createHash, createHmac } from 'node:crypto';

/**
 * Stands in for the SDK's checksums, which carry implementations of their own for where Node has none: a Lambda runtime
 * has all of them.
 */
class Checksum {
  #algorithm;
  #secret;
  #hash;

  constructor(algorithm, secret) {
    this.#algorithm = algorithm;
    this.#secret = secret;
    this.reset();
  }

  update(data) {
    this.#hash.update(data);
  }

  async digest() {
    const digest = this.#secret === undefined ? this.#hash.copy().digest() : this.#hash.digest();
    return new Uint8Array(digest);
  }

  reset() {
    this.#hash = this.#secret === undefined ? createHash(this.#algorithm) : createHmac(this.#algorithm, this.#secret);
  }
}

export class Sha256 extends Checksum {
  constructor(secret) {
    super('sha256', secret);
  }
}

export class Md5 extends Checksum {
  constructor() {
    super('md5', undefined);
  }
}
