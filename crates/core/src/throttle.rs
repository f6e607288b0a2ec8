//! Throttles: how often something may be tried. Pure arithmetic in microseconds since 1970; the store does the same in
//! one statement a bucket, so that servers that ask at once are counted one after the other.

/// How often something may be tried, as the generic cell rate algorithm has it (ITU-T I.371, annex A; the bucket keeps
/// nothing but the theoretical arrival time of the next try).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Microseconds that one try costs.
    pub interval: i64,
    /// How many may be tried at once after a rest.
    pub burst: i64,
}

impl Rate {
    /// So many tries in `period` microseconds, `burst` of them at once. Neither is less than one.
    pub fn new(count: i64, period: i64, burst: i64) -> Self {
        Self {
            interval: (period / count.max(1)).max(1),
            burst: burst.max(1),
        }
    }

    /// How far the theoretical arrival time may lie ahead of a try that passes, in microseconds.
    pub fn tolerance(&self) -> i64 {
        self.interval.saturating_mul(self.burst - 1)
    }

    /// A try at `now` at a bucket whose arrival time is `tat`, `None` for a fresh one: the new arrival time, or when it
    /// may be tried again.
    pub fn reserve(&self, tat: Option<i64>, now: i64) -> Result<i64, i64> {
        let tat = tat.unwrap_or(now);
        if self.free_at(tat) > now {
            return Err(self.free_at(tat));
        }
        Ok(tat.max(now).saturating_add(self.interval))
    }

    /// From when on a bucket with this arrival time takes a try.
    pub fn free_at(&self, tat: i64) -> i64 {
        tat.saturating_sub(self.tolerance())
    }

    /// The most tries that pass in so many microseconds, wherever they begin.
    pub fn most_in(&self, span: i64) -> i64 {
        self.burst + span.max(0) / self.interval
    }
}

/// A wait that doubles with each try, until somebody passes or it was quiet for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growing {
    /// How many tries come before the first wait, that last one included.
    pub free: i64,
    /// The first wait, in microseconds.
    pub first: i64,
    /// The longest wait, in microseconds.
    pub longest: i64,
}

/// What a growing wait remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// From when on it may be tried, where there is a wait; else when it was tried last.
    pub until: i64,
    /// The tries so far.
    pub tries: i64,
    /// The wait that the last of them brought, in microseconds.
    pub wait: i64,
}

impl Waiting {
    /// From when on it may be tried. The free tries wait for nothing: of those at once, one may be counted after another
    /// that looked at the clock later.
    pub fn free_at(&self) -> i64 {
        if self.wait == 0 { i64::MIN } else { self.until }
    }
}

/// After how many microseconds without a try a growing wait begins anew.
pub const QUIET: i64 = 3_600_000_000;

impl Growing {
    /// What a first try leaves.
    pub fn begin(&self, now: i64) -> Waiting {
        let wait = if self.free <= 1 { self.first } else { 0 };
        Waiting {
            until: now.saturating_add(wait),
            tries: 1,
            wait,
        }
    }

    /// A try at `now`: what it leaves, or when it may be tried again.
    pub fn reserve(&self, before: Option<Waiting>, now: i64) -> Result<Waiting, i64> {
        let Some(before) = before else {
            return Ok(self.begin(now));
        };
        if before.free_at() > now {
            return Err(before.until);
        }
        if now.saturating_sub(before.until) >= QUIET {
            return Ok(self.begin(now));
        }
        let wait = if before.tries + 1 < self.free {
            0
        } else if before.wait == 0 {
            self.first
        } else if before.wait > self.longest / 2 {
            self.longest
        } else {
            before.wait * 2
        };
        Ok(Waiting {
            until: before.until.max(now).saturating_add(wait),
            tries: before.tries + 1,
            wait,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn three_a_minute_are_three_at_once_and_then_one_in_twenty_seconds() {
        let rate = Rate::new(3, 60 * SECOND, 3);
        let mut tat = None;
        let mut tried = |now| {
            let reserved = rate.reserve(tat, now);
            if let Ok(next) = reserved {
                tat = Some(next);
            }
            reserved.err()
        };
        for now in [0, 0, 1] {
            assert_eq!(tried(now), None);
        }
        assert_eq!(tried(2), Some(20 * SECOND));
        assert_eq!(tried(20 * SECOND - 1), Some(20 * SECOND));
        assert_eq!(tried(20 * SECOND), None);
        assert_eq!(tried(20 * SECOND), Some(40 * SECOND));
        // After a long rest, three at once again and no more.
        for expected in [None, None, None, Some(620 * SECOND)] {
            assert_eq!(tried(600 * SECOND), expected);
        }
    }

    #[test]
    fn the_wait_doubles_up_to_its_longest_and_begins_anew_after_a_quiet_hour() {
        let growing = Growing {
            free: 3,
            first: SECOND,
            longest: 5 * SECOND,
        };
        let (mut now, mut waiting, mut waits) = (0, None, Vec::new());
        for _ in 0..8 {
            let next = growing.reserve(waiting, now).unwrap();
            assert_eq!(next.until, now + next.wait);
            if next.wait > 0 {
                assert_eq!(growing.reserve(Some(next), next.until - 1), Err(next.until));
            }
            waits.push(next.wait / SECOND);
            (now, waiting) = (next.until, Some(next));
        }
        assert_eq!(waits, [0, 0, 1, 2, 4, 5, 5, 5]);
        let anew = growing.reserve(waiting, now + QUIET).unwrap();
        assert_eq!((anew.tries, anew.wait), (1, 0));
    }

    #[test]
    fn of_the_free_tries_none_is_held_up_by_one_that_looked_at_the_clock_later() {
        let growing = Growing {
            free: 4,
            first: SECOND,
            longest: SECOND,
        };
        let mut waiting = Some(growing.begin(10));
        for now in [9, 11, 8] {
            waiting = Some(growing.reserve(waiting, now).unwrap());
        }
        // The wait counts from the latest of them.
        assert_eq!(growing.reserve(waiting, 12), Err(11 + SECOND));
        assert!(growing.reserve(waiting, 11 + SECOND).is_ok());
    }

    proptest! {
        #[test]
        fn no_span_of_time_lets_more_pass_than_it_may(
            count in 1..100_i64,
            burst in 1..20_i64,
            steps in prop::collection::vec(0..30 * SECOND, 1..200),
        ) {
            let rate = Rate::new(count, 60 * SECOND, burst);
            let (mut now, mut tat, mut passed) = (0, None, Vec::new());
            for step in steps {
                now += step;
                match rate.reserve(tat, now) {
                    Ok(next) => {
                        passed.push(now);
                        tat = Some(next);
                    }
                    Err(again) => {
                        prop_assert!(again > now);
                        prop_assert!(rate.reserve(tat, again).is_ok());
                        prop_assert!(rate.reserve(tat, again - 1).is_err());
                    }
                }
            }
            for (index, from) in passed.iter().enumerate() {
                for (further, to) in passed[index..].iter().enumerate() {
                    prop_assert!(i64::try_from(further).unwrap() < rate.most_in(to - from));
                }
            }
        }

        #[test]
        fn waits_never_shrink_while_somebody_goes_on(
            free in 1..6_i64,
            first in 1..10 * SECOND,
            longest in 10 * SECOND..1_000 * SECOND,
            steps in prop::collection::vec(0..600 * SECOND, 1..60),
        ) {
            let growing = Growing { free, first, longest };
            let (mut now, mut waiting) = (0, None);
            for step in steps {
                now += step;
                match growing.reserve(waiting, now) {
                    Ok(next) => {
                        let before = waiting.map_or(0, |waiting: Waiting| waiting.wait);
                        prop_assert!(next.wait >= before || next.tries == 1);
                        prop_assert!(next.wait <= longest);
                        prop_assert!(next.tries < free || next.wait >= first);
                        waiting = Some(next);
                    }
                    Err(again) => {
                        prop_assert!(again > now && again - now <= longest);
                    }
                }
            }
        }
    }
}
