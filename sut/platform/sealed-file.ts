import { readFile, writeFile } from 'node:fs/promises'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'

// A file for one reader, in the format of age (https://age-encryption.org/v1): who was given the key reads it, nobody else, and
// changed bytes are noticed.

/** Replaces what is there. Returns a new key (an age identity), which is written nowhere. */
export async function writeSealed(path: string, text: string): Promise<string> {
  const key = await generateX25519Identity()
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(key))
  await writeFile(path, await encrypter.encrypt(text), { mode: 0o600 })
  return key
}

/** Throws when the file is not there, was changed, or is sealed for another key. */
export async function readSealed(path: string, key: string): Promise<string> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(key)
  return decrypter.decrypt(await readFile(path), 'text')
}
