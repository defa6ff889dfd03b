//! How many files may be open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::DemoError;

/// Sees to it that this process may have `needed` files open.
///
/// # Errors
///
/// [`DemoError::OpenFiles`] if the hard limit is below that.
pub(super) fn allow(needed: u64) -> Result<(), DemoError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let refused = || DemoError::OpenFiles { needed, allowed: maximum.or(current).unwrap_or(0) };
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(refused());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_beyond_the_hard_one_is_refused_with_both_numbers() {
        let Some(maximum) = getrlimit(Resource::Nofile).maximum else { return };
        let needed = maximum.saturating_add(1);
        let refused = allow(needed).unwrap_err().to_string();
        assert!(refused.contains(&format!("needs {needed}")), "{refused}");
        assert!(refused.contains(&format!("may have {maximum}")), "{refused}");
        assert!(allow(64).is_ok());
    }
}
