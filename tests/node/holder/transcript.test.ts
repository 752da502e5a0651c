import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatKey } from '../../../actors/terminals.ts'
import { blobIn } from '../../../actors/output/transcript.ts'
import { salvage } from '../../../node/holder/terminal/salvage.ts'
import { contentHash } from '../../../runtime/storage/checksum.ts'
import { exitsOf, followed, ready, specOf, started } from '../../contracts/terminals.contract.ts'
import { holderOf } from './holder-of.ts'

const MIB = 1024 * 1024

t.test('an exit names what was kept: few bytes themselves, more by their hash', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  await ready(world)
  for (const [command, transcript] of [
    ['true', undefined],
    ["printf '\\377\\000'", { base64: '/wA=' }],
    ['head -c 256 /dev/zero', { base64: Buffer.alloc(256).toString('base64') }],
    ['head -c 257 /dev/zero', { bytes: 257 }],
    ['head -c 3000000 /dev/zero', { bytes: 3_000_000 }],
    ['head -c 9000000 /dev/urandom', { bytes: 4 * MIB, headBytes: 3 * MIB }],
  ] as const) {
    const spec = specOf(['sh', '-c', `stty raw; ${command}`], { outputBytesMax: 4 * MIB })
    await started(world, spec)
    await world.until(() => exits.has(formatKey(spec.key)))
    const exit = exits.get(formatKey(spec.key))
    if (transcript) t.match(exit?.transcript, transcript, command)
    else t.equal(exit?.transcript, undefined, command)
    const blob = blobIn(exit?.transcript)
    if (!blob) continue
    t.equal(blob.headBytes, transcript && 'headBytes' in transcript ? 3 * MIB : undefined)
    const bytes = readFileSync(join(world.data, world.terminals().outputFile(spec.key)))
    t.equal(bytes.length, blob.bytes)
    t.equal(contentHash(bytes), blob.hash, `${command}: the file is what its hash says`)
  }
})

t.test('what a dead holder has left is hashed by its successor', async (t) => {
  const world = holderOf()
  t.teardown(() => world.stop())
  const exits = exitsOf(world.terminals())
  const spec = specOf(['sh', '-c', 'head -c 100000 /dev/zero; echo up; exec sleep 1000'])
  await started(world, spec)
  const file = join(world.data, world.terminals().outputFile(spec.key))
  const { heard } = followed(world.terminals(), spec.key)
  await world.until(() => heard.text.endsWith('up\r\n') && readFileSync(file).length === 100_004)
  world.crashHolder()
  await world.until(() => exits.size === 1)
  const exit = exits.get(formatKey(spec.key))
  t.match(exit, { reason: 'holder-lost', transcript: { bytes: 100_004 } })
  t.equal(blobIn(exit?.transcript)?.hash, contentHash(readFileSync(file)))
})

t.test('salvage() gives the first bytes, and not what may be the last ones', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'salvage-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  t.same(await salvage(directory), { bytes: 0 }, 'there is no recording')
  const write = (text: string): void => writeFileSync(join(directory, 'output'), text)
  write('')
  t.same(await salvage(directory), { bytes: 0 })
  write('few')
  t.same(await salvage(directory), { bytes: 3, transcript: { base64: 'ZmV3' } })
  const head = 'h'.repeat(500)
  const hash = contentHash(Buffer.from(head))
  write(head)
  t.same(await salvage(directory), { bytes: 500, transcript: { hash, bytes: 500 } })
  write(`${head}and the end`)
  const kept = await salvage(directory, 1_000)
  t.same(kept, { bytes: 500, transcript: { hash, bytes: 500 } }, 'half of the limit is the head')
  t.equal(readFileSync(join(directory, 'output'), 'utf8'), head)
})
