//! The demo's words on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tongban_config::quantity::parse_duration;

use super::relay::Weather;
use super::{DemoSettings, End, Voice, Work};

/// Whether counties are cut off now and then.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Outages {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// Builds a whole city on this machine (1 hub, 5 counties, 118 townships) and lets it work over
/// bad links.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Where the city's page is served; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7180")]
    pub http: SocketAddr,
    /// Share of datagrams that every link loses, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = parse_loss)]
    pub loss: f64,
    /// How long a datagram is on its way, in each direction, such as 150ms.
    #[arg(long, value_name = "TIME", default_value = "40ms", value_parser = parse_duration)]
    pub delay: Duration,
    /// How much every link carries in a second and direction, in bits, such as 512k; else no bound.
    #[arg(long, value_name = "BITS", value_parser = parse_rate)]
    pub rate: Option<Rate>,
    /// Whether whole counties are cut off now and then.
    #[arg(long, value_name = "ON|OFF", default_value = "on")]
    pub outages: Outages,
    /// What chance begins with; the same number gives the same weather and the same cases.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// An event log (XES, plain or gzip) to replay through the centres; may be given again.
    #[arg(long = "log", value_name = "FILE")]
    pub logs: Vec<PathBuf>,
    /// How many cases are invented when there is no log.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, conflicts_with = "logs")]
    pub cases: u64,
    /// End when the audit finds every centre complete and all stores agree.
    #[arg(long)]
    pub until_complete: bool,
    /// Where to write the report, as JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Keep the city's data in this new directory.
    #[arg(long, value_name = "DIRECTORY")]
    pub dir: Option<PathBuf>,
    /// Say no more than the page's address and the outcome.
    #[arg(long)]
    pub quiet: bool,
}

/// Bytes in a second, written as bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// The bytes.
    pub bytes_per_second: u64,
}

impl From<DemoArgs> for DemoSettings {
    fn from(said: DemoArgs) -> Self {
        let weather = Weather {
            cut: false,
            loss_percent: said.loss,
            one_way_delay: said.delay,
            rate_bytes_per_second: said.rate.map(|rate| rate.bytes_per_second),
        };
        let work =
            if said.logs.is_empty() { Work::Invent(said.cases) } else { Work::Replay(said.logs) };
        Self {
            http: said.http,
            weather,
            outages: said.outages,
            work,
            seed: said.seed,
            end: if said.until_complete { End::Complete } else { End::Interrupted },
            report: said.report,
            dir: said.dir,
            voice: if said.quiet { Voice::Quiet } else { Voice::Plain },
        }
    }
}

/// Reads a share from 0 to 50 percent: beyond it no handshake comes through in time.
fn parse_loss(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=LOSS_PERCENT_MAX).contains(&percent) => Ok(percent),
        _ => Err(format!("`{text}` is no share from 0 to {LOSS_PERCENT_MAX} percent")),
    }
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor = match &text[digits.len()..] {
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => return Err(format!("`{text}` needs a unit: write bits a second like 512k, 2M or 1G")),
    };
    let bits = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    match bits {
        Some(bits) if bits >= RATE_BITS_MIN => Ok(Rate { bytes_per_second: bits / 8 }),
        _ => Err(format!("`{text}` is below {RATE_BITS_MIN} bits a second, or no number")),
    }
}

const LOSS_PERCENT_MAX: f64 = 50.0;

/// Below it, a handshake alone takes seconds.
const RATE_BITS_MIN: u64 = 16_000;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoArgs,
    }

    fn read(words: &[&str]) -> Result<DemoSettings, String> {
        let line = Line::try_parse_from([&["demo"], words].concat());
        line.map(|line| line.demo.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn words_become_weather_work_and_end() {
        let said =
            ["--loss", "10", "--delay", "150ms", "--rate", "512k", "--log", "a", "--log", "b"];
        let settings = read(&said).unwrap();
        assert_eq!(settings.weather.one_way_delay, Duration::from_millis(150));
        assert_eq!(settings.weather.rate_bytes_per_second, Some(64_000));
        assert_eq!(settings.work, Work::Replay(vec!["a".into(), "b".into()]));
        assert_eq!((settings.end, settings.outages), (End::Interrupted, Outages::On));
        let settings =
            read(&["--cases", "7", "--until-complete", "--outages", "off", "--quiet"]).unwrap();
        assert_eq!((settings.work, settings.end), (Work::Invent(7), End::Complete));
        assert_eq!((settings.outages, settings.voice), (Outages::Off, Voice::Quiet));
    }

    #[test]
    fn words_that_cannot_be_are_refused_with_what_can() {
        for (words, hint) in [
            (&["--loss", "51"][..], "from 0 to 50 percent"),
            (&["--loss", "-1"], "unexpected argument"),
            (&["--loss", "NaN"], "from 0 to 50 percent"),
            (&["--rate", "512"], "512k, 2M or 1G"),
            (&["--rate", "512KiB"], "512k, 2M or 1G"),
            (&["--rate", "1k"], "below 16000 bits"),
            (&["--rate", "99999999999G"], "or no number"),
            (&["--delay", "150"], "has no unit"),
            (&["--log", "a", "--cases", "5"], "cannot be used with"),
            (&["--outages", "maybe"], "on, off"),
        ] {
            let refused = read(words).unwrap_err();
            assert!(refused.contains(hint), "{words:?}: {refused}");
        }
    }
}
