//! How long a letter waits that could not be sent.

use chrono::TimeDelta;
use resolutionflow_core::random::Random;

/// How often a letter is tried: over about a day.
pub(super) const MOST_ATTEMPTS: i64 = 12;

/// The longest first pause, and the longest of all, in microseconds. A pause is at least half as long.
const FIRST: i64 = 2 * 60 * 1_000_000;
const LONGEST: i64 = 6 * 60 * 60 * 1_000_000;

/// The pause after so many attempts, from 1: 1 to 2 minutes, then twice as long each time, up to 3 to 6 hours. Where in
/// that span is chance, so that many letters that failed together do not come back together.
pub(super) fn pause(attempts: i64, random: &mut Random) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or_default();
    let most = (FIRST << doublings).min(LONGEST);
    let chance = i64::from(u32::from_be_bytes(random.bytes()));
    // The span is less than 2^34 and the chance less than 2^32: no overflow.
    let within = (most / 2).saturating_mul(chance >> 8) / (1 << 24);
    TimeDelta::microseconds(most / 2 + within)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pause_is_a_minute_to_six_hours_and_grows(attempts in i64::MIN..i64::MAX, seed: [u8; 32]) {
            let pause_after = |attempts| pause(attempts, &mut Random::new(seed));
            let waits = pause_after(attempts);
            prop_assert!((TimeDelta::minutes(1)..TimeDelta::hours(6)).contains(&waits), "{}", waits);
            prop_assert!(waits <= pause_after(attempts.saturating_add(1)));
        }

        #[test]
        fn a_pause_is_between_half_and_all_of_its_span(attempts in 1_i64..8, seed: [u8; 32]) {
            let most = TimeDelta::minutes(2 << (attempts - 1));
            let waits = pause(attempts, &mut Random::new(seed));
            prop_assert!(waits >= most / 2 && waits < most, "{} {}", attempts, waits);
        }
    }

    #[test]
    fn two_letters_do_not_come_back_together() {
        let one = pause(5, &mut Random::new([1; 32]));
        assert_ne!(one, pause(5, &mut Random::new([2; 32])));
    }
}
