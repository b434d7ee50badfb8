<?php
// Calls what it is told, by PHP's own SoapClient: php client.php URL
// A line of JSON for each call: service, user, operation, request; a line each for the answer, or the refusal's code.
[, $url] = $argv;
$clients = [];

function signedIn(string $url, string $service, string $user): SoapClient {
    return new SoapClient("$url/axis2/services/$service?wsdl", [
        'login' => $user,
        'password' => 'demo',
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        'cache_wsdl' => WSDL_CACHE_NONE,
    ]);
}

while (($line = fgets(STDIN)) !== false) {
    $call = json_decode($line);
    $client = $clients["$call->service $call->user"] ??= signedIn($url, $call->service, $call->user);
    try {
        $answer = get_object_vars($client->__soapCall($call->operation, [$call->request]));
        $said = ['answer' => reset($answer)];
        if ($answer === []) {
            $said = ['answer' => null];
        }
    } catch (SoapFault $fault) {
        if (!isset($fault->detail)) {
            throw $fault;
        }
        $details = get_object_vars($fault->detail);
        $said = ['code' => reset($details)->RetCode];
    }
    echo json_encode($said, JSON_THROW_ON_ERROR), "\n";
}
