// Calls what it is told, by node-soap: node client.mjs URL
// A line of JSON for each call: service, user, operation, request; a line each for the answer, or the refusal's code.
import { Buffer } from 'node:buffer'
import { createInterface } from 'node:readline'
import soap from 'soap'

const [url] = process.argv.slice(2)
const clients = new Map()

async function signedIn(service, user) {
    const name = `${service} ${user}`
    if (!clients.has(name)) {
        const basic = `Basic ${Buffer.from(`${user}:demo`).toString('base64')}`
        const wsdl = `${url}/axis2/services/${service}?wsdl`
        const client = await soap.createClientAsync(wsdl, { wsdl_headers: { Authorization: basic } })
        client.setSecurity(new soap.BasicAuthSecurity(user, 'demo'))
        clients.set(name, client)
    }
    return clients.get(name)
}

async function said({ service, user, operation, request }) {
    const client = await signedIn(service, user)
    try {
        const [answer] = await client[`${operation}Async`](request)
        return { answer: Object.values(answer ?? {})[0] ?? null }
    } catch (error) {
        if (error.root === undefined) throw error
        const [info] = Object.values(error.root.Envelope.Body.Fault.detail)
        return { code: info.RetCode }
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await said(JSON.parse(line))))
}
