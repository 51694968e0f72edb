import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const nonce_bytes = 12
const tag_bytes = 16

/** Keeps texts in a database that must not be able to read them: the secret is in the configuration of the service alone. */
export interface Sealing {
  /** `name`: what the text is of. It is bound to it, so that no two sealed texts can be exchanged. */
  close(text: string, name: string): Buffer
  /** Throws when the secret or the name is another, or the text was touched. */
  open(sealed: Buffer, name: string): string
}

/** AES-256-GCM, with a key of its own for each purpose and a nonce for each text. */
export function sealing(secret: string, purpose: string): Sealing {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
  return {
    close(text, name) {
      const nonce = randomBytes(nonce_bytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(sealed, name) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonce_bytes), {
        authTagLength: tag_bytes,
      })
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(nonce_bytes, nonce_bytes + tag_bytes))
      return Buffer.concat([decipher.update(sealed.subarray(nonce_bytes + tag_bytes)), decipher.final()]).toString(
        'utf8',
      )
    },
  }
}
