//! What the page of the staff does, once a form of it comes.

use jiff::civil::Date;
use tongban_protocol::document::EventKind;

use super::{Given, TOKEN_DAYS, days_from_now};
use crate::accounts::{AccountsError, Scope};
use crate::cases::parse_instant;
use crate::posts::{self, PostWish};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields};
use crate::web::gate::Clerk;
use crate::web::guard::Address;
use crate::web::sign_in::WELCOME;
use crate::{clock, entropy};

/// Does what a form of the page asks for; what is shown once comes back.
pub(super) async fn act(
    rooms: &Rooms,
    clerk: &Clerk,
    address: Address,
    typed: &Fields,
) -> Result<Option<Given>, Faults> {
    let (accounts, now) = (&rooms.face.accounts, clock::now());
    let (name, by) = (typed.line("name"), clerk.name.as_str());
    let told = |error: AccountsError| Faults::one("name", error.zh(), error.to_string());
    let mut rng = entropy::generator()
        .map_err(|error| Faults::one("name", error.to_string(), error.to_string()))?;
    let link = |code: String| {
        let path = format!("{WELCOME}/{code}");
        Some(Given::Link { name: name.clone(), address, path })
    };
    match typed.text("act") {
        "appoint" => {
            // What can be wrong with an account is known before anything is recorded.
            accounts.check_invitation(&name).map_err(told)?;
            post(rooms, typed, EventKind::Appoint, by).await?;
            let administers = (typed.text("administers") == "yes").then_some(true);
            Ok(match accounts.invite(now, &mut rng, (&name, by), administers) {
                Ok(code) => link(code),
                Err(error) => Some(Given::NoLink { name, error }),
            })
        }
        "invite" => Ok(link(accounts.invite(now, &mut rng, (&name, by), None).map_err(told)?)),
        "close" => accounts.close(now, &name, by).map(|()| None).map_err(told),
        "leave" => post(rooms, typed, EventKind::Leave, by).await,
        "return" => post(rooms, typed, EventKind::Return, by).await,
        "end-post" => post(rooms, typed, EventKind::EndPost, by).await,
        "close-token" => accounts.close_token(now, &name, by).map(|()| None).map_err(told),
        "issue-token" => {
            let scope = Scope::ALL.into_iter().find(|scope| scope.en() == typed.text("scope"));
            let given = (scope.unwrap_or(Scope::Read), days_from_now(TOKEN_DAYS));
            let token = accounts.issue_token(now, &mut rng, (&name, by), given).map_err(told)?;
            Ok(Some(Given::Token { name, token }))
        }
        _ => Err(Faults::one("name", "没有此操作", "there is no such act")),
    }
}

async fn post(
    rooms: &Rooms,
    typed: &Fields,
    kind: EventKind,
    by: &str,
) -> Result<Option<Given>, Faults> {
    let until = match typed.wish("until") {
        None => None,
        Some(day) => {
            let day: Result<Date, _> = day.parse();
            let day = day.map_err(|_| {
                Faults::one("until", "请填日期，如 2027-11-30", "give a day, such as 2027-11-30")
            })?;
            parse_instant(&format!("{day}T12:00:00+08:00")).ok()
        }
    };
    let role = typed.wish("role").map(|role| role.parse()).transpose();
    let role = role.map_err(|_| {
        Faults::one("role", "没有此岗位，请从列表中选", "there is no such post; choose one")
    })?;
    let wish = PostWish {
        kind,
        name: typed.line("name"),
        partner: typed.wish("partner"),
        role,
        until,
        to: None,
        by: by.to_owned(),
        happened_at: None,
    };
    let changed = posts::change_at(&rooms.face.desk, clock::now(), wish).await;
    changed.map(|_| None).map_err(|error| {
        let fault = Fault::from(error);
        let field = match fault.place {
            "partner" => "partner",
            "until" => "until",
            _ => "name",
        };
        Faults::one(field, fault.zh.clone(), format!("{} ({})", fault.en, fault.what))
    })
}
