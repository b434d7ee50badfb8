"""A page on which people try the resources: it and all it needs comes from here, and nothing else may."""

from agentmgr.rest.routes import ROOT
from agentmgr.web.files import INDEX, Site

PAGE = f"{ROOT}/try"
TRYING = Site(
    PAGE,
    "swagger",
    # two of ours, and what `scripts/vendor` takes from Swagger UI, with its licences
    (
        INDEX,
        "start.js",
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    ),
    # Swagger UI has its icons in its style, as data
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
