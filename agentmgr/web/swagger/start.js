// No address but this server's: the description lies beside the page, and nobody else is asked whether it is valid.
SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#all",
    deepLinking: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
});
