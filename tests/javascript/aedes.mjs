// node aedes.mjs PORT: aedes on a loopback port. Says its version once it listens.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import aedes from 'aedes'

const library = JSON.parse(readFileSync(new URL('./node_modules/aedes/package.json', import.meta.url)))
const broker = aedes.createBroker ? aedes.createBroker() : aedes()
createServer(broker.handle).listen(Number(process.argv[2]), '127.0.0.1', () => console.log(`listening: aedes ${library.version}`))
