//! How often may be asked: a bucket for each address and one for all, in memory.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// Questions that one address may ask at once.
const OWN_BURST: u64 = 12;

/// Pause after which it has another one, in milliseconds.
const OWN_PACE_MS: u64 = 10_000;

/// Questions that all may ask at once.
const ALL_BURST: u64 = 300;

/// Pause after which there is another one for all, in milliseconds: at ten a second the forty bits
/// of one code take three thousand years.
const ALL_PACE_MS: u64 = 100;

/// Addresses that are remembered. One is forgotten when its bucket is full again, and no more come
/// meanwhile than all may ask.
const ADDRESSES_MAX: usize = 2_048;

const _: () = assert!(
    ALL_BURST + OWN_BURST * OWN_PACE_MS / ALL_PACE_MS < ADDRESSES_MAX as u64,
    "the addresses of one filling fit"
);

/// How long to wait before asking again, in whole seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Wait {
    pub(super) seconds: u64,
}

/// Lets so many questions through and no more.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    own: BTreeMap<IpAddr, Bucket>,
    all: Bucket,
}

/// A bucket that fills steadily, as the time at which it is full.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    full_at_ms: u64,
}

impl Limiter {
    /// Lets a question of an address through at `now_ms`, or says how long to wait.
    pub(super) fn try_pass(&mut self, now_ms: u64, address: IpAddr) -> Result<(), Wait> {
        let network = network(address);
        let own = self.own.get(&network).copied().unwrap_or_default();
        let own = own.take(now_ms, OWN_BURST, OWN_PACE_MS)?;
        self.all = self.all.take(now_ms, ALL_BURST, ALL_PACE_MS)?;
        if self.own.len() >= ADDRESSES_MAX {
            self.own.retain(|_, bucket| bucket.full_at_ms > now_ms);
        }
        self.own.insert(network, own);
        Ok(())
    }
}

impl Bucket {
    /// The bucket without one more drop.
    fn take(self, now_ms: u64, burst: u64, pace_ms: u64) -> Result<Self, Wait> {
        let full_at_ms = self.full_at_ms.max(now_ms).saturating_add(pace_ms);
        let over_ms = full_at_ms.saturating_sub(now_ms).saturating_sub(burst * pace_ms);
        match over_ms {
            0 => Ok(Self { full_at_ms }),
            _ => Err(Wait { seconds: over_ms.div_ceil(1_000) }),
        }
    }
}

/// Whom an address stands for: of IPv6 a household has 64 bits of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => IpAddr::V6(Ipv6Addr::from_bits(it.to_bits() >> 64 << 64)),
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_asks_too_often_is_told_when_to_come_again_and_others_go_on() {
        let mut limiter = Limiter::default();
        let (one, other) = (address("10.0.0.1"), address("10.0.0.2"));
        for _ in 0..OWN_BURST {
            assert_eq!(limiter.try_pass(5_000, one), Ok(()));
        }
        assert_eq!(limiter.try_pass(5_000, one), Err(Wait { seconds: 10 }));
        assert_eq!(
            limiter.try_pass(14_001, one),
            Err(Wait { seconds: 1 }),
            "refused costs nothing"
        );
        assert_eq!(limiter.try_pass(14_001, other), Ok(()));
        assert_eq!(limiter.try_pass(15_000, one), Ok(()));
        assert_eq!(limiter.try_pass(15_000, one), Err(Wait { seconds: 10 }));
        // After a night everything is there again, and not more than that.
        for _ in 0..OWN_BURST {
            assert_eq!(limiter.try_pass(50_000_000, one), Ok(()));
        }
        assert!(limiter.try_pass(50_000_000, one).is_err());
    }

    #[test]
    fn many_addresses_together_are_held_back_and_few_are_remembered() {
        let mut limiter = Limiter::default();
        let (mut passed, mut most) = (0, 0);
        for at in 0..600_000_u32 {
            let from = IpAddr::from(at.to_be_bytes());
            passed += u64::from(limiter.try_pass(u64::from(at), from).is_ok());
            most = most.max(limiter.own.len());
        }
        assert_eq!(passed, ALL_BURST + 600_000 / ALL_PACE_MS - 1);
        assert!(most <= ADDRESSES_MAX, "{most}");
    }

    #[test]
    fn a_household_is_one_asker_however_many_addresses_it_has() {
        let mut limiter = Limiter::default();
        for at in 0..OWN_BURST {
            assert_eq!(limiter.try_pass(0, address(&format!("2001:db8::{at}"))), Ok(()));
        }
        assert!(limiter.try_pass(0, address("2001:db8::ffff:1")).is_err());
        assert_eq!(limiter.try_pass(0, address("2001:db8:0:1::1")), Ok(()));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
