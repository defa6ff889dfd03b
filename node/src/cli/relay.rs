//! `service relays`: how many relay cards were begun, and what became of them.

use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::case::offices;
use super::{CliError, Language, out};
use crate::records::Period;
use crate::relay::{self, RelayCount};

pub(super) fn count(
    settings: &NodeSettings,
    language: Language,
    period: Period,
    json: bool,
) -> Result<(), CliError> {
    let lines: Vec<RelayCount> = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("relays/count?period={period}"))?,
        Access::Store(_, replica) => relay::count(&replica, &offices(&replica), period)?,
    };
    if json {
        return out::json(&lines);
    }
    for RelayCount { centre, relayed, matched, dropped, open } in &lines {
        out::line(match language {
            Language::Zh => format!(
                "{centre}  {period}  上级代办 {relayed}  已有结果 {matched}/{relayed}  终止 {dropped}/{relayed}  等待 {open}/{relayed}"
            ),
            Language::En => format!(
                "{centre}  {period}  relayed {relayed}  matched {matched}/{relayed}  dropped {dropped}/{relayed}  open {open}/{relayed}"
            ),
        })?;
    }
    Ok(())
}
