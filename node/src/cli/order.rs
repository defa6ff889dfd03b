//! `order …`.

use clap::Subcommand;
use serde_json::Value;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::Role;
use tongban_protocol::place::Division;

use super::access::Access;
use super::case::offices;
use super::{CliError, Language, out};
use crate::orders::{
    self, NewOrder, OrderAct, OrderDetail, OrderDueDetail, OrderError, OrderStep, parse_id,
};
use crate::{clock, entropy};

/// What is done with supervision orders.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// Orders a centre below to answer in writing (督办立项).
    Issue {
        /// The centre that must answer, such as 510921103.
        #[arg(long)]
        centre: Division,
        /// The number of the order (督办文号).
        #[arg(long, value_name = "NUMBER")]
        document: String,
        /// Working days for the answer.
        #[arg(long)]
        days: u16,
        /// Why, and what is asked.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The case that it is about, as `case list` prints it.
        #[arg(long, value_name = "ID")]
        case: Option<String>,
        /// The issued card of that case, as `case cards` names it.
        #[arg(long, value_name = "NAME", requires = "case")]
        card: Option<String>,
        /// Who gives it.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Answers an order (督办回复).
    Reply {
        /// The order, as `order list` prints it.
        id: String,
        /// The answer.
        #[arg(long, value_name = "TEXT")]
        text: String,
        /// In which capacity: window, partner, department, chief.
        #[arg(long, value_parser = str::parse::<Role>)]
        role: Option<Role>,
        /// Who answers.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Sends an answer back; a further one is due (督办退回).
    Return {
        /// The order, as `order list` prints it.
        id: String,
        /// Why it is not enough.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Working days for the further answer.
        #[arg(long)]
        days: u16,
        /// Who sends it back.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Closes an order (督办销号).
    Close {
        /// The order, as `order list` prints it.
        id: String,
        /// The closure note.
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// Who closes it.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Lists the orders held here, by last day.
    List {
        /// Those that are closed as well.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows one order as JSON.
    Show {
        /// The order, as `order list` prints it.
        id: String,
    },
    /// Says which orders the cards held here call for today (应督办).
    Due {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: OrderCommand,
) -> Result<(), CliError> {
    let step =
        |act, text, days, role, by| OrderStep { act, text, days, role, by, happened_at: None };
    match command {
        OrderCommand::Issue { centre, document, days, reason, case, card, by } => {
            let happened_at = None;
            issue(
                settings,
                NewOrder { centre, document, reason, days, case, card, by, happened_at },
            )
        }
        OrderCommand::Reply { id, text, role, by } => {
            record(settings, &id, step(OrderAct::Reply, text, None, role, by))
        }
        OrderCommand::Return { id, reason, days, by } => {
            record(settings, &id, step(OrderAct::Return, reason, Some(days), None, by))
        }
        OrderCommand::Close { id, note, by } => {
            record(settings, &id, step(OrderAct::Close, note, None, None, by))
        }
        OrderCommand::List { all, json } => list(settings, language, all, json),
        OrderCommand::Show { id } => show(settings, id),
        OrderCommand::Due { json } => due(settings, language, json),
    }
}

fn issue(settings: &NodeSettings, wish: NewOrder) -> Result<(), CliError> {
    match Access::open(settings)? {
        Access::Service(api) => {
            let saved: Value = api.send("orders", &wish)?;
            out::line(saved["id"].as_str().unwrap_or_default())
        }
        Access::Store(_, mut replica) => {
            let mut rng = entropy::generator()?;
            let (id, _) = orders::issue(&mut replica, clock::now(), &mut rng, wish)?;
            replica.commit()?;
            out::line(id)
        }
    }
}

fn record(settings: &NodeSettings, id: &str, step: OrderStep) -> Result<(), CliError> {
    let order = parse_id(id)?;
    match Access::open(settings)? {
        Access::Service(api) => {
            let _: Value = api.send(&format!("orders/{order}/events"), &step)?;
        }
        Access::Store(_, mut replica) => {
            orders::record(&mut replica, clock::now(), order, step)?;
            replica.commit()?;
        }
    }
    out::line(format!("saved: {order}"))
}

fn list(
    settings: &NodeSettings,
    language: Language,
    all: bool,
    json: bool,
) -> Result<(), CliError> {
    let orders: Vec<OrderDetail> = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("orders?all={all}"))?,
        Access::Store(_, replica) => orders::list(&replica, &offices(&replica), clock::now(), all)?,
    };
    if json {
        return out::json(&orders);
    }
    for order in orders {
        let due = order.due.unwrap_or_default();
        let (state, late) = match language {
            Language::Zh => (order.zh, if order.is_late { "逾期" } else { "" }),
            Language::En => (order.state, if order.is_late { "late" } else { "" }),
        };
        let about = order.case.unwrap_or_default();
        let line = format!("{}  {}  {state}  {due}  {late}  {about}", order.id, order.document);
        out::line(line.trim_end())?;
    }
    Ok(())
}

fn show(settings: &NodeSettings, id: String) -> Result<(), CliError> {
    let order = parse_id(&id)?;
    let detail: OrderDetail = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("orders/{order}"))?,
        Access::Store(_, replica) => {
            orders::show(&replica, order, clock::now())?.ok_or(OrderError::NotFound(id))?
        }
    };
    out::json(&detail)
}

fn due(settings: &NodeSettings, language: Language, json: bool) -> Result<(), CliError> {
    let due: Vec<OrderDueDetail> = match Access::open(settings)? {
        Access::Service(api) => api.read("orders/due")?,
        Access::Store(_, replica) => orders::due(&replica, &offices(&replica), clock::now())?,
    };
    if json {
        return out::json(&due);
    }
    for order in due {
        let why = match language {
            Language::Zh => order.zh,
            Language::En => order.en,
        };
        out::line(format!("{}  {why}", order.centre))?;
        for card in order.cards {
            out::line(format!(
                "    {}  {}  {}  {}  {}",
                card.issued_on,
                card.level.zh(),
                card.case,
                card.card,
                card.person
            ))?;
        }
    }
    Ok(())
}
