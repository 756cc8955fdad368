//! The OpenAPI document, completed with what holds for every operation, and Swagger UI.

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Info, License, ObjectBuilder, OpenApi, RefOr, Response, ResponseBuilder, SecurityRequirement,
    Type,
};
use utoipa_swagger_ui::SwaggerUi;

const ABOUT: &str = "The notification server of a CRM. External systems send with an API key (`X-API-KEY`), people \
read with a bearer token from `/crm/auth/login`. Every POST may carry an `Idempotency-Key` (kept for 24 hours). \
Paths are served alike with and without a slash at the end.";

/// Completes the document that the routes have made: name, security, the answers that any operation may give,
/// and the known types.
pub fn complete<'a>(mut api: OpenApi, types: impl Iterator<Item = &'a str>) -> OpenApi {
    let mut info = Info::new("Belfry", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("Apache-2.0"));
    api.info = info;
    for (path, item) in &mut api.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            complete_operation(path, operation);
        }
    }
    let mut components = api.components.take().unwrap_or_default();
    let names: Vec<serde_json::Value> = types.map(Into::into).collect();
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build();
    components.schemas.insert("NotificationType".to_owned(), RefOr::T(kind.into()));
    components.schemas.insert("Failure".to_owned(), RefOr::T(failure().into()));
    components.schemas.insert("Unauthorized".to_owned(), RefOr::T(unauthorized().into()));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-KEY"))));
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    api.components = Some(components);
    // The seed writes this path with a slash at its end.
    if let Some(list) = api.paths.paths.remove("/crm/notification") {
        api.paths.paths.insert("/crm/notification/".to_owned(), list);
    }
    api
}

/// Routes of the document and its page.
pub fn routes(api: OpenApi) -> Router {
    SwaggerUi::new("/crm/docs").url("/crm/openapi.json", api).into()
}

fn complete_operation(path: &str, operation: &mut Operation) {
    let open = matches!(path, "/crm/auth/login" | "/crm/auth/refresh" | "/crm/metrics" | "/healthz" | "/readyz");
    if !open && operation.security.is_none() {
        let by_key = !path.starts_with("/crm/auth") && (!path.starts_with("/crm/notification") || path.contains("/send"));
        let mut ways = vec![SecurityRequirement::new::<_, _, String>("bearer", [])];
        if by_key && !path.ends_with("/me") {
            ways.insert(0, SecurityRequirement::new::<_, _, String>("api_key", []));
        }
        operation.security = Some(ways);
    }
    let common = [
        ("400", "What was sent is not understood; the reason says what to do"),
        ("403", "Who is asking may not do this"),
        ("404", "There is no such thing, or it is somebody else's"),
        ("405", "The route does not take this method"),
        ("408", "The body did not arrive in time"),
        ("409", "It contradicts what is there"),
        ("413", "The body is too large"),
        ("415", "The body is not JSON in UTF-8"),
        ("422", "The Idempotency-Key was used with another body"),
        ("429", "Too many requests; Retry-After says when to come back"),
        ("500", "A fault of the server; its log has the cause"),
        ("503", "Not now; Retry-After says when to come back"),
        ("507", "The server's disk is full; nothing was stored"),
    ];
    for (status, description) in common {
        answer(operation, status, description, "Failure");
    }
    answer(operation, "401", "Nobody known is asking", "Unauthorized");
}

/// Adds an answer, or gives the one that the handler described its body.
fn answer(operation: &mut Operation, status: &str, description: &str, schema: &str) {
    let described = match operation.responses.responses.get(status) {
        Some(RefOr::T(response)) if !response.content.is_empty() => return,
        Some(RefOr::T(response)) => response.description.clone(),
        _ => description.to_owned(),
    };
    let content = ContentBuilder::new().schema(Some(utoipa::openapi::Ref::from_schema_name(schema))).build();
    let response: Response =
        ResponseBuilder::new().description(described).content("application/json", content).build();
    operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
}

fn failure() -> utoipa::openapi::Object {
    let text = |value: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(value)).build();
    ObjectBuilder::new()
        .property("result", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["Failed"])).build())
        .property("reason", text("One sentence that says what to do"))
        .required("result")
        .required("reason")
        .build()
}

fn unauthorized() -> utoipa::openapi::Object {
    ObjectBuilder::new()
        .property("message", ObjectBuilder::new().schema_type(Type::String).build())
        .required("message")
        .build()
}
