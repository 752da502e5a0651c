import type { Mutation } from './mutation.ts'

const MAIL = 'runtime/shard/mail/mail.ts'

/** Letters between shards, and the dependencies that they carry (decision 3). */
export const MAIL_MUTATIONS: readonly Mutation[] = [
  {
    name: 'send a letter before it is committed',
    climate: 'letters',
    edits: [
      {
        file: MAIL,
        find: '    this.#inner.decided(changes)',
        replace:
          "    this.#inner.decided(changes)\n    this.#postman.post(changes.filter(({ kind, after }) => kind === 'letter' && after).map(({ id, after }) => addressed(id, after)))",
      },
    ],
  },
  {
    name: 'acknowledge a letter before it is committed',
    climate: 'letters',
    edits: [
      {
        file: 'runtime/shard/mail/carrier.ts',
        find: '    const { letter, oldest } = message',
        replace:
          "    const { letter, oldest } = message\n    this.#options.send(source, { type: 'acknowledged', from: to, to: from, place: { era: letter.era, seq: letter.seq } })",
      },
    ],
  },
  {
    name: 'take a letter beyond a gap',
    climate: 'bad wires',
    edits: [
      {
        file: 'runtime/shard/mail/inbox.ts',
        find: "if (!isAt(place, oldest)) return 'beyond'",
        replace: "if (!isAt(place, oldest)) return 'jump'",
      },
    ],
  },
  {
    name: 'take a letter twice',
    climate: 'bad wires',
    edits: [
      {
        file: 'runtime/shard/mail/inbox.ts',
        find: "if (!isAfter(place, known)) return 'known'",
        replace: '',
      },
    ],
  },
  {
    name: 'number letters anew after a restart',
    climate: 'letters',
    edits: [
      {
        file: MAIL,
        find: 'return row?.era === era ? row : { era, seq: 0 }',
        replace:
          'return row?.era === era && this.#postman.waiting(to).length > 0 ? row : { era, seq: 0 }',
      },
    ],
  },
  {
    name: 'forget the letters that were under way at a restart',
    climate: 'letters',
    edits: [
      {
        file: MAIL,
        find: "this.#postman.post([...shard.rows('letter')].map(([id, row]) => addressed(id, row)))",
        replace: '',
      },
    ],
  },
  {
    name: 'send a letter once only',
    climate: 'bad wires',
    edits: [
      {
        file: 'runtime/shard/mail/postman.ts',
        find: "if (!this.#heard.delete(to) && sentCount > 0) this.#step(to, { type: 'silent' })",
        replace: '',
      },
    ],
  },
  {
    name: 'drop a letter when it is sent',
    climate: 'bad wires',
    edits: [
      {
        file: 'runtime/shard/mail/outbox.ts',
        find: 'return [{ letters, sentCount: full }, letters.slice(sentCount, full)]',
        replace: 'return [{ letters: letters.slice(full), sentCount: 0 }, letters.slice(0, full)]',
      },
    ],
  },
  {
    name: 'take a letter without its effect',
    climate: 'letters',
    edits: [
      {
        file: MAIL,
        find: 'events: [taken, ...events]',
        replace: 'events: [taken, ...events.slice(0, 0)]',
      },
    ],
  },
  {
    name: 'give no first answer',
    climate: 'letters',
    edits: [
      {
        file: 'actors/tasks-machine/remote.ts',
        find: "  notify(desk, { type: 'hear', task: dependent, dependency })",
        replace: '',
      },
    ],
  },
  {
    name: 'do not tell dependents in other shards',
    climate: 'letters',
    edits: [
      {
        file: 'actors/tasks-machine/endings.ts',
        find: "  notify(desk, { type: 'settle', task: dependent, dependency, how: state })",
        replace: '',
      },
    ],
  },
]
