//! 窗口: the pages of those who work with cases, drawn from the plain functions of [`crate::cases`].
//!
//! Every page works without a script; the one there is fetches what stands in a field's place.

mod case;
mod desk;
mod event;
mod green;
mod import;
mod line;
mod orders;
mod paper;
mod person;
mod queue;
mod relay;
mod services;
mod staff;
mod take;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::Markup;

use super::Rooms;
use super::fault::Fault;
use super::gate::Clerk;
use super::language::Language;
use super::shell::{CSS, JAVASCRIPT, Shell, asset};

pub(super) const STYLE_PATH: &str = "/assets/counter.css";
const SCRIPT_PATH: &str = "/assets/counter.js";

pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new()
        .route("/desk", get(desk::show))
        .route("/desk/lines", get(desk::lines))
        .route("/take", get(take::show).post(take::take))
        .route("/take/person", get(person::show))
        .route("/cases/{id}", get(case::show))
        .route("/cases/{id}/events", post(event::record))
        .route("/cases/{id}/settle", post(event::settle))
        .route("/cases/{id}/papers/{paper}", get(paper::show))
        .route("/services", get(services::show).post(services::record))
        .route("/relay", get(relay::show).post(relay::take))
        .route("/import", get(import::show).post(import::upload))
        .route("/import/{name}", get(import::columns).post(import::go_on))
        .route("/import/{name}/bad.csv", get(import::bad))
        .route("/watch", get(watch::show))
        .route("/watch/issue", post(watch::issue))
        .route("/watch/withdraw", get(watch::ask_withdrawal).post(watch::withdraw))
        .route("/orders", get(orders::show).post(orders::give))
        .route("/orders/due", get(orders::due_orders))
        .route("/orders/{id}", get(orders::open).post(orders::step))
        .route("/green", get(green::show))
        .route("/staff", get(staff::show).post(staff::change))
        .merge(queue::router())
        .route(STYLE_PATH, get(async || asset(CSS, include_str!("assets/counter.css"))))
        .route(SCRIPT_PATH, get(async || asset(JAVASCRIPT, include_str!("assets/counter.js"))))
}

/// A page of somebody who is signed in.
pub fn page(clerk: &Clerk, language: Language, title: &str, main: &Markup) -> Html<String> {
    let shell = Shell {
        language,
        title,
        styles: &[STYLE_PATH],
        script: Some(SCRIPT_PATH),
        is_live: false,
        links: &[],
        clerk: Some(clerk),
    };
    shell.page(main)
}

/// The page that says why something cannot be shown or done.
pub fn sorry(clerk: &Clerk, language: Language, fault: Fault) -> Response {
    let words = match language {
        Language::Chinese => &fault.zh,
        Language::English => &fault.en,
    };
    let main = maud::html! {
        p.note role="alert" { (words) }
        @if !fault.what.is_empty() && fault.what != *words && fault.what != fault.zh { p.quiet { (fault.what) } }
        p { a href="/desk" { (language.say("回工作台", "Back to the desk")) } }
    };
    let title = language.say("未能完成", "That did not work");
    (fault.status, page(clerk, language, title, &main)).into_response()
}
