//! What a caller of the JSON service is told when a request fails.

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::AccountsError;
use crate::replica::ReplicaError;
use crate::service::{Closed, WriteError};
use crate::store::StoreError;

/// A request that failed, and whom that concerns.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The status code.
    pub status: StatusCode,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The offending value.
    pub what: String,
    /// Where in the request it stands: a header, a field, or a part of the path.
    pub place: &'static str,
}

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultBody {
    /// What is wrong and what to do, in Chinese.
    #[schema(example = "没有此办件；请核对编号")]
    pub error_zh: String,
    /// The same in English.
    pub error_en: String,
    /// The offending value, or the system's own words.
    pub what: String,
    /// Where in the request it stands, or `server`.
    #[serde(rename = "where")]
    pub place: &'static str,
}

impl Fault {
    /// The body does not say what it should.
    #[must_use]
    pub fn malformed(place: &'static str, what: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            zh: "请求内容不符合接口要求；请对照 /api/v1/openapi.json 修改".to_owned(),
            en: "the request is malformed; see /api/v1/openapi.json for what is expected"
                .to_owned(),
            what: what.into(),
            place,
        }
    }

    /// What somebody asked for in the address of a page cannot be read.
    #[must_use]
    pub fn asked(place: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let (zh, en) = (zh.into(), en.into());
        Self { status: StatusCode::BAD_REQUEST, zh, en, what: String::new(), place }
    }

    /// True where its words are for somebody at a page, false where they speak of the interface.
    #[must_use]
    pub(super) fn is_for_people(&self) -> bool {
        !self.zh.contains("openapi.json")
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(place: &'static str, what: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            zh: "本机没有此项；请核对编号".to_owned(),
            en: "this machine holds no such thing; check the id".to_owned(),
            what: what.into(),
            place,
        }
    }

    /// The rules do not allow it.
    #[must_use]
    pub fn refused(place: &'static str, what: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            zh: "规则不允许此操作，未作任何保存；请按说明改正后重试".to_owned(),
            en: "the rules do not allow that, nothing was saved; mend what is named and try again"
                .to_owned(),
            what: what.into(),
            place,
        }
    }

    /// A rule does not allow it, which says so itself in both languages.
    #[must_use]
    pub fn ruled(place: &'static str, zh: impl Into<String>, en: String) -> Self {
        let zh = zh.into();
        Self { zh: zh.clone(), en, ..Self::refused(place, zh) }
    }

    /// The machine cannot do it now.
    #[must_use]
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            zh: "服务正在停止或无法应答；请稍后重试".to_owned(),
            en: "the service is stopping or cannot answer; try again in a minute".to_owned(),
            what: what.into(),
            place: "server",
        }
    }

    fn disk_full(what: String) -> Self {
        Self {
            status: StatusCode::INSUFFICIENT_STORAGE,
            zh: "磁盘已满，未保存；请清理磁盘后重试，查询不受影响".to_owned(),
            en: "the disk is full, nothing was saved; free some space, reads go on meanwhile"
                .to_owned(),
            what,
            place: "server",
        }
    }

    pub(super) fn broken(what: String) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            zh: "本机存储出错，未保存；请查看日志并运行 tongban-node check".to_owned(),
            en: "this machine's store failed, nothing was saved; see the log and run tongban-node check"
                .to_owned(),
            what,
            place: "server",
        }
    }
}

impl From<AccountsError> for Fault {
    fn from(error: AccountsError) -> Self {
        let (zh, en) = (error.zh(), error.to_string());
        match error {
            AccountsError::Malformed { .. }
            | AccountsError::Disk { .. }
            | AccountsError::Write(_) => Self { zh, ..Self::broken(en) },
            AccountsError::Unknown(what) => Self { zh, en, ..Self::not_found("name", what) },
            AccountsError::Name { .. }
            | AccountsError::Password(_)
            | AccountsError::NoSuchLink
            | AccountsError::LastAdministrator
            | AccountsError::TooMany { .. } => Self::ruled("name", zh, en),
        }
    }
}

impl From<Closed> for Fault {
    fn from(closed: Closed) -> Self {
        Self::unavailable(closed.to_string())
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Closed(closed) => closed.into(),
            WriteError::Replica(error) => error.into(),
        }
    }
}

impl From<ReplicaError> for Fault {
    fn from(error: ReplicaError) -> Self {
        let what = error.to_string();
        match error {
            ReplicaError::Store(error) => error.into(),
            ReplicaError::Refused(refusal) => {
                Self::ruled("body", refusal.zh(), refusal.to_string())
            }
            ReplicaError::Entry(_)
            | ReplicaError::Paper(_)
            | ReplicaError::ForeignHome { .. }
            | ReplicaError::ClocksDiffer { .. }
            | ReplicaError::Revoked(_) => Self::refused("body", what),
            ReplicaError::Corrupt(_) => Self::broken(what),
            ReplicaError::Incomplete(_) | ReplicaError::NotSaved(_) => Self::unavailable(what),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let what = error.to_string();
        match error {
            StoreError::Full { .. } => Self::disk_full(what),
            StoreError::TooLong { .. } => Self::refused("body", what),
            StoreError::Stopped { .. } => Self::unavailable(what),
            StoreError::InUse { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::OlderFormat { .. }
            | StoreError::UnknownFormat { .. }
            | StoreError::Damaged { .. }
            | StoreError::Io { .. } => Self::broken(what),
        }
    }
}

impl From<BytesRejection> for Fault {
    fn from(error: BytesRejection) -> Self {
        Self { status: error.status(), ..Self::malformed("body", error.body_text()) }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(status = self.status.as_u16(), what = self.what, "a request failed");
        }
        let (status, said) = (self.status, self.clone());
        let Self { zh, en, what, place, .. } = self;
        let body = Json(FaultBody { error_zh: zh, error_en: en, what, place });
        // Whoever asked as a person gets a page of it.
        (status, Extension(said), body).into_response()
    }
}
