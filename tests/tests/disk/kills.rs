//! kill -9 at any moment.

use super::clerks::{acknowledged, at_work, find_all, work_for};
use super::{Town, next};

#[test]
fn what_was_saved_is_there_after_kill_9_at_any_moment() {
    let mut town = Town::alone();
    let (mut taken, mut seed) = (Vec::new(), 0x9e37_79b9_7f4a_7c15);
    for round in 0..8 {
        town.township.start();
        let clerks = at_work(&town.township, 4);
        work_for(20 + next(&mut seed) % 300);
        town.township.kill();
        taken.extend(acknowledged(clerks));
        if round % 4 == 3 {
            find_all(&mut town.township, &taken);
        }
    }
    assert!(taken.len() > 50, "only {} cases were taken", taken.len());
}
