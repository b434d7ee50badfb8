<?php
// A day of an integrator, by PHP's own SoapClient: php day.php URL NAME
[, $url, $name] = $argv;

function service(string $url, string $service): SoapClient {
    return new SoapClient("$url/axis2/services/$service?wsdl", [
        'login' => 'admin',
        'password' => 'demo',
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        'cache_wsdl' => WSDL_CACHE_NONE,
    ]);
}

function say(string $step, mixed $value): void {
    echo $step, ': ', is_bool($value) ? ($value ? 'true' : 'false') : $value, "\n";
}

function refused(string $step, callable $call): void {
    try {
        $call();
        say($step, 'done');
    } catch (SoapFault $fault) {
        $info = get_object_vars($fault->detail)[array_key_first(get_object_vars($fault->detail))];
        say($step, $info->RetCode);
    }
}

$agents = service($url, 'VP_POMAgentAPIService');
$campaigns = service($url, 'VP_POMCmpMgmtService');
$details = $campaigns->GetCampaignDetails(new stdClass())->CampaignDetails;
say('campaign', in_array('Preview', array_map(fn($each) => $each->CampaignName, $details)));
say('list', $campaigns->GetContactListNames(['CampaignName' => 'Preview'])->ListNames[0]);
$contact = [
    'UserContactId' => $name,
    'ContactListName' => 'Preview',
    'FirstName' => 'Zoë & <Ada>',
    'PhoneNumber1' => '+4930901820',
];
say('saved', $agents->SaveContactToList(['ContactToBeSaved' => $contact])->Result);
say('saved again', $agents->SaveContactToList(['ContactToBeSaved' => $contact])->Result);
$where = ['ContactID' => $name, 'ContactListName' => 'Preview'];
$agents->UpdateContactAttributeValueToList($where + ['AttributeName' => 'LastName', 'AttributeValue' => 'Day']);
$found = $agents->GetContactDataFromList(['UserContactID' => $name, 'ContactListName' => 'Preview'])->ContactRecord;
say('contact', "$found->FirstName $found->LastName");
refused('no contact', fn() => $agents->GetContactDataFromList(['UserContactID' => '?', 'ContactListName' => 'Preview']));
$job = $campaigns->GetCampaignJobs(['CampaignName' => 'Preview', 'JobState' => ['JOB_ACTIVE']])->JobDetails[0];
say('job', $job->JobState);
say('paused', $campaigns->PauseActiveJob(['JobID' => $job->JobID])->IsPaused);
refused('paused again', fn() => $campaigns->PauseActiveJob(['JobID' => $job->JobID]));
say('resumed', $campaigns->ResumePausedJob(['JobID' => $job->JobID])->IsResumed);
$codes = $agents->GetAllCompletionCodesForCampaign(['JobID' => $job->JobID])->CompletionCodes;
say('codes', $codes[0]);
refused('in the job', fn() => $agents->AddContactFromListToJob(['CampaignName' => 'Preview'] + $where));
say('listed', $agents->IsDNC(['Address' => '+4930901821'])->Result);
say('put on the list', $agents->AddToDNCList(['Address' => '+4930901821'])->Result);
refused('put there again', fn() => $agents->AddToDNCList(['Address' => '+4930901821']));
say('taken off', $agents->RemoveFromDNCList(['Address' => '+4930901821'])->Result);
refused('no imports', fn() => $campaigns->GetImportJobStatus(['DataSourceName' => '?']));
refused('no time', fn() => $campaigns->ScheduleDataSource(
    ['DataSourceName' => '?', 'StartTime' => 'soon', 'TimeZone' => 'Europe/Berlin'],
));
