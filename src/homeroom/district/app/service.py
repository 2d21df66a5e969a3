"""The two apps of the service: people on one port, schools and hubs on the other."""

import fastapi
from fastapi import responses

from homeroom import __version__
from homeroom.district.app import console_routes, control, limits, mlflow_proxy, ports, problems
from homeroom.district.app.routes import evaluations, hubs, policies, releases, sites, status, waves
from homeroom.transport.control import server

_DESCRIPTION = """
The district's service: submit releases, decide on them, bring them to schools in waves, and see how everything is.

Send your token as `Authorization: Bearer TOKEN`. Every write is done in Kubernetes in your name, so its roles and
admission policies decide; what it refuses comes back as a problem document (RFC 9457) whose `detail` says what to change.
"""

_TAGS = [
    {"name": "status", "description": "Everything that the status page shows, in one document."},
    {"name": "releases", "description": "Model versions on their way to schools, and the decisions on them."},
    {"name": "waves", "description": "Groups of schools that get a release together."},
    {"name": "schools", "description": "Schools as the district knows them."},
    {"name": "policies", "description": "Limits that releases must meet."},
    {"name": "evaluations", "description": "Rows that the gates judge; they can be written and never read."},
    {"name": "hubs", "description": "Hubs that carry for their schools."},
]


def create_app(found: ports.Ports) -> fastapi.FastAPI:
    """REST, console and MLflow proxy for people."""
    app = fastapi.FastAPI(
        title="Homeroom district",
        version=__version__,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.ports = found
    for route in (status, releases, waves, sites, policies, evaluations, hubs):
        app.include_router(route.router, prefix="/api/v1", responses=_PROBLEMS)
    app.include_router(mlflow_proxy.router)
    app.include_router(console_routes.router)
    _add_health(app, found)
    problems.install(app)
    app.add_middleware(limits.Guard, cap=lambda path: _cap(found, path), counters=found.counters)
    return app


def create_control_app(found: ports.Ports) -> fastapi.FastAPI:
    """The control channel for schools and hubs; serve it with mutual TLS only."""
    app = fastapi.FastAPI(title="Homeroom district control channel", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.ports = found
    app.include_router(server.site_router(control.Sites(found)))
    app.include_router(server.hub_router(control.Hubs(found)))
    problems.install(app)
    return app


_PROBLEMS: dict[int | str, dict[str, object]] = {
    code: {"description": text, "content": {problems.MEDIA_TYPE: {}}}
    for code, text in {
        401: "No token, or one that is not known.",
        403: "You may not do this; the detail is the API server's reason.",
        404: "There is no such thing.",
        409: "It cannot be done in the present state.",
        422: "What was sent cannot work; the detail says what to change.",
        503: "Something that this service needs does not answer; try again.",
    }.items()
}


def _add_health(app: fastapi.FastAPI, found: ports.Ports) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def health() -> responses.PlainTextResponse:
        return responses.PlainTextResponse("ok\n")

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> fastapi.Response:
        return fastapi.Response(found.counters.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _cap(found: ports.Ports, path: str) -> int:
    if mlflow_proxy.is_upload(path):
        return found.options.mlflow_max_artifact_bytes
    if path == "/api/v1/evaluations":
        return found.evaluations.max_bytes
    return limits.JSON_BYTES
