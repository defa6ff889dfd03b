//! The commands of the office: on the store if it is free, else through the running hub.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tongban_config::address::HostPort;
use tongban_node::cli::{
    CarryCommand, CaseCommand, ItemCommand, MetricsArgs, OrderCommand, PostCommand, ServiceCommand,
    service_settings,
};
use tongban_node::engine::Engine;
use tongban_node::membership::{MembershipError, remedy, write_whole};
use tongban_node::service::{StartError, open_replica};
use tongban_node::store::{SledStore, StoreError};
use tongban_node::{clock, entropy, report};
use tongban_protocol::document::DocumentId;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::online::Online;
use super::{Failure, Loaded, say};
use crate::desk::{self, Form, Subject};
use crate::enrolment::{EnrolmentError, Office};
use crate::settlement::{self, Settled, Wish};
use crate::survey::{CityLookout, Surveyor};
use crate::words::{Language, table};

/// The store of a hub that does not run, or the way to one that does.
pub(super) enum Access {
    Store(Box<Engine<SledStore>>),
    Online(Online),
}

pub(super) fn access(loaded: &Loaded) -> Result<Access, Failure> {
    let dir = &loaded.settings.node.data_dir;
    match open_replica(dir, service_settings(&loaded.settings.node).store) {
        Ok((_, replica)) => {
            let mut engine = Engine::new(replica, entropy::generator()?)?;
            engine.flush(clock::now()); // Reads the roster.
            Ok(Access::Store(Box::new(engine)))
        }
        Err(StartError::Store(StoreError::InUse { .. })) => {
            Ok(Access::Online(Online::new(loaded.settings.node.http.listen, dir)))
        }
        Err(StartError::Membership(MembershipError::NotJoined(path))) => {
            Err(EnrolmentError::NoCity(path).into())
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn init(loaded: &Loaded) -> Result<(), Failure> {
    let dir = &loaded.settings.node.data_dir;
    let office = crate::service::init(dir, loaded.city.clone(), clock::now())?;
    let (dir, root) = (dir.display(), dir.join("root"));
    let (root, print) = (root.display(), office.fingerprint());
    say(&match loaded.language {
        Language::Zh => format!(
            "{} 已建立：{dir}\nroot fingerprint: {print}\n请抄下指纹；请妥善保管目录 {root}：得此目录者即可代表全市",
            loaded.city.name_zh
        ),
        Language::En => format!(
            "{} is set up in {dir}\nroot fingerprint: {print}\nwrite the fingerprint down; keep the folder {root} safe: whoever has it speaks for the city",
            loaded.city.name_en
        ),
    });
    Ok(())
}

pub(super) fn enrol(
    loaded: &Loaded,
    division: Division,
    address: Option<HostPort>,
    valid: Duration,
) -> Result<(), Failure> {
    let link = &loaded.settings.node.link;
    let advertised = || link.advertise.as_ref().map(ToString::to_string);
    let listening = || {
        let reachable = link.listen.filter(|listen| !listen.ip().is_unspecified());
        reachable.map(|listen| listen.to_string())
    };
    let given = address.map(|address| address.to_string());
    let address = given.or_else(advertised).or_else(listening).ok_or(
        "where do machines reach this hub? give --address HOST:PORT, or set link.advertise",
    )?;
    let office = Office::load(&loaded.settings.node.data_dir, loaded.city.clone())?;
    let until = clock::now().plus_ms(i64::try_from(valid.as_millis())?);
    let mut rng = entropy::generator()?;
    let token = office.issue_token(division, &address, (until, None), &mut rng)?;
    say(&token.to_string());
    Ok(())
}

pub(super) fn machines(loaded: &Loaded, json: bool) -> Result<(), Failure> {
    let machines = match access(loaded)? {
        Access::Store(engine) => desk::machines(engine.replica())?,
        Access::Online(online) => online.machines()?,
    };
    if json {
        say(&serde_json::to_string_pretty(&machines)?);
        return Ok(());
    }
    let head = match loaded.language {
        Language::Zh => ["中心", "机器", "入网时间", "吊销起始", "下级连接地址"],
        Language::En => {
            ["centre", "machine", "enrolled at", "revoked from", "address for children"]
        }
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
    rows.extend(machines.into_iter().map(|it| {
        vec![it.centre, it.node, it.enrolled_at, or_dash(it.revoked_from), or_dash(it.advertise)]
    }));
    say(&table(&rows));
    Ok(())
}

pub(super) fn case(loaded: &Loaded, command: CaseCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::case(&loaded.settings.node, loaded.language, command)
}

pub(super) fn service(loaded: &Loaded, command: ServiceCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::service(&loaded.settings.node, loaded.language, command)
}

pub(super) fn post(loaded: &Loaded, command: PostCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::post(&loaded.settings.node, loaded.language, command)
}

pub(super) fn order(loaded: &Loaded, command: OrderCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::order(&loaded.settings.node, loaded.language, command)
}

pub(super) fn item(loaded: &Loaded, command: ItemCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::item(&loaded.settings.node, loaded.language, command)
}

pub(super) fn carry(loaded: &Loaded, command: CarryCommand) -> Result<ExitCode, Failure> {
    tongban_node::cli::carry(&loaded.settings.node, command)
}

pub(super) fn revoke(
    loaded: &Loaded,
    node: NodeId,
    from: Option<Timestamp>,
) -> Result<(), Failure> {
    let now = clock::now();
    let from = from.unwrap_or(now);
    match access(loaded)? {
        Access::Store(mut engine) => {
            desk::revoke(engine.replica_mut(), now, node, (from, desk::CITY))?;
            engine.flush(now);
            if engine.replica().is_staged() {
                return Err("the revocation could not be saved; see the log".into());
            }
        }
        Access::Online(online) => online.revoke(node, from)?,
    }
    say(&format!("machine {node} is revoked from {from} on"));
    Ok(())
}

pub(super) fn settle(loaded: &Loaded, wish: &Wish) -> Result<(), Failure> {
    let settled = match access(loaded)? {
        Access::Store(mut engine) => {
            let now = clock::now();
            let settled = settlement::settle(&mut engine, now, wish)?;
            engine.flush(now);
            if engine.replica().is_staged() {
                return Err("the settlement could not be saved; see the log".into());
            }
            settled
        }
        Access::Online(online) => online.settle(wish)?,
    };
    let (Settled { journal, through }, by) = (settled, wish.by.trim());
    say(&match loaded.language {
        Language::Zh => format!("日志 {journal} 已由 {by} 了结至第 {through} 条"),
        Language::En => format!("{journal} is settled up to entry {through} by {by}"),
    });
    Ok(())
}

pub(super) fn audit(loaded: &Loaded, json: bool, csv: bool) -> Result<(), Failure> {
    let form = match (json, csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        _ => Form::Text,
    };
    let text = match access(loaded)? {
        Access::Store(engine) => {
            let silent_after = loaded.settings.coverage.silent_after;
            let mut surveyor = Surveyor::new(loaded.city.clone(), silent_after);
            desk::audit(&mut surveyor, &engine, clock::now(), (form, loaded.language))?
        }
        Access::Online(online) => online.audit(form, loaded.language)?,
    };
    say(&text);
    Ok(())
}

pub(super) fn metrics(loaded: &Loaded, args: MetricsArgs) -> Result<(), Failure> {
    let wish = args.wish(match loaded.language {
        Language::Zh => report::Tongue::Zh,
        Language::En => report::Tongue::En,
    });
    let text = match access(loaded)? {
        Access::Store(mut engine) => {
            let silent_after = loaded.settings.coverage.silent_after;
            let surveyor = Surveyor::new(loaded.city.clone(), silent_after);
            let lookout = CityLookout(Arc::new(Mutex::new(surveyor)));
            let made = report::report_whole(&mut engine, &wish, &lookout, clock::now())?;
            made.to_form(wish.form.unwrap_or(report::Form::Text), wish.language())
        }
        Access::Online(online) => online.metrics(&wish.to_query())?,
    };
    say(&text);
    Ok(())
}

pub(super) fn evidence(
    loaded: &Loaded,
    case: Option<DocumentId>,
    centre: Option<Division>,
    out: Option<PathBuf>,
) -> Result<(), Failure> {
    let subject = match (case, centre) {
        (Some(case), _) => Subject::Case(case),
        (None, Some(centre)) => Subject::Centre(centre),
        (None, None) => return Err("give --case or --centre".into()),
    };
    let bytes = match access(loaded)? {
        Access::Store(engine) => desk::evidence(&engine, clock::now(), subject)?,
        Access::Online(online) => online.evidence(subject)?,
    };
    let path = out.unwrap_or_else(|| match subject {
        Subject::Case(id) => PathBuf::from(format!("{id}.evidence")),
        Subject::Centre(division) => PathBuf::from(format!("{division}.evidence")),
    });
    write_whole(&path, &bytes, 0o644)?;
    say(&format!("{}: {} bytes", path.display(), bytes.len()));
    Ok(())
}

pub(super) fn verify(file: &Path, root: Sha, language: Language) -> Result<(), Failure> {
    let unreadable = |e| format!("{}: {e}; {}", file.display(), remedy(&e));
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let findings = crate::evidence::verify(&bytes, root)
        .map_err(|e| format!("{} proves nothing: {e}", file.display()))?;
    say(&findings.to_text(language));
    Ok(())
}
