// A day of an integrator, by node-soap: node day.mjs URL NAME
import { Buffer } from 'node:buffer'
import soap from 'soap'

const [url, name] = process.argv.slice(2)
const basic = `Basic ${Buffer.from('admin:demo').toString('base64')}`

async function service(called) {
    const wsdl = `${url}/axis2/services/${called}?wsdl`
    const client = await soap.createClientAsync(wsdl, { wsdl_headers: { Authorization: basic } })
    client.setSecurity(new soap.BasicAuthSecurity('admin', 'demo'))
    return async (operation, request) => (await client[`${operation}Async`](request))[0]
}

const say = (step, value) => console.log(`${step}: ${value}`)

async function refused(step, call) {
    try {
        await call()
        say(step, 'done')
    } catch (error) {
        const [info] = Object.values(error.root.Envelope.Body.Fault.detail)
        say(step, info.RetCode)
    }
}

const agents = await service('VP_POMAgentAPIService')
const campaigns = await service('VP_POMCmpMgmtService')
const details = (await campaigns('GetCampaignDetails', {})).CampaignDetails
say('campaign', details.some(each => each.CampaignName === 'Preview'))
say('list', (await campaigns('GetContactListNames', { CampaignName: 'Preview' })).ListNames[0])
const contact = {
    UserContactId: name,
    ContactListName: 'Preview',
    FirstName: 'Zoë & <Ada>',
    PhoneNumber1: '+4930901820',
}
say('saved', (await agents('SaveContactToList', { ContactToBeSaved: contact })).Result)
say('saved again', (await agents('SaveContactToList', { ContactToBeSaved: contact })).Result)
const where = { ContactID: name, ContactListName: 'Preview' }
const lastName = { ...where, AttributeName: 'LastName', AttributeValue: 'Day' }
await agents('UpdateContactAttributeValueToList', lastName)
const asked = { UserContactID: name, ContactListName: 'Preview' }
const found = (await agents('GetContactDataFromList', asked)).ContactRecord
say('contact', `${found.FirstName} ${found.LastName}`)
await refused('no contact', () => agents('GetContactDataFromList', { ...asked, UserContactID: '?' }))
const active = { CampaignName: 'Preview', JobState: ['JOB_ACTIVE'] }
const [job] = (await campaigns('GetCampaignJobs', active)).JobDetails
say('job', job.JobState)
const it = { JobID: job.JobID }
say('paused', (await campaigns('PauseActiveJob', it)).IsPaused)
await refused('paused again', () => campaigns('PauseActiveJob', it))
say('resumed', (await campaigns('ResumePausedJob', it)).IsResumed)
say('codes', (await agents('GetAllCompletionCodesForCampaign', it)).CompletionCodes[0])
await refused('in the job', () => agents('AddContactFromListToJob', { CampaignName: 'Preview', ...where }))
const address = { Address: '+4930901821' }
say('listed', (await agents('IsDNC', address)).Result)
say('put on the list', (await agents('AddToDNCList', address)).Result)
await refused('put there again', () => agents('AddToDNCList', address))
say('taken off', (await agents('RemoveFromDNCList', address)).Result)
await refused('no imports', () => campaigns('GetImportJobStatus', { DataSourceName: '?' }))
const start = { DataSourceName: '?', StartTime: 'soon', TimeZone: 'Europe/Berlin' }
await refused('no time', () => campaigns('ScheduleDataSource', start))
