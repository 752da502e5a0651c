import t from 'tap'
import { permits } from '../../../actors/doors/principal.ts'

t.test('permits() orders the roles', async (t) => {
  t.ok(permits('admin', 'viewer') && permits('operator', 'operator'))
  t.notOk(permits('viewer', 'operator') || permits('operator', 'admin'))
})
