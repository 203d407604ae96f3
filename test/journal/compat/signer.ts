import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** The key of the golden checkpoints. It is known to all and signs nothing else: 32 zero bytes, in the form of RFC 8410. */
const PRIVATE = createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${'00'.repeat(32)}`, 'hex'), format: 'der', type: 'pkcs8' });
const PUBLIC = createPublicKey(PRIVATE);

export const SIGNER = {
  publicKey: Buffer.from(PUBLIC.export({ format: 'jwk' }).x ?? '', 'base64url'),
  sign: (bytes: Uint8Array) => sign(null, bytes, PRIVATE),
  verify: (bytes: Uint8Array, signature: Uint8Array) => verify(null, bytes, PUBLIC, signature),
};
