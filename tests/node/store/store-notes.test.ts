import t from 'tap'
import { blobNotes } from '../../../node/store/store-notes.ts'

t.test('blobNotes() says how much output is kept, once it was counted', async (t) => {
  t.same(blobNotes({}), [])
  t.match(blobNotes({ count: 12, bytes: 3 * 1024 * 1024 }), [
    { component: 'blobs', level: 'ok', message: '12 files of output, 3.0 MiB' },
  ])
})

t.test('blobNotes() says why output cannot be kept', async (t) => {
  const failure = 'Cannot keep the blob "ab": no space left'
  t.match(blobNotes({ count: 12, bytes: 1, failure }), [
    { level: 'failing', message: /wait until their output can be kept: Cannot keep/ },
  ])
})
