import t from 'tap'
import { clockNotes } from '../../actors/clock-notes.ts'

t.test(
  'clockNotes() speaks of a clock that was set, while it is doubted and for a while after',
  async (t) => {
    const jump = { byMs: -3_600_000, atMs: 1_000 }
    t.same(clockNotes({ believed: true, jump: undefined }, 0), [])
    t.match(clockNotes({ believed: false, jump }, 1_000), [
      { component: 'clock', level: 'failing', message: /set back by 3600 s: nothing is decided/ },
    ])
    t.match(clockNotes({ believed: true, jump }, 5_000), [
      { component: 'clock', level: 'warning', message: /timed anew/, fix: /chrony/ },
    ])
    t.same(clockNotes({ believed: true, jump }, 700_000), [])
  },
)
