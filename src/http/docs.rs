//! The OpenAPI document, completed with what holds for every operation, and Swagger UI.

use axum::Router;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Info, License, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
    SecurityRequirement, Type,
};
use utoipa_swagger_ui::SwaggerUi;

const ABOUT: &str = "The notification server of a CRM. External systems send with an API key (`X-API-KEY`), people \
read with a bearer token from `/crm/auth/login`; pages of this server go by the cookie of `/crm/auth/session`, which changes things for \
pages of its own origin only. Every POST but those of sign-in and of tickets may carry an `Idempotency-Key` (kept for 24 hours). \
Paths are served alike with and without a slash at the end.";

const NOT_NOW: &str = "Not now; Retry-After says when to come back";

/// Completes the document that the routes have made: name, security, the answers that any operation may give,
/// and the known types.
pub fn complete<'a>(mut api: OpenApi, types: impl Iterator<Item = &'a str>) -> OpenApi {
    let mut info = Info::new("Belfry", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("Apache-2.0"));
    api.info = info;
    for (path, item) in &mut api.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete_operation(path, &method, operation);
            }
        }
    }
    let mut components = api.components.take().unwrap_or_default();
    components.schemas.values_mut().for_each(say_success);
    let names: Vec<serde_json::Value> = types.map(Into::into).collect();
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build();
    if let Some(RefOr::T(Schema::Object(matrix))) = components.schemas.get_mut("Matrix") {
        matrix.property_names = Some(Box::new(kind.clone().into()));
    }
    components.schemas.insert("NotificationType".to_owned(), RefOr::T(kind.into()));
    components
        .schemas
        .insert("Metadata".to_owned(), RefOr::T(metadata("Additional structured data: at most 16 KiB")));
    components.schemas.insert("MetadataValue".to_owned(), RefOr::T(metadata_value()));
    components.schemas.insert("Failure".to_owned(), RefOr::T(failure().into()));
    components.schemas.insert("Unauthorized".to_owned(), RefOr::T(unauthorized().into()));
    components.add_security_scheme(
        "api_key",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-KEY"))),
    );
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme(
        "cookie",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-belfry"))),
    );
    api.components = Some(components);
    // The seed writes this path with a slash at its end.
    if let Some(list) = api.paths.paths.remove("/crm/notification") {
        api.paths.paths.insert("/crm/notification/".to_owned(), list);
    }
    api
}

/// Whatever an answer of ours says of itself is `Success`; failures have a schema of their own.
fn say_success(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(answer)) = schema
        && let Some(RefOr::T(Schema::Object(result))) = answer.properties.get_mut("result")
    {
        result.enum_values = Some(vec!["Success".into()]);
    }
}

/// Routes of the document and its page.
pub fn routes(api: OpenApi) -> Router {
    SwaggerUi::new("/crm/docs").url("/crm/openapi.json", api).into()
}

fn complete_operation(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let is_of = |name: &str| operation.tags.iter().flatten().any(|tag| tag == name);
    // Pages of the links in e-mails: nobody is asked who they are, and they answer in pages.
    if is_of("unsubscribe") {
        return;
    }
    let is_node = is_of("node");
    if is_node {
        if path == "/readyz" {
            answer(operation, "503", NOT_NOW, "Failure");
        }
        return;
    }
    let by_key = !path.starts_with("/crm/auth")
        && !path.starts_with("/crm/user/me")
        && (!path.starts_with("/crm/notification") || path.contains("/send"));
    let by_cookie = !matches!(path, "/crm/auth/login" | "/crm/auth/refresh" | "/crm/auth/session");
    if by_cookie {
        let mut ways =
            ["bearer", "cookie"].map(|way| SecurityRequirement::new::<_, _, String>(way, [])).to_vec();
        if by_key {
            ways.insert(0, SecurityRequirement::new::<_, _, String>("api_key", []));
        }
        operation.security = Some(ways);
    }
    let is_once = match method {
        HttpMethod::Post => !path.starts_with("/crm/auth") && !path.ends_with("/stream-ticket"),
        HttpMethod::Delete => path.starts_with("/crm/notification"),
        HttpMethod::Put | HttpMethod::Patch => path.starts_with("/crm/record"),
        _ => false,
    };
    if is_once {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    let may_be_foreign = by_cookie && *method != HttpMethod::Get;
    complete_answers(path, method, operation, by_key || may_be_foreign, is_once);
}

/// Adds the answers that the edge and the extractors may give, and the body of those that the handler described.
fn complete_answers(
    path: &str,
    method: &HttpMethod,
    operation: &mut Operation,
    may_be_forbidden: bool,
    is_once: bool,
) {
    let is_judged = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(known) => known.parameter_in != ParameterIn::Path,
        RefOr::Ref(_) => true,
    };
    let has_json = operation.request_body.is_some();
    let has_body = has_json || is_once;
    let can_be_wrong = has_body || operation.parameters.iter().flatten().any(is_judged);
    let handlers = |status: &str| operation.responses.responses.contains_key(status);
    let answers = [
        (can_be_wrong, "400", "What was sent is not understood; the reason says what to do"),
        (may_be_forbidden || handlers("403"), "403", "Who is asking may not do this"),
        (path.contains('{') || handlers("404"), "404", "There is no such thing, or it is somebody else's"),
        (has_body, "408", "The body did not arrive in time"),
        (handlers("409"), "409", "It contradicts what is there"),
        (has_body, "413", "The body is too large"),
        (has_json, "415", "The body is not JSON in UTF-8"),
        (is_once, "422", "The Idempotency-Key was used with another body"),
        (true, "429", "Too many requests; Retry-After says when to come back"),
        (true, "500", "A fault of the server; its log has the cause"),
        (true, "503", NOT_NOW),
        (*method != HttpMethod::Get, "507", "The server's disk is full; nothing was stored"),
    ];
    for (_, status, description) in answers.into_iter().filter(|(applies, ..)| *applies) {
        answer(operation, status, description, "Failure");
    }
    answer(operation, "401", "Nobody known is asking", "Unauthorized");
}

/// Whatever changes something by POST may carry it, the deletion of a notification, and what saves a record.
fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"))
        .build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some("The same key and body within 24 hours: done once, and answered alike"))
        .schema(Some(schema))
        .build()
}

/// Adds an answer, or gives the one that the handler described its body.
fn answer(operation: &mut Operation, status: &str, description: &str, schema: &str) {
    let described = match operation.responses.responses.get(status) {
        Some(RefOr::T(response)) if !response.content.is_empty() => return,
        Some(RefOr::T(response)) => response.description.clone(),
        _ => description.to_owned(),
    };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let response = ResponseBuilder::new().description(described).content("application/json", content);
    let response = match status {
        "401" => response.header("WWW-Authenticate", header("`Bearer`")),
        "429" | "503" | "507" => response.header("Retry-After", header("Seconds to wait")),
        _ => response,
    };
    let response: Response = response.build();
    operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
}

fn header(description: &str) -> utoipa::openapi::Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().description(Some(description)).schema(Some(schema)).build()
}

/// A JSON object that any reader can keep: no NUL in its texts.
fn metadata(description: &str) -> Schema {
    ObjectBuilder::new()
        .description(Some(description))
        .property_names(Some(text_without_nul()))
        .additional_properties(Some(AdditionalProperties::RefOr(
            Ref::from_schema_name("MetadataValue").into(),
        )))
        .into()
}

/// Anything that may stand in metadata: 32 levels deep at most.
fn metadata_value() -> Schema {
    let plain = SchemaType::from_iter([Type::Null, Type::Boolean, Type::Number]);
    AnyOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(plain))
        .item(text_without_nul())
        .item(ArrayBuilder::new().items(Ref::from_schema_name("MetadataValue")))
        .item(metadata("An object"))
        .into()
}

fn text_without_nul() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\x00]*$")).into()
}

fn failure() -> utoipa::openapi::Object {
    let plain = |kind, about: &str| ObjectBuilder::new().schema_type(kind).description(Some(about)).build();
    let text = |about| plain(Type::String, about);
    let amount = |about| plain(Type::Number, about);
    let may = "Of credit_limit: whether the actor may save it by override_credit_limit: true";
    ObjectBuilder::new()
        .property(
            "result",
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["Failed"])).build(),
        )
        .property("reason", text("One sentence that says what to do"))
        .property("code", text("Which conflict it is, for programs: version_conflict or credit_limit"))
        .property("company_id", text("Of credit_limit: id of the company"))
        .property("total", amount("Of credit_limit: the total of the document"))
        .property("balance", amount("Of credit_limit: what the company owes without it"))
        .property("credit_limit", amount("Of credit_limit: how much the company may owe"))
        .property("over_by", amount("Of credit_limit: what it would owe beyond that"))
        .property("may_override", plain(Type::Boolean, may))
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
