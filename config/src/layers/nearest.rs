//! Finds the name that was probably meant.

use strsim::damerau_levenshtein;

/// Returns the known name nearest to `wrong`, or one that ends the same, or none.
pub(super) fn nearest<'n>(wrong: &str, known: &'n [String]) -> Option<&'n str> {
    // A third of the letters wrong is still a slip; more is another word.
    let far = (wrong.chars().count() / 3).clamp(2, 8);
    let distance = |name: &str| damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase());
    let near = known.iter().map(|name| (distance(name), name)).min();
    let last = |name: &str| name.rsplit('.').next().map(str::to_lowercase);
    match near {
        Some((distance, name)) if distance <= far => Some(name),
        _ => known.iter().find(|name| last(name) == last(wrong)).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wrong: &str) -> Option<String> {
        let known = ["data_dir", "http.listen", "link.listen", "link.retry_max", "log.level"];
        nearest(wrong, &known.map(ToOwned::to_owned)).map(ToOwned::to_owned)
    }

    #[test]
    fn the_name_that_was_meant_is_found() {
        assert_eq!(check("link.listne").as_deref(), Some("link.listen"));
        assert_eq!(check("lnk.retrymax").as_deref(), Some("link.retry_max"));
        assert_eq!(check("retry_max").as_deref(), Some("link.retry_max"));
        assert_eq!(check("udp.retry_max").as_deref(), Some("link.retry_max"));
        assert_eq!(check("colour"), None);
    }
}
