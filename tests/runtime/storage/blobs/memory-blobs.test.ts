import t from 'tap'
import { VirtualClock } from '../../../../runtime/scheduling/virtual-clock.ts'
import { MemoryBlobs } from '../../../../runtime/storage/blobs/memory-blobs.ts'
import { type BlobsWorld, blobsContract, bytesOf } from '../../../contracts/blobs.contract.ts'

function worldOf(): BlobsWorld {
  const clock = new VirtualClock()
  const files = new Map<string, Uint8Array>()
  const blobs = new MemoryBlobs({ clock, file: (source) => files.get(source) })
  return {
    blobs,
    write: (source, bytes) => void files.set(source, bytes),
    unlink: (source) => void files.delete(source),
    rot: (hash) => blobs.rot(hash),
    async answer(ask) {
      const answers: unknown[] = []
      ask((answer) => void answers.push(answer))
      clock.advance(1)
      return answers[0] as never
    },
    async later() {
      clock.advance(10)
      return clock.wallMs()
    },
  }
}

blobsContract(t, worldOf)

t.test('a seal that was not answered at a crash is there, or is not', async (t) => {
  const clock = new VirtualClock()
  const { bytes, blob } = bytesOf('said')
  for (const kept of [false, true]) {
    const blobs = new MemoryBlobs({ clock, file: () => bytes, kept: () => kept })
    blobs.seal('said', blob, () => t.fail('nobody is there to be answered'))
    blobs.crash()
    clock.advance(10)
    t.equal(blobs.has(blob.hash), kept)
  }
})
