// What MQTT.js says to a broker, from Node and from a page alike. Throws what goes wrong; tells each part that went well.

const deadline = 20000

/** @param mqtt the library @param url of the broker @param version 4 (3.1.1) or 5 @param options for connections @param tell gets a line */
export async function converse(mqtt, url, version, options, tell) {
  const connect = (more, prepare) => new Promise((resolve, reject) => {
    const client = mqtt.connect(url, { protocolVersion: version, reconnectPeriod: 0, connectTimeout: deadline, ...options, ...more })
    prepare?.(client)
    client.once('connect', () => resolve(client))
    client.once('error', reject)
    client.once('close', () => reject(new Error('the broker closed the connection')))
  })
  await messages(connect, tell)
  await retained(connect, tell)
  await session(connect, version, tell)
  await will(connect, tell)
  if (version === 5) {
    await properties(connect, tell)
  }
}

async function messages(connect, tell) {
  const subscriber = await connect()
  const publisher = await connect()
  for (const qos of [0, 1, 2]) {
    const topic = `js/order/${qos}`
    const received = collect(subscriber, topic, 100)
    const [granted] = await subscriber.subscribeAsync(topic, { qos: 2 })
    equal(granted.qos, 2, 'granted QoS')
    for (let i = 0; i < 100; i++) {
      publisher.publish(topic, String(i), { qos })
    }

    const packets = await received
    equal(packets.map(packet => packet.payload.toString()).join(), [...Array(100).keys()].join(), `order at QoS ${qos}`)
    equal(packets.every(packet => packet.qos === qos), true, `QoS ${qos}`)
  }

  const large = new Uint8Array(300000).map((_, i) => i % 251)
  const received = collect(subscriber, 'js/large', 1)
  await subscriber.subscribeAsync('js/large', { qos: 1 })
  await publisher.publishAsync('js/large', large, { qos: 1 })
  const [packet] = await received
  equal(packet.payload.length, large.length, 'length')
  equal(large.every((value, i) => packet.payload[i] === value), true, 'content')
  await Promise.all([subscriber.endAsync(), publisher.endAsync()])
  tell('messages')
}

async function retained(connect, tell) {
  const client = await connect()
  await client.publishAsync('js/retained', 'last', { qos: 1, retain: true })
  const received = collect(client, 'js/retained', 1)
  await client.subscribeAsync('js/retained', { qos: 1 })
  const [packet] = await received
  equal(`${packet.payload} ${packet.retain}`, 'last true', 'retained message')
  await client.publishAsync('js/retained', '', { qos: 1, retain: true })
  await client.endAsync()
  tell('retained')
}

async function session(connect, version, tell) {
  const persistent = { clientId: `js-session-${version}-${Math.random().toString(16).slice(2)}`, clean: false, properties: version === 5 ? { sessionExpiryInterval: 300 } : undefined }
  const before = await connect(persistent)
  await before.subscribeAsync('js/missed', { qos: 1 })
  await before.endAsync()
  const publisher = await connect()
  for (let i = 0; i < 5; i++) {
    await publisher.publishAsync('js/missed', String(i), { qos: 1 })
  }

  // What waits for it comes at once.
  let received
  const after = await connect(persistent, client => { received = collect(client, 'js/missed', 5) })
  const packets = await received
  equal(packets.map(packet => packet.payload.toString()).join(), '0,1,2,3,4', 'missed messages')
  await Promise.all([after.endAsync(), publisher.endAsync()])
  tell('session')
}

async function will(connect, tell) {
  const watcher = await connect()
  const received = collect(watcher, 'js/will', 1)
  await watcher.subscribeAsync('js/will', { qos: 1 })
  const mortal = await connect({ will: { topic: 'js/will', payload: 'gone', qos: 1, retain: false } })
  mortal.stream.destroy()
  const [packet] = await received
  equal(packet.payload.toString(), 'gone', 'Will')
  mortal.end(true)
  await watcher.endAsync()
  tell('will')
}

async function properties(connect, tell) {
  const client = await connect({ properties: { topicAliasMaximum: 10, receiveMaximum: 5 } })
  const received = collect(client, 'js/properties', 1)
  await client.subscribeAsync('js/properties', { qos: 1, nl: false, rap: true, rh: 1, properties: { subscriptionIdentifier: 7 } })
  await client.publishAsync('js/properties', 'x', {
    qos: 1,
    properties: { contentType: 'text/plain', responseTopic: 'js/answer', correlationData: new Uint8Array([1, 2]), userProperties: { a: ['1', '2'] }, messageExpiryInterval: 60 }
  })
  const [packet] = await received
  const { contentType, responseTopic, correlationData, userProperties, subscriptionIdentifier, messageExpiryInterval } = packet.properties
  equal(
    [contentType, responseTopic, [...correlationData].join('.'), [].concat(userProperties.a).join('.'), [].concat(subscriptionIdentifier).join('.'), messageExpiryInterval].join(' '),
    'text/plain js/answer 1.2 1.2 7 60', 'properties')
  await client.endAsync()
  tell('properties')
}

function collect(client, topic, count) {
  return new Promise((resolve, reject) => {
    const packets = []
    const timer = setTimeout(() => reject(new Error(`${packets.length} of ${count} messages came on ${topic}`)), deadline)
    client.on('error', reject)
    client.on('message', (from, _, packet) => {
      if (from === topic && packets.push(packet) === count) {
        clearTimeout(timer)
        resolve(packets)
      }
    })
  })
}

function equal(actual, expected, what) {
  if (actual !== expected) {
    throw new Error(`${what}: expected ${expected}, found ${actual}`)
  }
}
