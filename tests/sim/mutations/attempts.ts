import type { Mutation } from './mutation.ts'

const EXCHANGE = 'actors/assignment/exchange.ts'
const SLOTS = 'actors/assignment/slots.ts'
const WORKER = 'actors/assignment/worker.ts'
const RENEWAL = 'actors/assignment/renewal.ts'

/** Attempts: their token, their record, credit and the holder (decisions 13, 14 and 15). */
export const ATTEMPT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'accept the result of any attempt',
    climate: 'bad wires',
    edits: [
      {
        file: 'actors/tasks-machine/attempts.ts',
        find: 'if (!current) return late(desk, task, { attempt, outcome })',
        replace:
          'if (ENDED.has(task.state)) return close(desk, task, outcome, afterwards(desk, task, outcome))',
      },
    ],
  },
  {
    name: 'answer a result that is not recorded',
    climate: 'short lives',
    edits: [
      {
        file: EXCHANGE,
        find: "return decide(it, ending, (reply) => ({ type: 'recorded', to, token, reply }))",
        replace: "return answer(it, { type: 'recorded', to, token, reply: { type: 'accepted' } })",
      },
    ],
  },
  {
    name: 'report a result only once',
    climate: 'bad wires',
    edits: [
      {
        file: WORKER,
        find: 'repeat: () => {\n      it.send(it.leader, said)',
        replace: 'repeat: () => {',
      },
    ],
  },
  {
    name: 'forget an exit before it is written down',
    climate: 'short lives',
    edits: [
      {
        file: WORKER,
        find: "  it.context.timers.every('repeat'",
        replace: "  it.terminals.forget(it.token)\n  it.context.timers.every('repeat'",
      },
    ],
  },
  {
    name: 'name a blob before it is on disk',
    climate: 'short lives',
    edits: [
      {
        file: WORKER,
        find: 'return blob ? seal(it, exit, blob) : report(it, reportOf(it.token, exit))',
        replace: 'if (blob) seal(it, exit, blob)\n  return report(it, reportOf(it.token, exit))',
      },
    ],
  },
  {
    name: 'give up the output that a full disk refuses',
    climate: 'bad disks',
    edits: [
      {
        file: WORKER,
        find: "if (error.code === 'NOT_FOUND') return",
        replace: 'return',
      },
    ],
  },
  {
    name: 'forget what ran before the restart',
    climate: 'short lives',
    edits: [{ file: SLOTS, find: 'for (const each of held) adopt(it, each)', replace: '' }],
  },
  {
    name: 'speak of attempts before the holder has',
    climate: 'frail holder',
    edits: [
      {
        file: SLOTS,
        find: '  it.wantedBy.set(from, sorts.filter(fits))',
        replace:
          '  if (!it.ready && it.numbers.renewal === 0) renew(it)\n  it.wantedBy.set(from, sorts.filter(fits))',
      },
    ],
  },
  {
    name: 'free every attempt that is not held yet',
    climate: 'bad wires',
    edits: [
      {
        file: RENEWAL,
        find: 'if (attempt && attempt.boot < boot) return true',
        replace: 'if (attempt) return true',
      },
    ],
  },
  {
    name: 'never free an attempt that a restart lost',
    climate: 'short lives',
    edits: [
      { file: RENEWAL, find: 'if (attempt && attempt.boot < boot) return true', replace: '' },
    ],
  },
  {
    name: 'start without a credit',
    climate: 'bad wires',
    edits: [
      { file: SLOTS, find: '  if (!offer) {\n', replace: '  if (!offer && it.resting) {\n' },
      {
        file: SLOTS,
        find: 'leashOf(message.leashMs, offer.sentMs)',
        replace: 'leashOf(message.leashMs, offer?.sentMs ?? 0)',
      },
    ],
  },
  {
    name: 'start what was given back',
    climate: 'bad wires',
    edits: [{ file: SLOTS, find: '    remember(it.declined, key)\n', replace: '' }],
  },
  {
    name: 'give one slot to two',
    climate: 'bad wires',
    edits: [
      {
        file: SLOTS,
        find: 'options.slots - it.holdings.size - offers.count',
        replace: 'options.slots - it.holdings.size',
      },
    ],
  },
  {
    name: 'give back an assignment that comes twice',
    climate: 'bad wires',
    edits: [
      {
        file: SLOTS,
        find: 'if (boot !== it.options.boot || it.holdings.has(key) || it.done.has(key)) return same',
        replace: 'if (boot !== it.options.boot || it.done.has(key)) return same',
      },
    ],
  },
  {
    name: 'assign without a word to the log',
    climate: 'temperate',
    edits: [
      {
        file: 'actors/tasks-machine/attempts.ts',
        find: "  desk.change(id, { type: 'assigned', attempt, store, boot, node })",
        replace: '',
      },
    ],
  },
  {
    name: 'start on a disk that is nearly full',
    climate: 'bad disks',
    edits: [{ file: SLOTS, find: ' && !options.space.scarce', replace: '' }],
  },
  {
    name: 'a handler that fails is the end of its actor',
    climate: 'fragile actors',
    edits: [
      {
        file: 'runtime/supervision/supervision.ts',
        find: "return restart === 'permanent' || (restart === 'transient' && ending === 'failed')",
        replace: "return restart === 'permanent' && ending !== 'failed'",
      },
    ],
  },
  {
    name: 'slots that failed forget what they held',
    climate: 'fragile actors',
    edits: [
      {
        file: SLOTS,
        find: "return state === 'ready' ? list(it) : lose(it)",
        replace: "return state === 'lost' ? lose(it) : numbers.renewal > 1 ? same : list(it)",
      },
    ],
  },
  {
    name: 'a worker that failed believes that it has begun nothing',
    climate: 'fragile actors',
    edits: [{ file: WORKER, find: 'if (begun) return look(it)', replace: '' }],
  },
]
