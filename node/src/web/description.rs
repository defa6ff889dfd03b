//! The OpenAPI document of the JSON service.

use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{RefOr, Response as Answer};

use super::{api, imports, items, link, orders, posts, records, relays, report, samples, stick};

/// The description of the service, from the handlers themselves.
#[derive(OpenApi)]
#[openapi(
    info(title = "Tongban 通办", description = "The JSON service of one machine 本机接口"),
    paths(
        api::status,
        api::take,
        api::list,
        api::show,
        api::record,
        api::why,
        api::clocks,
        api::cards,
        api::parts,
        api::withdraw_cards,
        stick::carry_out,
        stick::carry_answer,
        stick::carry_in,
        stick::back_up,
        report::metrics,
        super::show_description,
        super::healthz,
        super::show_metrics,
        posts::list_posts,
        posts::change_post,
        posts::unattended,
        posts::progress,
        records::list_services,
        records::begin_service,
        records::continue_service,
        records::show_service,
        records::count_services
    )
)]
struct Description;

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut whole = Description::openapi();
    whole.merge(items::Description::openapi());
    whole.merge(link::Description::openapi());
    whole.merge(orders::Description::openapi());
    whole.merge(samples::Description::openapi());
    whole.merge(relays::Description::openapi());
    whole.merge(imports::Description::openapi());
    in_words(whole)
}

/// Says of each answer what its status means, as the standard wants it, where a handler does not;
/// and that a token is needed.
#[must_use]
pub fn in_words(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let scheme = Http::new(HttpAuthScheme::Bearer);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(scheme));
    document.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post
            && let Some(RefOr::T(refused)) = post.responses.responses.get("422")
        {
            // The guard answers so, before any handler is asked.
            let mut refused: Answer = refused.clone();
            refused.description.clear();
            post.responses.responses.insert("415".to_owned(), RefOr::T(refused));
        }
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                if response.description.is_empty() {
                    words(status).clone_into(&mut response.description);
                }
            }
        }
    }
    document
}

fn words(status: &str) -> &'static str {
    match status {
        "200" | "201" => "done",
        "400" => "the request is malformed; `where` names the place",
        "404" => "this machine holds no such thing",
        "415" => "the body comes with another content type than is taken here",
        "413" => "the body is too long",
        "422" => "the rules do not allow it; nothing was saved",
        "503" => "the service is stopping or cannot answer; try again",
        "507" => "the disk is full; nothing was saved",
        _ => "see the body",
    }
}
