// node mqttjs.mjs URL VERSION [CA]: the conversation from Node.
import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'
import { converse } from './conversation.mjs'

const [url, version, ca] = process.argv.slice(2)
const library = JSON.parse(readFileSync(new URL('./node_modules/mqtt/package.json', import.meta.url)))
console.log(`MQTT.js ${library.version} on Node ${process.versions.node}`)
try {
  await converse(mqtt, url, Number(version), ca ? { ca: readFileSync(ca) } : {}, console.log)
  console.log('done')
  process.exit(0)
} catch (error) {
  console.log(error.stack)
  process.exit(1)
}
