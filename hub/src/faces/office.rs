//! What the office asks of a running hub, over `/api/v1`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tongban_node::clock;
use tongban_node::web;
use tongban_node::web::fault::{Fault, FaultBody};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;
use utoipa::{OpenApi, ToSchema};

use super::{Faces, lock};
use crate::desk::{self, CITY, Form, MachineLine, RevokeError, Subject};
use crate::evidence::CollectError;
use crate::export::{Choice, ExportError, export_cases, log_header};
use crate::figures::Figures;
use crate::import::{ImportError, Imported, import_at};
use crate::report::report as figures;
use crate::settlement::{self, SettleError, Settled, Wish};
use crate::words::Language;
use crate::xes::LogWriter;

/// Longest log that is taken in, in bytes: it is held in memory as it comes, packed or not.
const LOG_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(OpenApi)]
#[openapi(paths(
    audit,
    machines,
    revoke,
    settle,
    evidence,
    report,
    import,
    export,
    crate::page::coverage
))]
struct Description;

/// The OpenAPI document of the hub: what its machine answers as every node does, and what the
/// office asks.
pub(super) fn openapi() -> utoipa::openapi::OpenApi {
    let mut whole = web::openapi();
    whole.merge(Description::openapi());
    whole.merge(super::facts::openapi());
    whole.merge(super::samples::openapi());
    web::in_words(whole)
}

pub(super) fn router(faces: Arc<Faces>) -> Router {
    Router::new()
        .route("/api/v1/audit", get(audit))
        .route("/api/v1/machines", get(machines))
        .route("/api/v1/revoke", post(revoke))
        .route("/api/v1/settle", post(settle))
        .route("/api/v1/evidence/{kind}/{name}", get(evidence))
        .route("/api/v1/report", get(report))
        .route("/api/v1/import", post(import).layer(DefaultBodyLimit::max(LOG_BYTES_MAX)))
        .route("/api/v1/export", get(export))
        .with_state(faces)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    form: Option<Form>,
    lang: Option<String>,
}

/// Gives the verdict on every centre.
#[utoipa::path(
    get, path = "/api/v1/audit",
    params(
        ("form" = Option<String>, Query, description = "`json`, `csv` or `text`; `json` where it is left out"),
        ("lang" = Option<String>, Query, description = "`zh` or `en`; `zh` where it is left out"),
    ),
    responses(
        (status = 200, body = serde_json::Value), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn audit(
    State(faces): State<Arc<Faces>>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Fault> {
    let query = sent_query(query)?;
    let form = query.form.unwrap_or(Form::Json);
    let language = match query.lang.as_deref() {
        Some("en") => Language::En,
        _ => Language::Zh,
    };
    let surveyor = faces.surveyor.clone();
    let asked = faces.desk.ask(move |engine| {
        desk::audit(&mut lock(&surveyor), engine, clock::now(), (form, language))
    });
    let kind = match form {
        Form::Text => "text/plain; charset=utf-8",
        Form::Json => "application/json",
        Form::Csv => "text/csv; charset=utf-8",
    };
    Ok(([(CONTENT_TYPE, kind)], asked.await??).into_response())
}

/// Lists the machines that were ever enrolled.
#[utoipa::path(
    get, path = "/api/v1/machines",
    responses((status = 200, body = Vec<MachineLine>), (status = 503, body = FaultBody))
)]
async fn machines(State(faces): State<Arc<Faces>>) -> Result<Json<Vec<MachineLine>>, Fault> {
    Ok(Json(faces.desk.ask(|engine| desk::machines(engine.replica())).await??))
}

/// Which machine, and from when on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Revocation {
    /// The machine, as `/api/v1/machines` names it.
    node: String,
    /// From when on, in milliseconds since 1970; now where it is left out.
    from_ms: Option<i64>,
}

/// From when on a machine is revoked.
#[derive(Serialize, ToSchema)]
struct Revoked {
    /// The machine.
    node: String,
    /// From when on, RFC 3339.
    from: String,
}

/// Makes a machine's key worthless from an instant on.
#[utoipa::path(
    post, path = "/api/v1/revoke", request_body = Revocation,
    responses(
        (status = 200, body = Revoked), (status = 400, body = FaultBody),
        (status = 404, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn revoke(
    State(faces): State<Arc<Faces>>,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Result<Json<Revoked>, Fault> {
    let Json(body) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    let node = body.node.parse().map_err(|error| Fault::malformed("node", format!("{error}")))?;
    let now = clock::now();
    let from = body.from_ms.map_or(now, Timestamp);
    desk::revoke_at(&faces.desk, now, node, (from, CITY.to_owned())).await?;
    Ok(Json(Revoked { node: node.to_string(), from: from.to_string() }))
}

/// Answers by name for what is wrong with a journal, or will never come of it.
#[utoipa::path(
    post, path = "/api/v1/settle", request_body = Wish,
    responses(
        (status = 200, body = Settled), (status = 400, body = FaultBody),
        (status = 404, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn settle(
    State(faces): State<Arc<Faces>>,
    body: Result<Json<Wish>, JsonRejection>,
) -> Result<Json<Settled>, Fault> {
    let Json(wish) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    let now = clock::now();
    let asked = faces.desk.ask(move |engine| settlement::prepare(engine, now, &wish));
    let (settled, event) = asked.await??;
    faces.desk.write(move |replica, _| settlement::write(replica, now, event)).await?;
    Ok(Json(settled))
}

/// Gives the evidence of a case or a centre, which `evidence verify` checks on any machine.
#[utoipa::path(
    get, path = "/api/v1/evidence/{kind}/{name}",
    params(
        ("kind" = String, Path, description = "`case` or `centre`"),
        ("name" = String, Path, description = "the case, or the division of the centre"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn evidence(
    State(faces): State<Arc<Faces>>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let subject = match kind.as_str() {
        "case" => name.parse().map(Subject::Case).map_err(|error| format!("{error}")),
        "centre" => name.parse().map(Subject::Centre).map_err(|error| format!("{error}")),
        _ => Err(format!("there is evidence of a `case` or a `centre`, not of a `{kind}`")),
    };
    let subject = subject.map_err(|why| Fault::not_found("path", why))?;
    let asked = faces.desk.ask(move |engine| desk::evidence(engine, clock::now(), subject));
    Ok(([(CONTENT_TYPE, "application/octet-stream")], asked.await??).into_response())
}

/// Gives the figures of the logs that were taken over, and what looks wrong in them.
#[utoipa::path(
    get, path = "/api/v1/report",
    responses((status = 200, body = serde_json::Value), (status = 503, body = FaultBody))
)]
async fn report(State(faces): State<Arc<Faces>>) -> Result<Json<Vec<Figures>>, Fault> {
    Ok(Json(faces.desk.ask(|engine| figures(engine.replica())).await??))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    file: String,
}

/// Takes over an event log, XES plain or gzip; the answer comes once everything is durable.
#[utoipa::path(
    post, path = "/api/v1/import",
    params(("file" = String, Query, description = "the file's name; without endings it becomes the log's")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = Imported), (status = 400, body = FaultBody),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn import(
    State(faces): State<Arc<Faces>>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    sent: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>, Fault> {
    let file = sent_query(query)?.file;
    let bytes = sent.map_err(Fault::from)?;
    Ok(Json(import_at(&faces.desk, &file, bytes).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    log: Option<String>,
    centre: Option<Division>,
}

/// Gives cases as an event log, in XES.
#[utoipa::path(
    get, path = "/api/v1/export",
    params(
        ("log" = Option<String>, Query, description = "only the cases of this log"),
        ("centre" = Option<String>, Query, description = "only the cases of this centre"),
    ),
    responses(
        (status = 200, body = String, content_type = "application/xml"),
        (status = 400, body = FaultBody), (status = 404, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn export(
    State(faces): State<Arc<Faces>>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Fault> {
    let query = sent_query(query)?;
    let choice = Choice::new(query.log, query.centre);
    let asked = faces.desk.ask(move |engine| -> Result<Vec<u8>, ExportError> {
        let mut writer = LogWriter::plain(Vec::new(), &log_header(choice.name()))?;
        export_cases(engine.replica(), &choice, &mut writer)?;
        Ok(writer.finish()?.0)
    });
    Ok(([(CONTENT_TYPE, "application/xml")], asked.await??).into_response())
}

fn sent_query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Fault> {
    query.map(|Query(query)| query).map_err(|error| Fault::malformed("query", error.body_text()))
}

impl From<RevokeError> for Fault {
    fn from(error: RevokeError) -> Self {
        let en = error.to_string();
        match error {
            RevokeError::Unknown(node) => {
                let zh = "没有此机器入网；机器清单见 /api/v1/machines".to_owned();
                Self { zh, en, ..Self::not_found("node", node.to_string()) }
            }
            RevokeError::Already { node, from } => {
                let zh = format!("此机器已吊销，自 {from} 起");
                Self { zh, en, ..Self::refused("node", node.to_string()) }
            }
            RevokeError::Closed(closed) => closed.into(),
            RevokeError::Replica(error) => error.into(),
        }
    }
}

impl From<SettleError> for Fault {
    fn from(error: SettleError) -> Self {
        let en = error.to_string();
        match error {
            SettleError::Nameless => {
                let zh = "了结须写明经办人姓名和理由".to_owned();
                Self { zh, en, ..Self::refused("by, note", "") }
            }
            SettleError::Unknown(name) | SettleError::Ambiguous(name) => {
                let zh = "没有此日志，或简称不唯一；日志名见 /api/v1/audit".to_owned();
                Self { zh, en, ..Self::not_found("journal", name) }
            }
            SettleError::Beyond { through, known, .. } => {
                let zh = format!("此日志目前只知到第 {known} 条");
                Self { zh, en, ..Self::refused("through", through.to_string()) }
            }
            SettleError::Already { through, .. } => {
                let zh = format!("此日志已了结至第 {through} 条");
                Self { zh, en, ..Self::refused("through", through.to_string()) }
            }
            SettleError::Replica(error) => error.into(),
        }
    }
}

impl From<CollectError> for Fault {
    fn from(error: CollectError) -> Self {
        let en = error.to_string();
        let what = match error {
            CollectError::NoSuchCase(id) => id.to_string(),
            CollectError::NoSuchCentre(division) => division.to_string(),
            CollectError::Replica(error) => return error.into(),
        };
        Self { en, ..Self::not_found("name", what) }
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Log(error) => {
                let zh = "此日志不能导入，未作任何保存；原因见 what，请改正后重试".to_owned();
                let en = "the log cannot be taken over, nothing was saved".to_owned();
                Self { zh, en, ..Self::refused("body", error.to_string()) }
            }
            ImportError::Replica(error) => error.into(),
            ImportError::Closed(closed) => closed.into(),
        }
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Self {
        let en = error.to_string();
        match error {
            ExportError::Nothing(what) => Self { en, ..Self::not_found("query", what) },
            ExportError::Log(error) => Self::refused("query", error.to_string()),
            ExportError::Replica(error) => error.into(),
        }
    }
}
