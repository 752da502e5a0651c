import t from 'tap'
import { listenNode } from '../../../console/http/node-server.ts'
import { httpServerContract } from '../../contracts/http-server.contract.ts'

httpServerContract(t, 'node', listenNode)
