import t from 'tap'
import { terminalsContract } from '../../contracts/terminals.contract.ts'
import { holderOf } from './holder-of.ts'

terminalsContract(t, () => holderOf())
