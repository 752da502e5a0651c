import t from 'tap'
import { shardOfProject, shardOfTask, taskIdOf } from '../../../actors/task/task-id.ts'
import { SHARD_COUNT } from '../../../runtime/authority/topology.ts'

const ULID = '01JD0000000000000000000000'

t.test('a task id carries its shard', async (t) => {
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    t.equal(shardOfTask(taskIdOf(shard, ULID)), shard)
  }
})

t.test('shardOfTask() knows no other text', async (t) => {
  for (const text of [
    '',
    't07',
    `t7-${ULID}`,
    `t64-${ULID}`,
    `t99-${ULID}`,
    `T07-${ULID}`,
    `t07-${ULID}0`,
    `t07-${ULID.slice(1)}`,
    `t07-${ULID.toLowerCase()}`,
    `t07-${ULID.replace('J', 'I')}`,
    ` t07-${ULID}`,
    `t07-${ULID}\n`,
  ]) {
    t.equal(shardOfTask(text), undefined, JSON.stringify(text))
  }
})

t.test('shardOfProject() is what it always was: ids in the field hang on it', async (t) => {
  for (const [project, shard] of [
    ['default', 30],
    ['p', 47],
    ['a/b', 1],
    ['nightly', 10],
    ['größe', 26],
  ] as const) {
    t.equal(shardOfProject(project), shard, project)
  }
})

t.test('shardOfProject() spreads projects over all shards', async (t) => {
  const counts = new Map<number, number>()
  for (let number = 0; number < 6_400; number++) {
    const shard = shardOfProject(`project-${number}`)
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  t.equal(counts.size, SHARD_COUNT)
  t.ok(Math.max(...counts.values()) < 200, `at most ${Math.max(...counts.values())} in one`)
})
